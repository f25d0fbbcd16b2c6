"""The facts of health, and what they mean: the admin's page Health, `/readyz` and `/metrics` all
tell these."""

import math
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Max, Min, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from monitor.judging.doubts import FEW
from monitor.models import (
    Channel,
    Heartbeat,
    Message,
    Product,
    ProviderAccount,
    ScheduleFit,
    UsageDay,
)
from monitor.models.channels import ChannelKind
from monitor.models.clock import future_from
from monitor.models.usage import provider_day
from monitor.polling.budget.ledger import NO_ROOM, QUOTA_EXCEEDED, CallsLeft, left
from monitor.polling.budget.limit import DailyBudget, daily_budget
from monitor.showing.history.polling import LATE


class HealthState(StrEnum):
    GOOD = "good"
    #: Too early to say.
    WAIT = "wait"
    WARN = "warn"
    BAD = "bad"

    @property
    def severity(self) -> int:
        """0 is good, 3 is bad."""
        return list(HealthState).index(self)


GOOD, WAIT, WARN, BAD = HealthState

#: The workers usually start together with this process, and give their first sign of life after a
#: few seconds.
STARTED_AT = timezone.now()
FIRST_SIGN = timedelta(minutes=1)
#: Two of beat's intervals (`config.celery.BEAT`).
TICKS_WITHIN = timedelta(seconds=20)
#: The pace is fitted once an hour.
FITTED_WITHIN = timedelta(hours=3)
#: Older failures of messages are not counted.
MAIL_DAYS = timedelta(days=7)
#: The states of polling, and how good they are.
POLLING = {
    "running": GOOD,
    "paused": WARN,
    "halted": WARN,
    "circuit_open": BAD,
    NO_ROOM: BAD,
}
#: The waits in seconds: it is counted how many due checks have waited longer.
WAITS = (10, 30, 60, 120, 300, 900, 3600, 6 * 3600)
#: The kind of a message that goes to no channel.
LETTER = "letter"


