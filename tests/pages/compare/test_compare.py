"""The comparison of products: its lines, its table, and odd values in its address."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.models import Outage, Product, ProductIndex, Watch, Watchlist
from monitor.watchlists.pairings import set_rivals
from monitor.watchlists.services import remove
from tests.factories import NOW, ProductFactory, SnapshotFactory, WatchFactory, WatchlistFactory
from tests.pages import HTMX
from tests.pages.product.test_charts import unpacked

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def watched(watchlist: Watchlist, *prices: tuple[int, int], **fields: Any) -> Product:
    """Put a product on the list. Each of `prices` is (days ago, price)."""
    product = ProductFactory.create(**fields)
    WatchFactory.create(watchlist=watchlist, product=product)
    for days, price in prices:
        at = NOW - days * DAY
        SnapshotFactory.create(
            product=product, data_time=at, last_seen_before=at - HOUR, price=price
        )
    return product


@pytest.fixture
def shirt(watchlist: Watchlist) -> Product:
    return watched(watchlist, (40, 8000), (10, 6000), title="磨毛衬衫")


@pytest.fixture
def coat(watchlist: Watchlist) -> Product:
    return watched(watchlist, (40, 20000), (5, 25000), title="Winter coat")


def address(product: Product, *others: Product | str, query: str = "") -> str:
    names = "&".join(
        f"with={other if isinstance(other, str) else other.num_iid}" for other in others
    )
    return f"/products/{product.num_iid}/compare/?{names}&{query}"


def series(web: Client, *products: Product, query: str = "") -> dict[str, Any]:
    data: dict[str, Any] = web.get(
        address(*products, query=query).replace("compare/", "compare/series/")
    ).json()
    return data


def compared(web: Client, url: str) -> list[Product]:
    return [line["product"] for line in web.get(url).context["lines"]]


def test_each_product_has_a_line_with_its_letter_and_dashes(
    web: Client, shirt: Product, coat: Product
) -> None:
    first, second = series(web, shirt, coat)["lines"]
    assert (first["letter"], first["name"], first["dashes"]) == ("A", "磨毛衬衫", [])
    assert (second["letter"], second["name"], second["dashes"]) == ("B", "Winter coat", [7, 3])
    assert unpacked(first["price"])[:2] == [(0, 8000), (20 * 86400, 6000)]
    assert unpacked(second["price"])[:2] == [(0, 20000), (25 * 86400, 25000)]
    assert [line["reference"] for line in (first, second)] == [8000, 20000]


def test_lines_keep_their_own_gaps(web: Client, shirt: Product, coat: Product) -> None:
    Outage.objects.create(
        product=coat,
        outcome="timeout",
        began_at=NOW - 3 * DAY,
        ended_at=NOW - 2 * DAY,
        checks=24,
        code="504",
    )
    first, second = series(web, shirt, coat)["lines"]
    assert None not in first["price"][1]
    assert unpacked(second["price"])[-4:-1] == [
        (27 * 86400, 25000),
        (27 * 86400, None),
        (28 * 86400, 25000),
    ]
    assert second["outages"][0][2] == "timeout 504"
    assert first["outages"] == []


def text_of(web: Client, url: str, **more: Any) -> str:
    return " ".join(re.sub("<[^>]+>", " ", web.get(url, **more).content.decode()).split())


def test_the_table_says_who_is_cheaper_and_by_how_much(
    web: Client, shirt: Product, coat: Product
) -> None:
    Product.objects.filter(pk=shirt.pk).update(price=6000)
    Product.objects.filter(pk=coat.pk).update(price=25000)
    text = text_of(web, address(shirt, coat, query="unit=yuan"))
    shirts, coats = text.index("磨毛衬衫"), text.index("Winter coat")
    assert shirts < text.index("¥60.00 cheapest") < text.index("¥60.00 – ¥80.00") < coats
    assert (
        coats < text.index("¥250.00 dearer by +¥190.00 · 316.7%") < text.index("¥200.00 – ¥250.00")
    )
    assert "100% =" not in text
    text = text_of(web, address(coat, shirt))
    assert "¥60.00 cheaper by −¥190.00 · 76% cheapest" in text


def test_only_a_product_on_sale_can_be_the_cheapest(
    web: Client, shirt: Product, coat: Product
) -> None:
    Product.objects.filter(pk=coat.pk).update(price=100, status="off_shelf")
    assert "cheapest" not in text_of(web, address(shirt, coat))
    Product.objects.filter(pk=coat.pk).update(status="deleted")
    assert "last ¥1.00, gone since" in text_of(web, address(shirt, coat))


def test_the_table_says_what_each_sells_a_day(web: Client, shirt: Product, coat: Product) -> None:
    for product, units in ((shirt, None), (coat, 100)):
        bounds = {
            "units_low": units and 90,
            "units": units,
            "units_high": units and 115,
            "price": 20_000,
        }
        ProductIndex.objects.update_or_create(product=product, defaults=bounds)
    text = text_of(web, address(shirt, coat)).split("Winter coat")[1]
    assert "about 100 a day (90–120 a day) est. ¥20k a day" in text


def test_the_way_back_leads_to_the_page_before(web: Client, shirt: Product, coat: Product) -> None:
    own = f"/products/{shirt.num_iid}/"
    for referer, back in (
        ("http://testserver/products/?q=a&sort=price", ("/products/?q=a&sort=price", "Products")),
        (f"http://testserver{own}?range=7d", (f"{own}?range=7d", "磨毛衬衫")),
        (f"http://testserver/products/{coat.num_iid}/", (own, "磨毛衬衫")),
        ("http://testserver/nowhere", (own, "磨毛衬衫")),
        ("https://evil.test/products/", (own, "磨毛衬衫")),
        ("", (own, "磨毛衬衫")),
    ):
        assert web.get(address(shirt, coat), headers={"Referer": referer}).context["back"] == back


def test_percentages_are_of_the_price_at_the_start(
    web: Client, shirt: Product, coat: Product
) -> None:
    response = web.get(address(shirt, coat, query="unit=percent"))
    text = response.content.decode()
    assert "100% = ¥80.00 at 2026-10-26 12:00" in text
    assert [cells for _row, cells in response.context["rows"]] == [
        [("¥60.00", "75%"), ("¥250.00", "125%")],
        [("¥60.00", "75%"), ("¥200.00", "100%")],
        [("¥80.00", "100%"), ("¥200.00", "100%")],
    ]
    assert series(web, shirt, coat, query="unit=percent")["unit"] == "percent"


def test_prices_far_apart_are_drawn_in_percent_unless_yuan_are_asked_for(
    web: Client, watchlist: Watchlist, shirt: Product, coat: Product
) -> None:
    dear = watched(watchlist, (10, 82_480), price=82_480)
    for others, query, unit in (
        ((dear,), "", "percent"),
        ((dear,), "unit=yuan", "yuan"),
        ((), "", "yuan"),
    ):
        assert series(web, shirt, *others, query=query)["unit"] == unit
    assert "100% = ¥824.80" in web.get(address(shirt, dear)).content.decode()


def test_a_price_of_zero_has_no_percentage(
    web: Client, watchlist: Watchlist, shirt: Product
) -> None:
    gift = watched(watchlist, (40, 0), (5, 100))
    response = web.get(address(shirt, gift, query="unit=percent"))
    assert "no percentage of ¥0.00" in response.content.decode()
    assert response.context["rows"][0][1][1] == ("¥1.00", "")


def test_a_product_without_a_price_says_so(
    web: Client, watchlist: Watchlist, shirt: Product
) -> None:
    fresh = Product.objects.create(num_iid="7", next_check_at=NOW, interval=HOUR)
    WatchFactory.create(watchlist=watchlist, product=fresh)
    text = web.get(address(shirt, fresh)).content.decode()
    assert "waiting for first check" in text
    assert "<canvas" in text
    alone = web.get(address(fresh)).content.decode()
    assert "No data in this range" in alone
    assert "<canvas" not in alone
    assert series(web, shirt, fresh)["lines"][1]["price"] == [[], []]


def test_removing_a_line_keeps_the_others_and_the_range(
    web: Client, shirt: Product, coat: Product
) -> None:
    first, second = web.get(address(shirt, coat, query="range=90d&unit=percent")).context["lines"]
    assert str(first["without"]) == f"/products/{coat.num_iid}/compare/?range=90d&unit=percent"
    assert str(second["without"]) == f"/products/{shirt.num_iid}/compare/?range=90d&unit=percent"
    assert [line["without"] for line in web.get(address(shirt)).context["lines"]] == [None]
    assert compared(web, address(coat, shirt)) == [coat, shirt]


def test_odd_unknown_and_strangers_ids_are_left_out_and_named(
    web: Client, shirt: Product, coat: Product
) -> None:
    secret = WatchFactory.create(product__title="Secret").product
    hostile = "%3Cb%3Ex%00y"
    response = web.get(address(shirt, coat, secret, "999", hostile, coat, shirt, ""))
    text = response.content.decode()
    assert [line["product"] for line in response.context["lines"]] == [shirt, coat]
    assert f"Left out, not among your products: {secret.num_iid}, 999, &lt;b&gt;xy." in text
    assert "Secret" not in text
    assert (
        str(response.context["address"])
        == f"/products/{shirt.num_iid}/compare/?with={coat.num_iid}"
    )


def test_several_ids_may_be_separated_by_commas(
    web: Client, watchlist: Watchlist, shirt: Product
) -> None:
    second, third = watched(watchlist), watched(watchlist)
    for comma in (",", "， "):
        assert compared(web, address(shirt, f"{second.num_iid}{comma}{third.num_iid}")) == [
            shirt,
            second,
            third,
        ]


def test_more_than_six_products_are_cut_with_a_notice(
    web: Client, watchlist: Watchlist, shirt: Product
) -> None:
    others = [watched(watchlist) for _ in range(7)]
    response = web.get(address(shirt, *others))
    assert [line["product"] for line in response.context["lines"]] == [shirt, *others[:5]]
    text = response.content.decode()
    assert "At most 6 products can be compared: 2 were left out." in text
    assert "remove one to add another." in text
    assert 'id="id_q"' not in text


def test_products_of_the_same_lists_are_offered_first(
    web: Client, watchlist: Watchlist, shirt: Product
) -> None:
    near = watched(watchlist, changed_at=NOW - HOUR)
    far = watched(WatchlistFactory.create(owner=watchlist.owner), title="远方的外套")
    WatchFactory.create()
    context = web.get(address(shirt)).context
    assert [product for product, _address in context["offered"]] == [near]
    assert context["offered"][0][1] == f"/products/{shirt.num_iid}/compare/?with={near.num_iid}"
    offered = web.get(address(shirt, near, query="q=外套&range=7d")).context["offered"]
    assert [product for product, _address in offered] == [far]
    assert offered[0][1].startswith(
        f"/products/{shirt.num_iid}/compare/?with={near.num_iid}&with={far.num_iid}&range=7d&q="
    )
    link = f"https://haohuo.jinritemai.com/views/product/item2?id={far.num_iid}"
    assert [
        product for product, _address in web.get(address(shirt), {"q": link}).context["offered"]
    ] == [far]
    assert "No product matches" in web.get(address(shirt, query="q=nothing")).content.decode()


def test_paired_rivals_are_offered_before_others_of_the_lists(
    web: Client, watchlist: Watchlist, shirt: Product
) -> None:
    elsewhere = WatchlistFactory.create(owner=watchlist.owner)
    other, gone, dear, cheap = (
        watched(of, title=title, price=price, status=status)
        for of, title, price, status in (
            *((watchlist, "My skirt", 100, "on_sale"), (elsewhere, "Gone", 50, "deleted")),
            *((elsewhere, "Dear", 900, "on_sale"), (elsewhere, "Cheap", 800, "on_sale")),
        )
    )
    set_rivals(
        watchlist.watches.get(product=shirt),
        [each.num_iid for each in (gone, dear, cheap)],
        watchlist.owner,
    )
    offered = [product for product, _address in web.get(address(shirt)).context["offered"]]
    assert offered == [cheap, dear, gone, other]
    offered = [product for product, _address in web.get(address(shirt, cheap)).context["offered"]]
    assert offered == [dear, gone, other]


@pytest.mark.parametrize("region", ["history", "found"])
def test_regions_come_alone_and_a_search_stays_out_of_the_address(
    web: Client, shirt: Product, region: str
) -> None:
    response = web.get(address(shirt, query="q=shirt"), headers={**HTMX, "HX-Target": region})
    assert f'id="{region}"' in response.content.decode()
    assert "<!doctype" not in response.content.decode()
    pushed = f"/products/{shirt.num_iid}/compare/" if region == "history" else None
    assert response.headers.get("HX-Push-Url") == pushed


@pytest.mark.parametrize("part", ["", "series/"])
def test_the_number_of_queries_does_not_grow(
    web: Client, watchlist: Watchlist, shirt: Product, part: str
) -> None:
    others = [watched(watchlist, (40, 100 + number), (3, 200)) for number in range(5)]
    counts = []
    for some in (others[:1], others):
        with CaptureQueriesContext(connection) as captured:
            web.get(address(shirt, *some).replace("compare/", f"compare/{part}"))
        counts.append(len(captured))
    # A full comparison offers no more products.
    assert counts == ([9, 6] if not part else [5, 5])


def test_ticked_products_are_compared(
    web: Client, watchlist: Watchlist, shirt: Product, coat: Product
) -> None:
    secret = WatchFactory.create().product
    ticked = {"act": "compare", "product": [shirt.num_iid, coat.num_iid, secret.num_iid]}
    target = f"/products/{shirt.num_iid}/compare/?with={coat.num_iid}"
    assert web.post("/products/many/", ticked).headers["Location"] == target
    assert web.post("/products/many/", ticked, headers=HTMX).headers["HX-Redirect"] == target
    response = web.post(
        "/products/many/", {"act": "compare", "product": [shirt.num_iid]}, headers=HTMX
    )
    assert "Choose 2 to 6 products to compare." in response.content.decode()
    for _ in range(5):
        watched(watchlist)
    response = web.post("/products/many/", {"act": "compare", "all": "1"}, headers=HTMX)
    assert "Choose 2 to 6 products to compare." in response.content.decode()


def test_a_ticked_product_that_was_removed_meanwhile_is_reported(
    web: Client, watchlist: Watchlist, shirt: Product, coat: Product
) -> None:
    ticked = {
        "act": "compare",
        "product": [shirt.num_iid, coat.num_iid, watched(watchlist).num_iid],
    }
    notice = "1 chosen product is no longer on the lists shown."
    remove(Watch.objects.exclude(product__in=[shirt, coat]), NOW)
    assert notice in web.post("/products/many/", ticked, follow=True).content.decode()
    remove(Watch.objects.filter(product=coat), NOW)
    text = web.post("/products/many/", ticked, follow=True).content.decode()
    notice = notice.replace("1 chosen product is", "2 chosen products are")
    assert notice in text
    assert "Choose 2 to 6 products to compare." in text.partition(notice)[2]


@pytest.mark.parametrize("query", ["range=zzz", "unit=zzz&q=%00"])
def test_values_that_are_not_understood_are_reported(
    web: Client, shirt: Product, query: str
) -> None:
    response = web.get(address(shirt, query=query))
    assert "“zzz” was ignored" in response.content.decode()
    assert (response.context["address"].range, response.context["address"].unit) == ("30d", "")
