"""Evaluating the rules of a large batch with many watchers, and trying rules on history."""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import Any
from unittest import mock

from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitor.checking import claims
from monitor.models import Alert, Change, Product, Rule, User, Watch, Watchlist
from monitor.pages.shared.rules import trial as backtest
from monitor.pages.shared.rules.reads import rules_of_list, rules_of_watch
from monitor.provider.observation import Observation, Status
from monitor.recording import Result, record, writer
from monitor.recording.alerts import raise_alerts
from monitor.rules.conditions import Condition
from monitor.rules.kinds import Kind
from monitor.watchlists.services import add_products, create_watchlist
from tests.bench.figures import Figure, at_most
from tests.bench.server import Provider

NOW = datetime(2026, 11, 11, tzinfo=UTC)
PRODUCTS, WATCHERS = 500, 20
#: The rules of each watch: one that counts from the last alert, one on history, and one with two conditions.
RULES = (
    Condition(Kind.PRICE_DROPPED, 1000),
    Condition(Kind.PRICE_LOWEST, days=30),
    Condition(Kind.PRICE_BELOW, 5000, also=(Condition(Kind.ON_SALE),)),
)
#: Price changes of each product in the last 90 days, and of the product that is tried alone.
CHANGES, MANY_CHANGES = 90, 2000


def run(provider: Provider, quick: bool) -> Iterator[Figure]:
    call_command("migrate", verbosity=0)
    lists = _watched(WATCHERS)
    few = _judge(PRODUCTS // 10, price=7100, now=NOW)
    quiet = _judge(PRODUCTS, price=7250, now=NOW + timedelta(hours=1))
    loud = _judge(PRODUCTS, price=4000, now=NOW + timedelta(hours=2))
    rules = Rule.objects.count()
    yield Figure(
        f"{PRODUCTS} products, {PRODUCTS * WATCHERS:,} watches, {rules:,} rules: judged", quiet[0], "s", at_most(2)
    )
    yield Figure("the same, statements", quiet[1], "statements", at_most(few[1]))
    yield Figure("the same where each watch's rules fire: judged and written", loud[0], "s")
    yield Figure("alerts of it", Alert.objects.count())
    yield from _trials(lists[0], rounds=5 if quick else 20)


def _watched(watchers: int) -> list[Watchlist]:
    """Lists of the same products; every watch has its own rules."""
    owner = User.objects.create_user("bench@example.com")
    ids = [str(10_000 + number) for number in range(PRODUCTS)]
    lists = [create_watchlist(owner, f"List {number}") for number in range(watchers)]
    Rule.objects.all().delete()
    for watchlist in lists:
        add_products(watchlist, ids, NOW)
    _record(PRODUCTS, 7200, NOW - timedelta(days=90))
    keys = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    for number, key in enumerate(keys):
        _past(key, MANY_CHANGES if number == 0 else CHANGES)
    rules = []
    for watch in Watch.objects.order_by("pk"):
        for condition in RULES:
            rule = Rule(watchlist_id=watch.watchlist_id, watch=watch)
            rule.condition = condition
            rules.append(rule)
    Rule.objects.bulk_create(rules, batch_size=2000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return lists


def _past(product: int, count: int) -> None:
    """Adds `count` price changes, up and down, in 90 days."""
    step = timedelta(days=90) / (count + 1)
    prices = [7200 + 100 * (number % 5) for number in range(count)]
    Change.objects.bulk_create(
        [
            Change(
                product_id=product,
                field="price",
                before=prices[number - 1],
                after=price,
                last_seen_before=NOW - timedelta(days=90) + step * number,
                first_seen_after=NOW - timedelta(days=90) + step * (number + 1),
            )
            for number, price in enumerate(prices)
        ]
    )


def _record(count: int, price: int, now: datetime) -> None:
    """Records this price for the first `count` products."""
    keys = list(Product.objects.order_by("pk").values_list("pk", flat=True)[:count])
    products = sorted(claims.seize(keys, now, lasts=timedelta(minutes=5)), key=attrgetter("pk"))
    reply = Observation(num_iid="", data_time=now, title="Shirt", price=price, status=Status.ON_SALE)
    results = [Result(product, replace(reply, num_iid=product.num_iid), now) for product in products]
    record(results, now=now)


def _judge(count: int, price: int, now: datetime) -> tuple[float, int]:
    """Seconds and statements of evaluating the rules while such a batch is recorded."""
    seconds, statements = 0.0, 0

    def measured(*args: Any, **kwargs: Any) -> None:
        nonlocal seconds, statements
        with CaptureQueriesContext(connection) as captured:
            began = time.perf_counter()
            raise_alerts(*args, **kwargs)
            seconds = time.perf_counter() - began
        statements = len(captured)

    with mock.patch.object(writer, "raise_alerts", measured):
        _record(count, price, now)
    return seconds, statements


def _trials(watchlist: Watchlist, rounds: int) -> Iterator[Figure]:
    """Tries rules on one product and on the list."""
    owner, now = watchlist.owner, NOW + timedelta(hours=3)
    watch = watchlist.watches.order_by("pk")[0]
    Rule.objects.all().delete()
    sets = rules_of_watch(owner, watch.pk), rules_of_list(owner, watchlist.pk)
    for condition, name in ((Condition(Kind.PRICE_DROPPED, 100), "a drop"), (RULES[1], "the lowest in 30 days")):
        of_watch, of_list = (_times(partial(backtest.try_on_history, rules, condition, now), rounds) for rules in sets)
        changes = f"a product with {MANY_CHANGES:,} changes in 90 days"
        yield Figure(f"{name}, tried on {changes}: median", statistics.median(of_watch) * 1000, "ms", at_most(100))
        yield Figure(f"{name}, tried on a list of {PRODUCTS}: slowest of {rounds}", max(of_list), "s", at_most(3))


def _times(action: Callable[[], object], rounds: int) -> list[float]:
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - began)
    return seconds
