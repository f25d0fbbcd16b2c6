"""What an operator must know: the schedule, the account, the outbox, the workers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q

from monitor.budget.ledger import CallsLeft, left
from monitor.budget.limit import DailyBudget, daily_budget
from monitor.history.polling import LATE
from monitor.models import Email, Heartbeat, Product, ProviderAccount, ScheduleFit, User
from monitor.models.system_clock import SetBack
from monitor.pages.shared.health import clock_set_back
from monitor.recording import disk

#: Older failures of e-mails are not counted.
MAIL_DAYS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Products that are due, late, or being checked."""

    watched: int
    due: int
    late: int
    oldest_due_at: datetime | None
    being_checked: int
    #: Products whose claim has expired and was not renewed.
    stuck: int
    #: Products with a doubtful reading that is not confirmed yet.
    in_doubt: int


@dataclass(frozen=True, slots=True)
class Outbox:
    pending: int
    overdue: int
    oldest_due_at: datetime | None
    #: In the last `MAIL_DAYS`.
    failed: int
    refused: int
    last_sent_at: datetime | None
    #: Users whose address refuses mail, and the e-mails that are held for them.
    refusing: int
    held: int


@dataclass(frozen=True, slots=True)
class Operation:
    workers: Sequence[Heartbeat]
    clock: SetBack | None
    schedule: Schedule
    account: ProviderAccount
    left: CallsLeft
    budget: DailyBudget
    #: The newest fit of the schedule; none before the first.
    fit: ScheduleFit | None
    outbox: Outbox
    #: Failing products by outcome, the most frequent first.
    failing: Sequence[tuple[str, int]]
    #: The database's disk is nearly full: checks wait.
    disk_is_short: bool


def operation(now: datetime) -> Operation:
    """At most sixteen queries."""
    budget = daily_budget(now)
    return Operation(
        workers=list(Heartbeat.objects.order_by("-seen_at")),
        clock=clock_set_back(now),
        schedule=_schedule(now),
        account=ProviderAccount.objects.select_related("halted_by").first() or ProviderAccount(),
        left=left(now, budget),
        budget=budget,
        fit=ScheduleFit.objects.only("fitted_at", "calls", "products", "needs").first(),
        outbox=_outbox(now),
        failing=list(
            Product.objects.watched()
            .filter(failing_since__isnull=False)
            .values_list("last_outcome")
            .annotate(n=Count("pk"))
            .order_by("-n", "last_outcome")
        ),
        disk_is_short=disk.is_short(),
    )


def _schedule(now: datetime) -> Schedule:
    due = Q(next_check_at__lte=now)
    counts = Product.objects.watched().aggregate(
        watched=Count("pk"),
        due=Count("pk", filter=due),
        late=Count("pk", filter=Q(next_check_at__lte=now - LATE)),
        oldest_due_at=Min("next_check_at", filter=due),
        in_doubt=Count("pk", filter=Q(doubted_at__isnull=False)),
    )
    claimed = Product.objects.filter(claimed_until__isnull=False).aggregate(
        being_checked=Count("pk", filter=Q(claimed_until__gt=now)),
        stuck=Count("pk", filter=Q(claimed_until__lte=now)),
    )
    return Schedule(**counts, **claimed)


def _outbox(now: datetime) -> Outbox:
    pending = Email.objects.filter(status=Email.Status.PENDING).aggregate(
        pending=Count("pk"),
        overdue=Count("pk", filter=Q(next_attempt_at__lte=now - LATE)),
        oldest_due_at=Min("next_attempt_at", filter=Q(next_attempt_at__lte=now)),
    )
    lately = Email.objects.filter(created_at__gte=now - MAIL_DAYS).aggregate(
        failed=Count("pk", filter=Q(status=Email.Status.FAILED)),
        refused=Count("pk", filter=Q(status=Email.Status.REFUSED)),
        last_sent_at=Max("sent_at"),
    )
    refusing = User.objects.refusing_mail().aggregate(
        refusing=Count("pk", distinct=True), held=Count("emails", filter=Q(emails__status=Email.Status.HELD))
    )
    return Outbox(**pending, **lately, **refusing)
