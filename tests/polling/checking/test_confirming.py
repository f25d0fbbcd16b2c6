"""A reading that is too odd is confirmed by a second call before it makes an alert."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.judging.schedule.next_check import SECOND_AFTER
from monitor.models import (
    Alert,
    Change,
    Charge,
    Product,
    Rule,
    Snapshot,
    Usage,
    Watchlist,
)
from monitor.models.usage import PARTS
from monitor.provider.codes import Outcome
from monitor.watching.pairings import set_rivals
from monitor.watching.rules import Terms, add_rule
from monitor.watching.services import add_products, create_watchlist
from tests.polling.checking.shop import GONE, HOUR, Shop
from tests.provider.servers import ProviderServer, Reply

pytestmark = pytest.mark.django_db
NEW = "3514453298386189999"


def test_a_price_of_a_third_alerts_after_a_second_call_confirms_it(
    provider: ProviderServer,
) -> None:
    shop = Shop(provider)
    last_data_time = shop.product.data_time
    shop.answers(shop.tells(discount_price=2400), shop.tells(discount_price=2300))
    recorded = shop.check_one()
    assert (recorded.outcome, recorded.changes[0].after) == (Outcome.OK, 2300)
    assert [call["cache"] for call in provider.calls] == ["no", "no"]
    assert recorded.resolved is not None
    doubt, resolution = recorded.resolved
    assert (doubt.reason, doubt.before, doubt.after, resolution) == (
        "halved",
        7200,
        2400,
        "confirmed",
    )
    change = Change.objects.get(field="price")
    assert (change.before, change.after, change.last_seen_before) == (7200, 2300, last_data_time)
    assert change.doubted_at == doubt.seen_at
    assert Alert.objects.get().change == change
    assert Snapshot.objects.count() == 2
    assert shop.product.doubt is None
    reserved, confirmations = shop.calls_of_today
    assert (reserved, confirmations) == (3, 1)
    assert Usage.objects.get().calls == 3


def test_a_reading_that_the_second_call_denies_is_kept_and_makes_no_alert(
    provider: ProviderServer,
) -> None:
    shop = Shop(provider)
    shop.answers(shop.tells(discount_price=2400))
    recorded = shop.check_one()
    assert (recorded.outcome, recorded.changes) == (Outcome.UNCHANGED, ())
    assert recorded.resolved is not None
    doubt = shop.product.dropped_doubt
    assert doubt is not None
    assert (doubt.field, doubt.after, doubt.request_id != "") == ("price", 2400, True)
    assert (Snapshot.objects.count(), Change.objects.count(), Alert.objects.count()) == (1, 0, 0)
    assert (shop.product.price, shop.product.doubt) == (7200, None)
    dropped = shop.product.dropped_doubt
    assert dropped is not None
    assert (dropped.after, dropped.seen_at) == (2400, doubt.seen_at)


@pytest.mark.parametrize("odd", ["not found", "1 fen"])
def test_what_may_be_the_providers_fault_is_believed_if_it_is_told_half_an_hour_later(
    provider: ProviderServer, odd: str
) -> None:
    shop = Shop(provider)
    was, reply = shop.product.status, odd_reply(shop, odd)
    shop.answers(reply)
    assert shop.check_one().outcome is Outcome.DOUBTFUL
    assert waits_for(shop.product) == SECOND_AFTER
    assert shop.check_one(SECOND_AFTER).outcome is Outcome.UNCHANGED
    shop.answers(*[reply] * 3)
    for wait in (HOUR, SECOND_AFTER - timedelta(seconds=1)):
        assert shop.check_one(wait).outcome is Outcome.DOUBTFUL
        assert (shop.product.status, shop.product.price, Alert.objects.count()) == (was, 7200, 0)
    outcome, after = (Outcome.NOT_FOUND, "not_found") if odd == "not found" else (Outcome.OK, 1)
    assert shop.check_one(SECOND_AFTER).outcome is outcome
    assert Alert.objects.values_list("before", "after").get() == (
        was if odd == "not found" else 7200,
        after,
    )
    assert shop.calls_of_today[1] == 0


@pytest.mark.parametrize("reply", [GONE, {"discount_price": 1}])
def test_a_first_check_that_finds_nothing_is_repeated_before_anything_is_said(
    provider: ProviderServer, reply: Any
) -> None:
    shop = Shop(provider)
    add_products(shop.watchlist, [NEW], shop.now)
    provider.answers[NEW] = reply if reply is GONE else shop.tells(**reply)
    assert shop.outcomes() == {Outcome.UNCHANGED: 1, Outcome.DOUBTFUL: 1}
    product = Product.objects.get(num_iid=NEW)
    assert (product.status, product.data_time, waits_for(product)) == (None, None, SECOND_AFTER)
    del provider.answers[NEW]
    assert shop.outcomes(SECOND_AFTER) == {Outcome.UNCHANGED: 1, Outcome.OK: 1}
    assert list(Snapshot.objects.filter(product=product).values_list("status", "price")) == [
        ("on_sale", 7200)
    ]
    product.refresh_from_db()
    assert (product.doubt, product.dropped, waits_for(product)) == (None, None, HOUR)
    assert not any(model.objects.exists() for model in (Alert, Change))


def test_a_mistyped_id_costs_two_calls(provider: ProviderServer) -> None:
    shop = Shop(provider, products=8)
    shop.rule(Kind.STATUS_CHANGED)
    Charge.objects.all().delete()
    add_products(shop.watchlist, [NEW], shop.now, by=shop.user)
    provider.answers[NEW] = GONE
    shop.check()
    assert not Alert.objects.exists()
    assert shop.outcomes(SECOND_AFTER) == {Outcome.UNCHANGED: 8, Outcome.NOT_FOUND: 1}
    product = Product.objects.get(num_iid=NEW)
    assert (product.was_never_found, product.doubt, waits_for(product)) == (True, None, HOUR)
    assert [call["num_iid"] for call in provider.calls].count(NEW) == 2
    assert product.dropped is None
    first_checks = Charge.objects.filter(reason=Charge.Reason.FIRST)
    assert sum(first_checks.values_list("parts", flat=True)) == 2 * PARTS, (
        "both count for who mistyped it"
    )
    assert product.asked_by is None, "the next call is the schedule's"


def waits_for(product: Product) -> timedelta:
    assert product.next_check_at is not None
    assert product.checked_at is not None
    return product.next_check_at - product.checked_at


ODD: dict[str, Any] = {
    "not found": {},
    "1 fen": {"discount_price": 1},
    "a third": {"discount_price": 2400},
}
SILENCES: dict[str, Callable[[], object]] = {
    "other rules": lambda: Rule.objects.exclude(kind=Kind.SHOP_SCORE_SLIPPED).delete(),
    "list paused": lambda: Watchlist.objects.update(is_paused=True),
}


def odd_reply(shop: Shop, odd: str, **fields: int) -> Reply:
    return GONE if odd == "not found" else shop.tells(**ODD[odd], **fields)


#: Each silence with one odd reading, and the others with one silence.
@pytest.mark.parametrize(
    ("silence", "odd"),
    [
        *((silence, "a third") for silence in (*SILENCES, "off the shelf")),
        ("other rules", "not found"),
    ],
)
def test_one_odd_reply_never_enters_the_history(
    provider: ProviderServer, silence: str, odd: str
) -> None:
    shop = Shop(provider)
    usual = {"status": 1} if silence == "off the shelf" else {}
    provider.default = shop.tells(**usual)
    shop.check_one()
    before = Snapshot.objects.count(), Change.objects.count(), Alert.objects.count()
    SILENCES.get(silence, lambda: None)()
    provider.calls.clear()
    was = shop.product.status
    shop.answers(odd_reply(shop, odd, **usual), *[shop.tells(**usual)] * 2)
    outcome = shop.check_one().outcome
    if silence in SILENCES:
        assert (outcome, len(provider.calls)) == (Outcome.DOUBTFUL, 1)
        assert waits_for(shop.product) == HOUR
        outcome = shop.check_one().outcome
    assert (outcome, len(provider.calls)) == (Outcome.UNCHANGED, 2)
    assert (shop.product.price, shop.product.status, shop.product.doubt) == (7200, was, None)
    assert shop.product.dropped_doubt is not None
    assert before == (Snapshot.objects.count(), Change.objects.count(), Alert.objects.count())


@pytest.mark.parametrize("odd", ODD)
def test_what_alerts_nobody_is_believed_when_the_next_check_agrees(
    provider: ProviderServer, odd: str
) -> None:
    shop = Shop(provider)
    Rule.objects.all().delete()
    last_data_time = shop.product.data_time
    shop.answers(odd_reply(shop, odd), odd_reply(shop, odd))
    assert shop.check_one().outcome is Outcome.DOUBTFUL
    doubted_at = shop.product.doubted_at
    assert [change.before for change in shop.check_one().changes] == [
        "on_sale" if odd == "not found" else 7200
    ]
    assert (len(provider.calls), shop.calls_of_today[1]) == (2, 0)
    change, snapshot = Change.objects.get(), Snapshot.objects.latest("data_time")
    assert (change.last_seen_before, change.first_seen_after) == (
        last_data_time,
        snapshot.data_time,
    )
    assert change.doubted_at == doubted_at
    assert snapshot.data_time == shop.product.data_time


def test_an_odd_price_that_another_products_rule_reads_is_confirmed(
    provider: ProviderServer,
) -> None:
    shop = Shop(provider, products=12)
    mine = create_watchlist(shop.user, "mine")
    add_products(mine, [shop.num_iids[1]], shop.now)
    set_rivals(mine.watches.get(), [shop.product.num_iid], shop.user)
    Rule.objects.all().delete()
    add_rule(mine, Terms(Condition(Kind.RIVAL_CHEAPER, 500)), shop.now)
    shop.answers(shop.tells(discount_price=2400))
    shop.check()
    assert (len(provider.calls), shop.product.price) == (13, 7200)


def test_when_the_second_call_fails_the_next_check_is_the_second_reading(
    provider: ProviderServer,
) -> None:
    shop = Shop(provider)
    odd = shop.tells(discount_price=2400)
    shop.answers(odd, b"<html>502</html>", odd)
    recorded = shop.check_one()
    assert (recorded.outcome, recorded.changes) == (Outcome.DOUBTFUL, ())
    product = shop.product
    assert (product.price, product.status, product.last_outcome) == (7200, "on_sale", "doubtful")
    assert product.open_doubt is not None
    assert product.open_doubt.after == 2400
    assert product.checked_at is not None
    assert product.next_check_at == product.checked_at + SECOND_AFTER
    assert not Alert.objects.exists()
    assert shop.check_one(SECOND_AFTER).outcome is Outcome.OK
    assert len(provider.calls) == 3
    assert Change.objects.get(field="price").doubted_at == product.doubted_at
    assert Alert.objects.get().after == 2400


def test_no_call_is_made_beyond_the_budget_to_confirm_another(
    provider: ProviderServer, settings: Settings
) -> None:
    shop = Shop(provider)
    settings.PROVIDER_DAILY_CALLS = 2
    shop.answers(shop.tells(discount_price=2400))
    assert shop.check_one().outcome is Outcome.DOUBTFUL
    assert shop.calls_of_today == (2, 0)
    assert shop.check_one().outcome is Outcome.BUDGET
    assert shop.product.open_doubt is not None
