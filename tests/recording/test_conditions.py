"""Rules that look back, compare with a product of one's own, or rest: as they are recorded."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitor.checking import claims
from monitor.models import Alert, AlertRead, Product, Rule, Watch
from monitor.provider.errors import NotFound
from monitor.provider.observation import Observation, Sales, Status
from monitor.recording import Result, record
from monitor.recording.circumstances import looks
from monitor.rules.conditions import Condition
from monitor.rules.kinds import Kind
from monitor.watchlists.services import add_products, create_watchlist, rule_changed
from tests.story import TELLS, Story
from tests.threads import at_once

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def story_with(condition: Condition, *, products: int = 1, cooldown: timedelta = timedelta(0)) -> Story:
    """A list of which this is the only rule."""
    story = Story(products=products)
    Rule.objects.all().delete()
    ask(story, condition, cooldown=cooldown)
    return story


def ask(story: Story, condition: Condition, *, cooldown: timedelta = timedelta(0)) -> Rule:
    rule = Rule(watchlist=story.watchlist, cooldown=cooldown)
    rule.condition = condition
    rule.full_clean()
    rule.save()
    rule_changed(rule, story.now)
    return rule


def fired() -> list[tuple[object, object, int | None]]:
    return list(Alert.objects.order_by("pk").values_list("before", "after", "reference"))


def mine(story: Story, price: int) -> Product:
    """A product of one's own, on a list of its own without rules, at this price."""
    own = create_watchlist(story.user, "我的")
    own.rules.all().delete()
    add_products(own, ["1000"], story.now)
    sells(story, price)
    return Product.objects.get(num_iid="1000")


def sells(story: Story, price: int) -> None:
    """One's own product has this price by now."""
    [taken] = claims.seize([Product.objects.get(num_iid="1000").pk], story.now, lasts=timedelta(minutes=5))
    told = replace(TELLS, num_iid="1000", data_time=story.now, price=price, shop=None)
    record([Result(taken, told, story.now)], now=story.now)


@pytest.mark.django_db
def test_the_lowest_price_of_a_window_is_known_from_before_the_rule_was_made() -> None:
    story = Story()
    Rule.objects.all().delete()
    for price in (7000, 6500, 7200):
        story.hears(price=price, after=DAY)
    ask(story, Condition(Kind.PRICE_LOWEST, days=30))
    story.hears(price=6600)
    assert fired() == []
    story.hears(price=6400)
    assert fired() == [(6600, 6400, 6500)]


@pytest.mark.django_db
def test_a_new_low_is_told_at_once_if_it_is_one_already() -> None:
    story = Story()
    Rule.objects.all().delete()
    for price in (7000, 6500):
        story.hears(price=price)
    ask(story, Condition(Kind.PRICE_LOWEST, days=30))
    assert fired() == [(None, 6500, 7000)]


@pytest.mark.django_db
def test_sales_are_counted_within_the_window() -> None:
    story = story_with(Condition(Kind.SALES_GREW_BY, 2000, 2))
    for sold in (13000, 14000, 15000, 16000, 17000):
        story.hears(sales=Sales(sold, 1000), after=DAY)
    assert fired() == [(14000, 15000, 13000), (16000, 17000, 15000)]


@pytest.mark.django_db
def test_it_fires_when_either_side_moves() -> None:
    story = Story()
    own = mine(story, 8000)
    Rule.objects.all().delete()
    ask(story, Condition(Kind.UNDER_MINE, 1000, own=own.pk))
    story.hears(price=7300)
    assert fired() == []
    story.now += HOUR
    sells(story, 8200)
    assert fired() == [(None, 7300, 8200)]
    alert = Alert.objects.get()
    assert (alert.product, alert.change, alert.data_time) == (story.product, None, story.now)
    assert alert.rule_as_it_was["own_name"] == "磨毛衬衫"
    sells(story, 8200)
    story.hears(price=7200)
    assert len(fired()) == 1
    story.hears(price=7400)
    story.hears(price=7000)
    assert fired()[1:] == [(7400, 7000, 8200)]


@pytest.mark.django_db
def test_the_last_price_of_what_is_gone_is_compared_with_nothing_until_it_is_back() -> None:
    story = Story()
    own = mine(story, 8000)
    Rule.objects.all().delete()
    ask(story, Condition(Kind.UNDER_MINE, 1000, own=own.pk))
    story.hears(price=7300)
    story.hears(NotFound("nothing found", code="2000"))
    story.now += HOUR
    sells(story, 8200)
    ask(story, Condition(Kind.PRICE_BELOW, 8000))
    assert fired() == []
    story.hears(price=7300)
    assert sorted(fired(), key=str) == [(None, 7300, 8000), (None, 7300, 8200)]


