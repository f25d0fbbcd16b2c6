"""Filtering the products table by shop: the user's shops, searched by a part of the name."""

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
    return [str(choice["shop"]) for choice in web.get(f"{ADDRESS}?{query}", headers=HTMX).context["choices"]]


def test_the_shops_of_the_users_products_are_offered_by_name(web: Client, watchlist: Watchlist) -> None:
    watch(watchlist, "半帘月女装店", "B shop", "A shop", "叠叠纸品")
    WatchFactory.create(product__shop=ShopFactory.create(name="A stranger's shop"))
    assert offered(web) == ["A shop", "B shop", "半帘月女装店", "叠叠纸品"]
    assert offered(web, "name=SHOP") == ["A shop", "B shop"]
    assert offered(web, "name=女装 半帘") == ["半帘月女装店"]
    assert offered(web, "name=stranger") == []
    assert offered(web, "name=%00") == offered(web)


def test_a_shop_with_many_products_is_offered_once(web: Client, watchlist: Watchlist) -> None:
    shop = ShopFactory.create(name="Big")
    for _ in range(3):
        WatchFactory.create(watchlist=watchlist, product__shop=shop)
    assert offered(web) == ["Big"]


def test_a_table_of_one_list_offers_the_shops_of_that_list(web: Client, merchant: User, watchlist: Watchlist) -> None:
    other = WatchlistFactory.create(owner=merchant)
    watch(watchlist, "Here")
    watch(other, "There")
    assert offered(web, f"list={other.pk}") == ["There"]


def test_of_many_shops_the_first_are_offered_with_a_notice(web: Client, watchlist: Watchlist) -> None:
    watch(watchlist, *(f"Shop {number:03d}" for number in range(MOST_SHOPS)))
    assert "There are more" not in web.get(ADDRESS, headers=HTMX).content.decode()
    watch(watchlist, "Shop 999")
    assert "There are more: search by name." in web.get(ADDRESS, headers=HTMX).content.decode()
    assert len(offered(web)) == MOST_SHOPS
    assert offered(web, "name=999") == ["Shop 999"]


def test_a_choice_keeps_the_other_filters_and_can_be_removed(web: Client, watchlist: Watchlist) -> None:
    watch(watchlist, "<b>Shop")
    [choice] = web.get(f"{ADDRESS}?q=衬衫&min=1&sort=price&page=3&size=25").context["choices"]
    assert parse_qs(choice["query"]) == {
        "q": ["衬衫"],
        "min": ["1"],
        "sort": ["price"],
        "size": ["25"],
        "shop": [str(choice["shop"].pk)],
    }
    text = web.get(f"{ADDRESS}?shop={choice['shop'].pk}&sort=price", headers=HTMX).content.decode()
    assert "&lt;b&gt;Shop" in text
    assert 'hx-get="/products/?sort=price"' in text
    assert 'aria-current="true"' in text


def test_the_page_without_scripts_has_plain_links_and_keeps_the_filters(web: Client, watchlist: Watchlist) -> None:
    watch(watchlist, "Shop")
    text = web.get(f"{ADDRESS}?sort=price&name=x").content.decode()
    assert '<input type="hidden" name="sort" value="price">' in text
    assert "No shop matches" in text
    assert 'hx-target="#results"' not in web.get(ADDRESS).content.decode()


def test_without_any_shop_it_says_so(web: Client, watchlist: Watchlist) -> None:
    WatchFactory.create(watchlist=watchlist, product__shop=None)
    assert "Shops appear after the first checks" in web.get(ADDRESS).content.decode()


def test_the_toolbar_names_the_chosen_shop(web: Client, watchlist: Watchlist) -> None:
    watch(watchlist, "Mine", "Other")
    assert "All shops" in web.get("/products/").content.decode()
    [query] = [choice["query"] for choice in web.get(ADDRESS).context["choices"] if str(choice["shop"]) == "Mine"]
    address = f"/products/?{query}"
    toolbar = web.get(address).content.decode().split('class="menu shop-menu"')[1].split("</summary>")[0]
    assert "Mine" in toolbar
    assert urlsplit(address).query.startswith("shop=")


@pytest.mark.parametrize(("query", "kept_query"), [("", ""), ("?page=2&status=on_sale", "status=on_sale&")])
def test_the_shop_in_a_row_filters_the_table(web: Client, watchlist: Watchlist, query: str, kept_query: str) -> None:
    shop = WatchFactory.create(watchlist=watchlist, product__status="on_sale").product.shop
    assert shop
    page = web.get(f"/products/{query}").content.decode().replace("&amp;", "&")
    assert f'href="/products/?{kept_query}shop={shop.pk}"' in page
