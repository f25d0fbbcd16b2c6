"""The call ledger's verbs: reserve before sending, settle after, stop and start polling.

`UsageDay.reserved` is the number that many workers share: one conditional UPDATE raises it only while the day's
budget, the provider's own count and the account's state allow it, so together they cannot exceed the cap.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, Max, OuterRef, Q
from django.db.models.functions import Greatest

from monitor.budget import fitted
from monitor.budget.answers import Result
from monitor.budget.limit import DailyBudget, daily_budget, daily_calls_at
from monitor.budget.operators import tell_operators
from monitor.budget.retry import retried
from monitor.models import ProviderAccount, Usage, UsageDay, User
from monitor.models.usage import PROVIDER_ZONE, provider_day, quota_reset
from monitor.provider.codes import SUCCESS, Action, Billing, Outcome, look_up
from monitor.provider.errors import ProviderError
from monitor.provider.observation import Quota
from monitor.schedule import Spending

#: How often one trial call is made while polling is stopped.
PROBE_EVERY = timedelta(hours=1)
#: How long polling rests after 4009, maintenance.
MAINTENANCE_PAUSE = timedelta(minutes=5)
QUOTA_EXCEEDED = "4013"
#: The part of a day's budget that may go into asking again for what was read and not believed: a twentieth.
CONFIRMING = 20
#: The provider's clock may lag behind ours: right after midnight its count may still be yesterday's.
COUNT_SETTLES_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Grant:
    """Permission for `calls` calls on the budget of `day`. `refused` says why there are fewer than wanted."""

    calls: int
    day: date
    refused: Outcome = Outcome.BUDGET
    is_probe: bool = False


def reserve(wanted: int, now: datetime, *, confirming: bool = False) -> Grant:
    """Count up to `wanted` calls as made, before they are. One statement, unless something is in the way.

    Calls that are `confirming` what was read get a share of the day's budget and no more, and are no trial calls.
    """
    day = provider_day(now)
    room = daily_calls_at(now) - wanted
    confirmations = wanted if confirming else 0
    told = Usage.objects.filter(day=OuterRef("day"), code=SUCCESS)
    in_the_way = ProviderAccount.objects.filter(
        Q(circuit_opened_at__isnull=False) | Q(paused_until__gt=now) | Q(halted_at__isnull=False)
    )
    granted = (
        UsageDay.objects.filter(_has_confirmations_left(confirmations, now), day=day, reserved__lte=room)
        .exclude(Exists(in_the_way))
        .exclude(Exists(told.filter(provider_ahead__gt=room - OuterRef("reserved"))))
        .update(**_counted(wanted, confirmations))
    )
    return Grant(wanted, day) if granted else _reserve_what_is_left(wanted, now, day, confirming)


def _most_confirmations(budget: int) -> int:
    """How many calls of a day may confirm others: one in the smallest budget."""
    return max(1, budget // CONFIRMING)


def _has_confirmations_left(wanted: int, now: datetime) -> Q:
    most = Greatest(1, daily_calls_at(now) / CONFIRMING)
    return Q(confirmations__lte=most - wanted) if wanted else Q()


def _counted(calls: int, confirmations: int) -> dict[str, Any]:
    """What `calls` more, or fewer, add to the day: an ordinary call leaves the column of the others alone."""
    added = {"reserved": F("reserved") + calls}
    return {**added, "confirmations": F("confirmations") + confirmations} if confirmations else added


@transaction.atomic
def _reserve_what_is_left(wanted: int, now: datetime, day: date, confirming: bool) -> Grant:
    """The careful way, under locks: part of what was wanted, or one trial call while polling is stopped."""
    account = locked_account()
    UsageDay.objects.get_or_create(day=day)
    usage = UsageDay.objects.select_for_update().get(day=day)
    budget = daily_budget(now)
    left, ours_left = budget.calls - _spent(usage), budget.set_calls - usage.reserved
    if confirming:
        wanted = min(wanted, _most_confirmations(budget.calls) - usage.confirmations)
    grant = Grant(max(0, min(wanted, left)), day)
    if account.is_halted:
        grant = Grant(0, day, Outcome.CIRCUIT_OPEN)
    elif confirming:
        grant = Grant(0, day) if account.circuit_is_open or account.rests(now) else grant
    elif account.circuit_is_open:
        grant = _probe(account, ours_left, now, day, Outcome.CIRCUIT_OPEN)
    elif account.rests(now) and account.pause_code == QUOTA_EXCEEDED:
        # The provider may reset its count at another hour than we think.
        grant = _probe(account, ours_left, now, day, Outcome.BUDGET)
    elif account.rests(now):
        grant = Grant(0, day, Outcome.CIRCUIT_OPEN)
    elif left <= 0 < ours_left:
        # Only the provider's count is in the way. It may have been reset since it was told: ask now and then.
        grant = _probe(account, ours_left, now, day, Outcome.BUDGET)
    if grant.calls:
        UsageDay.objects.filter(day=day).update(**_counted(grant.calls, grant.calls if confirming else 0))
    return grant


def _probe(account: ProviderAccount, left: int, now: datetime, day: date, refused: Outcome) -> Grant:
    if left <= 0 or (account.next_probe_at is not None and account.next_probe_at > now):
        return Grant(0, day, refused)
    account.next_probe_at = now + PROBE_EVERY
    account.save(update_fields=["next_probe_at"])
    return Grant(1, day, refused, is_probe=True)


def _spent(usage: UsageDay) -> int:
    """The calls made, by the larger of the two counts."""
    ahead = Usage.objects.filter(day=usage.day, code=SUCCESS).aggregate(ahead=Max("provider_ahead"))["ahead"]
    return usage.reserved + max(0, ahead or 0)


@dataclass(frozen=True, slots=True)
class Left:
    """Calls that may be made now: all of them, those by the schedule, which spends a day's calls as its plan says,
    those that the plan has by now, for which something may be checked that is not due, and those by the schedule for
    what cannot wait. And what is left `of_day`, also while nothing may be called."""

    of_day: int
    calls: int
    of_schedule: int
    early: int = 0
    strict: int = 0


def left(now: datetime, budget: DailyBudget | None = None, *, catches_up: bool = False) -> Left:
    """What is left of the day; 1 if a trial call is due, none to be made while polling rests or is halted. Five
    queries at most.

    Who knows the `budget` in force spares the query for it. Who is about to spend what is left `catches_up`: what was
    not spent when it should have been is planned anew for the rest of the day, and that is kept.
    """
    account = ProviderAccount.objects.first() or ProviderAccount()
    usage = UsageDay.objects.filter(day=provider_day(now)).first() or UsageDay(day=provider_day(now))
    budget, spent = budget or daily_budget(now), _spent(usage)
    of_day = max(0, budget.calls - spent)
    if account.is_halted:
        return Left(of_day, 0, 0)
    probe = int(budget.set_calls > usage.reserved and (account.next_probe_at is None or account.next_probe_at <= now))
    if account.circuit_is_open:
        return Left(of_day, probe, probe)
    if account.rests(now):
        probe = probe if account.pause_code == QUOTA_EXCEEDED else 0
        return Left(of_day, probe, probe)
    if not of_day:
        return Left(of_day, probe, probe)
    plan = Spending(budget.calls, now, PROVIDER_ZONE, usage.mark, fitted.spending())
    anew = plan.caught_up(spent)
    if catches_up and anew.mark is not None and anew is not plan:
        moved = {"marked_at": anew.mark.at, "marked_calls": anew.mark.calls}
        UsageDay.objects.update_or_create(day=usage.day, defaults=moved)
    plans = (anew.spendable, anew.planned, anew.spendable_at_once)
    return Left(of_day, of_day, *(max(0, calls - spent) for calls in plans))


def calls_left(now: datetime) -> int:
    """How many calls may be made now, as `left` says."""
    return left(now).calls


def locked_account() -> ProviderAccount:
    ProviderAccount.objects.get_or_create(pk=ProviderAccount.SINGLETON)
    return ProviderAccount.objects.select_for_update().get(pk=ProviderAccount.SINGLETON)


@retried
def refund(calls: int, day: date, *, confirming: bool = False) -> None:
    """Give back calls that were reserved and never sent."""
    if calls:
        UsageDay.objects.filter(day=day).update(**_counted(-calls, -calls if confirming else 0))


@retried
def count_asked(results: Iterable[Result], day: date) -> None:
    """Book the calls among those of a batch that people asked for. One statement, or none where nobody did."""
    calls = sum(one.product.asked_at is not None and not isinstance(one.answer, Outcome) for one in results)
    if calls:
        UsageDay.objects.filter(day=day).update(asked=F("asked") + calls)


@retried
def settle(results: Iterable[Result], *, api: str, day: date) -> None:
    """Book the calls of a batch by status code, and the provider's own count with them. One statement.

    Rows are written in the order of their codes, so two workers that settle at once take turns.
    """
    counts: dict[str, int] = defaultdict(int)
    billings: dict[str, str] = {}
    quota: Quota | None = None
    for result in results:
        if isinstance(result.answer, Outcome):
            continue
        code, billing = booked_as(result)
        counts[code] += 1
        # One row a code: where its calls were billed differently, it says the more cautious thing.
        billings[code] = billing if billings.get(code, billing) == billing else Billing.POSSIBLY.value
        if result.quota is not None and _belongs_to(result.received_at, day):
            quota = result.quota
    if not counts:
        return
    told = quota or Quota(None, None)
    rows = [
        (day, api, code, calls, billings[code], *_told(told if code == SUCCESS else Quota(None, None)), day)
        for code, calls in sorted(counts.items())
    ]
    table, days = (connection.ops.quote_name(model._meta.db_table) for model in (Usage, UsageDay))
    one_row = f"(%s, %s, %s, %s, %s, %s, %s, %s - (SELECT reserved FROM {days} WHERE day = %s))"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(
            # The table's name is the model's, all values are parameters.
            f"INSERT INTO {table} (day, api, code, calls, billing, provider_used, provider_cap, provider_ahead)"  # noqa: S608
            f" VALUES {', '.join([one_row] * len(rows))}"
            " ON CONFLICT (day, api, code) DO UPDATE SET"
            f" calls = {table}.calls + excluded.calls,"
            f" provider_ahead = COALESCE(excluded.provider_ahead, {table}.provider_ahead),"
            f" provider_used = COALESCE(excluded.provider_used, {table}.provider_used),"
            f" provider_cap = COALESCE(excluded.provider_cap, {table}.provider_cap)",
            [value for row in rows for value in row],
        )


def _told(quota: Quota) -> tuple[int | None, int | None, int | None]:
    """The provider's count and cap, a cap of none being none, and again the count, to be compared with ours."""
    return quota.used, quota.cap or None, quota.used


