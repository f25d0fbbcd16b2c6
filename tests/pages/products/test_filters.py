"""The filters of the products table, and what it does with nonsense."""

from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client

from monitor.models import Product, Watchlist
from tests.models.factories import NOW, ProductFactory, WatchFactory
from tests.pages import HTMX

pytestmark = pytest.mark.django_db


@pytest.fixture
def goods(watchlist: Watchlist) -> dict[str, Product]:
    """A shirt that has just become cheaper, a box that changed eight days ago, and a product that
    is new today."""
    rows: dict[str, dict[str, object]] = {
        "shirt": {"title": "磨毛衬衫 红色", "price": 6300, "changed_at": NOW - timedelta(hours=2)},
        "box": {"title": "纸箱", "price": 200, "changed_at": NOW - timedelta(days=8)},
        "new": {"title": "New 衬衫", "price": 12000, "changed_at": NOW, "first_data_time": NOW},
    }
    products = {}
    for name, fields in rows.items():
        products[name] = ProductFactory.create(shop__name=f"{name} shop", **fields)
        WatchFactory.create(watchlist=watchlist, product=products[name])
    return products


def shown(web: Client, goods: dict[str, Product], query: str) -> set[str]:
    names = {product.pk: name for name, product in goods.items()}
    return {names[row.product.pk] for row in web.get(f"/products/?{query}").context["page"]}


def heads(web: Client, query: str = "") -> list[str]:
    return [str(head["column"].label) for head in web.get(f"/products/?{query}").context["heads"]]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=衬衫", {"shirt", "new"}),
        ("q=衬衫 红色", {"shirt"}),
        ("q=衬衫 new+shop", {"new"}),
        ("changed=24h", {"shirt"}),
        ("changed=7d", {"shirt"}),
        ("min=62.99&max=63", {"shirt"}),
        ("min=￥2&max=￥63.00", {"shirt", "box"}),
        ("max=1", set()),
        ("min=1,200", set()),
        ("q=衬衫&max=100&changed=24h", {"shirt"}),
    ],
)
def test_it_filters_by_words_changes_and_prices(
    web: Client, goods: dict[str, Product], query: str, names: set[str]
) -> None:
    assert shown(web, goods, query) == names


def test_a_shops_name_filters_by_the_shop(web: Client, goods: dict[str, Product]) -> None:
    shop = goods["shirt"].shop
    assert shop is not None
    text = web.get("/products/?sort=price").content.decode()
    assert f'href="/products/?sort=price&amp;shop={shop.pk}"' in text
    response = web.get(f"/products/?shop={shop.pk}&sort=price")
    menu = response.content.decode().split('class="menu shop-menu"')[1].split("</summary>")[0]
    assert ("shirt shop" in menu, "All shops" in menu) == (True, False)
    assert [row.product for row in response.context["page"]] == [goods["shirt"]]
    assert [(chip["text"], chip["query"]) for chip in response.context["chips"]] == [
        ("shirt shop", "sort=price")
    ]


def test_each_active_filter_can_be_removed(
    web: Client, goods: dict[str, Product], watchlist: Watchlist
) -> None:
    query = (
        f"q=衬衫&list={watchlist.pk}&status=on_sale&changed=24h&min=1&max=100"
        "&sort=price&size=25&page=2"
    )
    response = web.get(f"/products/?{query}")
    chips = {
        f"{chip['label']} {chip['text']}".strip(): chip["query"]
        for chip in response.context["chips"]
    }
    assert list(chips) == [
        *("Watchlist Rivals", "Status on sale", "Changed in 24 h", "Price ¥1.00 – ¥100.00")
    ]
    without = parse_qs(chips["Price ¥1.00 – ¥100.00"])
    assert set(without) == {"q", "list", "status", "changed", "sort", "size"}
    assert response.context["state"].unfiltered == "sort=price&size=25"


def test_nonsense_is_ignored_and_reported(
    web: Client, goods: dict[str, Product], watchlist: Watchlist
) -> None:
    foreign = WatchFactory.create().watchlist
    response = web.get(
        f"/products/?list={foreign.pk}&status=<b>&shop=x&changed=1y&min=abc&max=-1&sort=up&size=7&cols=a,b&q=%00"
    )
    ignored = {label: text for label, text, _error in response.context["ignored"]}
    assert ignored == {
        "Watchlist": str(foreign.pk),
        "Status": "<b>",
        "Shop": "x",
        "Changed": "1y",
        "Lowest price": "abc",
        "Highest price": "-1",
        "Order": "up",
        "Rows a page": "7",
        "Columns": "a,b",
        "Search": "\0",
    }
    assert "&lt;b&gt;" in response.content.decode()
    assert len(response.context["page"]) == 3
    assert response.context["state"].query() == ""


def test_the_columns_are_chosen_in_the_address(web: Client, goods: dict[str, Product]) -> None:
    assert heads(web, "cols=lists,price") == ["Product", "Price", "Watchlists"]
    ticked = web.get("/products/?cols=product&cols=price&cols=lists", headers=HTMX)
    assert ticked.headers["HX-Push-Url"] == "/products/?cols=price,lists"
    assert (
        '<input type="hidden" form="filters" name="cols" value="price,lists">'
        in ticked.content.decode()
    )
    nothing = web.get("/products/?cols=product", headers=HTMX)
    assert nothing.headers["HX-Push-Url"] == "/products/?cols=product"
    assert heads(web, "cols=product") == ["Product"]


def test_chosen_columns_are_remembered(web: Client, goods: dict[str, Product]) -> None:
    chosen = web.get("/products/?q=衬&columns=product&columns=sold&columns=price", headers=HTMX)
    assert urlsplit(chosen.headers["HX-Push-Url"]).query == urlencode({"q": "衬"})
    assert heads(web) == ["Product", "Price", "Sold"]
    # A link or a saved view with columns of its own changes nothing.
    assert heads(web, "cols=day") == ["Product", "24 h"]
    assert heads(web) == ["Product", "Price", "Sold"]
    web.get("/products/?columns=product", headers=HTMX)
    assert heads(web) == ["Product"]


def test_an_action_on_a_row_keeps_the_filters(web: Client, goods: dict[str, Product]) -> None:
    address = "/products/many/?q=衬&min=1&cols=price&page=2&size=25&nonsense=1"
    form = {"act": "is_paused:1", "row": goods["shirt"].num_iid}
    location = urlsplit(web.post(address, form).headers["Location"])
    assert parse_qs(location.query) == {
        "q": ["衬"],
        "min": ["1"],
        "cols": ["price"],
        "page": ["2"],
        "size": ["25"],
    }
