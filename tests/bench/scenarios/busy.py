"""The products page, for one client in this process, while a worker checks as fast as it can."""

import time
from collections.abc import Iterator

from monitor.models import User
from monitor.tasks import tick
from tests.bench.figures import Figure, at_most
from tests.bench.pipeline import all_due, none_due, workers
from tests.bench.processes import wait_until
from tests.bench.scenarios.pages import MERCHANT, MOST_HTML
from tests.bench.server import Provider
from tests.bench.web import Browser

ROUNDS, QUICK_ROUNDS = 60, 20
#: Replies after which the worker has its connections and is at full speed.
WARM = 200


def run(provider: Provider, quick: bool) -> Iterator[Figure]:
    browser = Browser(User.objects.get(email=MERCHANT))
    rounds = QUICK_ROUNDS if quick else ROUNDS
    idle = browser.measure("/products/", rounds)
    with workers(1) as crew:
        all_due()
        tick.delay()
        wait_until(lambda: provider.board.finished >= WARM, "the worker's first replies")
        before, cpu, began = provider.board.finished, crew.cpu(), time.perf_counter()
        busy = browser.measure("/products/", rounds)
        seconds, checks = time.perf_counter() - began, provider.board.finished - before
        cpu = crew.cpu() - cpu
        none_due()
    if checks < rounds:
        raise AssertionError("the worker stood still, so the figures mean nothing")
    yield Figure("Products, nothing is checked: median", idle.median, "ms")
    yield Figure("Products, while checking: median", busy.median, "ms", at_most(50))
    yield Figure("Products, while checking: 95 of 100 within", busy.p95, "ms")
    yield Figure("Products, while checking: CPU of the web process", busy.cpu, "ms")
    yield Figure("Products, while checking: HTML, compressed", busy.answer.compressed / 1000, "KB", at_most(MOST_HTML))
    yield Figure("checks meanwhile", checks / seconds, "checks/s")
    yield Figure("the worker's share of a CPU meanwhile", cpu / seconds)
