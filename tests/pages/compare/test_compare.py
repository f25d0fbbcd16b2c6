"""The comparison of products: its lines, its table, and odd values in its address."""

from datetime import timedelta
from typing import Any

import pytest

from monitor.models import Outage, Product, Watch, Watchlist
from monitor.watching.pairings import set_rivals
from monitor.watching.services import remove
from tests.models.factories import NOW, SnapshotFactory, WatchFactory, WatchlistFactory
from tests.pages import HTMX, Browser
from tests.pages.product.test_charts import unpacked

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def watched(watchlist: Watchlist, *prices: tuple[int, int], **fields: Any) -> Product:
    """Put a product on the list. Each of `prices` is (days ago, price)."""
    of_product = {f"product__{name}": value for name, value in fields.items()}
    product = WatchFactory.create(watchlist=watchlist, **of_product).product
    for days, price in prices:
        at = NOW - days * DAY
        SnapshotFactory.create(
            product=product, data_time=at, last_seen_before=at - HOUR, price=price
        )
    return product


@pytest.fixture
def shirt(watchlist: Watchlist) -> Product:
    return watched(watchlist, (40, 8000), (10, 6000), title="磨毛衬衫", price=6000)


@pytest.fixture
def coat(watchlist: Watchlist) -> Product:
    return watched(watchlist, (40, 20000), (5, 25000), title="Winter coat", price=25000)


def address(product: Product, *others: Product | str, query: str = "") -> str:
    names = "&".join(
        f"with={other if isinstance(other, str) else other.num_iid}" for other in others
    )
    return f"/products/{product.num_iid}/compare/?{names}&{query}"


def series(web: Browser, *products: Product, query: str = "") -> dict[str, Any]:
    there = address(*products, query=query).replace("compare/", "compare/series/")
    data: dict[str, Any] = web.get(there).json()
    return data


def compared(web: Browser, url: str) -> list[Product]:
    return [line["product"] for line in web.get(url).context["lines"]]


def offered(web: Browser, url: str) -> dict[Product, str]:
    return dict(web.get(url).context["offered"])


def test_each_product_has_a_line_of_its_own_with_its_gaps(
    web: Browser, shirt: Product, coat: Product
) -> None:
    times = {"began_at": NOW - 3 * DAY, "ended_at": NOW - 2 * DAY}
    Outage.objects.create(product=coat, outcome="timeout", checks=24, code="504", **times)
    first, second = series(web, shirt, coat)["lines"]
    assert (first["letter"], first["name"], first["dashes"]) == ("A", "磨毛衬衫", [])
    assert (second["letter"], second["name"], second["dashes"]) == ("B", "Winter coat", [7, 3])
    day = 86400
    assert unpacked(first["price"])[:2] == [(0, 8000), (20 * day, 6000)]
    assert unpacked(second["price"])[:2] == [(0, 20000), (25 * day, 25000)]
    assert unpacked(second["price"])[-4:-1] == [
        *((27 * day, 25000), (27 * day, None), (28 * day, 25000))
    ]
    assert None not in first["price"][1]
    assert (first["outages"], second["outages"][0][2]) == ([], "timeout 504")
    assert [line["reference"] for line in (first, second)] == [8000, 20000]


def test_the_table_says_who_is_cheaper_and_by_how_much(
    web: Browser, shirt: Product, coat: Product
) -> None:
    known = {"units_low": 90, "units": 100, "units_high": 115}
    Product.objects.filter(pk=coat.pk).update(**known)
    text = web.words(address(shirt, coat, query="unit=yuan"))
    places = [
        text.index(shown)
        for shown in (
            *("磨毛衬衫", "¥60.00 cheapest", "¥60.00 – ¥80.00"),
            *("Winter coat", "¥250.00 dearer by +¥190.00 · 316.7%"),
            *("about 100 a day (90–120 a day) est. ¥25k a day", "¥200.00 – ¥250.00"),
        )
    ]
    assert places == sorted(places)
    assert "100% =" not in text
    assert "¥60.00 cheaper by −¥190.00 · 76% cheapest" in web.words(address(coat, shirt))
    Product.objects.filter(pk=coat.pk).update(price=100, status="off_shelf")
    assert "cheapest" not in web.words(address(shirt, coat)), "It is not on sale."
    Product.objects.filter(pk=coat.pk).update(status="deleted")
    assert "last ¥1.00, gone since" in web.words(address(shirt, coat))


