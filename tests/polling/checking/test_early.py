"""If spending is behind the day's plan, products are checked before they are due, within their
limits."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from pytest_django.fixtures import Settings

from monitor.models import Product, UsageDay
from monitor.models.usage import provider_day, quota_reset
from tests.polling.checking.due import begin_all
from tests.polling.story import START, Story

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOON = quota_reset(START) + 12 * HOUR


@pytest.fixture(autouse=True)
def hundred_a_day(settings: Settings) -> None:
    """Spending is two calls behind the plan."""
    settings.PROVIDER_DAILY_CALLS = 100
    UsageDay.objects.create(day=provider_day(NOON), reserved=48)


def adaptive(products: int) -> list[int]:
    """Return products that may be checked every five minutes and are due in half an hour, a minute
    apart."""
    story = Story(products=products)
    keys = []
    for number, num_iid in enumerate(story.num_iids):
        rows = Product.objects.filter(num_iid=num_iid)
        rows.update(
            soonest=5 * MINUTE,
            checked_at=NOON - 5 * MINUTE,
            asked_at=None,
            next_check_at=NOON + 30 * MINUTE + number * MINUTE,
        )
        keys.append(rows.get().pk)
    return keys


def claimed() -> list[int]:
    return begin_all(NOON)


def test_spare_calls_go_to_the_products_that_are_due_next() -> None:
    keys = adaptive(4)
    assert sorted(claimed()) == sorted(keys[:2])
    assert claimed() == [], "reserved calls count as spent"


def test_nothing_is_checked_early_while_spending_follows_the_plan() -> None:
    adaptive(4)
    UsageDay.objects.update(reserved=50)
    assert claimed() == []


@pytest.mark.parametrize(
    "values",
    [
        {"soonest": None},
        {"soonest": HOUR},
        {"checked_at": NOON - 5 * MINUTE + timedelta(seconds=1)},
        {"failing_since": NOON - HOUR},
        {"doubted_at": NOON - HOUR},
        {"status": "not_found"},
        {"next_check_at": None},
    ],
)
def test_a_product_that_may_not_be_checked_now_is_not(values: dict[str, Any]) -> None:
    keys = adaptive(2)
    Product.objects.filter(pk=keys[0]).update(**values)
    assert claimed() == [keys[1]]


def test_a_product_that_was_never_checked_takes_a_spare_call() -> None:
    keys = adaptive(3)
    Product.objects.filter(pk=keys[2]).update(checked_at=None, soonest=F("interval"))
    Product.objects.filter(pk__in=keys[:2]).update(soonest=F("interval"))
    assert claimed() == [keys[2]]