@pytest.mark.django_db
def test_nothing_is_compared_with_a_product_of_ones_own_that_is_gone() -> None:
    story = Story()
    own = mine(story, 8000)
    Rule.objects.all().delete()
    ask(story, Condition(Kind.UNDER_MINE, 1000, own=own.pk))
    Product.objects.filter(pk=own.pk).update(status="not_found")
    story.hears(price=5000)
    assert fired() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "condition",
    [
        Condition(Kind.GONE, also=(Condition(Kind.PRICE_BELOW, 8000),)),
        Condition(Kind.PRICE_BELOW, 8000, also=(Condition(Kind.LEFT_SHELF),)),
    ],
)
def test_what_goes_is_judged_by_the_price_that_it_had(condition: Condition) -> None:
    story = story_with(condition)
    story.hears(price=7300)
    story.hears(NotFound("nothing found", code="2000"))
    assert len(fired()) == 1


@pytest.mark.django_db
def test_what_must_hold_besides_may_come_later() -> None:
    story = story_with(Condition(Kind.PRICE_BELOW, 7000, also=(Condition(Kind.ON_SALE),)))
    story.hears(price=6000, status=Status.OFF_SHELF)
    assert fired() == []
    story.hears(price=6000)
    assert fired() == [(None, 6000, 7000)]


@pytest.mark.django_db
def test_a_price_that_goes_to_and_fro_is_one_alert_for_each_rest() -> None:
    story = story_with(Condition(Kind.PRICE_CHANGED), cooldown=6 * HOUR)
    story.hears()
    first = story.now + HOUR
    for price in (6300, 7200, 6300, 7200, 6900):
        story.hears(price=price)
    told, gathered = Alert.objects.order_by("pk")
    assert (told.before, told.after, told.count, told.held_until) == (7200, 6300, 1, None)
    assert (gathered.before, gathered.after, gathered.count) == (6300, 6900, 4)
    assert (gathered.began_at, gathered.data_time) == (first + HOUR, story.now)
    assert gathered.held_until == first + 6 * HOUR
    assert [value for _, value in gathered.moments] == [7200, 6300, 7200, 6900]
    assert datetime.fromisoformat(gathered.moments[-1][0]) == story.now
    assert list(Alert.objects.undelivered(story.now)) == [told]
    assert list(Alert.objects.undelivered(first + 6 * HOUR)) == [told, gathered]


@pytest.mark.django_db
def test_the_rules_of_a_new_list_rest_for_an_hour() -> None:
    user = Story().user
    assert {rule.cooldown for rule in create_watchlist(user, "新的").rules.all()} == {HOUR}


@pytest.mark.django_db
def test_an_alert_that_gathers_more_is_new_to_whoever_had_read_it() -> None:
    story = story_with(Condition(Kind.PRICE_CHANGED), cooldown=6 * HOUR)
    for price in (7200, 6300, 7200):
        story.hears(price=price)
    gathered = Alert.objects.latest("pk")
    AlertRead.objects.create(alert=gathered, user=story.user, read_at=story.now)
    story.hears(price=6300)
    assert gathered in Alert.objects.unread_by(story.user)


@pytest.mark.django_db
def test_a_paused_watch_gathers_nothing() -> None:
    story = story_with(Condition(Kind.PRICE_CHANGED), cooldown=6 * HOUR)
    story.hears()
    Watch.objects.update(is_paused=True)
    story.hears(price=6300)
    Watch.objects.update(is_paused=False)
    story.hears(price=7200)
    assert fired() == [(6300, 7200, None)]


