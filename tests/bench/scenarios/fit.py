"""The cost of the schedule: the hourly fit of very many products, and the learning in the recording of checks."""

import math
import random
import resource
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from statistics import median

from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from monitor.budget import fitted
from monitor.checking import claims
from monitor.checking.batch import longest_run
from monitor.models import Change, Product
from monitor.planning import fit as fitting
from monitor.provider.codes import Outcome
from monitor.provider.observation import Observation, Status
from monitor.recording import Result, record
from monitor.schedule.belief import Belief, Prior, changes_a_day
from monitor.schedule.limits import Limits
from monitor.schedule.planner import Known, Lesson, Planner
from tests.bench import bulk
from tests.bench.figures import Figure, at_most
from tests.bench.reply import FIRST_NUM_IID, ONE_CHANGES_IN

PRODUCTS, QUICK_PRODUCTS = 1_000_000, 50_000
#: One product in this many has changed recently.
CHANGES_OF = 2
BATCH, ROUNDS, QUICK_ROUNDS = 500, 150, 22
DAY = timedelta(days=1)
#: Limits of lists: hours between checks at most and at least, and the weight.
LIMITS = ((24, 1 / 12, 1.0), (24, 1 / 12, 2.0), (6, 1 / 6, 4.0), (1, 1, 1.0), (12, 0.5, 0.25))
_COLUMNS = (
    *("num_iid", "title", "price", "status", "first_data_time", "changed_at", "data_time", "checked_at"),
    *("answered_at", "created_at", "last_outcome", "last_code"),
    *("interval", "soonest", "weight", "known", "rate", "next_check_at"),
)
_CHANGED = ("product_id", "field", "before", "after", "last_seen_before", "first_seen_after")


def run(provider: object, quick: bool) -> Iterator[Figure]:
    products = QUICK_PRODUCTS if quick else PRODUCTS
    _fill(products)
    yield Figure("products", products)
    yield from _fit(products)
    yield from _learning(QUICK_ROUNDS if quick else ROUNDS)


def _fill(products: int) -> None:
    call_command("migrate", verbosity=0)
    chance = random.Random(1)
    now = timezone.now()
    bulk.write_rows(Product, _COLUMNS, (_row(chance, now, number) for number in range(products)))
    first = bulk.next_key(Product) - products
    changed = range(first, first + products, CHANGES_OF)
    bulk.write_rows(Change, _CHANGED, map(partial(_change, chance, now), changed))
    bulk.analyze()


def _row(chance: random.Random, now: datetime, number: int) -> tuple[object, ...]:
    days = chance.uniform(1, 40)
    rate = math.exp(chance.gauss(-1.5, 1.8))
    knowledge = Known(Belief(rate * days, days, (-1.0, -2.0, -1.5)), number, 0.0)
    latest, soonest, weight = LIMITS[number % len(LIMITS)]
    checked = now - chance.random() * timedelta(hours=6)
    times = (now - 30 * DAY, now - DAY, *(checked,) * 3, now - 30 * DAY)
    return (
        *(str(FIRST_NUM_IID + number), f"磨毛衬衫女春季新款 {number}", 7200, Status.ON_SALE.value),
        *times,
        *(Outcome.UNCHANGED.value, "0000"),
        *(timedelta(hours=latest), timedelta(hours=soonest), weight, knowledge.dump()),
        *(changes_a_day(knowledge.belief, Prior()), now + timedelta(hours=chance.uniform(-3, 3))),
    )


def _change(chance: random.Random, now: datetime, product: int) -> tuple[object, ...]:
    changed_at = now - chance.random() * 20 * DAY
    return product, "price", 7200, 7300, changed_at - chance.random() * DAY, changed_at


def _fit(products: int) -> Iterator[Figure]:
    """The first fit learns the day's profile too, as one fit a day does."""
    before = _memory()
    for name in ("the day's first fit", "an hourly fit"):
        began = time.perf_counter()
        fit = fitting.fit_schedule(timezone.now())
        assert fit.products == products
        yield Figure(f"{name}, {products:,} products", time.perf_counter() - began, "s", at_most(10))
    yield Figure("memory that they took at most", (_memory() - before) / 1024, "MB", at_most(200))


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class _LearnsNothing(Planner):
    """Checks every product at its interval."""

    def learned(self, known: Known, told: Lesson) -> Known:
        return known

    def wait(self, known: Known, limits: Limits, told_at: datetime | None, now: datetime) -> tuple[timedelta, None]:  # type: ignore[override]
        return limits.latest, None


def _learning(rounds: int) -> Iterator[Figure]:
    """Records batches alternately with and without learning."""
    planners = {"with": fitted.planner(), "without": _LearnsNothing()}
    seconds: dict[str, list[float]] = {name: [] for name in planners}
    usual = fitted.planner
    try:
        for number in range(2 * rounds):
            name = ("with", "without")[number % 2]
            fitted.planner = lambda name=name: planners[name]  # type: ignore[misc]
            now = timezone.now()
            with transaction.atomic():
                products = claims.claim(claims.due(now), now, BATCH, lasts=longest_run(BATCH))
            assert len(products) == BATCH, "too few were due"
            seconds[name].append(_record(products))
    finally:
        fitted.planner = usual
    learning, not_learning = (median(seconds[name][2:]) for name in ("with", "without"))
    yield Figure(f"recording {BATCH} checks", learning * 1000, "ms")
    yield Figure("the same without learning", not_learning * 1000, "ms")
    yield Figure("learning adds", 100 * (learning / not_learning - 1), "%", at_most(5))


def _record(products: Sequence[Product]) -> float:
    now = timezone.now()
    results = [Result(product, _observation(product, now), now) for product in products]
    began = time.perf_counter()
    record(results, now=now)
    return time.perf_counter() - began


def _observation(product: Product, now: datetime) -> Observation:
    price = product.price or 0
    if not int(product.num_iid) % ONE_CHANGES_IN:
        price += 100
    return Observation(num_iid=product.num_iid, data_time=now, title=product.title, price=price, status=Status.ON_SALE)
