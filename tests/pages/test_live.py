"""Open pages ask for news: 304 as long as what they show is the same."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from monitor.models import AlertRead, Product, ProviderAccount, User, Watch, Watchlist
from tests.models.factories import NOW, AlertFactory, ProductFactory, SnapshotFactory, WatchFactory

pytestmark = pytest.mark.django_db
REGIONS = {
    "today": "/",
    "results": "/products/?sort=price",
    "inbox": "/alerts/?show=all",
    "usage": "/usage/",
    "alive": "/frame/",
    "header": "/products/{}/",
    "history": "/products/{}/",
    "figures": "/products/{}/",
}


@pytest.fixture
def watch(watchlist: Watchlist) -> Watch:
    product = ProductFactory.create(next_check_at=NOW + timedelta(hours=1))
    SnapshotFactory.create(product=product, data_time=NOW - timedelta(days=1))
    watch = WatchFactory.create(watchlist=watchlist, product=product)
    AlertFactory.create(watchlist=watchlist, product=product)
    return watch


def look(web: Client, watch: Watch, region: str, known: str = '""') -> Any:
    """Return the answer to an open page that has the answer `known`."""
    headers = {"HX-Request": "true", "HX-Target": region, "If-None-Match": known}
    return web.get(REGIONS[region].format(watch.product.num_iid), headers=headers)


@pytest.mark.parametrize("region", REGIONS)
def test_a_page_gets_its_region_and_the_frame_once(web: Client, watch: Watch, region: str) -> None:
    first = look(web, watch, region)
    page = first.content.decode()
    assert first.status_code == 200
    assert f'id="{region}"' in page
    assert "<!doctype" not in page
    assert page.count('id="unread-top" hx-swap-oob="true"') == 1
    again: HttpResponse = look(web, watch, region, first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert "HX-Request" in again["Vary"]
    assert "no-cache" in again["Cache-Control"]


def language(watch: Watch) -> None:
    User.objects.filter(pk=watch.watchlist.owner_id).update(language="zh-hans")


def reading(watch: Watch) -> None:
    AlertRead.objects.create(alert=watch.watchlist.alerts.get(), user=watch.watchlist.owner)


def stop(watch: Watch) -> None:
    ProviderAccount.objects.create(circuit_code="4016", circuit_opened_at=NOW)


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("change", [language, reading, stop])
def test_what_the_frame_shows_is_news_on_every_page(
    web: Client, watch: Watch, region: str, change: Any
) -> None:
    known = look(web, watch, region)["ETag"]
    change(watch)
    assert look(web, watch, region, known).status_code == 200


@pytest.mark.parametrize("region", ["results", "header", "history"])
def test_only_what_a_page_shows_is_news(web: Client, watch: Watch, region: str) -> None:
    foreign = WatchFactory.create()
    known = look(web, watch, region)["ETag"]
    for product, status in ((foreign.product, 304), (watch.product, 200)):
        SnapshotFactory.create(product=product, data_time=NOW, price=4200)
        Product.objects.filter(pk=product.pk).update(price=4200, data_time=NOW)
        assert look(web, watch, region, known).status_code == status
