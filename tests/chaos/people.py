"""Those who use the site meanwhile: merchants with lists and channels, readers of pages, an
operator."""

import random
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import requests
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.test import Client
from django.utils import timezone

from monitor.judging.rules.kinds import Kind
from monitor.judging.schedule.next_check import SECOND_AFTER
from monitor.models import (
    ApiToken,
    Budget,
    Channel,
    Membership,
    Message,
    Pace,
    Product,
    Rule,
    UsageDay,
    User,
    Watchlist,
)
from monitor.people import channels
from monitor.people.api_tokens import make_token
from monitor.polling.budget import ledger
from monitor.telling.outbox import LEASE
from monitor.watching.requests import ask
from monitor.watching.services import (
    add_products,
    create_watchlist,
    rule_changed,
    watchlist_changed,
)
from tests.chaos.market import Market
from tests.chaos.sinks import Sinks
from tests.chaos.stack import Stack

INTERVAL = timedelta(seconds=5)
PAGES = (
    "/",
    "/products/",
    "/products/?q=1",
    "/alerts/",
    "/channels/",
    "/watchlists/",
    "/usage/",
    "/frame/",
)
#: No pass of a healthy outbox takes longer.
LONGEST_PASS = timedelta(seconds=90)
#: After a fault that people may notice.
SHAKEN_SECONDS = 15.0