class Verdict(NamedTuple):
    """The health of one part. `reason` is a name for programs, empty if there is nothing to say."""

    state: HealthState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """All facts at `now`.

    `due`: `count`, `late`, `oldest` of the watched products whose check is due, and for each of
    `WAITS` how many have waited longer, as `longer_than_10`. `failing`: how many watched products
    fail, by last outcome. `waiting`: rows of pending messages by `kind_of_channel`: `pending`,
    `overdue`, and the `oldest` due one. `written`: rows of the messages of `MAIL_DAYS` by that and
    `status`: `number`, `last_sent_at`."""

    now: datetime
    broker_fault: str
    pending_migrations: int
    workers: Collection[Heartbeat]
    clock_set_back: timedelta
    account: ProviderAccount
    budget: DailyBudget
    calls_left: CallsLeft
    watched: int
    due: dict[str, Any]
    in_doubt: int
    failing: dict[str, int]
    fit: ScheduleFit | None
    waiting: Collection[Any]
    written: Collection[Any]
    refused_channels: int

    @property
    def alive(self) -> list[Heartbeat]:
        return [worker for worker in self.workers if worker.is_alive(self.now)]

    @property
    def last_tick_at(self) -> datetime | None:
        """The newest tick. One from the future does not count."""
        is_past = (worker for worker in self.workers if worker.seen_at <= future_from(self.now))
        return last_seen(worker for worker in is_past if worker.work == "tick")

    def age(self, at: datetime | None) -> float | None:
        """Return how many seconds ago something was."""
        return None if at is None else (self.now - at).total_seconds()

    @property
    def is_quota_used_up(self) -> bool:
        """Whether the provider says so."""
        return self.account.rests(self.now) and self.account.pause_code == QUOTA_EXCEEDED

    @property
    def polling(self) -> str:
        """Whether checks are made: `running`, or why they are not."""
        if self.account.is_halted:
            return "halted"
        if self.account.circuit_is_open:
            code = self.account.circuit_code
            return NO_ROOM if code == NO_ROOM else "circuit_open"
        return "paused" if self.account.rests(self.now) else "running"

    def verdicts(self) -> dict[str, Verdict]:
        """Return the health of every part. A fault of one may explain those of later ones."""
        many_fail = sum(self.failing.values()) * 10 > self.watched
        many_in_doubt = self.in_doubt > max(FEW, self.watched // 20)
        return {
            "database": Verdict(BAD, "migrations_missing")
            if self.pending_migrations
            else Verdict(GOOD),
            "broker": _broker(self.broker_fault),
            "clock": Verdict(WARN, "set_back") if self.clock_set_back else Verdict(GOOD),
            "workers": self._workers(),
            "checks": Verdict(POLLING[self.polling], self.polling),
            "budget": self._budget(),
            "schedule": Verdict(WARN, "late") if self.due["late"] else Verdict(GOOD),
            "plan": self._plan(),
            "failing": Verdict(WARN, "many") if many_fail else Verdict(GOOD),
            "doubts": Verdict(WARN, "many") if many_in_doubt else Verdict(GOOD),
            "outbox": self._outbox(),
        }

    def _workers(self) -> Verdict:
        has_just_started = timedelta(0) <= self.now - STARTED_AT < FIRST_SIGN
        if self.broker_fault:
            return Verdict(WAIT, "broker")
        if not self.workers:
            return Verdict(WAIT, "started") if has_just_started else Verdict(BAD, "never_ran")
        if not self.alive:
            return Verdict(BAD, "none")
        if not any(worker.is_of_checks for worker in self.alive):
            return (
                Verdict(WAIT, "checks_started")
                if has_just_started
                else Verdict(BAD, "no_checks_worker")
            )
        if all(worker.is_of_checks for worker in self.alive):
            return Verdict(BAD, "no_upkeep_worker")
        if self.last_tick_at is None:
            return Verdict(WARN, "no_tick")
        return (
            Verdict(WARN, "late_tick")
            if self.now - self.last_tick_at > TICKS_WITHIN
            else Verdict(GOOD)
        )

    def _budget(self) -> Verdict:
        if not self.budget.calls:
            return Verdict(WARN, "none")
        is_used_up = self.is_quota_used_up or not self.calls_left.of_day
        # While no call is made, what is left does not matter.
        is_stopped = self.account.is_halted or self.account.circuit_is_open
        return Verdict(WARN, "used_up") if is_used_up and not is_stopped else Verdict(GOOD)

    def _plan(self) -> Verdict:
        if self.fit is None or self.fit.fitted_at is None:
            return Verdict(GOOD)
        if self.now - self.fit.fitted_at > FITTED_WITHIN:
            return Verdict(WARN, "old")
        return (
            Verdict(WARN, "over_budget")
            if math.ceil(self.fit.needs) > self.fit.calls
            else Verdict(GOOD)
        )

    def _outbox(self) -> Verdict:
        if any(row.overdue for row in self.waiting):
            return Verdict(BAD, "overdue")
        # What a robot, a webhook or an address refuses is its owner's matter; giving up mails is
        # the site's.
        mails = [row for row in self.written if row.kind_of_channel in (LETTER, ChannelKind.MAIL)]
        has_given_up = any(row.status == Message.Status.FAILED for row in mails)
        return Verdict(WARN, "failed") if has_given_up else Verdict(GOOD)

    def written_with(self, status: Message.Status) -> int:
        """Return the number of messages of the last `MAIL_DAYS` with a status."""
        return sum(row.number for row in self.written if row.status == status)


def read_health(now: datetime, broker_fault: str) -> Health:
    """Read all facts. At most 18 queries, each served by an index. Raises DatabaseError."""
    workers, budget = list(Heartbeat.objects.order_by("-seen_at")), daily_budget(now)
    ahead = (
        max(
            (worker.seen_at for worker in workers if worker.seen_at > future_from(now)), default=now
        )
        - now
    )
    failing = Product.objects.watched().filter(failing_since__isnull=False)
    by_outcome = (
        failing.values_list("last_outcome").annotate(n=Count("pk")).order_by("-n", "last_outcome")
    )
    return Health(
        now=now,
        broker_fault=broker_fault,
        pending_migrations=pending_migrations(),
        workers=workers,
        clock_set_back=max(clock_set_back(now), ahead),
        account=ProviderAccount.objects.select_related("halted_by").first() or ProviderAccount(),
        budget=budget,
        calls_left=left(now, budget),
        watched=Product.objects.watched().count(),
        due=_due(now),
        in_doubt=Product.objects.watched().filter(doubted_at__isnull=False).count(),
        failing=dict(by_outcome),
        fit=ScheduleFit.objects.only("fitted_at", "calls", "products", "needs").first(),
        **_messages(now),
        refused_channels=Channel.objects.refusing().filter(owner__is_active=True).count(),
    )


def read_if_possible(now: datetime, broker_fault: str) -> tuple[Health | None, dict[str, Verdict]]:
    """Return the facts, or None if the database cannot tell them, and the health of the parts that
    are known."""
    try:
        health = read_health(now, broker_fault)
    except Error:
        reason = "unreachable"
        with suppress(Error):
            # None: it could not be connected, and trying again would only take long.
            if connection.connection is not None and pending_migrations():
                reason = "migrations_missing"
        return None, {"database": Verdict(BAD, reason), "broker": _broker(broker_fault)}
    return health, health.verdicts()


def _broker(fault: str) -> Verdict:
    return Verdict(BAD, fault) if fault else Verdict(GOOD)


def pending_migrations() -> int:
    """Return how many apps have migrations that the database has not applied. Two queries. Raises
    DatabaseError."""
    return len(_newest_migrations() - MigrationRecorder(connection).applied_migrations().keys())


@cache
def _newest_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def _due(now: datetime) -> dict[str, Any]:
    """One query, over the start of the index `product_due`."""
    longer = {
        f"longer_than_{wait}": Q(next_check_at__lt=now - timedelta(seconds=wait)) for wait in WAITS
    }
    conditions = {**longer, "late": Q(next_check_at__lte=now - LATE)}
    counts = {name: Count("pk", filter=condition) for name, condition in conditions.items()}
    return Product.objects.filter(next_check_at__lte=now).aggregate(
        count=Count("pk"), oldest=Min("next_check_at"), **counts
    )


def _messages(now: datetime) -> dict[str, list[Any]]:
    """Two queries."""

    def due(at: datetime) -> Q:
        return Q(next_attempt_at__lte=at) & (
            Q(channel=None) | Q(channel__in=Channel.objects.due(at))
        )

    messages = Message.objects.annotate(
        kind_of_channel=Coalesce("channel__kind", Value(LETTER))
    ).order_by()
    pending, written = (
        messages.filter(status=Message.Status.PENDING),
        messages.filter(created_at__gte=now - MAIL_DAYS),
    )
    overdue, oldest = Count("pk", filter=due(now - LATE)), Min("next_attempt_at", filter=due(now))
    waiting = pending.values("kind_of_channel").annotate(
        pending=Count("pk"), overdue=overdue, oldest=oldest
    )
    rows = written.values("kind_of_channel", "status").annotate(
        number=Count("pk"), last_sent_at=Max("sent_at")
    )
    return {
        "waiting": list(
            waiting.values_list("kind_of_channel", "pending", "overdue", "oldest", named=True)
        ),
        "written": list(
            rows.values_list("kind_of_channel", "status", "number", "last_sent_at", named=True)
        ),
    }


def last_seen(workers: Iterable[Heartbeat]) -> datetime | None:
    """Return the newest sign of life."""
    return max((worker.seen_at for worker in workers), default=None)


def is_silent(now: datetime) -> bool:
    """Return whether no worker that checks products has sent a heartbeat in time. One query."""
    return not Heartbeat.objects.of_checks().alive(now).exists()


def clock_set_back(now: datetime) -> timedelta:
    """Return how far the clock was set back today, in whole minutes; zero if it was not. One
    query."""
    by = (
        UsageDay.objects.filter(day=provider_day(now)).values_list("set_back_by", flat=True).first()
    )
    minute = timedelta(minutes=1)
    return ((by or timedelta()) + minute / 2) // minute * minute