def booked_as(result: Result) -> tuple[str, str]:
    """The ledger's code and billing of one call: the provider's code, or for want of one the outcome."""
    if isinstance(result.answer, ProviderError):
        return result.answer.code or result.answer.outcome.value, result.answer.billing.value
    return SUCCESS, look_up(SUCCESS).billing.value


def _belongs_to(received_at: datetime, day: date) -> bool:
    midnight = datetime.combine(day, time.min, PROVIDER_ZONE)
    return midnight + COUNT_SETTLES_AFTER <= received_at < midnight + timedelta(days=1)


@retried
def pause(error: ProviderError, now: datetime) -> None:
    """Rest after 4013 until the quota is reset, after 4009 for some minutes; a longer rest is left as it is."""
    until = now + MAINTENANCE_PAUSE
    if error.action is Action.WAIT_FOR_QUOTA:
        midnight = quota_reset(now) - timedelta(days=1)
        # Right after our midnight the provider may still be in its yesterday.
        settled = midnight + COUNT_SETTLES_AFTER
        until = settled if now < settled else quota_reset(now)
    ProviderAccount.objects.get_or_create(pk=ProviderAccount.SINGLETON)
    ProviderAccount.objects.filter(Q(paused_until__isnull=True) | Q(paused_until__lt=until)).update(
        paused_until=until, pause_code=error.code, next_probe_at=now + PROBE_EVERY
    )


