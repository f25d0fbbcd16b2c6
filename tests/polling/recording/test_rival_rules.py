"""Rules that compare a product with its rivals: not the cheapest, a rival is cheaper or sells more,
all raised."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Self

import pytest
import time_machine
from django.utils import translation

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import Alert, Membership, Pairing, Product, Rule, User
from monitor.polling.checking import claims
from monitor.polling.recording import Result, record
from monitor.polling.recording.ageing import look_back
from monitor.provider.errors import NotFound, ProviderError
from monitor.provider.observation import Sales, Status
from monitor.showing.reads.rules import rules_of_list
from monitor.showing.reads.trial import try_on_history
from monitor.watching.pairings import set_rivals
from monitor.watching.rules import Terms, add_rule
from monitor.watching.services import add_products, create_watchlist, pause, remove
from tests.polling.story import FIRST_ID, TELLS, Story
from tests.polling.threads import at_once

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GONE = NotFound("nothing found", code="2000")
MINE, FIRST, SECOND = (str(FIRST_ID + number) for number in range(3))
IDS = {"mine": MINE, "first": FIRST, "second": SECOND}
TITLES = {MINE: "我的", FIRST: "甲", SECOND: "乙"}


class Market:
    """My product at ¥100 and two rivals at ¥110 and ¥120, all on one list with one rule."""

    def __init__(self, *conditions: Condition) -> None:
        self.story = Story(products=3)
        Rule.objects.all().delete()
        self.watchlist = self.story.watchlist
        self.asks(mine=10_000, first=11_000, second=12_000)
        self.pair()
        for condition in conditions:
            add_rule(self.watchlist, Terms(condition), self.now)

    @property
    def now(self) -> Any:
        return self.story.now

    def pair(self, *rivals: str, mine: str = MINE) -> None:
        with time_machine.travel(self.now, tick=False):
            set_rivals(
                self.watchlist.watches.get(product__num_iid=mine),
                rivals or (FIRST, SECOND),
                self.story.user,
            )

    def asks(self, *, after: timedelta = HOUR, **heard: Any) -> Self:
        """Record one batch: the price of each product that is named, or what else its check
        tells."""
        self.story.now += after
        answers = {IDS[name]: answer for name, answer in heard.items()}
        keys = dict(Product.objects.filter(num_iid__in=answers).values_list("num_iid", "pk"))
        results = []
        for product in claims.seize(list(keys.values()), self.now):
            answer = answers[product.num_iid]
            if not isinstance(answer, ProviderError):
                fields = answer if isinstance(answer, dict) else {"price": answer}
                named = {"num_iid": product.num_iid, "title": TITLES[product.num_iid]}
                answer = replace(TELLS, data_time=self.now, **{**named, **fields})
            results.append(Result(product, answer, self.now))
        record(results, now=self.now)
        return self


def told() -> list[tuple[object, str]]:
    """The products' own values and what they are compared with, of all alerts."""
    alerts = Alert.objects.order_by("pk")
    for alert in alerts:
        alert.sees_own = True
    with translation.override("en"):
        return [(alert.after, alert.reason) for alert in alerts]


def test_it_alerts_once_when_a_rival_becomes_cheaper() -> None:
    market = Market(Condition(Kind.NOT_CHEAPEST))
    market.asks(first=10_000)
    assert told() == [], "a rival with the same price leaves me the cheapest, too"
    market.asks(first=9_900)
    assert told() == [(10_000, "over “甲” at ¥99.00")]
    alert = Alert.objects.get()
    assert (alert.product.num_iid if alert.product else "", alert.change, alert.data_time) == (
        MINE,
        None,
        market.now,
    )
    market.asks(mine=10_000, first=9_900).asks(second=9_000).asks(mine=9_950)
    assert len(told()) == 1, "it is true still"
    market.asks(mine=9_000).asks(mine=9_100)
    assert told()[1:] == [(9_100, "over “乙” at ¥90.00")]
    alert = Alert.objects.latest("pk")
    assert alert.change is not None
    assert (alert.change.before, alert.change.after) == (9_000, 9_100)


def test_one_rivals_change_alerts_for_each_product_that_is_paired_with_it() -> None:
    market = Market(Condition(Kind.NOT_CHEAPEST))
    market.pair(FIRST, mine=SECOND)
    assert told() == [], "whoever chooses a cheaper rival knows it"
    market.asks(first=11_900).asks(first=9_900)
    assert sorted(told()) == [(10_000, "over “甲” at ¥99.00")]
    market.asks(first=13_000).asks(first=9_000)
    assert sorted(told()[1:]) == [(10_000, "over “甲” at ¥90.00"), (12_000, "over “甲” at ¥90.00")]


def test_a_distance_counts_in_percent_of_my_price_or_in_yuan_and_again_from_the_last_alert() -> (
    None
):
    market = Market(Condition(Kind.RIVAL_CHEAPER, 1000), Condition(Kind.RIVAL_CHEAPER_BY, 500))
    for price in (9_501, 9_500, 9_001, 9_000, 8_900, 8_000):
        market.asks(first=price)
    share, amount = (
        Alert.objects.filter(rule_as_it_was__kind=kind)
        for kind in ("rival_cheaper", "rival_cheaper_by")
    )
    assert list(share.order_by("pk").values_list("reference", flat=True)) == [9_000, 8_000]
    assert list(amount.order_by("pk").values_list("reference", flat=True)) == [9_500, 9_000, 8_000]


