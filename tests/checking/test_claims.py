"""Who may check which product until when."""

import itertools
import random
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from monitor.checking import claim_function, claims, queue
from monitor.models import Lease, Mute, Product, Watch
from monitor.models.catalog import CANNOT_WAIT, QUEUES
from monitor.models.watchlists import Priority
from monitor.recording import Result, record
from monitor.watchlists import add_products, pause, remove, watchlist_changed
from tests.checking.due import due_since
from tests.story import START, TELLS, Story
from tests.threads import at_once

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_it_claims_what_is_due_in_one_statement() -> None:
    story = Story(products=3)
    with CaptureQueriesContext(connection) as queries:
        claim = claims.claim_due(story.now, 10)
    assert len(queries) == 1
    assert len(claim.product_ids) == 3
    assert claims.claim_due(story.now, 10).product_ids == ()
    assert claims.waiting_or_running(story.now) == 3


def test_it_claims_the_longest_waiting_first() -> None:
    story = Story(products=3)
    waits = {num_iid: story.now - number * MINUTE for number, num_iid in enumerate(story.num_iids)}
    for num_iid, due in waits.items():
        Product.objects.filter(num_iid=num_iid).update(next_check_at=due)
    claim = claims.claim_due(story.now, 2)
    claimed = Product.objects.filter(pk__in=claim.product_ids).values_list("num_iid", flat=True)
    assert set(claimed) == set(story.num_iids[1:])


def test_what_matters_more_overtakes_what_waits_longer() -> None:
    story = Story(products=4)
    low, normal = due_since(story, 0, 35, Priority.LOW), due_since(story, 1, 15, Priority.NORMAL)
    high, newer = due_since(story, 2, 9, Priority.HIGH), due_since(story, 3, 8, Priority.HIGH)
    claimed = [claims.claim_due(story.now, 1).product_ids for _ in range(5)]
    assert claimed == [(high,), (low,), (newer,), (normal,), ()]


def test_what_cannot_wait_overtakes_all_else() -> None:
    story = Story(products=3)
    high, normal = due_since(story, 0, 600, Priority.HIGH), due_since(story, 1, 700, Priority.NORMAL)
    strict = due_since(story, 2, 1, CANNOT_WAIT)
    assert claims.claim_strict(story.now, 5).product_ids == (strict,)
    Lease.objects.all().delete()
    claimed = [claims.claim_due(story.now + MINUTE, 1).product_ids for _ in range(3)]
    assert claimed == [(strict,), (high,), (normal,)]


def test_where_what_cannot_wait_fills_a_claim_the_rest_is_claimed_after_it() -> None:
    story = Story(products=4)
    waits = {due_since(story, 0, 9, Priority.LOW), due_since(story, 1, 9, Priority.HIGH)}
    strict = {due_since(story, number, 1, CANNOT_WAIT) for number in (2, 3)}
    assert set(claims.claim_due(story.now, 2).product_ids) == strict
    assert set(claims.claim_due(story.now, 5).product_ids) == waits


@pytest.mark.parametrize("seed", range(6))
def test_claims_take_the_latest_of_all_queues_one_after_another(seed: int) -> None:
    """However the queues are filled, and whatever was claimed before."""
    story, chance = Story(products=70), random.Random(seed)
    late = {}
    for number in range(70):
        one, minutes = chance.choice(QUEUES[: 1 + seed % len(QUEUES)]), chance.randint(1, 400)
        weight = 1.0 if one == CANNOT_WAIT else Priority(one).weight ** 0.5
        late[due_since(story, number, minutes, one)] = (one == CANNOT_WAIT, minutes * weight)
    held = claims.seize(chance.sample(sorted(late), 9), story.now, lasts=MINUTE * 9)
    waiting = {key: told for key, told in late.items() if key not in {product.pk for product in held}}
    while waiting:
        taken = claims.claim_due(story.now, 10).product_ids
        assert len(taken) == min(10, len(waiting))
        latest = sorted(waiting.values(), reverse=True)[: len(taken)]
        assert sorted((waiting.pop(key) for key in taken), reverse=True) == latest
    assert claims.claim_due(story.now, 10).product_ids == ()


def test_a_flood_of_products_does_not_hold_up_what_was_due_before_or_matters_more() -> None:
    story = Story(products=100)
    Product.objects.update(next_check_at=story.now - MINUTE)
    before, matters = due_since(story, 98, 2, Priority.NORMAL), due_since(story, 99, 1, Priority.HIGH)
    assert set(claims.claim_due(story.now, 2).product_ids) == {before, matters}


def test_what_matters_little_is_not_left_for_good_behind_a_backlog() -> None:
    story = Story(products=4)
    low = due_since(story, 0, 0, Priority.LOW)
    backlog = Product.objects.exclude(pk=low)
    backlog.update(queue=Priority.HIGH)
    for minutes, is_found in ((1, False), (19, False), (21, True)):
        now = story.now + minutes * MINUTE
        backlog.update(next_check_at=now - 5 * MINUTE)
        assert (low in claims.claim_due(now, 2).product_ids) is is_found
        Lease.objects.all().delete()


