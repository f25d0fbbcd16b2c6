"""Checks teach how often a product changes, and its next check follows from that."""

from datetime import timedelta
from typing import Any

import pytest

from monitor.models import Budget, Pace, Product, ScheduleFit
from monitor.models.watchlists import Priority
from monitor.polling.planning import fit as fitting
from monitor.provider.observation import Sales
from monitor.watching.services import save_watchlist
from tests.polling.story import Story

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def story() -> Story:
    """A product whose interval adapts to its changes."""
    story = Story()
    asks(story, pace=Pace.ADAPTIVE, interval=DAY, soonest=5 * MINUTE)
    return story


def asks(story: Story, **limits: Any) -> None:
    for name, value in limits.items():
        setattr(story.watchlist, name, value)
    save_watchlist(story.watchlist, story.now)


def wait(story: Story) -> timedelta:
    assert story.product.next_check_at is not None
    return story.product.next_check_at - story.now


def test_a_product_that_changes_is_checked_more_often(story: Story) -> None:
    story.hears(price=7200)
    for _ in range(24):
        story.hears(price=7200)
    quiet, expected_of_quiet = wait(story), story.product.rate
    for number in range(24):
        story.hears(price=7000 + number)
    assert wait(story) < quiet / 2
    assert expected_of_quiet is not None
    assert story.product.rate is not None
    assert story.product.rate > 2 * expected_of_quiet


def test_changes_of_sales_do_not_raise_the_rate(story: Story) -> None:
    story.hears()
    rates = []
    for moves in (0, 100):
        Product.objects.update(knowledge=None, rate=None)
        for number in range(12):
            story.hears(sales=Sales(20000 + number * moves, 1))
        rates.append(story.product.rate)
    assert rates[0] == pytest.approx(rates[1], rel=0.001)


def test_a_higher_priority_brings_the_next_check_forward(story: Story) -> None:
    for _ in range(8):
        story.hears()
    before = story.product.next_check_at
    assert before is not None
    asks(story, priority=3)
    after = story.product.next_check_at
    assert after is not None
    assert story.now < after < before
    assert (story.product.weight, story.product.priority) == (4.0, 3)


def test_the_schedule_works_without_a_fit_and_follows_one(story: Story) -> None:
    for _ in range(5):
        story.hears()
    assert not ScheduleFit.objects.exists()
    before = wait(story)
    Budget.objects.create(calls=100, begins_at=story.now)
    fitting.fit_schedule(story.now)  # A hundred calls for one product.
    story.hears()
    assert wait(story) < before / 10


def test_a_product_that_is_due_at_its_latest_time_cannot_wait(story: Story) -> None:
    for number in range(24):
        story.hears(price=7000 + number)
    assert not story.product.cannot_wait
    asks(story, pace=Pace.FIXED)
    story.hears()
    assert story.product.cannot_wait
    asks(story, priority=Priority.LOW)
    assert not story.product.cannot_wait
    story.hears()
    assert not story.product.cannot_wait
    asks(story, priority=Priority.HIGH)
    assert story.product.cannot_wait
