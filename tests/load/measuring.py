"""The parts of a run, each of which prints its figures and says whether they are good enough."""

import csv
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from itertools import batched, cycle
from pathlib import Path
from typing import Any, Self

import psycopg
from django.db import connection
from django.test import Client
from django.utils import timezone

from monitor.models import ApiToken, Membership, Pace, Product, Rule, User, Watchlist
from monitor.people.api_tokens import make_token
from tests.bench.processes import cpu_seconds, yardstick
from tests.bench.reply import FIRST_DATA_TIME
from tests.bench.seeding import MERCHANT
from tests.bench.server import Board
from tests.chaos.stack import ROOT, Stack, free_port, start_web, start_workers
from tests.load import slow

ACCOUNTS, PEOPLE, CHECKS_A_SECOND, PAGES = 50, 50, 200, 10_000
#: A fifth of the weight of others.
NICE = "7"
#: Two ticks; and what a page may take.
LATEST_SECONDS, SLOWEST_MS = 20, 400
A_DAY = timedelta(days=1)
#: Seconds between two polls of one page, for alerts and for the rest: of a page in use, and of one
#: left alone for an hour, by `arrivals.js` and `live.js`. One page in twenty is in use.
IN_USE, LEFT_ALONE, PART_IN_USE = (15, 30), (90, 180), 0.05


def polls_a_second(part_in_use: float) -> float:
    """Return how often all open pages poll together."""
    parts = ((part_in_use, IN_USE), (1 - part_in_use, LEFT_ALONE))
    return PAGES * sum(part / seconds for part, both in parts for seconds in both)


