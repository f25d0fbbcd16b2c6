"""Which worker may check a product, and until when."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from monitor.checking import claims
from monitor.models import Mute, Product, Watch
from monitor.recording import Result, record
from monitor.watchlists.services import add_products, pause, remove, watchlist_changed
from tests.checking.due import claim_due, due_since
from tests.story import TELLS, Story
from tests.threads import at_once

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_it_claims_what_is_due_once() -> None:
    story = Story(products=3)
    assert len(claim_due(story.now, 10)) == 3
    assert claim_due(story.now, 10) == []
    assert Product.objects.claimed(story.now).count() == 3


def test_it_claims_the_longest_waiting_first() -> None:
    story = Story(products=3)
    waits = {num_iid: story.now - number * MINUTE for number, num_iid in enumerate(story.num_iids)}
    for num_iid, due in waits.items():
        Product.objects.filter(num_iid=num_iid).update(next_check_at=due)
    assert {product.num_iid for product in claim_due(story.now, 2)} == set(story.num_iids[1:])


def test_products_that_cannot_wait_are_claimed_separately() -> None:
    story = Story(products=3)
    due_since(story, 0, 600), due_since(story, 1, 700)
    strict = due_since(story, 2, 1, cannot_wait=True)
    assert [product.pk for product in claims.claim(claims.strict(story.now), story.now, 5, lasts=MINUTE)] == [strict]


def test_a_product_that_becomes_due_after_a_claim_is_in_the_next_one() -> None:
    story = Story(products=3)
    late = due_since(story, 0, -30)
    assert len(claim_due(story.now, 10)) == 2
    Product.objects.filter(pk=late).update(next_check_at=story.now - MINUTE)
    assert [product.pk for product in claim_due(story.now, 10)] == [late]


def test_it_claims_nothing_that_is_not_due_or_not_watched() -> None:
    story = Story(products=2)
    assert claim_due(story.now - MINUTE, 10) == []
    pause(Watch.objects.all(), story.now)
    assert claim_due(story.now + timedelta(days=9), 10) == []


def test_a_claim_reads_its_products_as_they_are_stored() -> None:
    story = Story(products=3)
    values = {"weight": 1 / 3, "rate": 0.1 + 0.2, "hours": 1 << 23, "known": {"at": [1e-7, None]}, "flags": ['"乱"']}
    extremes = {"price": 2**62, "stock": -1, "from_cache": True, "soonest": timedelta(days=9, microseconds=1)}
    Product.objects.filter(num_iid=story.num_iids[0]).update(
        **values, **extremes, title='磨"毛\\\n', asked_at=story.now
    )
    claimed = claim_due(story.now, 2)
    stored = Product.objects.in_bulk([product.pk for product in claimed])
    assert len(claimed) == 2
    assert all(_columns(product) == _columns(stored[product.pk]) for product in claimed)


def _columns(product: Product) -> dict[str, object]:
    return {field.attname: getattr(product, field.attname) for field in Product._meta.concrete_fields}


def test_releasing_no_products_runs_no_statement() -> None:
    with CaptureQueriesContext(connection) as queries:
        claims.release([])
    assert len(queries) == 0


def test_it_finds_the_work_of_a_killed_worker_again() -> None:
    story = Story()
    claim_due(story.now, 10)
    assert claim_due(story.now + MINUTE - timedelta(seconds=1), 10) == []
    assert len(claim_due(story.now + MINUTE, 10)) == 1


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


def test_products_that_are_released_can_be_claimed_again() -> None:
    story = Story()
    taken = claim_due(story.now, 10)
    claims.release(taken)
    assert len(claim_due(story.now, 10)) == 1


def test_a_pause_in_the_middle_of_a_check_stays_a_pause() -> None:
    story = Story()
    [taken] = claim_due(story.now, 10)
    pause(Watch.objects.all(), story.now)
    record([Result(taken, TELLS, story.now)], now=story.now)
    assert (story.product.price, story.product.next_check_at) == (7200, None)


@pytest.mark.django_db(transaction=True)
def test_it_gives_each_product_to_one_of_many_claimants() -> None:
    story = Story(products=60)
    claimed: list[int] = []

    def work() -> None:
        while products := claim_due(story.now, 7):
            claimed.extend(product.pk for product in products)

    at_once(*[work] * 4)
    assert len(claimed) == len(set(claimed)) == 60


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
    [taken] = claims.seize([story.product.pk], story.now, lasts=MINUTE)
    add_products(story.watchlist, story.num_iids, story.now)
    record([Result(taken, TELLS, story.now)], now=story.now)
    assert story.product.next_check_at == story.now + timedelta(hours=1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_product_is_claimed_while_an_open_transaction_refers_to_it() -> None:
    story = Story()
    with transaction.atomic():
        Mute.objects.create(user=story.user, product=story.product, until=story.now + MINUTE)
        connection.check_constraints()
        claimed: list[int] = []
        at_once(lambda: claimed.extend(product.pk for product in claim_due(story.now, 10)))
        assert claimed == [story.product.pk]