@retried
@transaction.atomic
def open_circuit(error: ProviderError, now: datetime) -> bool:
    """Stop polling until an operator starts it again or a trial call succeeds, and tell the operators, once.

    Returns whether polling was going on before.
    """
    ProviderAccount.objects.get_or_create(pk=ProviderAccount.SINGLETON)
    stopped = ProviderAccount.objects.filter(circuit_opened_at__isnull=True).update(
        circuit_code=error.code,
        circuit_reason=str(error)[:200],
        circuit_opened_at=now,
        next_probe_at=now + PROBE_EVERY,
    )
    if stopped:
        tell_operators(error.code, str(error), now)
    return bool(stopped)


def shorten_rests(now: datetime) -> None:
    """After the clock was set back: let polling rest, and trial calls wait, no longer than from now on they would."""
    account = ProviderAccount.objects.select_for_update().first()
    if account is None:
        return
    if account.paused_until is not None:
        longest = quota_reset(now) if account.pause_code == QUOTA_EXCEEDED else now + MAINTENANCE_PAUSE
        account.paused_until = min(account.paused_until, longest)
    if account.next_probe_at is not None:
        account.next_probe_at = min(account.next_probe_at, now + PROBE_EVERY)
    account.save(update_fields=["paused_until", "next_probe_at"])


