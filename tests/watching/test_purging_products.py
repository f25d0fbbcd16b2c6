"""Products that no user watches are deleted in time, while others are checked and watched again."""

import threading
from datetime import timedelta

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from monitor.models import Change, Product, Snapshot, Watch
from monitor.models.catalog import ProductQuerySet
from monitor.polling.checking import claims
from monitor.watching.deletion import delete_for_now, purge_products
from monitor.watching.services import add_products, pause, remove
from tests.polling.story import Story
from tests.polling.threads import at_once

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def old_story(products: int = 1) -> Story:
    """Return a story whose products were added long ago."""
    story = Story(products)
    Product.objects.update(created_at=story.now - 30 * DAY)
    return story


def watched(story: Story, number: int = 0) -> ProductQuerySet:
    return Product.objects.filter(num_iid=story.num_iids[number])


def test_a_product_without_history_goes_a_day_after_its_last_watcher() -> None:
    story = old_story(products=3)
    remove(Watch.objects.filter(product__in=watched(story)), story.now)
    assert purge_products(story.now + 23 * HOUR) == 0
    assert purge_products(story.now + 25 * HOUR) == 1
    assert set(Product.objects.values_list("num_iid", flat=True)) == set(story.num_iids[1:])
    assert Product.objects.count() == 2


def test_a_history_is_kept_for_a_while(settings: Settings) -> None:
    settings.HISTORY_DAYS = 90
    story = old_story()
    story.hears(price=7200)
    story.hears(price=5900)
    remove(story.watchlist.watches.all(), story.now)
    assert purge_products(story.now + 89 * DAY) == 0
    assert Snapshot.objects.count() == 2
    assert purge_products(story.now + 91 * DAY) == 1
    assert not Snapshot.objects.exists()
    assert not Change.objects.exists()


def test_paused_products_and_those_of_a_deleted_list_stay() -> None:
    story = old_story(products=2)
    pause(story.watchlist.watches.filter(product__in=watched(story)), story.now)
    assert purge_products(story.now + 999 * DAY) == 0
    delete_for_now(story.watchlist, story.now)
    assert purge_products(story.now + 999 * DAY) == 0


def test_a_product_that_is_being_checked_is_left_alone() -> None:
    story = old_story()
    remove(story.watchlist.watches.all(), story.now)
    later = story.now + 2 * DAY
    claimed = claims.seize([story.product.pk], later)
    assert purge_products(later) == 0
    claims.release(claimed)
    assert purge_products(later) == 1


@pytest.mark.django_db(transaction=True)
def test_a_product_that_is_watched_again_at_that_moment_is_watched() -> None:
    story = old_story(products=2)
    remove(story.watchlist.watches.all(), story.now)
    story.now += 2 * DAY
    deleted, adding, added = threading.Event(), threading.Event(), threading.Event()

    def purge_first() -> None:
        with transaction.atomic():
            watched(story, 1).filter(watches=None).delete()
            deleted.set()
            adding.wait(10)

    def add() -> None:
        deleted.wait(10)
        adding.set()
        add_products(story.watchlist, story.num_iids, story.now)
        added.set()

    def purge_last() -> None:
        added.wait(10)
        assert purge_products(story.now) == 0

    at_once(purge_first, add, purge_last)
    assert set(story.watchlist.watches.values_list("product__num_iid", flat=True)) == set(
        story.num_iids
    )
