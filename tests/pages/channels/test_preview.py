"""The page of a channel shows what its messages look like, about the owner's latest alerts or an
example."""

import re

import pytest
from django.test import Client

from monitor.models import Channel, Product, User, Watchlist
from monitor.people import channels as writes
from tests.models.factories import NOW, AlertFactory, ProductFactory, WatchFactory
from tests.models.statements import queries_of_page

pytestmark = pytest.mark.django_db
HOSTILE = (
    "<img src=x onerror=alert(1)> [cheap](https://evil.test) **b** <font color='red'>x</font> <at "
    "id=all></at>"
)


def add(owner: User, kind: str) -> Channel:
    return writes.add(
        owner,
        kind,
        kind,
        {"url": "https://x.test/s3cret-key-of-channel", "secret": ""},
        "…nnel",
        NOW,
    )


def page_of(web: Client, owner: User, kind: str) -> str:
    return web.get(f"/channels/{add(owner, kind).pk}/").content.decode()


def preview_of(web: Client, owner: User, kind: str) -> str:
    """Return the text of the preview, without tags."""
    page = page_of(web, owner, kind)
    part = page.partition('<div class="preview">')[2].partition("</details>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", part).split())


@pytest.fixture
def product(watchlist: Watchlist) -> Product:
    return WatchFactory.create(
        watchlist=watchlist, product=ProductFactory.create(title="Linen dress")
    ).product


@pytest.fixture(params=["feishu", "webhook"])
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_without_alerts_it_shows_an_example(web: Client, merchant: User, kind: str) -> None:
    shown = preview_of(web, merchant, kind)
    if kind == "webhook":
        assert "&quot;before&quot;: 7200" in shown
        return
    assert shown.startswith("Price down 12.5%")
    assert "¥72.00 → ¥63.00 ▼ 12.5%" in shown
    assert "· Competitors" in shown


def test_it_shows_the_latest_alerts_of_the_owner_alone(
    web: Client, merchant: User, watchlist: Watchlist, product: Product, kind: str
) -> None:
    AlertFactory.create(watchlist=watchlist, product=product)
    AlertFactory.create(product=ProductFactory.create(title="Another's coat"))
    shown = preview_of(web, merchant, kind)
    assert "Linen dress" in shown
    assert "Another" not in shown
    assert "Brushed cotton shirt" not in shown


def test_foreign_text_stays_text_and_no_secret_is_shown(
    web: Client, merchant: User, watchlist: Watchlist, product: Product, kind: str
) -> None:
    Product.objects.update(title=HOSTILE)
    watchlist.name = HOSTILE[:100]
    watchlist.save()
    AlertFactory.create(watchlist=watchlist, product=product)
    page = page_of(web, merchant, kind)
    assert "<img src=x" not in page
    assert "<font" not in page
    assert 'href="https://evil.test' not in page
    assert "s3cret" not in page


def test_a_fall_has_its_colour_and_the_message_its_buttons(web: Client, merchant: User) -> None:
    page = page_of(web, merchant, "feishu")
    assert '<div class="preview-title fall">Price down 12.5%' in page
    assert '<span class="fall">▼ 12.5%</span>' in page
    assert re.findall(r'class="btn btn-sm">([^<]*)', page) == [
        "Evidence",
        "Douyin",
        "Mute for a day",
        "See all alerts",
    ]


def test_the_page_has_few_queries_however_many_alerts(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    channel = add(merchant, "feishu")
    counts = []
    for number in (1, 30):
        AlertFactory.create_batch(number, watchlist=watchlist)
        counts.append(queries_of_page(web, f"/channels/{channel.pk}/"))
    assert counts[0] == counts[1] <= 12
