"""Open pages ask whether what they show is still so: 304 while it is, whatever strangers' products do."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.models import Alert, AlertRead, Outage, Product, ProviderAccount, ShopScore, User, Watch, Watchlist
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
#: Of these the version hangs on news about the reader's products.
OF_NEWS = ("today", "results", "inbox")


@pytest.fixture
def watch(watchlist: Watchlist) -> Watch:
    return WatchFactory.create(
        watchlist=watchlist, product=ProductFactory.create(next_check_at=NOW + timedelta(hours=1))
    )


def version_of(page: str, region: str) -> str:
    found = re.search(rf'id="{region}"[^>]*? data-version="([^"]+)"', page)
    assert found, f"#{region} has no version"
    return found[1]


def look(web: Client, region: str, version: str, address: str = "") -> Any:
    """What an open page asks."""
    headers = {"HX-Request": "true", "HX-Target": region, "HX-Trigger": region, "If-None-Match": f'W/"{version}"'}
    return web.get(address or REGIONS[region], headers=headers)


def opened(web: Client, region: str) -> str:
    """The version that the region of an opened page has; one without a region of its own asks for the frame."""
    address = "/settings/" if region == "alive" else REGIONS[region]
    return version_of(web.get(address).content.decode(), region)


@pytest.mark.parametrize("region", REGIONS)
def test_nothing_new_is_said_in_four_queries_and_no_byte(web: Client, watch: Watch, region: str) -> None:
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
def test_whoever_has_another_version_is_given_the_region_and_the_frame(web: Client, watch: Watch, region: str) -> None:
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
def test_news_of_my_products_are_news_and_those_of_others_are_not(
    web: Client, watch: Watch, region: str, news: Any
) -> None:
    others = WatchFactory.create(product=ProductFactory.create(next_check_at=NOW + timedelta(hours=1)))
    version = opened(web, region)
    news(others)
    assert look(web, region, version).status_code == 304
    news(watch)
    assert look(web, region, version).status_code == 200


def test_news_of_a_shared_list_reach_its_members(web: Client, merchant: User, watch: Watch) -> None:
    others = WatchFactory.create()
    MembershipFactory.create(watchlist=others.watchlist, user=merchant)
    version = opened(web, "results")
    snapshot(others)
    assert look(web, "results", version).status_code == 200


def settings(merchant: User) -> None:
    User.objects.filter(pk=merchant.pk).update(language="zh-hans")


def reading(merchant: User) -> None:
    AlertRead.objects.create(alert=Alert.objects.get(), user=merchant)


def stop(merchant: User) -> None:
    ProviderAccount.objects.create(circuit_code="4016", circuit_opened_at=NOW)


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("change", [settings, reading, stop])
def test_the_reader_his_unread_alerts_and_the_provider_count(
    web: Client, merchant: User, watch: Watch, region: str, change: Any
) -> None:
    AlertFactory.create(watchlist=watch.watchlist, product=watch.product)
    version = opened(web, region)
    change(merchant)
    assert look(web, region, version).status_code == 200


def test_no_version_is_good_for_another_reader_or_another_login(web: Client, merchant: User, watch: Watch) -> None:
    version = opened(web, "results")
    again = Client()
    again.force_login(merchant)
    assert look(again, "results", version).status_code == 200


def test_what_leaves_no_row_is_seen_within_ten_minutes(web: Client, watch: Watch) -> None:
    version = opened(web, "results")
    watch.delete()
    with time_machine.travel(NOW + timedelta(minutes=10, seconds=1), tick=False):
        assert look(web, "results", version).status_code == 200


@pytest.mark.parametrize("odd", ["", "*", '"', "0" * 20, "0" * 20 + "-1" * 5, "é", "0" * 20 + "-" + "f" * 400])
def test_an_odd_version_is_an_old_one(web: Client, watch: Watch, odd: str) -> None:
    assert look(web, "results", odd).status_code == 200


def test_a_version_that_was_altered_is_an_old_one(web: Client, watch: Watch) -> None:
    version = opened(web, "results")
    for altered in (f"x{version}", version[:-1], version.swapcase()):
        assert look(web, "results", altered).status_code == 200


def test_no_version_is_good_for_another_page(web: Client, watch: Watch) -> None:
    assert look(web, "results", opened(web, "usage")).status_code == 200


def test_a_check_moves_the_figures_beside_the_chart_with_the_header(web: Client, watch: Watch) -> None:
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


def test_a_check_moves_the_header_and_only_a_change_the_history(web: Client, watch: Watch) -> None:
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


def test_a_shop_that_left_the_lists_is_gone(web: Client, watch: Watch) -> None:
    address = f"/shops/{watch.product.shop_id}/"
    version = version_of(web.get(address).content.decode(), "history")
    assert look(web, "history", version, address).status_code == 304
    watch.delete()
    assert look(web, "history", version, address).status_code == 404


def test_a_session_that_ended_is_told_without_a_page(watch: Watch) -> None:
    response = look(Client(), "results", "old")
    assert response["HX-Redirect"].startswith("/login/")
