"""A reading too odd to be believed is asked for again before it makes an alert, and only then."""

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from monitor import checking
from monitor.changes import product_changes
from monitor.checking import batch, claims, fetch
from monitor.models import (
    Alert,
    Change,
    DoubtedReading,
    Mute,
    Product,
    Rule,
    Snapshot,
    Usage,
    UsageDay,
    Watch,
    Watchlist,
)
from monitor.models.usage import provider_day
from monitor.provider.codes import Outcome
from monitor.recording import Recorded, ledger
from monitor.rules import Condition, Kind
from monitor.watchlists import add_products, create_watchlist
from tests.servers import ProviderServer, Reply, error, item
from tests.story import Story

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
GONE = error("2000", "商品没找到")


class Shop(Story):
    """A merchant's products with a first reading each, a provider to ask, and a clock that moves with every look."""

    def __init__(self, provider: ProviderServer, products: int = 1) -> None:
        super().__init__(products)
        self.provider = provider
        provider.default = self.tells()
        self.check()
        provider.calls.clear()

    def clock(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def tells(self, **told: Any) -> Callable[[dict[str, str]], Reply]:
        return lambda query: item(query["num_iid"], int(self.now.timestamp()), **told)

    def answers(self, *replies: Reply, of: int = 0) -> None:
        """One after the other for a product; its usual reading once they are used up."""
        waiting = list(replies)

        def answer(query: dict[str, str]) -> Reply:
            return waiting.pop(0) if waiting else self.tells()(query)

        self.provider.answers[self.num_iids[of]] = answer

    def check(self, after: timedelta = HOUR, first: int | None = None) -> dict[str, Recorded]:
        self.now += after
        keys = list(Product.objects.order_by("num_iid").values_list("pk", flat=True))[:first]
        return {one.num_iid: one for batch in checking.check_products(keys, self.clock) for one in batch}

    def check_one(self, after: timedelta = HOUR) -> Recorded:
        (recorded,) = self.check(after, first=1).values()
        return recorded

    @property
    def calls_of_today(self) -> tuple[int, int]:
        day = UsageDay.objects.get(day=provider_day(self.now))
        return day.reserved, day.confirmations


def test_a_price_of_one_fen_alerts_once_a_second_call_has_told_it_too(provider: ProviderServer) -> None:
    shop = Shop(provider)
    known = shop.product.data_time
    shop.answers(shop.tells(discount_price=1), shop.tells(discount_price=2))
    recorded = shop.check_one()
    assert (recorded.outcome, recorded.changes[0].after) == (Outcome.OK, 2)
    assert [call["cache"] for call in provider.calls] == ["no", "no"]
    doubt = DoubtedReading.objects.get()
    assert (doubt.reason, doubt.before, doubt.after, doubt.ending) == ("worthless", 7200, 1, "confirmed")
    change = Change.objects.get(field="price")
    assert (change.before, change.after, change.last_seen_before) == (7200, 2, known)
    assert change.doubted_at == doubt.seen_at
    assert Alert.objects.get().change == change
    assert Snapshot.objects.count() == 2
    assert shop.product.doubt is None
    reserved, confirmations = shop.calls_of_today
    assert (reserved, confirmations) == (3, 1)
    assert Usage.objects.get().calls == 3


def test_one_that_a_second_call_does_not_confirm_is_told_of_and_makes_no_alert(provider: ProviderServer) -> None:
    shop = Shop(provider)
    shop.answers(shop.tells(discount_price=1))
    recorded = shop.check_one()
    assert (recorded.outcome, recorded.changes) == (Outcome.UNCHANGED, ())
    assert recorded.ended is not None
    doubt = DoubtedReading.objects.get()
    assert (doubt.field, doubt.after, doubt.ending) == ("price", 1, "dropped")
    assert doubt.request_id
    assert (Snapshot.objects.count(), Change.objects.count(), Alert.objects.count()) == (1, 0, 0)
    assert (shop.product.price, shop.product.doubt) == (7200, None)
    dropped = shop.product.reading_not_confirmed
    assert dropped is not None
    assert (dropped.after, dropped.seen_at) == (1, doubt.seen_at)


def test_a_product_that_is_gone_is_asked_for_again(provider: ProviderServer) -> None:
    shop = Shop(provider, products=2)
    shop.answers(GONE)
    shop.answers(GONE, GONE, of=1)
    outcomes = [one.outcome for one in shop.check().values()]
    assert sorted(outcomes) == [Outcome.NOT_FOUND, Outcome.UNCHANGED]
    assert list(Alert.objects.values_list("product__num_iid", "after")) == [(shop.num_iids[1], "not_found")]
    assert len(provider.calls) == 4


@pytest.mark.parametrize("silence", ["no rules", "other rules", "rule off", "watch paused", "list paused"])
def test_what_no_rule_hears_of_is_recorded_as_it_is_told(provider: ProviderServer, silence: str) -> None:
    shop = Shop(provider)
    Rule.objects.exclude(kind=Kind.STATUS_CHANGED).delete()
    if silence == "no rules":
        Rule.objects.all().delete()
    elif silence == "rule off":
        shop.rule(Kind.PRICE_DROPPED, 1000, is_active=False)
    elif silence == "watch paused":
        shop.rule(Kind.PRICE_DROPPED, 1000)
        Watch.objects.update(is_paused=True)
    elif silence == "list paused":
        shop.rule(Kind.PRICE_DROPPED, 1000)
        Watchlist.objects.update(is_paused=True)
    shop.answers(shop.tells(discount_price=1))
    assert shop.check_one().outcome is Outcome.OK
    assert len(provider.calls) == 1
    assert shop.product.price == 1
    assert not DoubtedReading.objects.exists()


def test_what_only_a_further_condition_of_a_rule_is_about_is_asked_for_again(provider: ProviderServer) -> None:
    shop = Shop(provider)
    Rule.objects.all().delete()
    rule_of(shop.watchlist, Condition(Kind.SALES_GREW_BY, 100, 7, also=(Condition(Kind.PRICE_BELOW, 5000),)))
    shop.answers(shop.tells(discount_price=1))
    shop.check_one()
    assert (len(provider.calls), shop.product.price) == (2, 7200)


def test_the_price_of_ones_own_product_is_asked_for_again_where_another_is_compared_with_it(
    provider: ProviderServer,
) -> None:
    shop = Shop(provider, products=2)
    Rule.objects.all().delete()
    rivals = create_watchlist(shop.user, "rivals")
    Rule.objects.filter(watchlist=rivals).delete()
    add_products(rivals, [shop.num_iids[1]], shop.now)
    rule_of(rivals, Condition(Kind.UNDER_MINE, 500, own=shop.product.pk))
    shop.answers(shop.tells(discount_price=1))
    shop.check_one()
    assert (len(provider.calls), shop.product.price) == (2, 7200)


def rule_of(watchlist: Watchlist, condition: Condition) -> None:
    rule = Rule(watchlist=watchlist)
    rule.condition = condition
    rule.save()


def test_a_muted_product_is_asked_for_again_like_any_other(provider: ProviderServer) -> None:
    shop = Shop(provider)
    Mute.objects.create(user=shop.user, product=shop.product, until=shop.now + 9 * HOUR)
    shop.answers(shop.tells(discount_price=1))
    shop.check_one()
    assert len(provider.calls) == 2
    assert shop.product.price == 7200


def test_a_first_reading_and_older_data_are_never_asked_for_again(provider: ProviderServer) -> None:
    shop = Shop(provider)
    shop.answers(item(shop.num_iids[0], int((shop.now - HOUR).timestamp()), discount_price=1))
    assert shop.check_one().outcome is Outcome.STALE
    assert len(provider.calls) == 1


@pytest.mark.parametrize("failure", [b"<html>502</html>", error("4002"), error("4005")])
def test_when_the_second_call_fails_the_next_check_is_the_second_reading(
    provider: ProviderServer, failure: Reply
) -> None:
    shop = Shop(provider)
    shop.answers(shop.tells(discount_price=1), failure, shop.tells(discount_price=1))
    recorded = shop.check_one()
    assert (recorded.outcome, recorded.changes) == (Outcome.DOUBTFUL, ())
    held = shop.product
    assert (held.price, held.status, held.last_outcome) == (7200, "on_sale", "doubtful")
    assert held.reading_in_doubt is not None
    assert held.reading_in_doubt.after == 1
    assert held.checked_at is not None
    assert held.next_check_at == held.checked_at + timedelta(minutes=1)
    assert not Alert.objects.exists()
    ledger.close_circuit()
    assert shop.check_one(timedelta(minutes=1)).outcome is Outcome.OK
    assert len(provider.calls) == 3
    assert DoubtedReading.objects.get().ending == "confirmed"
    assert Alert.objects.get().after == 1


def test_a_reading_in_doubt_outlasts_failed_checks_and_is_dropped_by_a_usual_one(provider: ProviderServer) -> None:
    shop = Shop(provider)
    shop.answers(shop.tells(discount_price=1), b"", b"", b"")
    assert [shop.check_one().outcome for _ in range(3)] == [Outcome.DOUBTFUL, Outcome.BAD_REPLY, Outcome.BAD_REPLY]
    assert shop.product.reading_in_doubt is not None
    assert shop.check_one().outcome is Outcome.UNCHANGED
    assert (shop.product.doubt, shop.product.doubted_at) == (None, None)
    assert DoubtedReading.objects.get().ending == "dropped"
    assert (Change.objects.count(), Alert.objects.count()) == (0, 0)


def test_no_call_is_made_beyond_the_budget_to_confirm_another(provider: ProviderServer, settings: Settings) -> None:
    shop = Shop(provider)
    settings.PROVIDER_DAILY_CALLS = 2
    shop.answers(shop.tells(discount_price=1))
    assert shop.check_one().outcome is Outcome.DOUBTFUL
    assert shop.calls_of_today == (2, 0)
    assert shop.check_one().outcome is Outcome.BUDGET
    assert shop.product.reading_in_doubt is not None


def test_no_more_than_a_twentieth_of_the_days_calls_confirm_others(
    provider: ProviderServer, settings: Settings
) -> None:
    shop = Shop(provider, products=8)
    settings.PROVIDER_DAILY_CALLS = 60
    provider.default = shop.tells(discount_price=3600)
    outcomes = Counter(one.outcome for one in shop.check().values())
    assert outcomes == {Outcome.OK: 3, Outcome.DOUBTFUL: 5}
    assert shop.calls_of_today == (8 + 8 + 3, 3)
    waits = Product.objects.exclude(doubted_at=None).values_list("next_check_at", "checked_at")
    assert {due - checked for due, checked in waits if due and checked} == {HOUR}
    assert Counter(one.outcome for one in shop.check().values()) == {Outcome.OK: 5, Outcome.UNCHANGED: 3}
    assert shop.calls_of_today == (8 + 8 + 3 + 8, 3)
    assert Alert.objects.count() == 8


def test_a_bad_day_of_the_provider_neither_costs_calls_nor_makes_alerts(provider: ProviderServer) -> None:
    shop = Shop(provider, products=90)
    for num_iid in shop.num_iids[:60]:
        provider.answers[num_iid] = GONE
    for _ in range(3):
        outcomes = Counter(one.outcome for one in shop.check().values())
        assert outcomes == {Outcome.DOUBTFUL: 60, Outcome.UNCHANGED: 30}
    assert shop.calls_of_today == (360, 0)
    assert not Alert.objects.exists()
    provider.answers.clear()
    shop.check()
    assert Counter(DoubtedReading.objects.values_list("ending", flat=True)) == {"dropped": 60}
    assert not Alert.objects.exists()
    assert set(Product.objects.values_list("status", flat=True)) == {"on_sale"}


def test_what_is_told_for_hours_is_believed_however_many_products_it_is_told_of(provider: ProviderServer) -> None:
    shop = Shop(provider, products=20)
    provider.default = GONE
    for _ in range(3):
        shop.check()
    assert not Alert.objects.exists()
    shop.check()
    assert Alert.objects.count() == 20
    assert Counter(DoubtedReading.objects.values_list("ending", flat=True)) == {"persisted": 20}
    assert not Product.objects.exclude(doubted_at=None).exists()


def test_a_bad_day_is_noticed_in_small_batches_too(provider: ProviderServer) -> None:
    shop = Shop(provider, products=60)
    provider.default = GONE
    keys = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, 60, 2):
        shop.now += timedelta(seconds=5)
        assert len([*checking.check_products(keys[start : start + 2], shop.clock)]) == 1
    alerts = Alert.objects.count()
    assert alerts == shop.calls_of_today[1] == 6
    assert Product.objects.exclude(doubted_at=None).count() == 54


