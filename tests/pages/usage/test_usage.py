"""The usage page: calls by day and billing, the month's outlook, and the costs of lists."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from monitor.models import Charge, Usage, UsageDay, User, Watchlist
from monitor.models.usage import PARTS, provider_day
from monitor.polling.planning.calls import Calls
from monitor.provider.codes import Billing
from monitor.watching.services import add_products
from tests.models.factories import NOW, ProductFactory, WatchFactory, WatchlistFactory

pytestmark = pytest.mark.django_db
TODAY = provider_day(NOW)
DAY = timedelta(days=1)


def book(days_ago: int, reserved: int, **calls: int) -> None:
    """Add a day to the ledger. The names of `calls` are codes after a c."""
    day = TODAY - DAY * days_ago
    UsageDay.objects.create(day=day, reserved=reserved)
    for name, count in calls.items():
        code = name.removeprefix("c")
        billing = {"0000": "billed", "2000": "billed", "timeout": "possibly"}.get(
            code, "not_billed"
        )
        Usage.objects.create(day=day, api="item_get_app", code=code, calls=count, billing=billing)


def account(web: Client, query: str = "") -> dict[str, Any]:
    usage: dict[str, Any] = web.get(f"/usage/?{query}").context["account"]
    return usage


def costs(web: Client) -> list[Any]:
    return [
        (cost["name"], cost["products"], cost["calls"].least)
        for cost in web.get("/usage/").context["costs"]
    ]


def test_each_day_has_its_calls_by_billing(web: Client) -> None:
    book(1, 110, c0000=80, c2000=5, c4002=10, ctimeout=3)
    yesterday = account(web)["days"][-2]
    assert yesterday.calls == {
        Billing.BILLED: 85,
        Billing.NOT_BILLED: 10,
        Billing.POSSIBLY: 15,
    }
    sums = account(web)["sums"]
    assert sums == {"billed": 85, "not_billed": 10, "possibly": 15, "total": 110}


def test_the_providers_count_is_shown_beside_ours(web: Client) -> None:
    book(0, 90, c0000=90)
    Usage.objects.update(provider_used=1234)
    page = web.get("/usage/")
    assert page.context["account"]["days"][-1].provider_used == 1234
    assert "1,234" in page.content.decode()


def test_the_outlook_follows_the_schedule(web: Client, watchlist: Watchlist) -> None:
    for _ in range(10):
        WatchFactory.create(
            watchlist=watchlist, product=ProductFactory.create(interval=timedelta(hours=1))
        )
    book(2, 300, c0000=300)
    book(1, 100, c0000=100)
    book(0, 60, c0000=60)
    book(40, 999, c0000=999)
    assert "about 180 by midnight in China" in web.get("/usage/").content.decode()
    outlook = account(web)["outlook"]
    # Noon in China on the 25th of a month of 30 days.
    assert (outlook["forecast"].total, outlook["midnight"].calls, outlook["month_so_far"]) == (
        Calls(240, 240),
        180,
        460,
    )
    assert outlook["month_end"] == 300 + 100 + 180 + 5 * 240


def test_with_a_price_operators_see_what_calls_cost(
    web: Client, merchant: User, watchlist: Watchlist, settings: Settings
) -> None:
    for _ in range(10):
        add_products(watchlist, [ProductFactory.create().num_iid], NOW)
    book(0, 60, c0000=60)
    Charge.objects.create(day=TODAY, person=merchant, reason="asked", parts=60 * PARTS)
    assert "¥" not in web.get("/usage/").content.decode()
    settings.PROVIDER_CALL_PRICE = 0.025
    text = re.sub(r"(<[^>]+>|\s)+", " ", web.get("/usage/").content.decode())
    assert "This month 60 ¥1.50 about" in text
    assert "merchant@example.com 60 ¥1.50 0 0 60 0" in text
    assert "10 240 7,200 ¥180.00" in text
    User.objects.filter(pk=merchant.pk).update(is_staff=False)
    assert "¥" not in web.get("/usage/").content.decode()


def test_a_schedule_beyond_the_budget_says_when_it_is_used_up(web: Client) -> None:
    for _ in range(20):
        ProductFactory.create(interval=timedelta(minutes=1))
    assert "used up at 23:31" in web.get("/usage/").content.decode()


def test_lists_are_ordered_by_cost(web: Client, merchant: User) -> None:
    slow = WatchlistFactory.create(owner=merchant, name="Slow", interval=timedelta(hours=12))
    fast = WatchlistFactory.create(owner=merchant, name="Fast", interval=timedelta(hours=1))
    paused = WatchlistFactory.create(owner=merchant, name="Paused", is_paused=True)
    for watchlist in (slow, fast, paused):
        WatchFactory.create(watchlist=watchlist)
    WatchFactory.create(watchlist=slow, interval=timedelta(hours=6))
    assert costs(web) == [("Fast", 1, 24), ("Slow", 2, 6)]


def test_lists_that_need_more_than_the_budget_are_said_with_advice(
    web: Client, merchant: User, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 150
    large = WatchlistFactory.create(owner=merchant, interval=timedelta(hours=1))
    add_products(large, [ProductFactory.create().num_iid for _ in range(7)], NOW)
    text = " ".join(web.get("/usage/").content.decode().split())
    assert "Watchlists need 168 calls a day, 18 over budget." in text, text
    assert "Set a larger budget" in text.split('id="lacking"')[1]