def test_what_comes_late_behind_the_claims_is_found_within_a_minute() -> None:
    story = Story(products=3)
    late = due_since(story, 0, -30, Priority.NORMAL)
    assert len(claims.claim_due(story.now, 10).product_ids) == 2
    Product.objects.filter(pk=late).update(next_check_at=story.now - MINUTE)
    assert claims.claim_due(story.now + MINUTE, 10).product_ids == (late,)


@pytest.mark.postgres
def test_a_claim_begins_behind_all_that_was_claimed_before() -> None:
    story = Story(products=3)
    first = claims.claim_due(story.now, 2)
    Lease.objects.all().delete()  # As if an index held them still.
    assert set(claims.claim_due(story.now, 10).product_ids).isdisjoint(first.product_ids)
    assert len(claims.claim_due(story.now + MINUTE, 10).product_ids) == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_claim_that_another_one_came_between_is_made_again() -> None:
    story = Story(products=8)
    claims.claim_due(story.now, 1)
    begun, claimed = threading.Event(), list[int]()

    def claim() -> None:
        begun.set()
        try:
            claimed.extend(claims.claim_due(story.now, 3).product_ids)
        finally:
            connections.close_all()

    with transaction.atomic():
        mine = claims.claim_due(story.now, 3).product_ids
        other = threading.Thread(target=claim)
        other.start()
        begun.wait()
        time.sleep(0.3)
        assert claimed == [], "it waits for its turn"
    other.join()
    assert len(claimed) == 3
    assert set(claimed).isdisjoint(mine)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_claim_looks_from_the_start_and_those_beside_it_go_on_from_where_the_last_one_ended() -> None:
    story = Story(products=6)
    back = claims.take_due(story.now, 2, lasts=MINUTE)
    claims.release(back, story.now)
    looking = connection.copy()
    with looking.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(
            f"SELECT {claim_function.goes_on()} FROM (SELECT NULL::timestamptz AS looked_at) AS seen",
            {"again": story.now, "now": story.now},
        )
        assert cursor.fetchone() == (False,)
        beside = claims.claim_due(story.now, 2).product_ids
        cursor.execute("ROLLBACK")
    looking.close()
    returned = {product.pk for product in back}
    assert len(beside) == 2
    assert returned.isdisjoint(beside)
    assert set(claims.claim_due(story.now, 2).product_ids) == returned


def test_it_claims_nothing_that_is_not_due_or_not_watched() -> None:
    story = Story(products=2)
    assert claims.claim_due(story.now - MINUTE, 10).product_ids == ()
    pause(Watch.objects.all(), story.now)
    assert claims.claim_due(story.now + timedelta(days=9), 10).product_ids == ()


def test_it_takes_a_claim_once_however_often_the_message_comes() -> None:
    story = Story(products=2)
    claim = claims.claim_due(story.now, 10)
    assert len(claims.take(claim, story.now, lasts=MINUTE)) == 2
    assert claims.take(claim, story.now, lasts=MINUTE) == []


def test_it_takes_a_claim_and_reads_its_products_in_one_statement() -> None:
    story = Story(products=3)
    told = {"weight": 1 / 3, "rate": 0.1 + 0.2, "hours": 1 << 23, "known": {"at": [1e-7, None]}, "flags": ['"乱"']}
    odd = {"price": 2**62, "stock": -1, "from_cache": True, "soonest": timedelta(days=9, microseconds=1)}
    Product.objects.filter(num_iid=story.num_iids[0]).update(**told, **odd, title='磨"毛\\\n', asked_at=story.now)
    claim = claims.claim_due(story.now, 2)
    with CaptureQueriesContext(connection) as queries:
        taken = claims.take(claim, story.now, lasts=MINUTE)
    assert len(queries) == 1
    stored = Product.objects.in_bulk(claim.product_ids)
    assert len(taken) == 2
    assert all(_columns(product) == _columns(stored[product.pk]) for product in taken)
    assert {product.lease for product in taken} == {Lease.objects.get().pk}


def _columns(product: Product) -> dict[str, object]:
    return {field.attname: getattr(product, field.attname) for field in Product._meta.concrete_fields}


def test_it_gives_nothing_back_without_a_statement() -> None:
    with CaptureQueriesContext(connection) as queries:
        claims.release([], START)
    assert len(queries) == 0


def test_it_finds_the_work_of_a_lost_message_again() -> None:
    story = Story()
    lost = claims.claim_due(story.now, 10)
    later = story.now + claims.QUEUE_LEASE
    assert claims.take(lost, later, lasts=MINUTE) == []
    assert claims.claim_due(later, 10).product_ids == lost.product_ids


