"""Adding, pausing and removing products, and the effects on the schedule."""

import threading
from datetime import timedelta

import pytest
from django.db import transaction

from monitor.models import Watch, Watchlist
from monitor.provider.errors import CallTimeout
from monitor.watching.services import (
    add_products,
    create_watchlist,
    pause,
    remove,
    watchlist_changed,
)
from tests.polling.story import FIRST_ID, Story
from tests.polling.threads import at_once

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_the_shortest_interval_of_all_lists_counts() -> None:
    story = Story()
    other = create_watchlist(story.user, "供应商")
    Watchlist.objects.filter(pk=other.pk).update(interval=timedelta(minutes=20))
    add_products(other, story.num_iids, story.now)
    assert story.product.interval == timedelta(minutes=20)
    Watch.objects.filter(watchlist=story.watchlist).update(interval=timedelta(minutes=5))
    watchlist_changed(story.watchlist, story.now)
    assert story.product.interval == timedelta(minutes=5)


def test_a_product_that_nobody_watches_is_not_checked() -> None:
    story = Story()
    story.hears()
    pause(Watch.objects.all(), story.now)
    assert (story.product.interval, story.product.next_check_at) == (None, None)
    pause(Watch.objects.all(), story.now, paused=False)
    assert story.product.next_check_at == story.now + HOUR
    assert remove(Watch.objects.all(), story.now) == 1
    assert story.product.next_check_at is None
    assert story.product.snapshots.exists()


def test_a_changed_list_does_not_delay_a_failing_products_next_check() -> None:
    story = Story()
    story.hears()
    for _ in range(9):
        story.hears(CallTimeout("too slow"), after=timedelta(minutes=1))
    due = story.product.next_check_at
    watchlist_changed(story.watchlist, story.now)
    assert story.product.next_check_at is not None
    assert due is not None
    assert story.product.next_check_at <= due


@pytest.mark.django_db(transaction=True)
def test_a_product_added_on_one_list_while_it_leaves_another_is_checked() -> None:
    story = Story()
    other = create_watchlist(story.user, "供应商")
    added = threading.Event()

    def add() -> None:
        with transaction.atomic():
            add_products(other, story.num_iids, story.now)
            added.set()

    def leave() -> None:
        added.wait()
        remove(Watch.objects.filter(watchlist=story.watchlist), story.now)

    at_once(add, leave)
    assert story.product.next_check_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_product_that_leaves_its_last_two_lists_at_once_is_not_checked() -> None:
    story = Story()
    other = create_watchlist(story.user, "供应商")
    add_products(other, story.num_iids, story.now)
    left = threading.Event()

    def leave_one() -> None:
        with transaction.atomic():
            remove(Watch.objects.filter(watchlist=other), story.now)
            left.set()

    def leave_the_other() -> None:
        left.wait()
        remove(Watch.objects.filter(watchlist=story.watchlist), story.now)

    at_once(leave_one, leave_the_other)
    assert story.product.next_check_at is None


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_the_same_new_products_both_succeed() -> None:
    story = Story()
    other = create_watchlist(story.user, "供应商")
    ids = [str(FIRST_ID + number) for number in range(30)]
    together = threading.Barrier(2)

    def add(watchlist: Watchlist, num_iids: list[str]) -> None:
        together.wait()
        add_products(watchlist, num_iids, story.now)

    at_once(lambda: add(story.watchlist, ids), lambda: add(other, ids[::-1]))
    assert Watch.objects.count() == 60