def test_percentages_are_of_the_price_at_the_start(
    web: Browser, watchlist: Watchlist, shirt: Product, coat: Product
) -> None:
    """Prices far apart are drawn in percent unless yuan are asked for."""
    dear = watched(watchlist, (10, 82_480), price=82_480)
    gift = watched(watchlist, (40, 0), (5, 100), price=6000)
    for others, query, unit in (
        ((dear,), "", "percent"),
        ((dear,), "unit=yuan", "yuan"),
        ((gift,), "", "yuan"),
        ((gift,), "unit=percent", "percent"),
        ((), "unit=zzz&q=%00&range=zzz", "yuan"),
    ):
        assert series(web, shirt, *others, query=query)["unit"] == unit
    text = web.words(address(shirt, dear))
    assert "100% = ¥80.00 at 2026-10-26 12:00" in text
    assert "100% = ¥824.80" in text
    assert "no percentage of ¥0.00" in web.words(address(shirt, gift, query="unit=percent"))


def test_odd_unknown_and_strangers_ids_are_left_out(
    web: Browser, shirt: Product, coat: Product
) -> None:
    secret = WatchFactory.create(product__title="Secret").product
    url = address(shirt, coat, secret, "999", "%3Cb%3Ex%00y", coat, shirt, "")
    text = web.page(url)
    assert compared(web, url) == [shirt, coat]
    assert "Secret" not in text


def test_six_products_are_compared_the_others_are_left_out(
    web: Browser, watchlist: Watchlist, shirt: Product
) -> None:
    others = [watched(watchlist) for _ in range(7)]
    url = address(shirt, *others)
    assert compared(web, url) == [shirt, *others[:5]]
    text = web.page(url)
    assert "remove one to add another." in text
    assert 'id="id_q"' not in text


def test_rivals_are_offered_before_others_of_the_lists_and_a_search_finds_all(
    web: Browser, watchlist: Watchlist, shirt: Product
) -> None:
    elsewhere = WatchlistFactory.create(owner=watchlist.owner)
    near = watched(watchlist, title="My skirt", price=100)
    gone, dear, cheap, far = (
        watched(elsewhere, title=title, price=price, status=status)
        for title, price, status in (
            *(("Gone", 50, "deleted"), ("Dear", 900, "on_sale")),
            *(("Cheap", 800, "on_sale"), ("远方的外套", 1, "on_sale")),
        )
    )
    WatchFactory.create()
    rivals = [each.num_iid for each in (gone, dear, cheap)]
    set_rivals(watchlist.watches.get(product=shirt), rivals, watchlist.owner)
    assert list(offered(web, address(shirt))) == [cheap, dear, gone, near]
    assert list(offered(web, address(shirt, cheap))) == [dear, gone, near]
    assert offered(web, address(shirt))[near].endswith(f"/compare/?with={near.num_iid}")
    link = f"https://haohuo.jinritemai.com/views/product/item2?id={far.num_iid}"
    for search in ("外套", link.replace("?", "%3F")):
        assert list(offered(web, address(shirt, near, query=f"q={search}"))) == [far]
    assert "No product matches" in web.page(address(shirt, query="q=nothing"))


def test_ticked_products_are_compared(
    web: Browser, watchlist: Watchlist, shirt: Product, coat: Product
) -> None:
    def compare(*ticked: Product, **more: str) -> str:
        form = {"act": "compare", "product": [each.num_iid for each in ticked], **more}
        return web.post("/products/many/", form, follow=True).content.decode()

    secret, removed = WatchFactory.create().product, watched(watchlist)
    form = {"act": "compare", "product": [each.num_iid for each in (shirt, coat, secret)]}
    target = f"/products/{shirt.num_iid}/compare/?with={coat.num_iid}"
    assert web.post("/products/many/", form).headers["Location"] == target
    assert web.post("/products/many/", form, headers=HTMX).headers["HX-Redirect"] == target
    remove(Watch.objects.filter(product=removed), NOW)
    notice = "1 chosen product is no longer on the lists shown."
    assert notice in compare(shirt, coat, removed)
    alone = compare(shirt, removed)
    assert notice in alone
    assert "Choose 2 to 6 products to compare." in alone.partition(notice)[2]
    for _ in range(5):
        watched(watchlist)
    assert "Choose 2 to 6 products to compare." in compare(all="1")