def test_a_festival_night_is_told_as_it_is_though_not_all_of_it_at_once(provider: ProviderServer) -> None:
    shop = Shop(provider, products=60)
    provider.default = shop.tells(discount_price=3600)
    assert Counter(one.outcome for one in shop.check().values()) == {Outcome.OK: 50, Outcome.DOUBTFUL: 10}
    assert Alert.objects.count() == 50
    shop.check()
    assert Alert.objects.count() == 60
    assert shop.calls_of_today == (3 * 60 + 50, 50)


def test_the_same_reply_out_of_the_providers_cache_confirms_nothing(
    provider: ProviderServer, settings: Settings
) -> None:
    settings.PROVIDER_CACHE = "yes"
    fetch.forget()
    shop = Shop(provider)
    cached: Reply = {**item(shop.num_iids[0], int((shop.now + HOUR).timestamp()), discount_price=1), "cache": 1}
    shop.answers(cached, cached, cached, cached, cached)
    half_an_hour = HOUR / 2
    assert [shop.check_one(half_an_hour * 2).outcome, shop.check_one(half_an_hour).outcome] == [Outcome.DOUBTFUL] * 2
    assert [call["cache"] for call in provider.calls] == ["yes", "no", "no"]
    assert not Alert.objects.exists()
    assert shop.check_one(half_an_hour).outcome is Outcome.DOUBTFUL
    assert shop.check_one(half_an_hour).outcome is Outcome.OK
    assert DoubtedReading.objects.get().ending == "persisted"
    assert Alert.objects.get().after == 1


