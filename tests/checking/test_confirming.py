"""A reading that is too odd is confirmed by a second call before it makes an alert."""

import itertools
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from monitor import checking
from monitor.budget import ledger
from monitor.changes import ProductState, product_changes
from monitor.models import Alert, Change, DoubtedReading, Mute, Product, Rule, Snapshot, Usage, Watch, Watchlist
from monitor.provider.codes import Outcome
from monitor.rules.conditions import Condition
from monitor.rules.kinds import Kind
from monitor.watchlists.services import add_products, create_watchlist, save_watchlist
from tests.checking.shop import GONE, HOUR, Shop
from tests.servers import ProviderServer, Reply, error, forget_client, item
from tests.story import Story

pytestmark = pytest.mark.django_db


def test_a_price_of_one_fen_alerts_after_a_second_call_confirms_it(provider: ProviderServer) -> None:
    shop = Shop(provider)
    last_data_time = shop.product.data_time
    shop.answers(shop.tells(discount_price=1), shop.tells(discount_price=2))
    recorded = shop.check_one()
    assert (recorded.outcome, recorded.changes[0].after) == (Outcome.OK, 2)
    assert [call["cache"] for call in provider.calls] == ["no", "no"]
    doubt = DoubtedReading.objects.get()
    assert (doubt.reason, doubt.before, doubt.after, doubt.ending) == ("worthless", 7200, 1, "confirmed")
    change = Change.objects.get(field="price")
    assert (change.before, change.after, change.last_seen_before) == (7200, 2, last_data_time)
    assert change.doubted_at == doubt.seen_at
    assert Alert.objects.get().change == change
    assert Snapshot.objects.count() == 2
    assert shop.product.doubt is None
    reserved, confirmations = shop.calls_of_today
    assert (reserved, confirmations) == (3, 1)
    assert Usage.objects.get().calls == 3


def test_a_reading_that_the_second_call_denies_is_kept_and_makes_no_alert(provider: ProviderServer) -> None:
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


def test_a_missing_product_is_confirmed_by_a_second_call(provider: ProviderServer) -> None:
    shop = Shop(provider, products=2)
    shop.answers(GONE)
    shop.answers(GONE, GONE, of=1)
    assert shop.outcomes() == {Outcome.NOT_FOUND: 1, Outcome.UNCHANGED: 1}
    assert list(Alert.objects.values_list("product__num_iid", "after")) == [(shop.num_iids[1], "not_found")]
    assert len(provider.calls) == 4


@pytest.mark.parametrize("status", [{"status": 1}, {"check_status": 5}, {"status": -1}])
def test_any_product_that_vanishes_needs_a_second_call(provider: ProviderServer, status: dict[str, int]) -> None:
    shop = Shop(provider)
    provider.default = shop.tells(**status)
    shop.check_one()
    Alert.objects.all().delete()
    provider.calls.clear()
    was = shop.product.status
    shop.answers(GONE, shop.tells(**status))
    assert shop.check_one().outcome is Outcome.UNCHANGED
    assert (shop.product.status, Alert.objects.count(), len(provider.calls)) == (was, 0, 2)
    shop.answers(GONE, GONE)
    assert shop.check_one().outcome is Outcome.NOT_FOUND
    assert (shop.product.status, len(provider.calls)) == ("not_found", 4)
    assert list(Alert.objects.values_list("before", "after")) == [(was, "not_found")]


def test_a_product_that_was_never_found_needs_no_second_call(provider: ProviderServer) -> None:
    story = Story()
    provider.default = GONE
    [[recorded]] = checking.check_products([story.product.pk], lambda: story.now)
    assert recorded.outcome is Outcome.NOT_FOUND
    assert len(provider.calls) == 1


def test_a_product_that_returns_has_its_interval_again_within_an_hour(provider: ProviderServer) -> None:
    shop = Shop(provider)
    minute = timedelta(minutes=1)
    shop.watchlist.interval = minute
    save_watchlist(shop.watchlist, shop.now)
    shop.answers(GONE, GONE)
    assert shop.check_one().outcome is Outcome.NOT_FOUND
    assert waits_for(shop.product) == HOUR
    assert shop.check_one().outcome is Outcome.OK
    assert (shop.product.status, waits_for(shop.product)) == ("on_sale", minute)


