"""The schedule spends a day's calls evenly; checks that people ask for are made at once."""

from datetime import datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from monitor.models import Product, UsageDay
from monitor.models.usage import provider_day, quota_reset
from monitor.polling.budget import ledger
from monitor.provider.codes import Action
from monitor.provider.errors import ApiError
from monitor.watching.services import CHUNK, MOST_AWAITED, add_products
from tests.polling.checking.due import begin_all
from tests.polling.story import START, Story

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MIDNIGHT = quota_reset(START)
NOON = MIDNIGHT + 12 * HOUR


@pytest.fixture(autouse=True)
def hundred_a_day(settings: Settings) -> None:
    settings.PROVIDER_DAILY_CALLS = 100


def begun(now: datetime) -> int:
    """Reserve what the workers may check now; return how many calls."""
    return len(begin_all(now))


def give_back() -> None:
    """Make all products free and due again. Write only the rows that are not: a test is one
    transaction, in which PostgreSQL keeps, and reads with every query, all older versions of a
    row."""
    Product.objects.exclude(claim=None).update(claim=None, claimed_until=None)
    Product.objects.exclude(next_check_at=START).update(next_check_at=START)


def spend(since: float, until: float) -> int:
    """Tick every quarter of an hour and at the end; return the number of calls."""
    spent = 0
    for hours in (*(since + number / 4 for number in range(int((until - since) * 4))), until):
        spent += begun(MIDNIGHT + hours * HOUR)
        give_back()
    return spent


def test_a_backlog_is_worked_off_evenly_over_the_day() -> None:
    Story(products=120)
    assert [begun(MIDNIGHT), begun(MIDNIGHT)] == [2, 0], "calls of running batches count"
    spent = 2
    give_back()
    for since, until, calls in [(0, 6, 27), (6, 12, 52)]:
        spent += spend(since, until)
        assert spent == calls, f"by hour {until}"


def test_after_an_outage_a_backlog_is_spread_over_the_rest_of_the_day() -> None:
    Story(products=120)
    assert begun(NOON) == 4
    give_back()
    assert 46 <= spend(12, 18) <= 54
    spend(18, 23.99)
    assert UsageDay.objects.get().reserved == 100


def test_checks_that_people_ask_for_come_before_a_backlog_and_keep_to_the_cap() -> None:
    story = Story(products=120)
    UsageDay.objects.create(day=provider_day(NOON), reserved=98)
    products = Product.objects.filter(num_iid__in=story.num_iids[50:55])
    products.update(next_check_at=NOON + HOUR)
    products.update(next_check_at=NOON, asked_at=NOON)
    keys = begin_all(NOON)
    assert len(keys) == 2
    assert set(keys) < {product.pk for product in products}


def test_some_calls_are_kept_until_the_last_hour_and_confirmations_may_have_them() -> None:
    Story(products=120)
    late = MIDNIGHT + 23 * HOUR - MINUTE
    UsageDay.objects.create(day=provider_day(NOON), reserved=95)
    assert begun(late) == 0
    assert ledger.reserve(2, late, confirming=True).calls == 2
    assert begun(late + MINUTE) == 0
    assert begun(late + HOUR) == 3


@pytest.mark.parametrize(("added", "at_once"), [(3, 3), (MOST_AWAITED + 1, 0), (CHUNK + 1, 0)])
def test_few_new_products_are_checked_at_once_and_many_keep_to_the_even_share(
    added: int, at_once: int
) -> None:
    story = Story(products=1)
    Product.objects.update(asked_at=None)
    UsageDay.objects.create(day=provider_day(NOON), reserved=52)
    add_products(story.watchlist, [str(7000 + number) for number in range(added)], NOON)
    assert begun(NOON) == at_once
    assert Product.objects.filter(asked_at=NOON).count() == at_once


def test_a_trial_call_does_not_wait_for_the_even_share() -> None:
    Story(products=9)
    UsageDay.objects.create(day=provider_day(NOON), reserved=60)
    ledger.open_circuit(ApiError("no money", code="4016", action=Action.STOP), NOON)
    assert begun(NOON) == 0
    assert begun(NOON + ledger.PROBE_EVERY) == 1
