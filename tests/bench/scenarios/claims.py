"""Claiming due products among very many: in an idle database, and while another process records."""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from statistics import median, quantiles
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from monitor.checking import claims
from monitor.checking.batch import longest_run
from monitor.models import Product, Shop
from monitor.models.watchlists import Priority
from monitor.provider.codes import Outcome
from monitor.provider.observation import Observation, Status
from monitor.recording import Result, record
from tests.bench import bulk
from tests.bench.figures import Figure, Target, at_most
from tests.bench.reply import FIRST_NUM_IID, ONE_CHANGES_IN, SHOPS
from tests.bench.server import Provider

PRODUCTS, QUICK_PRODUCTS = 1_000_000, 50_000
ROUNDS, QUICK_ROUNDS = 200, 10
BATCH = 500
#: Each product's interval, and the share of the products that are due already.
INTERVAL, DUE = timedelta(hours=1), 0.8
PRICE = 7200
#: Milliseconds for a claim of 500.
MOST_MILLISECONDS = 40
_COLUMNS = (
    *("num_iid", "shop_id", "title", "price", "status", "image"),
    *("first_data_time", "changed_at", "data_time", "shop_told_at", "checked_at", "answered_at", "created_at"),
    *("last_outcome", "last_code", "interval", "next_check_at", "priority", "cannot_wait"),
)
#: One product in this many cannot wait.
ONE_CANNOT_WAIT_IN = 40
_SHOP_KEYS = range(1, SHOPS + 1)
#: Coprime to the numbers of products: adjacent products in the table are due far apart.
_STRIDE = 618_033
_FORK = multiprocessing.get_context("fork")


def run(provider: Provider, quick: bool) -> Iterator[Figure]:
    products, rounds = (QUICK_PRODUCTS, QUICK_ROUNDS) if quick else (PRODUCTS, ROUNDS)
    began = time.perf_counter()
    _fill(products)
    yield Figure("products", products)
    yield Figure("of them due", Product.objects.due(timezone.now()).count())
    yield Figure("filling the tables", time.perf_counter() - began, "s")
    batch = f"{BATCH} due of {products:,}"
    statements, loaded = _claims(rounds, _record)
    yield from _figures(f"claiming {batch}", statements, at_most(MOST_MILLISECONDS))
    yield from _figures("the same, until its products are loaded", loaded)
    yield from _beside_a_backup(rounds // 2)
    with _recording() as recorded:
        statements, _loaded = _claims(rounds, claims.release)
    yield from _figures("claiming, while another process records", statements)
    yield Figure("checks recorded by it meanwhile", recorded(), "checks/s")


def _fill(products: int) -> None:
    """Makes the tables, and products without watchers whose next checks are spread over an interval, in mixed order."""
    call_command("migrate", verbosity=0)
    bulk.write_rows(Shop, ("id", "shop_id", "name"), [(key, f"shop-{key:04}", "杭州衬衫店") for key in _SHOP_KEYS])
    bulk.write_rows(Product, _COLUMNS, map(partial(_row, products, timezone.now()), range(products)))
    bulk.keys_were_given(Shop)
    bulk.analyze()


def _row(products: int, now: datetime, number: int) -> tuple[object, ...]:
    """A product as its last check left it."""
    due = now + INTERVAL * (number * _STRIDE % products / products - DUE)
    checked = due - INTERVAL
    first = checked - timedelta(days=30)
    identity = (str(FIRST_NUM_IID + number), _SHOP_KEYS[number % SHOPS])
    values = (
        f"磨毛衬衫女春季新款 {number}",
        PRICE,
        Status.ON_SALE.value,
        f"https://p3-aio.ecombdimg.com/obj/temai/{number}",
    )
    times = (first, first, checked, checked, checked, checked, first)
    priority = Priority(1 + number % len(Priority))
    cannot_wait = priority != Priority.LOW and number % ONE_CANNOT_WAIT_IN == 0
    return (*identity, *values, *times, Outcome.UNCHANGED.value, "0000", INTERVAL, due, priority.value, cannot_wait)


def _claim() -> list[Product]:
    now = timezone.now()
    with transaction.atomic():
        products = claims.claim(claims.due(now), now, BATCH, lasts=longest_run(BATCH))
    assert len(products) == BATCH, "too few were due"
    return products


def _claims(rounds: int, afterwards: Callable[[Sequence[Product]], None]) -> tuple[list[float], list[float]]:
    """Seconds of each claim: of its statements, and until its products are loaded."""
    in_statements, in_all = [], []
    seconds = 0.0

    def timed(execute: Callable[..., Any], *statement: Any) -> Any:
        nonlocal seconds
        began = time.perf_counter()
        try:
            return execute(*statement)
        finally:
            seconds += time.perf_counter() - began

    for _ in range(rounds):
        seconds, began = 0.0, time.perf_counter()
        with connection.execute_wrapper(timed):
            products = _claim()
        in_all.append(time.perf_counter() - began)
        in_statements.append(seconds)
        afterwards(products)
    return in_statements, in_all


def _beside_a_backup(rounds: int) -> Iterator[Figure]:
    """Claiming during a long read, when the dead index entries of claims cannot be removed."""
    backup = connection.copy()
    with backup.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT 1")
        seconds_taken = [seconds * 1000 for seconds in _claims(rounds, _record)[0]]
    backup.close()
    few = max(1, rounds // 10)
    yield Figure("claiming, when a backup begins: median", median(seconds_taken[:few]), "ms")
    yield Figure(f"claiming, {rounds * BATCH:,} checks later in it: median", median(seconds_taken[-few:]), "ms")


def _figures(name: str, taken: list[float], target: Target | None = None) -> Iterator[Figure]:
    milliseconds = [seconds * 1000 for seconds in taken]
    yield Figure(f"{name}: median", median(milliseconds), "ms")
    p95 = quantiles(milliseconds, n=20, method="inclusive")[-1]
    yield Figure(f"{name}: 95 of 100 within", p95, "ms", target)
    yield Figure(f"{name}: longest", max(milliseconds), "ms")


@contextmanager
def _recording() -> Iterator[Callable[[], float]]:
    """Another process claims and records batches until the block ends. Yields a function with its checks a second."""
    connection.close()
    stopped, batches = _FORK.Event(), _FORK.Value("l", 0)
    process = _FORK.Process(target=_record_on, args=(stopped, batches), daemon=True)
    process.start()
    began = time.perf_counter()
    seconds = 0.0
    try:
        yield lambda: batches.value * BATCH / seconds
    finally:
        stopped.set()
        seconds = time.perf_counter() - began
        process.join(30)
        process.kill()
    if process.exitcode:
        raise AssertionError("the process that records failed, so the figures mean nothing")


def _record_on(stopped: Event, batches: "Synchronized[int]") -> None:
    while not stopped.is_set():
        _record(_claim())
        batches.value += 1


def _record(products: Sequence[Product]) -> None:
    """Records answered calls: one product in twenty has a new price, the others are unchanged."""
    now = timezone.now()
    results = [Result(product, _observation(product, now), now) for product in products]
    record(results, now=now)


def _observation(product: Product, now: datetime) -> Observation:
    price = product.price or PRICE
    if not int(product.num_iid) % ONE_CHANGES_IN:
        price += 100
    return Observation(num_iid=product.num_iid, data_time=now, title=product.title, price=price, status=Status.ON_SALE)