class Crowd:
    """Two merchants who share a list, and an operator. `noticed` are answers that nobody should
    have got. `is_over`: no more faults are played."""

    def __init__(self, market: Market, sinks: Sinks, stack: Stack, site: str) -> None:
        self.site, self.market, self.sinks, self.stack = site, market, sinks, stack
        self.noticed: list[str] = []
        self.overspent = 0
        self.pages, self.is_over = 0, False
        self.open_transactions: list[str] = []
        self.texts: list[str] = []
        #: Products whose check at a data time was recorded.
        self.seen: set[tuple[str, datetime]] = set()
        self._shaken = 0
        self._calm_at = 0.0
        self._ended = threading.Event()
        now = timezone.now()
        self.operator = User.objects.create_superuser("operator@example.com", "a-password")
        self.owner, self.member = (
            User.objects.create_user(f"{name}@example.com", "x") for name in ("owner", "member")
        )
        self.watchlist = create_watchlist(self.owner, "对手", pace=Pace.FIXED)
        # Shorter than a form allows, so that minutes have many checks.
        Watchlist.objects.update(interval=INTERVAL, soonest=INTERVAL)
        self.watchlist.rules.all().delete()
        for rule in (Kind.PRICE_CHANGED, Kind.STATUS_CHANGED):
            self._rule(rule)
        Membership.objects.create(watchlist=self.watchlist, user=self.member)
        for kind, name, target in sinks.targets:
            channels.add(self.owner, kind, name, target, "…", now)
        add_products(self.watchlist, market.products, now)
        self.watchlist.refresh_from_db()
        watchlist_changed(self.watchlist, now)
        Product.objects.update(next_check_at=now)

    def _rule(self, kind: Kind, threshold: int | None = None) -> Rule:
        return Rule.objects.create(watchlist=self.watchlist, kind=kind.value, threshold=threshold)

    # What an operator or time does.

    def hurry(self) -> None:
        """Let waits pass, which take minutes and hours: those after failures, and for the leases of
        killed senders.

        At the end also for those of passes that ended with an error.
        """
        now = timezone.now()
        dead_until = (
            max(self.stack.started("upkeep"), now - LONGEST_PASS if self.is_over else now - LEASE)
            + LEASE
        )
        with transaction.atomic():
            waiting = Product.objects.filter(next_check_at__gt=now + INTERVAL, claim=None).exclude(
                status="deleted"
            )
            Product.objects.filter(pk__in=_locked(waiting)).update(next_check_at=now)
        with transaction.atomic():
            is_dead = Q(lease__isnull=False, channel=None, next_attempt_at__lt=dead_until)
            messages = Message.objects.filter(
                Q(lease=None) | is_dead, status="pending", next_attempt_at__gt=now
            )
            Message.objects.filter(pk__in=_locked(messages)).update(next_attempt_at=now)
        with transaction.atomic():
            keys = _locked(Channel.objects.filter(next_send_at__gt=now))
            leased = Q(messages__lease__isnull=False, next_send_at__gte=dead_until)
            resting = Channel.objects.filter(pk__in=keys).exclude(
                pk__in=Channel.objects.filter(leased).values("pk")
            )
            resting.update(next_send_at=now)

    def operate(self) -> None:
        """Start what the provider or a receiver has stopped, as operators and owners do."""
        ledger.close_circuit()
        Channel.objects.refusing().end_refusal()

    def let_doubts_pass(self) -> None:
        """Let the time pass after which a second reading counts."""
        with transaction.atomic():
            doubted = Product.objects.filter(doubt__isnull=False, claim=None)
            for product in Product.objects.filter(pk__in=_locked(doubted)):
                if doubt := product.open_doubt:
                    product.doubt = replace(doubt, seen_at=doubt.seen_at - SECOND_AFTER).dump()
                    product.save(update_fields=["doubt"])

    def attend(self) -> None:
        """Look at each check that was recorded, now and then operate and hurry, until `end`."""
        for turn in count():
            if self._ended.wait(0.5):
                break
            self.seen |= {
                (key, at) for key, at in Product.objects.values_list("num_iid", "data_time") if at
            }
            if turn % 6 == 0:
                self.operate()
                self.hurry()
                if self.is_over:
                    self.let_doubts_pass()
        connection.close()

    # What faults call.

    @contextmanager
    def _nothing_more(self, stop: Callable[[int], object]) -> Iterator[None]:
        """Call `stop` with the calls made so far; count those that are reserved beyond them
        meanwhile."""
        with transaction.atomic():
            # Who reserves calls at this moment is waited for.
            before = sum(day.reserved for day in UsageDay.objects.select_for_update())
            stop(before)
        yield
        self.overspent += max(0, sum(UsageDay.objects.values_list("reserved", flat=True)) - before)

    def _set_budget(self, calls: int) -> None:
        Budget.objects.create(calls=calls, begins_at=timezone.now())

    @contextmanager
    def tight_budget(self) -> Iterator[None]:
        """No call is left, until the operator allows more."""
        with self._nothing_more(self._set_budget):
            yield
        self._set_budget(self.market.daily_calls)

    @contextmanager
    def halted(self) -> Iterator[None]:
        with self._nothing_more(lambda _: ledger.halt(self.operator, timezone.now())):
            yield
        ledger.resume()

    @contextmanager
    def asks(self) -> Iterator[None]:
        ask(
            Product.objects.filter(pk__in=list(Product.objects.values_list("pk", flat=True)[:20])),
            self.owner,
            timezone.now(),
        )
        yield

    @contextmanager
    def makes_a_rule(self) -> Iterator[None]:
        rule_changed(self._rule(Kind.PRICE_BELOW, 50_000), timezone.now())
        yield

    @contextmanager
    def shaken(self) -> Iterator[None]:
        """A fault that people notice lasts, and some seconds more."""
        self._shaken += 1
        yield
        self._calm_at = time.monotonic() + SHAKEN_SECONDS
        self._shaken -= 1

    # Readers of pages.

    def visit(self, secrets: Collection[str], seed: int) -> None:
        """Open a page every third of a second until `end`, and a page of the API now and then."""
        browser, chance = Client(), random.Random(seed)
        browser.force_login(self.owner)
        _, token = make_token(
            self.owner,
            f"visitor {seed}",
            timedelta(days=1),
            timezone.now(),
            scope=ApiToken.Scope.READ,
        )
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
        connection.close()
        headers = {
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "203.0.113.7",
            "Host": "watch.example.org",
        }
        headers["Connection"] = "close"  # As from nginx.
        while not self._ended.wait(chance.uniform(0.1, 0.5)):
            product = chance.choice(list(self.market.products))
            path = chance.choice(
                (*PAGES, f"/products/{product}/", "/api/v1/products", "/api/v1/alerts")
            )
            own = (
                {"Authorization": f"Bearer {token}"}
                if path.startswith("/api")
                else {"Cookie": cookie}
            )
            was_calm = self.is_calm
            try:
                answer = requests.get(
                    self.site + path, headers=headers | own, timeout=20, allow_redirects=False
                )
            except requests.RequestException as error:
                said, text = type(error).__name__, ""
            else:
                said, text = str(answer.status_code), answer.text
            self.pages += 1
            if said != "200" and was_calm and self.is_calm:
                self.noticed.append(f"{time.strftime('%H:%M:%S')} {path}: {said}")
            self.texts += [f"{path} has {form}" for form in secrets if form in text]

    @property
    def is_calm(self) -> bool:
        return not self._shaken and time.monotonic() > self._calm_at

    def end(self) -> None:
        self._ended.set()


def _locked(rows: QuerySet[Any]) -> list[int]:
    """Lock the rows that no other transaction has locked; return their keys."""
    return list(
        rows.order_by("pk")
        .select_for_update(skip_locked=True, no_key=True)
        .values_list("pk", flat=True)
    )


@contextmanager
def attending(crowd: Crowd, secrets: Collection[str]) -> Iterator[None]:
    jobs = [
        threading.Thread(target=crowd.attend),
        *(threading.Thread(target=crowd.visit, args=(secrets, n)) for n in (1, 2)),
    ]
    for job in jobs:
        job.start()
    try:
        yield
    finally:
        crowd.end()
        for job in jobs:
            job.join()
