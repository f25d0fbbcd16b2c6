"""One run: all is started, the faults are played, calm returns, and the verdict is printed."""

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg

from monitor.models import Alert, Attempt, Message, Product
from tests.chaos.faults import Played, World, schedule
from tests.chaos.market import ANSWERS, Market
from tests.chaos.people import Crowd, attending
from tests.chaos.sinks import sinks
from tests.chaos.stack import (
    ROOT,
    Stack,
    free_port,
    start_redis,
    start_web,
    start_workers,
    wait_until,
)
from tests.chaos.verdict import FORMS, findings
from tests.provider.conftest import KEY, SECRET

PRODUCTS, DAILY_CALLS = 120, 3_000_000
#: After the faults, until the queues must be empty.
CALM_SECONDS = 180
#: Findings that are printed of each kind.
SHOWN = 5


def run(seconds: float, seed: int, logs: Path, environment: Mapping[str, str], role: str) -> int:
    """Return the exit code."""
    with ExitStack() as opened:
        market = opened.enter_context(closing(Market(PRODUCTS, seed, DAILY_CALLS)))
        all_sinks = opened.enter_context(sinks())
        database = opened.enter_context(
            psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        )
        redis_port, web_port = free_port(), free_port()
        environment = {
            **environment,
            "CELERY_BROKER_URL": f"redis://127.0.0.1:{redis_port}/0",
            "EMAIL_URL": f"smtp://127.0.0.1:{all_sinks.mail.port}?timeout=5",
            "PROVIDER_URL": market.url,
            "PROVIDER_KEY": KEY,
            "PROVIDER_SECRET": SECRET,
            "PROVIDER_DAILY_CALLS": str(DAILY_CALLS),
        }
        migrate = [sys.executable, "manage.py", "migrate", "--skip-checks", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
        stack = Stack(logs)
        crowd = Crowd(market, all_sinks, stack, f"http://127.0.0.1:{web_port}")
        opened.callback(stack.end)  # Also after an error.
        start_redis(stack, redis_port)
        start_workers(stack, environment, pairs=2)
        start_web(stack, environment, web_port)
        stack.watch()
        wait_until(lambda: not Product.objects.filter(price=None).exists(), "the first checks")
        world = World(
            market, all_sinks, stack, crowd, database, role, random.Random(seed), time.time()
        )
        for product in market.products.values():
            product.live(int(world.began), int(world.began + seconds), market.chance)
        with attending(crowd, FORMS):
            _play(world, seconds, seed)
            _calm(world)
        query = (
            "SELECT query FROM pg_stat_activity WHERE usename = %s AND state LIKE 'idle in "
            "transaction%%' AND state_change < now() - interval '5 seconds'"
        )
        crowd.open_transactions = [query for (query,) in database.execute(query, [role])]
        stack.end()
        found = findings(world)
    _print(world, found)
    return int(any(found.values()))


def _play(world: World, seconds: float, seed: int) -> None:
    """Play the faults, which overlap, and write down when they began."""
    playing = []
    for played in schedule(seconds, seed):
        time.sleep(max(0, world.began + played.at - time.time()))
        playing.append(threading.Thread(target=_play_one, args=(world, played)))
        playing[-1].start()
    for thread in playing:
        thread.join()
    time.sleep(max(0, world.began + seconds - time.time()))


def _play_one(world: World, played: Played) -> None:
    entry = played.entry
    with (world.stack.logs / "faults.txt").open("a") as log:
        log.write(f"{time.strftime('%H:%M:%S')} {entry.name} for {played.lasts:.1f} s\n")
    with ExitStack() as lasting:
        if entry.shaken:
            lasting.enter_context(world.crowd.shaken())
        lasting.enter_context(entry.fault(world))
        time.sleep(played.lasts)


def _calm(world: World) -> None:
    """Wait until everything that is true is known and told."""
    calm_at = time.time()
    world.crowd.is_over = True
    last = {num_iid: product.states[-1] for num_iid, product in world.market.products.items()}

    def is_known() -> bool:
        rows = Product.objects.values_list("num_iid", "price", "sales", "status", "data_time")
        return all(
            (price, sales, status) == last[key][1:]
            and (status == "deleted" or (at and at.timestamp() > calm_at))
            for key, price, sales, status, at in rows
        )

    def is_told() -> bool:
        return not (
            Alert.objects.filter(is_delivered=False).exists()
            or Message.objects.filter(status__in=("pending", "held")).exists()
            or Product.objects.filter(claim__isnull=False).exists()
        )

    wait_until(is_known, "the last states", CALM_SECONDS)
    wait_until(is_told, "the messages", CALM_SECONDS)
    print(f"calm after {time.time() - calm_at:.0f} s")


def _print(world: World, found: Mapping[str, Sequence[str]]) -> None:
    starts = ", ".join(
        f"{process.name} {process.starts}" for process in world.stack.processes.values()
    )
    alerts, messages = Alert.objects.count(), Message.objects.filter(status="sent").count()
    print(
        f"{world.market.calls} calls, {alerts} alerts, {messages} messages, "
        f"{world.crowd.pages} pages"
    )
    attempts = Counter(Attempt.objects.values_list("outcome", flat=True))
    print(f"starts: {starts}; attempts: {', '.join(f'{name} {n}' for name, n in attempts.items())}")
    print(
        f"no call was answered by: {', '.join(ANSWERS.keys() - world.market.hits.keys()) or '-'}\n"
    )
    for name, details in found.items():
        print(f"{name:36} {len(details):5}")
        for detail in details[:SHOWN]:
            print(f"    {detail}")
    if any(found.values()):
        print(
            f"\nThe faults are in {world.stack.logs.relative_to(ROOT)}/faults.txt, each "
            "process has its log there."
        )