def test_it_finds_the_work_of_a_killed_worker_again() -> None:
    story = Story()
    claims.take(claims.claim_due(story.now, 10), story.now, lasts=MINUTE)
    assert claims.claim_due(story.now + MINUTE - timedelta(seconds=1), 10).product_ids == ()
    assert len(claims.claim_due(story.now + MINUTE, 10).product_ids) == 1


def test_it_records_nothing_of_a_worker_that_comes_back_too_late() -> None:
    story = Story()
    [slow] = claims.take(claims.claim_due(story.now, 10), story.now, lasts=MINUTE)
    [quick] = claims.take(claims.claim_due(story.now + MINUTE, 10), story.now + MINUTE, lasts=MINUTE)
    record([Result(slow, TELLS, story.now)], lease=slow.lease, now=story.now)
    assert Product.objects.filter(price=None).exists()
    record([Result(quick, TELLS, story.now)], lease=quick.lease, now=story.now)
    recorded = story.product
    assert recorded.price == 7200
    assert not Lease.objects.exists()


def test_it_gives_products_back_unchecked() -> None:
    story = Story()
    taken = claims.take(claims.claim_due(story.now, 10), story.now, lasts=MINUTE)
    claims.release(taken, story.now)
    assert len(claims.claim_due(story.now, 10).product_ids) == 1


def test_a_pause_in_the_middle_of_a_check_stays_a_pause() -> None:
    story = Story()
    [taken] = claims.take(claims.claim_due(story.now, 10), story.now, lasts=MINUTE)
    pause(Watch.objects.all(), story.now)
    record([Result(taken, TELLS, story.now)], lease=taken.lease, now=story.now)
    assert (story.product.price, story.product.next_check_at) == (7200, None)


@pytest.mark.django_db(transaction=True)
def test_it_gives_each_product_to_one_of_many_claimants() -> None:
    story = Story(products=60)
    claimed: list[int] = []

    def work() -> None:
        try:
            while ids := claims.claim_due(story.now, 7).product_ids:
                claimed.extend(ids)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(claimed) == len(set(claimed)) == 60


def test_it_schedules_by_the_interval_that_is_asked_for_when_the_check_ends() -> None:
    story = Story()
    [taken] = claims.take(claims.claim_due(story.now, 10), story.now, lasts=MINUTE)
    story.watchlist.interval = 5 * MINUTE
    story.watchlist.save()
    watchlist_changed(story.watchlist, story.now)
    record([Result(taken, TELLS, story.now)], lease=taken.lease, now=story.now)
    assert story.product.next_check_at == story.now + 5 * MINUTE


def test_a_product_that_is_first_watched_during_its_check_is_checked_again() -> None:
    story = Story()
    remove(Watch.objects.all(), story.now)
    [taken] = claims.seize([story.product.pk], story.now, lasts=MINUTE)
    add_products(story.watchlist, story.num_iids, story.now)
    record([Result(taken, TELLS, story.now)], lease=taken.lease, now=story.now)
    assert story.product.next_check_at == story.now + timedelta(hours=1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_it_claims_what_others_refer_to_in_a_transaction_that_is_not_over() -> None:
    story = Story()
    with transaction.atomic():
        Mute.objects.create(user=story.user, product=story.product, until=story.now + MINUTE)
        connection.check_constraints()
        claimed: list[int] = []
        at_once(lambda: claimed.extend(claims.claim_due(story.now, 10).product_ids))
        assert claimed == [story.product.pk]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_claim_does_not_wait_for_the_disk_and_what_is_recorded_does() -> None:
    story = Story(products=2)

    def waits(claim: Callable[[], object]) -> bool:
        """In one transaction of the database's, which Django takes for none."""
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            claim()
            cursor.execute("SHOW synchronous_commit")
            [told] = cursor.fetchone()
            cursor.execute("ROLLBACK")
        return bool(told == "on")

    claim = claims.claim_due(story.now, 1)
    assert not waits(lambda: claims.claim_due(story.now, 1))
    assert not waits(lambda: claims.take_due(story.now, 1, lasts=MINUTE))
    assert not waits(lambda: claims.take(claim, story.now, lasts=MINUTE))
    assert waits(lambda: claims.waiting_or_running(story.now))
    with transaction.atomic():
        claims.take_due(story.now, 1, lasts=MINUTE)
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("on",)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_nor_does_a_claim_that_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story(products=3)
    tried, waits, calls = queue._tried, list[str](), itertools.count()

    def beaten(statement: str, given: dict[str, Any]) -> tuple[bool, list[int] | None]:
        """Another claim comes before every one, until that is made again."""
        if next(calls) % 2 == 0:
            return False, None
        found = tried(statement, given)
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            waits.extend(*cursor.fetchall())
        return found

    monkeypatch.setattr(queue, "_tried", beaten)
    assert len(claims.claim_due(story.now, 1).product_ids) == 1
    with transaction.atomic():
        assert len(claims.claim_due(story.now, 1).product_ids) == 1
    assert waits == ["off", "on"]