def test_what_is_odd_in_another_way_the_second_time_is_in_doubt_in_its_turn(provider: ProviderServer) -> None:
    shop = Shop(provider)
    shop.answers(shop.tells(discount_price=1), GONE, GONE)
    assert shop.check_one().outcome is Outcome.DOUBTFUL
    doubt = shop.product.reading_in_doubt
    assert doubt is not None
    assert doubt.field == "status"
    assert shop.check_one().outcome is Outcome.NOT_FOUND
    assert list(DoubtedReading.objects.order_by("seen_at").values_list("field", "ending")) == [
        ("price", "dropped"),
        ("status", "confirmed"),
    ]


def test_a_product_is_never_in_doubt_for_ever(provider: ProviderServer) -> None:
    shop = Shop(provider)
    odd: Iterator[Reply] = itertools.cycle([shop.tells(discount_price=1), GONE])
    provider.default = lambda query: next(odd)
    outcomes = [shop.check_one(timedelta(minutes=30)).outcome for _ in range(5)]
    assert outcomes.count(Outcome.DOUBTFUL) <= 3
    assert shop.product.price == 1 or shop.product.status == "not_found"


def test_a_thin_record_tells_what_it_tells_and_leaves_the_doubt(provider: ProviderServer) -> None:
    shop = Shop(provider)
    thin = {"discount_price": None, "sku_min_price": None, "sku_max_price": None}
    shop.answers(shop.tells(discount_price=1), b"", shop.tells(**thin, name="新品衬衫"))
    shop.check_one()
    assert [change.field for change in shop.check_one().changes] == ["title"]
    assert shop.product.reading_in_doubt is not None
    shop.check_one()
    assert DoubtedReading.objects.get().ending == "dropped"


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_it_asks_again(provider: ProviderServer) -> None:
    shop = Shop(provider)
    own, open_during_calls = connections["default"], []
    odd = shop.tells(discount_price=1)

    def answer(query: dict[str, str]) -> Reply:
        open_during_calls.append(own.in_atomic_block)
        return odd(query)

    provider.default = answer
    shop.check_one()
    assert open_during_calls == [False] * 2


