"""What an operator has to know of the machinery: the schedule, the account, the outbox, the workers."""

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

#: What happened to e-mails is told of the last days only: older failures are history.
MAIL_DAYS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Products that are due, those among them that wait too long, and those in the hands of workers."""

    watched: int
    due: int
    late: int
    oldest_due_at: datetime | None
    being_checked: int
    #: Products whose claim ran out and that no worker has claimed since.
    stuck: int
    #: Read too oddly to be believed, and not read again yet.
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
    #: People whose address refuses mail, and the e-mails that wait for that to change.
    refusing: int
    held: int


@dataclass(frozen=True, slots=True)
class Operation:
    """How things stand."""

    workers: Sequence[Heartbeat]
    clock: SetBack | None
    schedule: Schedule
    account: ProviderAccount
    left: CallsLeft
    budget: DailyBudget
    #: The newest fit of the schedule; none before the first.
    fit: ScheduleFit | None
    outbox: Outbox
    #: How many products fail in which way, the most frequent first: (outcome, count).
    failing: Sequence[tuple[str, int]]
    #: The database's disk is nearly full: checks wait.
    disk_is_short: bool


def operation(now: datetime) -> Operation:
    """Sixteen queries at most, whatever there is to tell."""
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
