"""Open pages ask for news: 304 as long as nothing about the user's products has changed."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.models import (
    Alert,
    AlertRead,
    Outage,
    Product,
    ProviderAccount,
    ShopScore,
    User,
    Watch,
    Watchlist,
)
from tests.factories import (
    NOW,
    AlertFactory,
    MembershipFactory,
    ProductFactory,
    SnapshotFactory,
    WatchFactory,
)

pytestmark = pytest.mark.django_db
REGIONS = {
    "today": "/",
    "results": "/products/?sort=price",
    "inbox": "/alerts/?show=all",
    "usage": "/usage/",
    "alive": "/frame/",
}
#: The version of these regions depends on news about the user's products.
OF_NEWS = ("today", "results", "inbox")


@pytest.fixture
def watch(watchlist: Watchlist) -> Watch:
    return WatchFactory.create(
        watchlist=watchlist, product=ProductFactory.create(next_check_at=NOW + timedelta(hours=1))
    )


def version_of(page: str, region: str) -> str:
    version = re.search(rf'id="{region}"[^>]*? data-version="([^"]+)"', page)
    assert version, f"#{region} has no version"
    return version[1]


def look(web: Client, region: str, version: str, address: str = "") -> Any:
    """Return the request of an open page."""
    headers = {
        "HX-Request": "true",
        "HX-Target": region,
        "HX-Trigger": region,
        "If-None-Match": f'W/"{version}"',
    }
    return web.get(address or REGIONS[region], headers=headers)


def opened(web: Client, region: str) -> str:
    """Return the region's version on a newly opened page. A page without a region of its own asks
    for the frame."""
    address = "/settings/" if region == "alive" else REGIONS[region]
    return version_of(web.get(address).content.decode(), region)


@pytest.mark.parametrize("region", REGIONS)
def test_without_news_the_answer_is_304_after_four_queries(
    web: Client, watch: Watch, region: str
) -> None:
    AlertFactory.create(watchlist=watch.watchlist, product=watch.product)
    version = opened(web, region)
    with CaptureQueriesContext(connection) as captured:
        response = look(web, region, version)
    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == f'W/"{version}"'
    assert "HX-Request" in response["Vary"]
    assert "no-cache" in response["Cache-Control"]
    assert len(captured) <= 4, [query["sql"] for query in captured]


@pytest.mark.parametrize("region", REGIONS)
def test_another_version_gets_the_region_and_the_frame(
    web: Client, watch: Watch, region: str
) -> None:
    response = look(web, region, "old")
    assert response.status_code == 200
    page = response.content.decode()
    assert f'id="{region}"' in page
    assert "<!doctype" not in page
    assert page.count('id="unread-top" hx-swap-oob="true"') == 1
    assert response["ETag"] == f'W/"{version_of(page, region)}"'
    assert look(web, region, version_of(page, region)).status_code == 304


def snapshot(watch: Watch) -> None:
    SnapshotFactory.create(product=watch.product)


def outage(watch: Watch) -> None:
    times = {"began_at": NOW - timedelta(hours=1), "ended_at": NOW}
    Outage.objects.create(product=watch.product, outcome="timeout", checks=1, **times)


def failure(watch: Watch) -> None:
    Product.objects.filter(pk=watch.product_id).update(failing_since=NOW)


def scores(watch: Watch) -> None:
    assert watch.product.shop is not None
    ShopScore.objects.create(shop=watch.product.shop, data_time=NOW, product_score=480)


def alert(watch: Watch) -> None:
    AlertFactory.create(watchlist=watch.watchlist, product=watch.product)


def addition(watch: Watch) -> None:
    WatchFactory.create(watchlist=watch.watchlist)


@pytest.mark.parametrize("region", OF_NEWS)
@pytest.mark.parametrize("news", [snapshot, outage, failure, scores, alert, addition])
def test_only_the_users_own_products_are_news(
    web: Client, watch: Watch, region: str, news: Any
) -> None:
    foreign = WatchFactory.create(
        product=ProductFactory.create(next_check_at=NOW + timedelta(hours=1))
    )
    version = opened(web, region)
    news(foreign)
    assert look(web, region, version).status_code == 304
    news(watch)
    assert look(web, region, version).status_code == 200


def test_members_get_news_of_a_shared_list(web: Client, merchant: User, watch: Watch) -> None:
    foreign = WatchFactory.create()
    MembershipFactory.create(watchlist=foreign.watchlist, user=merchant)
    version = opened(web, "results")
    snapshot(foreign)
    assert look(web, "results", version).status_code == 200


def settings(merchant: User) -> None:
    User.objects.filter(pk=merchant.pk).update(language="zh-hans")


def reading(merchant: User) -> None:
    AlertRead.objects.create(alert=Alert.objects.get(), user=merchant)


def stop(merchant: User) -> None:
    ProviderAccount.objects.create(circuit_code="4016", circuit_opened_at=NOW)


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("change", [settings, reading, stop])
def test_settings_reading_and_the_providers_state_change_the_version(
    web: Client, merchant: User, watch: Watch, region: str, change: Any
) -> None:
    AlertFactory.create(watchlist=watch.watchlist, product=watch.product)
    version = opened(web, region)
    change(merchant)
    assert look(web, region, version).status_code == 200


def test_a_version_does_not_hold_for_another_login(
    web: Client, merchant: User, watch: Watch
) -> None:
    version = opened(web, "results")
    second_login = Client()
    second_login.force_login(merchant)
    assert look(second_login, "results", version).status_code == 200


def test_a_deletion_is_noticed_within_ten_minutes(web: Client, watch: Watch) -> None:
    version = opened(web, "results")
    watch.delete()
    with time_machine.travel(NOW + timedelta(minutes=10, seconds=1), tick=False):
        assert look(web, "results", version).status_code == 200


@pytest.mark.parametrize(
    "odd", ["", "*", '"', "0" * 20, "0" * 20 + "-1" * 5, "é", "0" * 20 + "-" + "f" * 400]
)
def test_an_odd_version_counts_as_old(web: Client, watch: Watch, odd: str) -> None:
    assert look(web, "results", odd).status_code == 200


def test_an_altered_version_counts_as_old(web: Client, watch: Watch) -> None:
    version = opened(web, "results")
    for altered in (f"x{version}", version[:-1], version.swapcase()):
        assert look(web, "results", altered).status_code == 200


def test_a_version_does_not_hold_for_another_page(web: Client, watch: Watch) -> None:
    assert look(web, "results", opened(web, "usage")).status_code == 200


def test_a_check_updates_the_figures_beside_the_chart(web: Client, watch: Watch) -> None:
    SnapshotFactory.create(product=watch.product, data_time=NOW - timedelta(days=1))
    address = f"/products/{watch.product.num_iid}/"
    version = version_of(web.get(address).content.decode(), "figures")
    with CaptureQueriesContext(connection) as captured:
        assert look(web, "figures", version, address).status_code == 304
    assert len(captured) <= 4
    Product.objects.update(data_time=NOW, checked_at=NOW)
    fresh = look(web, "figures", version, address)
    assert fresh.status_code == 200
    assert b'id="figures"' in fresh.content
    assert b'id="history"' not in fresh.content
    version = version_of(fresh.content.decode(), "figures")
    assert look(web, "figures", version, address).status_code == 304
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        assert look(web, "figures", version, address).status_code == 200


def test_a_check_updates_the_header_and_only_a_change_updates_the_history(
    web: Client, watch: Watch
) -> None:
    address = f"/products/{watch.product.num_iid}/"
    page = web.get(address).content.decode()
    header, history = version_of(page, "header"), version_of(page, "history")
    assert look(web, "header", header, address).status_code == 304
    Product.objects.update(checked_at=NOW + timedelta(seconds=1))
    assert look(web, "header", header, address).status_code == 200
    assert look(web, "history", history, address).status_code == 304
    Product.objects.update(changed_at=NOW + timedelta(seconds=1))
    response: HttpResponse = look(web, "history", history, address)
    assert response.status_code == 200
    assert b'id="history"' in response.content