KINDS = [
    Condition(Kind.PRICE_DROPPED, 500),
    Condition(Kind.PRICE_LOWEST, days=2),
    Condition(Kind.PRICE_BELOW_HIGH, 500, 2, also=(Condition(Kind.ON_SALE),)),
    Condition(Kind.SALES_GREW_BY, 1000, 1),
]


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(3))
def test_the_same_replies_give_the_same_alerts_in_whatever_batches_they_come(seed: int) -> None:
    """Each product's replies stay in their order; which products' are recorded together, and when, does not matter."""
    chance = random.Random(seed)
    walk = [[chance.choice([6000, 6300, 6600, 7200]) for _ in range(8)] for _ in range(4)]
    told: list[list[tuple[object, ...]]] = []
    for sizes in ((4,), (1, 1, 1, 1), (2, 2), (3, 1)):
        story = Story(products=4, email=f"merchant{len(told)}@example.com")
        Rule.objects.all().delete()
        for condition in KINDS:
            ask(story, condition, cooldown=5 * HOUR)
        for step in range(8):
            moment = story.now + (step + 1) * 3 * HOUR
            told_now = [
                replace(
                    TELLS,
                    num_iid=num_iid,
                    data_time=moment,
                    price=walk[number][step],
                    sales=Sales(1000 * (step + walk[number][step] // 6600), 1000),
                    status=Status.OFF_SHELF if walk[number][step] == 6600 else Status.ON_SALE,
                )
                for number, num_iid in enumerate(story.num_iids)
            ]
            _record(told_now, sizes, moment)
        columns = ("product__num_iid", "rule__kind", "field", "before", "after", "reference", "data_time", "count")
        told.append(sorted(Alert.objects.values_list(*columns), key=repr))
        Product.objects.all().delete()
        Alert.objects.all().delete()
    assert told[0]
    assert all(one == told[0] for one in told)


def _record(told: Sequence[Observation], sizes: tuple[int, ...], now: datetime) -> None:
    start = 0
    for size in sizes:
        part = told[start : start + size]
        keys = list(Product.objects.filter(num_iid__in=[one.num_iid for one in part]).values_list("pk", flat=True))
        taken = {one.num_iid: one for one in claims.seize(keys, now, lasts=timedelta(minutes=5))}
        record([Result(taken[one.num_iid], one, now) for one in part], now=now)
        start += size


@pytest.mark.django_db
def test_looking_back_costs_the_same_few_statements_whatever_the_size_of_the_batch() -> None:
    counts = []
    for products in (3, 40):
        story = Story(products=products, email=f"merchant{products}@example.com")
        own = mine(story, 8000)
        for condition in (*KINDS, Condition(Kind.UNDER_MINE, 1000, own=own.pk)):
            ask(story, condition, cooldown=5 * HOUR)
        told = [replace(TELLS, num_iid=num_iid, data_time=story.now, shop=None) for num_iid in story.num_iids]
        story.records(told)
        for price in (6000, 5000):
            story.now += HOUR
            with CaptureQueriesContext(connection) as queries:
                story.records([replace(one, price=price, data_time=story.now) for one in told])
        counts.append(len(queries))
        Product.objects.all().delete()
        story.user.watchlists.all().delete()
    assert counts[0] == counts[1] == 18


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        (Condition(Kind.PRICE_LOWEST, days=30), {"price"}),
        (Condition(Kind.SALES_GREW_BY, 10, 7, also=(Condition(Kind.ON_SALE),)), {"sales"}),
        (Condition(Kind.SALES_GREW_BY, 10, 7, also=(Condition(Kind.PRICE_BELOW_HIGH, 1000, 30),)), {"price", "sales"}),
    ],
)
def test_of_the_past_only_that_is_read_which_a_condition_asks_for(condition: Condition, wanted: set[str]) -> None:
    story = Story()
    for number in range(1, 4):
        story.hears(price=7200 + number, sales=Sales(100 + number, 1))
    product = story.product
    read = looks({product.pk: product}, [(product.pk, condition)], story.now)[product.pk]
    assert {name for name, steps in (("price", read.prices), ("sales", read.sales)) if len(steps) > 1} == wanted


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_two_workers_who_each_record_one_side_miss_nothing(attempt: int) -> None:
    story = Story()
    own = mine(story, 8000)
    Rule.objects.all().delete()
    ask(story, Condition(Kind.UNDER_MINE, 2000, own=own.pk))
    story.hears(price=7200)
    story.now += HOUR
    one, other = ([taken] for taken in claims.seize([own.pk, story.product.pk], story.now, lasts=timedelta(minutes=5)))
    prices = {own.pk: 8800, story.product.pk: 7000}  # Neither alone is a fifth away.

    def recorded(taken: list[Product]) -> None:
        [product] = taken
        told = replace(TELLS, num_iid=product.num_iid, data_time=story.now, price=prices[product.pk], shop=None)
        record([Result(product, told, story.now)], now=story.now)

    at_once(lambda: recorded(one), lambda: recorded(other))
    assert [alert.after for alert in Alert.objects.all()] == [7000]
