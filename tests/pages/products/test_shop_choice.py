"""Choosing the shop that the products table is narrowed to: one's own products' shops, by a part of the name."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from monitor.models import User, Watchlist
from monitor.pages.products.reads import MOST_SHOPS
from tests.factories import ShopFactory, WatchFactory, WatchlistFactory
from tests.pages import HTMX

pytestmark = pytest.mark.django_db
ADDRESS = "/products/shops/"


def watch(watchlist: Watchlist, *names: str) -> None:
    for name in names:
        WatchFactory.create(watchlist=watchlist, product__shop=ShopFactory.create(name=name))


def offered(web: Client, query: str = "") -> list[str]:
    return [str(one["shop"]) for one in web.get(f"{ADDRESS}?{query}", headers=HTMX).context["choices"]]


def test_the_shops_of_ones_own_products_are_offered_by_name(web: Client, watchlist: Watchlist) -> None:
    watch(watchlist, "半帘月女装店", "B shop", "A shop", "叠叠纸品")
    WatchFactory.create(product__shop=ShopFactory.create(name="A stranger's shop"))
    assert offered(web) == ["A shop", "B shop", "半帘月女装店", "叠叠纸品"]
    assert offered(web, "name=SHOP") == ["A shop", "B shop"]
    assert offered(web, "name=女装 半帘") == ["半帘月女装店"]
    assert offered(web, "name=stranger") == []
    assert offered(web, "name=%00") == offered(web)


def test_a_shop_is_offered_once_however_much_it_sells(web: Client, watchlist: Watchlist) -> None:
    shop = ShopFactory.create(name="Big")
    for _ in range(3):
        WatchFactory.create(watchlist=watchlist, product__shop=shop)
    assert offered(web) == ["Big"]


def test_of_a_list_that_is_shown_only_the_shops_are_offered(web: Client, merchant: User, watchlist: Watchlist) -> None:
    other = WatchlistFactory.create(owner=merchant)
    watch(watchlist, "Here")
    watch(other, "There")
    assert offered(web, f"list={other.pk}") == ["There"]


def test_of_very_many_the_first_are_offered_and_it_says_so(web: Client, watchlist: Watchlist) -> None:
    watch(watchlist, *(f"Shop {number:03d}" for number in range(MOST_SHOPS)))
    assert "There are more" not in web.get(ADDRESS, headers=HTMX).content.decode()
    watch(watchlist, "Shop 999")
    assert "There are more: type a part of the name." in web.get(ADDRESS, headers=HTMX).content.decode()
    assert len(offered(web)) == MOST_SHOPS
    assert offered(web, "name=999") == ["Shop 999"]


def test_a_choice_keeps_the_other_filters_and_can_be_taken_back(web: Client, watchlist: Watchlist) -> None:
    watch(watchlist, "<b>Shop")
    [one] = web.get(f"{ADDRESS}?q=衬衫&min=1&sort=price&page=3&size=25").context["choices"]
    assert parse_qs(one["query"]) == {
        "q": ["衬衫"],
        "min": ["1"],
        "sort": ["price"],
        "size": ["25"],
        "shop": [str(one["shop"].pk)],
    }
    text = web.get(f"{ADDRESS}?shop={one['shop'].pk}&sort=price", headers=HTMX).content.decode()
    assert "&lt;b&gt;Shop" in text
    assert 'hx-get="/products/?sort=price"' in text
    assert 'aria-current="true"' in text


def test_the_page_without_scripts_has_plain_links_and_keeps_the_state_in_its_form(
    web: Client, watchlist: Watchlist
) -> None:
    watch(watchlist, "Shop")
    text = web.get(f"{ADDRESS}?sort=price&name=x").content.decode()
    assert '<input type="hidden" name="sort" value="price">' in text
    assert "No shop among your products has “x” in its name." in text
    assert 'hx-target="#results"' not in web.get(ADDRESS).content.decode()


def test_where_no_shop_is_known_it_says_when_it_will_be(web: Client, watchlist: Watchlist) -> None:
    WatchFactory.create(watchlist=watchlist, product__shop=None)
    assert "No shop is known yet" in web.get(ADDRESS).content.decode()


def test_the_toolbar_names_the_shop_in_force(web: Client, watchlist: Watchlist) -> None:
    watch(watchlist, "Mine", "Other")
    assert "All shops" in web.get("/products/").content.decode()
    [address] = [
        f"/products/?{one['query']}" for one in web.get(ADDRESS).context["choices"] if str(one["shop"]) == "Mine"
    ]
    toolbar = web.get(address).content.decode().split('class="menu shop-menu"')[1].split("</summary>")[0]
    assert "Mine" in toolbar
    assert urlsplit(address).query.startswith("shop=")


@pytest.mark.parametrize(("query", "others"), [("", ""), ("?page=2&status=on_sale", "status=on_sale&")])
def test_a_rows_shop_narrows_what_is_shown(web: Client, watchlist: Watchlist, query: str, others: str) -> None:
    shop = WatchFactory.create(watchlist=watchlist, product__status="on_sale").product.shop
    assert shop
    assert f'href="/products/?{others}shop={shop.pk}"' in web.get(f"/products/{query}").content.decode().replace(
        "&amp;", "&"
    )
