"""What the products table can be narrowed to, what it says of it, and what it does with nonsense."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.history import caching
from monitor.models import Product, Watchlist
from monitor.pages.products.columns import COLUMNS
from tests.factories import NOW, ProductFactory, ShopFactory, WatchFactory
from tests.pages import HTMX

pytestmark = pytest.mark.django_db


@pytest.fixture
def goods(watchlist: Watchlist) -> dict[str, Product]:
    """A shirt that has just become cheaper, a box that has not changed for a week and more, and what is new today."""
    told: dict[str, dict[str, object]] = {
        "shirt": {"title": "磨毛衬衫 红色", "price": 6300, "changed_at": NOW - timedelta(hours=2)},
        "box": {"title": "纸箱", "price": 200, "changed_at": NOW - timedelta(days=8)},
        "new": {"title": "New 衬衫", "price": 12000, "changed_at": NOW, "first_data_time": NOW},
    }
    found = {}
    for name, fields in told.items():
        found[name] = ProductFactory.create(shop__name=f"{name} shop", **fields)
        WatchFactory.create(watchlist=watchlist, product=found[name])
    return found


def shown(web: Client, goods: dict[str, Product], query: str) -> set[str]:
    names = {product.pk: name for name, product in goods.items()}
    return {names[row.product.pk] for row in web.get(f"/products/?{query}").context["page"]}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=衬衫", {"shirt", "new"}),
        ("q=衬衫 红色", {"shirt"}),
        ("q=红色 衬衫", {"shirt"}),
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
def test_it_narrows_by_words_changes_and_prices(
    web: Client, goods: dict[str, Product], query: str, names: set[str]
) -> None:
    assert shown(web, goods, query) == names


def test_it_narrows_to_a_shop_from_the_shops_name(web: Client, goods: dict[str, Product]) -> None:
    shop = goods["shirt"].shop
    assert shop is not None
    text = web.get("/products/?sort=price").content.decode()
    assert f'href="/products/?sort=price&amp;shop={shop.pk}"' in text
    response = web.get(f"/products/?shop={shop.pk}&sort=price")
    assert [row.product for row in response.context["page"]] == [goods["shirt"]]
    assert [(chip.text, chip.query) for chip in response.context["chips"]] == [("shirt shop", "sort=price")]


def test_a_shop_that_sells_nothing_to_watch_is_not_named(web: Client, goods: dict[str, Product]) -> None:
    foreign = ShopFactory.create(name="Secret shop")
    text = web.get(f"/products/?shop={foreign.pk}").content.decode()
    assert "Secret" not in text
    assert "This shop is not among your products" in text
    shop = goods["box"].shop
    assert shop is not None
    assert "box shop" in web.get(f"/products/?shop={shop.pk}&q=nothing").content.decode()


def test_each_filter_in_force_can_be_taken_off(web: Client, goods: dict[str, Product], watchlist: Watchlist) -> None:
    query = f"q=衬衫&list={watchlist.pk}&status=on_sale&changed=24h&min=1&max=100&sort=price&size=25&page=2"
    response = web.get(f"/products/?{query}")
    chips = {f"{chip.label} {chip.text}".strip(): chip.query for chip in response.context["chips"]}
    assert list(chips) == [*("Watchlist Rivals", "Status on sale", "Changed in 24 h", "Price ¥1.00 – ¥100.00")]
    without = parse_qs(chips["Price ¥1.00 – ¥100.00"])
    assert set(without) == {"q", "list", "status", "changed", "sort", "size"}
    assert response.context["state"].unfiltered == "sort=price&size=25"


def test_nonsense_is_left_out_and_named(web: Client, goods: dict[str, Product], watchlist: Watchlist) -> None:
    foreign = WatchFactory.create().watchlist
    response = web.get(
        f"/products/?list={foreign.pk}&status=<b>&shop=x&changed=1y&min=abc&max=-1&sort=up&size=7&cols=a,b&q=%00"
    )
    said = {label: text for label, text, _error in response.context["ignored"]}
    assert said == {
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


def test_what_is_left_out_is_said_in_a_plain_sentence(web: Client, goods: dict[str, Product]) -> None:
    text = web.get(f"/products/?q={'x' * 501}&min=abc&status=odd&shop=x").content.decode()
    assert "“odd” in the address is not understood and was passed over." in text
    assert "Write an amount in yuan, such as 72 or 72.50." in text
    for of_django in ("Ensure this value", "Select a valid choice", "Enter a whole number"):
        assert of_django not in text


@pytest.mark.parametrize("asked", ["999", "-1", "0", "two"])
def test_a_page_that_is_not_there_is_named(web: Client, goods: dict[str, Product], asked: str) -> None:
    assert f"There is no page “{asked}”: this is page 1." in web.get(f"/products/?page={asked}").content.decode()
    assert "There is no page" not in web.get("/products/?page=1").content.decode()


def test_what_cannot_be_seen_is_not_quoted(web: Client, goods: dict[str, Product]) -> None:
    text = web.get("/products/?q=%00").content.decode()
    assert "Signs in the address that cannot be seen were passed over." in text
    assert "“”" not in text


def test_an_amount_that_is_none_is_not_blamed_on_the_address(web: Client, goods: dict[str, Product]) -> None:
    text = web.get("/products/?min=cheap").content.decode()
    assert "“cheap” was passed over. Write an amount in yuan" in text
    assert 'value="cheap"' in text


def test_a_range_upside_down_keeps_its_lower_end(web: Client, goods: dict[str, Product]) -> None:
    response = web.get("/products/?min=100&max=10")
    assert [label for label, _text, _error in response.context["ignored"]] == ["Highest price"]
    text = response.content.decode()
    assert "The highest price is below the lowest, so it was passed over." in text
    assert "in the address" not in text
    for name, typed in (("min", "100"), ("max", "10")):
        assert re.search(rf'<input type="text" name="{name}" value="{typed}"', text)
    assert [row.product for row in response.context["page"]] == [goods["new"]]


def test_nothing_is_said_of_an_address_that_is_understood(web: Client, goods: dict[str, Product]) -> None:
    text = web.get("/products/?q=&list=&status=&changed=&min=&max=&sort=-changed&size=50&cols=product").content.decode()
    assert "not understood" not in text


@pytest.mark.parametrize("size", [25, 50, 100])
def test_a_page_has_as_many_rows_as_asked_for(web: Client, watchlist: Watchlist, size: int) -> None:
    for _ in range(size + 1):
        WatchFactory.create(watchlist=watchlist)
    response = web.get(f"/products/?size={size}")
    assert len(response.context["page"]) == size
    links = {one["rows"]: one["query"] for one in response.context["sizes"]}
    assert links[50] == ""
    assert links[100] == "size=100"


def test_the_columns_are_chosen_in_the_address(web: Client, goods: dict[str, Product]) -> None:
    text = web.get("/products/?cols=lists,price").content.decode()
    assert 'id="sort-price"' in text
    assert 'id="sort-day"' not in text
    assert 'data-label="Watchlists"' in text
    ticked = web.get("/products/?cols=product&cols=price&cols=lists", headers=HTMX)
    assert ticked.headers["HX-Push-Url"] == "/products/?cols=price,lists"
    nothing = web.get("/products/?cols=product", headers=HTMX)
    assert nothing.headers["HX-Push-Url"] == "/products/?cols=product"
    assert "data-label" not in nothing.content.decode()


def test_cells_stand_below_their_heads(web: Client, goods: dict[str, Product]) -> None:
    """The order of heads is that of `COLUMNS`, the order of cells that of the row's template."""
    chosen = ",".join(column.name for column in COLUMNS)
    text = web.get(f"/products/?cols={chosen}").content.decode()
    cells = re.findall(r'data-label="([^"]+)"', text.partition("<tbody")[2].partition("</tr>")[0])
    labels = [str(column.label) for column in COLUMNS]
    assert len(cells) >= len(COLUMNS) - 2
    assert cells == [label for label in labels if label in cells]


