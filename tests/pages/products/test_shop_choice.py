"""Filtering the products table by shop: the user's shops, searched by a part of the name."""

from urllib.parse import parse_qs

import pytest
from django.test import Client

from monitor.models import Shop, Watchlist
from tests.models.factories import ShopFactory, WatchFactory
from tests.pages import HTMX

pytestmark = pytest.mark.django_db
ADDRESS = "/products/shops/"


def watch(watchlist: Watchlist, *names: str) -> None:
    for name in names:
        WatchFactory.create(watchlist=watchlist, product__shop=ShopFactory.create(name=name))


def offered(web: Client, query: str = "") -> list[str]:
    return [
        str(choice["shop"])
        for choice in web.get(f"{ADDRESS}?{query}", headers=HTMX).context["choices"]
    ]


def test_the_shops_of_the_users_products_are_offered_by_name(
    web: Client, watchlist: Watchlist
) -> None:
    assert "Shops appear after the first checks" in web.get(ADDRESS).content.decode()
    watch(watchlist, "半帘月女装店", "B shop", "A shop", "叠叠纸品")
    WatchFactory.create(watchlist=watchlist, product__shop=Shop.objects.get(name="A shop"))
    WatchFactory.create(product__shop=ShopFactory.create(name="A stranger's shop"))
    assert offered(web) == ["A shop", "B shop", "半帘月女装店", "叠叠纸品"]
    assert offered(web, "name=SHOP") == ["A shop", "B shop"]
    assert offered(web, "name=女装 半帘") == ["半帘月女装店"]
    assert offered(web, "name=stranger") == []
    assert offered(web, "name=%00") == offered(web)


def test_a_choice_keeps_the_other_filters_and_can_be_removed(
    web: Client, watchlist: Watchlist
) -> None:
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
    without_scripts = web.get(f"{ADDRESS}?sort=price&name=x").content.decode()
    assert '<input type="hidden" name="sort" value="price">' in without_scripts
    assert "No shop matches" in without_scripts
    assert 'hx-target="#results"' not in web.get(ADDRESS).content.decode()
