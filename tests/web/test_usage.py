"""Usage: calls by day and outcome, where the month leads, and what costs most."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from monitor.dashboard.usage import Account, Ended
from monitor.models import Usage, UsageDay, User, Watchlist
from monitor.models.usage import provider_day
from tests.factories import NOW, ProductFactory, UserFactory, WatchFactory, WatchlistFactory
from tests.web import HTMX

pytestmark = pytest.mark.django_db
TODAY = provider_day(NOW)
DAY = timedelta(days=1)


def book(days_ago: int, reserved: int, **calls: int) -> None:
    """A day's ledger; `calls` are by code with a c before it."""
    day = TODAY - DAY * days_ago
    UsageDay.objects.create(day=day, reserved=reserved)
    for name, count in calls.items():
        code = name.removeprefix("c")
        billing = {"0000": "billed", "2000": "billed", "timeout": "possibly"}.get(code, "not_billed")
        Usage.objects.create(day=day, api="item_get_app", code=code, calls=count, billing=billing)


def account(web: Client, query: str = "") -> Account:
    found: Account = web.get(f"/usage/?{query}").context["account"]
    return found


def costs(web: Client) -> list[Any]:
    return [(one.name, one.products, one.calls_a_day) for one in web.get("/usage/").context["costs"]]


def test_days_that_are_not_offered_are_said(web: Client) -> None:
    assert "“abc” in the address is not understood" in web.get("/usage/?days=abc").content.decode()
    assert "not understood" not in web.get("/usage/?days=30").content.decode()


def test_each_day_is_told_by_how_its_calls_ended(web: Client) -> None:
    book(1, 110, c0000=80, c2000=5, c4002=10, ctimeout=3)
    yesterday = account(web).days[-2]
    assert yesterday.calls == {
        Ended.ANSWERED: 80,
        Ended.NOT_FOUND: 5,
        Ended.FAILED: 10,
        Ended.DOUBTFUL: 3,
        Ended.UNKNOWN: 12,
    }
    sums = account(web).sums
    assert (sums.billed, sums.not_billed, sums.possibly, sums.total) == (85, 10, 15, 110)


def test_the_providers_count_stands_beside_ours(web: Client) -> None:
    book(0, 90, c0000=90)
    Usage.objects.update(provider_used=1234)
    page = web.get("/usage/")
    assert page.context["account"].days[-1].provider_used == 1234
    assert "1,234" in page.content.decode()


def test_a_range_has_all_its_days_with_calls_or_without(web: Client) -> None:
    book(60, 5, c0000=5)
    assert [len(account(web, f"days={days}").days) for days in ("7", "30", "90", "x")] == [7, 30, 90, 30]
    assert (account(web, "days=90").sums.total, account(web, "days=30").sums.total) == (5, 0)


def test_midnight_and_the_months_end_follow_the_schedule_and_last_weeks_pace(web: Client, watchlist: Watchlist) -> None:
    for _ in range(10):
        WatchFactory.create(watchlist=watchlist, product=ProductFactory.create(interval=timedelta(hours=1)))
    book(2, 300, c0000=300)
    book(1, 100, c0000=100)
    book(0, 60, c0000=60)
    book(40, 999, c0000=999)
    outlook = account(web).outlook
    # Noon in China on the 25th of a month of 30 days.
    assert (outlook.calls_a_day, outlook.midnight.calls, outlook.month_so_far) == (240, 180, 460)
    assert outlook.month_end == 300 + 100 + 180 + 5 * 240
    assert outlook.month_end_at_pace == 300 + 100 + 180 + 5 * 200


def test_midnight_by_the_schedule_and_by_the_days_own_pace_are_told_apart(web: Client, watchlist: Watchlist) -> None:
    for _ in range(10):
        WatchFactory.create(watchlist=watchlist, product=ProductFactory.create(interval=timedelta(hours=1)))
    assert "today's pace is not known yet" in web.get("/usage/").content.decode()
    book(0, 60, c0000=60)
    text = web.get("/usage/").content.decode()
    # Noon in China: the schedule's second half of the day, and twice what there was.
    assert re.search(r"By midnight, as scheduled</span><span [^>]*>180</span>", text)
    assert "about 120 at today's pace so far" in text


def test_a_schedule_beyond_the_budget_says_when_it_is_used_up(web: Client) -> None:
    for _ in range(20):
        ProductFactory.create(interval=timedelta(minutes=1))
    assert "used up at 23:31" in web.get("/usage/").content.decode()


def test_lists_stand_by_what_they_cost(web: Client, merchant: User) -> None:
    slow = WatchlistFactory.create(owner=merchant, name="Slow", interval=timedelta(hours=12))
    fast = WatchlistFactory.create(owner=merchant, name="Fast", interval=timedelta(hours=1))
    paused = WatchlistFactory.create(owner=merchant, name="Paused", is_paused=True)
    for watchlist in (slow, fast, paused):
        WatchFactory.create(watchlist=watchlist)
    WatchFactory.create(watchlist=slow, interval=timedelta(hours=6))
    assert costs(web) == [("Fast", 1, 24), ("Slow", 2, 6)]


def test_nobody_but_an_operator_sees_other_peoples_lists(web: Client) -> None:
    WatchFactory.create(watchlist=WatchlistFactory.create(owner=UserFactory.create(), name="Secret"))
    assert costs(web) == []
    assert "Secret" not in web.get("/usage/").content.decode()
    User.objects.filter(email="merchant@example.com").update(is_staff=True)
    assert costs(web) == [("Secret", 1, 24)]


def test_it_says_what_an_interval_costs_and_how_many_products_the_budget_carries(web: Client) -> None:
    ProductFactory.create(interval=timedelta(minutes=45))
    found = {one.interval: one for one in account(web).intervals}
    hourly, odd = found[timedelta(hours=1)], found[timedelta(minutes=45)]
    assert (hourly.calls_a_product, hourly.fits, hourly.products) == (24, 458, 0)
    assert (odd.products, odd.calls_a_day) == (1, 32)


def test_an_exchange_brings_the_region_alone_and_an_empty_ledger_is_said(web: Client) -> None:
    text = web.get("/usage/?days=7", headers=HTMX).content.decode()
    assert text.lstrip().startswith('<div id="usage"')
    assert "No calls in this range" in text
