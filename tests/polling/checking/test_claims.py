"""Which worker may check a product, and until when."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from monitor.models import Product, Watch
from monitor.polling.checking import claims
from monitor.polling.recording import Result, record
from monitor.watching.services import add_products, pause, remove, watchlist_changed
from tests.polling.checking.due import claim_due, due_since
from tests.polling.story import TELLS, Story
from tests.polling.threads import at_once

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_it_claims_what_is_due_once_the_longest_waiting_first() -> None:
    story = Story(products=4)
    waits = [due_since(story, number, minutes) for number, minutes in enumerate((1, 3, 2, -30))]
    assert claim_due(story.now - 9 * MINUTE, 10) == []
    first = claim_due(story.now, 2)
    assert {product.pk for product in first} == set(waits[1:3])
    assert [product.pk for product in claim_due(story.now, 10)] == waits[:1]
    Product.objects.filter(pk=waits[3]).update(next_check_at=story.now - MINUTE)
    assert [product.pk for product in claim_due(story.now, 10)] == waits[3:]
    assert claim_due(story.now, 10) == []
    assert Product.objects.claimed(story.now).count() == 4
    claims.release(first)
    assert {product.pk for product in claim_due(story.now, 10)} == set(waits[1:3])
    assert claim_due(story.now + MINUTE - timedelta(seconds=1), 10) == []
    assert len(claim_due(story.now + MINUTE, 10)) == 4, "of a killed worker"
    pause(Watch.objects.all(), story.now)
    assert claim_due(story.now + timedelta(days=9), 10) == []


def test_it_records_nothing_of_a_worker_that_comes_back_too_late() -> None:
    story = Story()
    [slow] = claim_due(story.now, 10)
    [quick] = claim_due(story.now + MINUTE, 10)
    record([Result(slow, TELLS, story.now)], now=story.now)
    assert Product.objects.filter(price=None).exists()
    record([Result(quick, TELLS, story.now)], now=story.now)
    recorded = story.product
    assert recorded.price == 7200
    assert not Product.objects.filter(claimed_until__isnull=False).exists()


def test_a_pause_in_the_middle_of_a_check_stays_a_pause() -> None:
    story = Story()
    [taken] = claim_due(story.now, 10)
    pause(Watch.objects.all(), story.now)
    record([Result(taken, TELLS, story.now)], now=story.now)
    assert (story.product.price, story.product.next_check_at) == (7200, None)


@pytest.mark.django_db(transaction=True)
def test_it_gives_each_product_to_one_of_many_claimants() -> None:
    story = Story(products=28)
    claimed: list[int] = []

    def work() -> None:
        while products := claim_due(story.now, 7):
            claimed.extend(product.pk for product in products)

    at_once(*[work] * 4)
    assert len(claimed) == len(set(claimed)) == 28


def test_the_next_check_follows_the_interval_at_the_end_of_the_check() -> None:
    story = Story()
    [taken] = claim_due(story.now, 10)
    story.watchlist.interval = 5 * MINUTE
    story.watchlist.save()
    watchlist_changed(story.watchlist, story.now)
    record([Result(taken, TELLS, story.now)], now=story.now)
    assert story.product.next_check_at == story.now + 5 * MINUTE


def test_a_product_that_is_first_watched_during_its_check_is_checked_again() -> None:
    story = Story()
    remove(Watch.objects.all(), story.now)
    [taken] = claims.seize([story.product.pk], story.now)
    add_products(story.watchlist, story.num_iids, story.now)
    record([Result(taken, TELLS, story.now)], now=story.now)
    assert story.product.next_check_at == story.now + timedelta(hours=1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_claim_is_neither_lost_nor_waits_while_a_transaction_holds_its_rows() -> None:
    story = Story(products=2)
    locked, free = claim_due(story.now, 10)
    kept: list[bool] = []

    def renew() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        kept.extend(
            claims.renew(products, story.now + MINUTE) for products in ([locked, free], [locked])
        )

    with transaction.atomic():
        Product.objects.select_for_update().get(pk=locked.pk)
        at_once(renew)
    assert kept == [True, True]
    assert set(Product.objects.claimed(story.now + MINUTE)) == {free}