def test_a_worker_that_has_lost_its_claim_while_it_asked_again_records_nothing(provider: ProviderServer) -> None:
    shop = Shop(provider)
    key = shop.product.pk
    asked, seized = threading.Event(), threading.Event()

    def again(query: dict[str, str]) -> Reply:
        asked.set()
        seized.wait(5)
        return shop.tells(discount_price=1)(query)

    shop.answers(shop.tells(discount_price=1), again)
    shop.now += HOUR
    running = batch.Batch(claims.seize([key], shop.now, lasts=batch.longest_run(1)), shop.clock)
    settle = running._ask_again

    def loses_its_claim(products: Any) -> Any:
        seized.set()
        claims.seize([key], shop.now, lasts=batch.longest_run(1))
        return settle(products)

    running._ask_again = loses_its_claim  # type: ignore[method-assign]
    running.settle()
    running.record()
    assert asked.is_set()
    assert len(provider.calls) == 2
    assert (shop.product.price, shop.product.doubt) == (7200, None)
    assert not DoubtedReading.objects.exists()
    assert not Alert.objects.exists()
    assert shop.calls_of_today == (3, 1)


def test_it_asks_again_only_while_the_batch_may_make_calls(provider: ProviderServer) -> None:
    shop = Shop(provider)

    def slow(query: dict[str, str]) -> Reply:
        shop.now += timedelta(seconds=20)
        return shop.tells(discount_price=1)(query)

    provider.default = slow
    began = shop.now + HOUR
    assert shop.check_one().outcome is Outcome.DOUBTFUL
    assert len(provider.calls) == 1
    assert shop.now - began < batch.longest_run(1)


