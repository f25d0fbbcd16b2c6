from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from time_machine import TimeMachineFixture

from monitor.sandbox import views
from monitor.sandbox.world import World
from tests.sandbox.conftest import KEY, SECRET

URLCONF = "monitor.sandbox.urls"


@pytest.fixture(autouse=True)
def _sandbox(settings: Settings, monkeypatch: pytest.MonkeyPatch, time_machine: TimeMachineFixture) -> None:
    settings.ROOT_URLCONF = URLCONF
    settings.PROVIDER_KEY, settings.PROVIDER_SECRET, settings.PROVIDER_DAILY_CALLS = KEY, SECRET, 3
    monkeypatch.setattr(views, "calls", views.CallCounter())
    time_machine.move_to(datetime(2026, 11, 25, 15, 59, 30, tzinfo=UTC), tick=False)


def get(client: Client, api: str = "item_get_app", platform: str = "douyin", **params: str) -> dict[str, Any]:
    address = reverse("sandbox-gateway", urlconf=URLCONF, args=[platform, api])
    reply = client.get(address, {"key": KEY, "secret": SECRET} | params)
    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "no-store" in reply.headers["Cache-Control"]
    decoded: dict[str, Any] = reply.json()
    return decoded


def test_it_answers_at_the_providers_addresses(client: Client, world: World) -> None:
    num_iid = world.products()[0]
    assert reverse("sandbox-gateway", urlconf=URLCONF, args=["douyin", "item_get_app"]) == "/douyin/item_get_app/"
    assert get(client, num_iid=num_iid, cache="no")["item"]["product_id"] == num_iid


def test_it_needs_no_login_session_or_database(client: Client, world: World) -> None:
    # Without the `db` fixture any query fails this test.
    get(client, num_iid=world.products()[0])
    assert not client.cookies


def test_it_counts_billed_calls_and_stops_at_the_days_number(client: Client, world: World) -> None:
    num_iid = world.products()[0]
    infos = [get(client, num_iid=num_iid)["api_info"] for _ in range(2)]
    get(client, num_iid=num_iid, key="wrong")
    get(client, num_iid="abc")
    infos.append(get(client, num_iid="3000000000000000001")["api_info"])
    assert infos == ["today:0 max:3", "today:1 max:3", "today:2 max:3"]
    assert get(client, num_iid=num_iid)["error_code"] == "4013"


def test_it_counts_anew_after_midnight_in_beijing(
    client: Client, world: World, time_machine: TimeMachineFixture
) -> None:
    num_iid = world.products()[0]
    for _ in range(4):
        get(client, num_iid=num_iid)
    time_machine.move_to(datetime(2026, 11, 25, 16, 0, 1, tzinfo=UTC), tick=False)
    assert get(client, num_iid=num_iid)["api_info"] == "today:0 max:3"


def test_it_knows_one_platform(client: Client, world: World) -> None:
    assert get(client, platform="taobao", num_iid=world.products()[0])["error_code"] == "4010"


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_only_answers_to_get(client: Client, method: str) -> None:
    assert getattr(client, method)("/douyin/item_get_app/").status_code == 405
