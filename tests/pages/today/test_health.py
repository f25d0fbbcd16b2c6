"""What is wrong with the checks is told on the first page, in a line each. Nothing is told while
all is well."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from monitor.models import (
    Heartbeat,
    Product,
    User,
    Watchlist,
)
from tests.models.factories import NOW, ProductFactory, WatchFactory, WatchlistFactory
from tests.pages.today.conftest import HOUR, text, today

pytestmark = pytest.mark.django_db


def test_nothing_is_told_while_all_is_well(web: Client, settled: Product) -> None:
    assert not today(web).health
    User.objects.update(is_staff=True)
    assert not today(web).health
    assert "checks-title" not in text(web)


def test_failing_checks_are_grouped_by_reason_with_advice(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    fails = {"failing_since": NOW - HOUR, "failures": 3}
    for code in ("4003", "4003", "4002"):
        product = ProductFactory.create(last_outcome="provider_error", last_code=code, **fails)
        WatchFactory.create(watchlist=watchlist, product=product)
    ProductFactory.create(last_outcome="timeout", **fails)
    assert [(reason.code, reason.count) for reason in today(web).health.failing] == [
        ("4003", 2),
        ("4002", 1),
    ]
    page = text(web)
    assert "2 products failing" in page
    assert "Compare them with the links on Douyin" in page
    assert "repeated automatically" in page


@pytest.mark.parametrize(
    ("lasts", "failures", "code", "is_shown"),
    [
        (timedelta(seconds=16), 1, "4008", False),
        (timedelta(minutes=7), 3, "4002", True),
        (3 * HOUR, 2, "", True),
        # An unknown ID will not be known at the next check either.
        (timedelta(seconds=16), 1, "4003", True),
    ],
)
def test_a_failure_is_shown_when_it_has_lasted_for_a_few_checks(
    web: Client, settled: Product, lasts: timedelta, failures: int, code: str, is_shown: bool
) -> None:
    fails = {
        "failing_since": NOW - lasts,
        "failures": failures,
        "last_outcome": "provider_error",
        "last_code": code,
    }
    Product.objects.filter(pk=settled.pk).update(**fails)
    assert ("1 product failing" in text(web)) is is_shown
    assert bool(today(web).health) is is_shown


def test_a_failure_comes_with_advice(web: Client, watchlist: Watchlist, settled: Product) -> None:
    fails = {"failing_since": NOW - HOUR, "failures": 3}
    WatchFactory.create(
        watchlist=watchlist, product=ProductFactory.create(last_outcome="network", **fails)
    )
    assert "Checks continue automatically when it is back." in text(web)


@pytest.mark.parametrize(
    ("staff", "says"),
    [(False, "No checks are running. Tell the operator."), (True, 'href="/admin/health/"')],
)
def test_it_says_that_no_worker_runs(web: Client, settled: Product, staff: bool, says: str) -> None:
    Heartbeat.objects.update(expected_at=NOW - HOUR)
    User.objects.update(is_staff=staff)
    assert says in text(web).split('id="checks-title"')[1]


def test_a_used_up_allowance_is_one_line(web: Client, settled: Product, settings: Settings) -> None:
    settings.PERSON_CHECKS = 1
    WatchlistFactory.create(name="Of another user")
    assert not today(web).health
    web.post(f"/products/{settled.num_iid}/check/")
    assert "Your 1 check for today is used." in text(web).split('id="checks-title"')[1]