def waits_for(product: Product) -> timedelta:
    assert product.next_check_at is not None
    assert product.checked_at is not None
    return product.next_check_at - product.checked_at


@pytest.mark.parametrize("silence", ["no rules", "other rules", "rule off", "watch paused", "list paused"])
def test_an_odd_reading_that_no_rule_is_about_is_recorded_at_once(provider: ProviderServer, silence: str) -> None:
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


def test_a_reading_that_only_a_further_condition_is_about_is_confirmed(provider: ProviderServer) -> None:
    shop = Shop(provider)
    Rule.objects.all().delete()
    rule_of(shop.watchlist, Condition(Kind.SALES_GREW_BY, 100, 7, also=(Condition(Kind.PRICE_BELOW, 5000),)))
    shop.answers(shop.tells(discount_price=1))
    shop.check_one()
    assert (len(provider.calls), shop.product.price) == (2, 7200)


def test_the_price_of_an_own_product_that_a_rule_compares_with_is_confirmed(
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


def test_an_odd_reading_of_a_muted_product_is_confirmed(provider: ProviderServer) -> None:
    shop = Shop(provider)
    Mute.objects.create(user=shop.user, product=shop.product, until=shop.now + 9 * HOUR)
    shop.answers(shop.tells(discount_price=1))
    shop.check_one()
    assert len(provider.calls) == 2
    assert shop.product.price == 7200


def test_older_data_need_no_second_call(provider: ProviderServer) -> None:
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
    product = shop.product
    assert (product.price, product.status, product.last_outcome) == (7200, "on_sale", "doubtful")
    assert product.reading_in_doubt is not None
    assert product.reading_in_doubt.after == 1
    assert product.checked_at is not None
    assert product.next_check_at == product.checked_at + timedelta(minutes=1)
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


def test_the_same_reply_out_of_the_providers_cache_confirms_nothing(
    provider: ProviderServer, settings: Settings
) -> None:
    settings.PROVIDER_CACHE = "yes"
    forget_client()
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


def test_a_second_reading_that_is_odd_in_another_way_is_doubted_too(provider: ProviderServer) -> None:
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


def test_no_doubt_lasts_for_ever(provider: ProviderServer) -> None:
    shop = Shop(provider)
    odd: Iterator[Reply] = itertools.cycle([shop.tells(discount_price=1), GONE])
    provider.default = lambda query: next(odd)
    outcomes = [shop.check_one(timedelta(minutes=30)).outcome for _ in range(5)]
    assert outcomes.count(Outcome.DOUBTFUL) <= 3
    assert shop.product.price == 1 or shop.product.status == "not_found"


def test_a_thin_record_is_recorded_and_leaves_the_doubt(provider: ProviderServer) -> None:
    shop = Shop(provider)
    thin = {"discount_price": None, "sku_min_price": None, "sku_max_price": None}
    shop.answers(shop.tells(discount_price=1), b"", shop.tells(**thin, name="新品衬衫"))
    shop.check_one()
    assert [change.field for change in shop.check_one().changes] == ["title"]
    assert shop.product.reading_in_doubt is not None
    shop.check_one()
    assert DoubtedReading.objects.get().ending == "dropped"


def test_the_recorded_changes_are_those_between_the_snapshots(provider: ProviderServer) -> None:
    shop = Shop(provider)
    prices = [7200, 1, 7200, 3000, 3000, 9900, 1, 1, 7200, 7300]
    shop.answers(*[shop.tells(discount_price=price, sku_min_price=price, sku_max_price=price) for price in prices])
    for _ in prices:
        shop.check_one()
    fields = ("title", "price", "sku_min_price", "sku_max_price", "status")
    states = [ProductState(**values) for values in Snapshot.objects.order_by("data_time").values(*fields)]
    replayed = [
        (change.field, change.before, change.after)
        for before, after in itertools.pairwise(states)
        for change in product_changes(before, after)
    ]
    stored = list(Change.objects.order_by("first_seen_after", "pk").values_list("field", "before", "after"))
    assert sorted(map(repr, replayed)) == sorted(map(repr, stored))
    assert Alert.objects.count() == Change.objects.filter(field="price").count()
