"""Very many products: claiming those that are due, and the hourly fit of the schedule."""

import math
import random
import resource
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from statistics import median, quantiles
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from monitor.judging.schedule.belief import Belief, Prior, changes_a_day
from monitor.judging.schedule.planner import Known
from monitor.models import Change, Product
from monitor.models.watchlists import Priority
from monitor.polling.checking import claims
from monitor.polling.planning import fit
from monitor.provider.codes import Outcome
from monitor.provider.observation import Status
from tests.bench import bulk
from tests.bench.reply import FIRST_NUM_IID
from tests.bench.report import Figure
from tests.bench.server import Provider

PRODUCTS = 1_000_000
#: One product in this many has changed recently.
CHANGES_OF = 2
ROUNDS, BATCH = 100, 500
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
#: The share of the products that are due already, and one in how many of them cannot wait.
DUE, ONE_CANNOT_WAIT_IN = 0.8, 40
#: Limits of lists: hours between checks at most and at least, and the weight.
LIMITS = ((24, 1 / 12, 1.0), (24, 1 / 12, 2.0), (6, 1 / 6, 4.0), (1, 1, 1.0), (12, 0.5, 0.25))
#: Coprime to the number of products: adjacent products in the table are due far apart.
_STRIDE = 618_033
_COLUMNS = (
    *(
        "num_iid",
        "title",
        "price",
        "status",
        "first_data_time",
        "changed_at",
        "data_time",
        "checked_at",
    ),
    *(
        "answered_at",
        "created_at",
        "last_outcome",
        "last_code",
        "interval",
        "soonest",
        "weight",
        "knowledge",
        "rate",
    ),
    *("next_check_at", "priority", "cannot_wait"),
)
_CHANGED = ("product_id", "field", "before", "after", "last_seen_before", "first_seen_after")


def run(provider: Provider) -> Iterator[Figure]:
    _fill()
    yield from measure()


def measure() -> Iterator[Figure]:
    """Yield the figures of a database of `PRODUCTS`."""
    claiming = _claims()
    yield Figure(f"claiming {BATCH} due of {PRODUCTS:,}: median", median(claiming), "ms")
    yield Figure(
        f"claiming {BATCH} due of {PRODUCTS:,}: 95 of 100 within",
        quantiles(claiming, n=20)[-1],
        "ms",
        most=40,
    )
    yield from _fits()


def _fill() -> None:
    call_command("migrate", verbosity=0)
    chance, now = random.Random(1), timezone.now()
    bulk.write_rows(
        Product, _COLUMNS, (_product(chance, now, number) for number in range(PRODUCTS))
    )
    first = bulk.next_key(Product) - PRODUCTS
    bulk.write_rows(
        Change,
        _CHANGED,
        (_change(chance, now, first + number) for number in range(0, PRODUCTS, CHANGES_OF)),
    )
    bulk.analyze()


def _product(chance: random.Random, now: datetime, number: int) -> tuple[object, ...]:
    """Return a product without watchers, as its last check left it. The next checks are spread over
    an hour."""
    days = chance.uniform(1, 40)
    knowledge = Known(Belief(math.exp(chance.gauss(-1.5, 1.8)) * days, days))
    latest, soonest, weight = LIMITS[number % len(LIMITS)]
    checked, first = now - chance.random() * 6 * HOUR, now - 30 * DAY
    priority = Priority(1 + number % len(Priority))
    return (
        *(str(FIRST_NUM_IID + number), f"磨毛衬衫女春季新款 {number}", 7200, Status.ON_SALE.value),
        *(first, now - DAY, checked, checked, checked, first, Outcome.UNCHANGED.value, "0000"),
        *(
            latest * HOUR,
            soonest * HOUR,
            weight,
            knowledge.dump(),
            changes_a_day(knowledge.belief, Prior()),
        ),
        now + HOUR * (number * _STRIDE % PRODUCTS / PRODUCTS - DUE),
        *(priority.value, priority != Priority.LOW and number % ONE_CANNOT_WAIT_IN == 0),
    )


def _change(chance: random.Random, now: datetime, product: int) -> tuple[object, ...]:
    changed_at = now - chance.random() * 20 * DAY
    return product, "price", 7200, 7300, changed_at - chance.random() * DAY, changed_at


def _claims() -> list[float]:
    """Return the milliseconds of the statements of each claim. Claimed products are due again in an
    hour."""
    milliseconds: list[float] = []

    def timed(execute: Callable[..., Any], *statement: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*statement)
        finally:
            milliseconds[-1] += (time.perf_counter() - began) * 1000

    for _ in range(ROUNDS):
        now = timezone.now()
        milliseconds.append(0.0)
        with connection.execute_wrapper(timed), transaction.atomic():
            products = claims.claim(Product.objects.due(now), now, BATCH)
        assert len(products) == BATCH, "too few were due"
        claims.release(products)
        Product.objects.filter(pk__in=[product.pk for product in products]).update(
            next_check_at=now + HOUR
        )
    return milliseconds


def _fits() -> Iterator[Figure]:
    """Yield the seconds and memory of fits. The first learns the day's profile too, as one fit a
    day does."""
    before = _memory()
    for name in ("the day's first fit", "an hourly fit"):
        began = time.perf_counter()
        assert fit.fit_schedule(timezone.now()).products == PRODUCTS
        yield Figure(f"{name}, {PRODUCTS:,} products", time.perf_counter() - began, "s", most=10)
    yield Figure("memory that they took at most", (_memory() - before) / 1024, "MB", most=200)


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