class Run:
    """The stack with 5,000 products, of which 200 are due every second."""

    def __init__(self, environment: Mapping[str, str], board: Board) -> None:
        self._environment, self._board, self._port = environment, board, free_port()
        self._opened, self._ended, self._late = ExitStack(), threading.Event(), list[float]()

    def __enter__(self) -> Self:
        self._accounts = [self._account(number) for number in range(ACCOUNTS)]
        self._rest()
        folder = Path(self._opened.enter_context(tempfile.TemporaryDirectory()))
        self._stack = Stack(folder)
        self._opened.callback(self._stack.end)
        start_workers(self._stack, self._environment)
        for worker in (*self._stack.named("checks"), *self._stack.named("upkeep")):
            # As `CPUWeight` of the units. Each process is in a session of its own, and so in such a
            # group.
            Path(f"/proc/{worker.pids[0]}/autogroup").write_text(NICE)
        start_web(self._stack, self._environment, self._port)
        watch = threading.Thread(target=self._watch)
        watch.start()
        self._opened.callback(watch.join)
        self._opened.callback(self._ended.set)
        # The first check of each product changes all that is known of it: no alerts of that.
        time.sleep(60)
        Rule.objects.update(is_active=True)
        connection.close()
        return self

    def __exit__(self, *error: object) -> None:
        self._opened.close()

    def _account(self, number: int) -> dict[str, str]:
        """Add a member of all lists; return their session and token."""
        person, now = (
            User.objects.create_user(f"person{number}@example.com", "a-password"),
            timezone.now(),
        )
        for watchlist in Watchlist.objects.filter(owner__email=MERCHANT):
            Membership.objects.create(watchlist=watchlist, user=person)
        browser = Client()
        browser.force_login(person)
        _, token = make_token(person, "load", timedelta(days=1), now, scope=ApiToken.Scope.READ)
        return {"session": browser.cookies["sessionid"].value, "token": token}

    def _rest(self) -> None:
        """Let no product be due by itself."""
        Rule.objects.update(is_active=False)
        Watchlist.objects.update(interval=A_DAY, soonest=A_DAY, pace=Pace.FIXED)
        Product.objects.update(next_check_at=timezone.now() + A_DAY, interval=A_DAY, soonest=None)
        self._keys = list(Product.objects.watched().values_list("pk", flat=True))
        connection.close()

    def _watch(self) -> None:
        """Make `CHECKS_A_SECOND` products due every second, and note how late the latest check is.
        The provider's data become newer every minute."""
        due = (
            "UPDATE monitor_product SET next_check_at = now() WHERE id = ANY(%s) AND "
            "next_check_at > now()"
        )
        late = "SELECT extract(epoch FROM now() - min(next_check_at)) FROM monitor_product"
        turns = batched(cycle(self._keys), CHECKS_A_SECOND)
        with psycopg.connect(self._environment["DATABASE_URL"], autocommit=True) as database:
            while not self._ended.wait(1):
                self._board.round = (int(time.time()) - FIRST_DATA_TIME) // 60
                database.execute(due, [list(next(turns))])
                [(seconds,)] = database.execute(late).fetchall()
                self._late.append(max(0.0, float(seconds)))

    def people(self, seconds: float) -> bool:
        """50 people read pages while 200 checks a second run."""
        figures = self._locust("Person", PEOPLE, seconds, people=PEOPLE)
        pages = [row for row in figures if not row["Name"].startswith("poll")]
        return all(float(row["95%"]) <= SLOWEST_MS for row in pages) and self._is_good(figures)

    def polls(self, seconds: float) -> bool:
        """10,000 open pages poll, at the rate that their scripts have."""
        web, began, wanted = self._used()["web"], time.monotonic(), polls_a_second(PART_IN_USE)
        figures = self._locust("OpenPages", 100, seconds, pollers=100, polls=wanted)
        rate = sum(int(row["Request Count"]) for row in figures) / seconds
        cpu = (self._used()["web"] - web) / (rate * (time.monotonic() - began))
        print(f"{PAGES:,} pages poll {wanted:.0f} times a second; {rate:.0f} a second were made.")
        print(
            f"A poll costs gunicorn {1000 * cpu:.1f} ms of CPU, all of them "
            f"{wanted * cpu:.2f} processors;"
        )
        print(
            f"if all pages were in use, {polls_a_second(1):.0f} polls a second, "
            f"{polls_a_second(1) * cpu:.1f}."
        )
        return rate > 0.9 * wanted and self._is_good(figures)

    def slow(self, _seconds: float) -> bool:
        """200 connections send or read a byte a second, through nginx."""
        sessions = [account["session"] for account in self._accounts]
        return slow.others_are_answered(self._port, sessions, self._stack.logs)

    def _used(self) -> dict[str, float]:
        """Return the seconds of processors that each process and its children have used."""
        return {name: cpu_seconds(process.pids) for name, process in self._stack.processes.items()}

    def _locust(self, kind: str, users: int, seconds: float, **given: Any) -> list[dict[str, str]]:
        """Run one kind of users; print and return the figures of each page."""
        products = list(Product.objects.order_by("pk").values_list("num_iid", flat=True)[1:500])
        connection.close()
        given = {
            "people": 0,
            "pollers": 0,
            "polls": 1,
            "accounts": self._accounts,
            "products": products,
            **given,
        }
        prefix, file = self._stack.logs / kind, ROOT / "tests" / "load" / "locustfile.py"
        command = [
            sys.executable,
            "-m",
            "locust",
            "-f",
            str(file),
            kind,
            "--headless",
            "--only-summary",
            "--reset-stats",
        ]
        command += [
            "--users",
            str(users),
            "--spawn-rate",
            str(users / 5),
            "--run-time",
            f"{seconds:.0f}s",
        ]
        command += ["--csv", str(prefix), "--host", f"http://127.0.0.1:{self._port}"]
        environment = os.environ | {"LOAD_GIVEN": json.dumps(given)}
        self._late.clear()
        checked, before, began = self._board.finished, os.times(), time.monotonic()
        used = self._used()
        with Path(f"{prefix}.txt").open("w") as output:
            subprocess.run(command, env=environment, stdout=output, stderr=output, check=False)
        lasted, after = time.monotonic() - began, os.times()
        own = (
            after.children_user
            + after.children_system
            - before.children_user
            - before.children_system
        )
        with Path(f"{prefix}_stats.csv").open() as statistics:
            rows = [row for row in csv.DictReader(statistics) if row["Name"] != "Aggregated"]
        print(f"\n{kind + ', ms':22}{'requests':>9}{'errors':>8}{'p50':>7}{'p95':>7}{'p99':>7}")
        for row in rows:
            shares = (float(row[share]) for share in ("50%", "95%", "99%"))
            counts = (int(row["Request Count"]), int(row["Failure Count"]))
            print("{:22}{:9,}{:8}{:7.0f}{:7.0f}{:7.0f}".format(row["Name"], *counts, *shares))
        late, checks = sorted(self._late), (self._board.finished - checked) / lasted
        print(
            f"{checks:.0f} checks a second, late by {late[len(late) // 2]:.1f} s (median), "
            f"{late[-1]:.1f} s (most);"
        )
        took = {name: seconds - used[name] for name, seconds in self._used().items()} | {
            "locust": own
        }
        print(
            "processors: "
            f"{', '.join(f'{name} {seconds / lasted:.2f}' for name, seconds in took.items())};"
        )
        print(f"load average {os.getloadavg()[0]:.1f}; afterwards {yardstick()}", flush=True)
        return rows

    def _is_good(self, figures: list[dict[str, str]]) -> bool:
        return max(self._late) < LATEST_SECONDS and not any(
            int(row["Failure Count"]) for row in figures
        )