def test_it_keeps_to_the_concurrency_when_it_asks_again(provider: ProviderServer) -> None:
    shop = Shop(provider, products=40)
    four = threading.Barrier(4, timeout=5)
    odd = shop.tells(discount_price=3600)

    def answer(query: dict[str, str]) -> Reply:
        four.wait()
        return odd(query)

    provider.default = answer
    assert {one.outcome for one in shop.check().values()} == {Outcome.OK}
    assert (len(provider.calls), provider.most_at_once) == (80, 4)


@pytest.mark.parametrize("odd", [3, 400])
def test_a_batch_with_odd_readings_costs_a_fixed_number_of_statements_more(
    provider: ProviderServer, settings: Settings, odd: int
) -> None:
    settings.PROVIDER_CONCURRENCY = 8
    fetch.forget()
    shop = Shop(provider, products=500)
    every = shop.tells(discount_price=7100)
    provider.default = every
    usual = statements(shop)
    for number, num_iid in enumerate(shop.num_iids[:odd]):
        provider.answers[num_iid] = GONE if number % 2 else shop.tells(discount_price=1)
    assert usual <= 12
    assert statements(shop) <= usual + 7


def statements(shop: Shop) -> int:
    shop.now += HOUR
    Product.objects.update(next_check_at=shop.now)
    claim = checking.claim_due(shop.now, 500)
    with CaptureQueriesContext(connection) as captured:
        recorded = checking.check_claimed(claim, shop.clock)
    assert len(recorded) == 500
    return sum(not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")) for query in captured)


def test_what_is_recorded_is_what_the_snapshots_replay(provider: ProviderServer) -> None:
    shop = Shop(provider)
    told = [7200, 1, 7200, 3000, 3000, 9900, 1, 1, 7200, 7300]
    shop.answers(*[shop.tells(discount_price=price, sku_min_price=price, sku_max_price=price) for price in told])
    for _ in told:
        shop.check_one()
    snapshots = list(Snapshot.objects.order_by("data_time"))
    states = [
        shop.product.state_with({}).__class__(
            **{name: getattr(one, name) for name in ("title", "price", "sku_min_price", "sku_max_price", "status")}
        )
        for one in snapshots
    ]
    replayed = [
        (change.field, change.before, change.after)
        for before, after in itertools.pairwise(states)
        for change in product_changes(before, after)
    ]
    stored = list(Change.objects.order_by("first_seen_after", "pk").values_list("field", "before", "after"))
    assert sorted(map(repr, replayed)) == sorted(map(repr, stored))
    assert Alert.objects.count() == Change.objects.filter(field="price").count()