def plan_rest_of_day(now: datetime) -> None:
    """After the clock was set back: spread what is left of the day's calls over the rest of it. More was spent than
    the plan has for this hour."""
    usage = UsageDay.objects.select_for_update().filter(day=provider_day(now)).first()
    if usage is not None:
        usage.marked_calls = _spent(usage)
        usage.marked_at = now
        usage.save(update_fields=["marked_at", "marked_calls"])


def close_circuit() -> bool:
    """Start polling again; true if it was stopped."""
    started = ProviderAccount.objects.filter(Q(circuit_opened_at__isnull=False) | Q(paused_until__isnull=False)).update(
        circuit_code="", circuit_reason="", circuit_opened_at=None, next_probe_at=None, paused_until=None, pause_code=""
    )
    return bool(started)


@transaction.atomic
def halt(by: User, now: datetime) -> bool:
    """Stop all calls, those that people ask for too, until somebody starts them again; true if they were not."""
    ProviderAccount.objects.get_or_create(pk=ProviderAccount.SINGLETON)
    return bool(ProviderAccount.objects.filter(halted_at__isnull=True).update(halted_at=now, halted_by=by))


def resume() -> bool:
    """Take back what `halt` did; true if calls were stopped by it. What else stops them does so still."""
    return bool(ProviderAccount.objects.filter(halted_at__isnull=False).update(halted_at=None, halted_by=None))


def is_halted() -> bool:
    """Whether an operator has stopped all calls. One query."""
    return ProviderAccount.objects.filter(halted_at__isnull=False).exists()


def probe_now(now: datetime) -> bool:
    """Let the next check be a trial call, if polling is stopped or waits for the quota; true if it was."""
    waiting = ProviderAccount.objects.filter(Q(circuit_opened_at__isnull=False) | Q(pause_code=QUOTA_EXCEEDED))
    return bool(waiting.update(next_probe_at=now))
