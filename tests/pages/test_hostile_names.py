"""Foreign text stays text on every page, in every attribute."""

import re

import pytest
from django.test import Client

from monitor.models import Watchlist
from monitor.watching.pairings import set_rivals
from tests.models.factories import (
    AlertFactory,
    ChangeFactory,
    ProductFactory,
    ShopFactory,
    WatchFactory,
)

pytestmark = pytest.mark.django_db
HOSTILE = (
    "\"'><img src=x onerror=alert(1)><b hx-post=/logout/ hx-trigger=load>{{ 7 }}{% now "
    "%}</title></script>\u202e"
)
INLINE = re.compile(
    r"<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:",
    re.IGNORECASE,
)


@pytest.fixture
def pages(web: Client, watchlist: Watchlist) -> dict[str, str]:
    watchlist.name = f"List {HOSTILE}"[:100]
    watchlist.save()
    shop = ShopFactory.create(name=HOSTILE, company_name=HOSTILE, logo="https://evil.test/a.png")
    product = ProductFactory.create(
        title=f"Shirt {HOSTILE}",
        shop=shop,
        content={
            "images": ['https://p3.ecombdimg.com/"><script>alert(1)</script>'],
            "specification": [[HOSTILE, [HOSTILE]]],
            "freight": [
                {"provinces": [HOSTILE], "first": 1, "more": 0, "free_from": None, "delivers": True}
            ],
            "attributes": [[HOSTILE, HOSTILE]],
            "service_promises": [HOSTILE],
        },
        last_code="<b>",
        last_outcome=HOSTILE[:20],
        request_id="<i>",
    )
    watch = WatchFactory.create(watchlist=watchlist, product=product, note=HOSTILE)
    rival = ProductFactory.create(title=f"Rival {HOSTILE}", shop=shop)
    WatchFactory.create(watchlist=watchlist, product=rival)
    set_rivals(watch, [rival.num_iid], watchlist.owner)
    change = ChangeFactory.create(
        product=product, field="title", before=HOSTILE, after=HOSTILE * 2, request_id="<u>"
    )
    values = {"before": HOSTILE, "after": HOSTILE * 2}
    AlertFactory.create(
        watchlist=watchlist, product=product, change=change, field="title", **values
    )
    AlertFactory.create(watchlist=watchlist, product=None, shop=shop, field="name", **values)
    addresses = {
        *(
            "/products/",
            f"/products/?q={HOSTILE[:-1]}",
            f"/products/{product.num_iid}/",
            "/alerts/",
            "/watchlists/",
        ),
        *("/rivals/", "/rivals/add/", f"/rivals/{watch.pk}/", f"/shops/{shop.pk}/"),
        f"/watchlists/{watchlist.pk}/delete/",
    }
    texts = {address: web.get(address).content.decode() for address in addresses}
    form = {"watchlist": watchlist.pk, "text": f"{HOSTILE}\n{product.num_iid}"}
    texts["preview"] = web.post("/products/add/", form, follow=True).content.decode()
    web.post("/products/many/", {"act": "remove", "row": product.num_iid})
    return {**texts, "undo": web.get("/products/").content.decode()}


def test_hostile_text_is_never_markup(pages: dict[str, str]) -> None:
    for address, text in pages.items():
        for raw in ("<img src=x", "<b hx-post", "<script>", "<i>", "<u>", "\u202e", "evil.test"):
            assert raw not in text, (address, raw)
        assert "hx-post=/logout/" in text or address == "undo", address


def test_no_page_has_anything_inline(pages: dict[str, str]) -> None:
    for address, text in pages.items():
        inline = INLINE.findall(re.sub(r"&[a-z#0-9]+;", " ", text))
        assert not inline, (address, inline)


def test_series_are_json(web: Client, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    ChangeFactory.create(product=watch.product, field="title", before=HOSTILE, after=HOSTILE)
    response = web.get(f"/products/{watch.product.num_iid}/series/")
    assert response.headers["Content-Type"] == "application/json"
    assert response.json()["events"][0][1] == "title"