def test_the_usual_columns_need_no_word(web: Client, goods: dict[str, Product]) -> None:
    usual = "price,trend,day,week,sold,status,checked"
    assert web.get(f"/products/?cols={usual}", headers=HTMX).headers["HX-Push-Url"] == "/products/"


def test_typing_leaves_the_box_alone_and_a_link_renews_it(web: Client, goods: dict[str, Product]) -> None:
    typing = web.get("/products/?q=衬", headers={**HTMX, "HX-Trigger": "filters"}).content.decode()
    assert 'id="toolbar"' not in typing
    link = web.get("/products/?q=衬", headers=HTMX).content.decode()
    assert 'id="toolbar" hx-swap-oob="true"' in link


def test_acting_on_a_row_keeps_the_state(web: Client, goods: dict[str, Product]) -> None:
    address = f"/products/{goods['shirt'].num_iid}/pause/?q=衬&min=1&cols=price&page=2&size=25&nonsense=1"
    location = urlsplit(web.post(address).headers["Location"])
    assert parse_qs(location.query) == {"q": ["衬"], "min": ["1"], "cols": ["price"], "page": ["2"], "size": ["25"]}


def test_what_changed_lately_is_counted_once_in_half_a_minute(
    web: Client, goods: dict[str, Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caching, "CACHED_FROM_ROWS", 1)
    asked = []
    for seconds in (0, 29, 31):
        with (
            time_machine.travel(NOW + timedelta(seconds=seconds), tick=False),
            CaptureQueriesContext(connection) as captured,
        ):
            assert shown(web, goods, "changed=7d") == {"shirt"}
        asked.append(sum('COUNT(*) AS "__count"' in query["sql"] for query in captured))
    assert asked == [1, 0, 1]