@pytest.mark.parametrize(
    ("story", "heard"),
    [
        ("a rival is gone", {"first": GONE}),
        ("a rival is off the shelf", {"first": {"price": 5_000, "status": Status.OFF_SHELF}}),
        ("a rival costs ¥0.0003, which is 0 fen", {"first": {"price": 0}}),
        ("I am gone", {"mine": GONE, "first": 9_000}),
    ],
)
def test_what_is_not_for_sale_is_not_compared(story: str, heard: dict[str, Any]) -> None:
    market = Market(*(Condition(kind) for kind in (Kind.NOT_CHEAPEST, Kind.RIVAL_OUTSELLS)))
    add_rule(market.watchlist, Terms(Condition(Kind.RIVALS_RAISED, days=7)), market.now)
    market.asks(**heard).asks(second=12_500)
    assert told() == [], story


def test_a_rival_that_is_removed_is_not_compared_and_one_that_not_all_see_neither() -> None:
    market = Market(Condition(Kind.NOT_CHEAPEST))
    elsewhere = create_watchlist(market.story.user, "别的")
    elsewhere.rules.all().delete()
    add_products(elsewhere, [FIRST], market.now)
    remove(market.watchlist.watches.filter(product__num_iid=FIRST), market.now)
    member = User.objects.create_user("member@example.com")
    shared = Membership.objects.create(watchlist=market.watchlist, user=member)
    market.asks(first=9_000)
    assert told() == [], "the member does not see it"
    shared.delete()
    market.asks(first=8_900)
    assert told() == [(10_000, "over “甲” at ¥89.00")]
    market.asks(first=13_000)
    remove(elsewhere.watches.all(), market.now)
    Product.objects.filter(num_iid=FIRST).update(next_check_at=market.now)
    market.asks(first=8_000)
    assert len(told()) == 1
    market.pair(SECOND)
    assert Pairing.objects.get(rival__num_iid=SECOND)


def test_a_rival_that_is_not_checked_for_a_while_neither_alerts_nor_alerts_again() -> None:
    market = Market(Condition(Kind.NOT_CHEAPEST))
    market.asks(first=9_000)
    first = market.watchlist.watches.filter(product__num_iid=FIRST)
    pause(first, market.now)
    market.asks(mine=9_900).asks(mine=10_000)
    pause(first, market.now, paused=False)
    market.asks(first=9_000)
    assert len(told()) == 1
    market.asks(after=2 * DAY, mine=10_000).asks(mine=10_100).asks(first=9_000, second=12_000)
    assert len(told()) == 1


def test_all_have_raised_when_the_last_one_has() -> None:
    market = Market(Condition(Kind.RIVALS_RAISED, days=7))
    market.asks(after=8 * DAY, mine=10_000, first=11_000, second=12_000)
    market.asks(first=11_500)
    assert told() == []
    market.asks(second=12_100, mine={"price": 10_000, "sales": Sales(14_000, 1000)})
    assert told() == [(10_000, "all rivals rose, “乙” least: ¥1.00")]
    market.asks(first=11_900).asks(mine=10_100)
    assert len(told()) == 1
    market.asks(first=10_900).asks(first=11_100)
    assert len(told()) == 2, "one fell back, and rose again"


def sells(market: Market, days: int = 6, **a_day: int) -> None:
    """Let days pass on which products sell so many units, exactly counted."""
    prices = {"mine": 10_000, "first": 11_000, "second": 12_000}
    sold = {name: Product.objects.get(num_iid=IDS[name]).sales or 0 for name in a_day}
    for day in range(1, days + 1):
        counts = {name: Sales(sold[name] + day * units, 1) for name, units in a_day.items()}
        market.asks(
            after=DAY,
            **{name: {"price": prices[name], "sales": count} for name, count in counts.items()},
        )
        look_back(market.now)


def test_a_rival_sells_more_only_when_that_is_certain() -> None:
    market = Market(Condition(Kind.RIVAL_OUTSELLS))
    sells(market, mine=100, first=110, second=20)
    mine, rival = (Product.objects.get(num_iid=num_iid) for num_iid in (MINE, FIRST))
    assert (rival.units or 0) > (mine.units or 0), "it sells more, but the ranges overlap"
    assert told() == []
    sells(market, days=12, mine=100, first=600, second=20)
    [(_high, reason)] = told()
    assert "while “甲” sells at least" in reason
    look_back(market.now), look_back(market.now + DAY)
    assert len(told()) == 1
    with time_machine.travel(market.now, tick=False):
        rules = rules_of_list(market.story.user, market.watchlist.pk)
        tried = try_on_history(rules, Condition(Kind.RIVAL_OUTSELLS), market.story.user, market.now)
    assert (tried["tried"], tried["fired_for"], len(tried["moments"])) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_each_record_one_of_two_compared_products_alert_once() -> None:
    market = Market(Condition(Kind.RIVAL_CHEAPER, 2000))
    market.story.now += HOUR
    prices = {MINE: 11_000, FIRST: 8_800}  # Neither change alone makes a difference of a fifth.
    keys = Product.objects.filter(num_iid__in=prices).values_list("pk", flat=True)
    taken = claims.seize(list(keys), market.now)

    def recorded(product: Product) -> None:
        reading = replace(
            TELLS,
            num_iid=product.num_iid,
            data_time=market.now,
            price=prices[product.num_iid],
            shop=None,
        )
        record([Result(product, reading, market.now)], now=market.now)

    at_once(*(lambda product=product: recorded(product) for product in taken))
    assert Alert.objects.count() == 1
