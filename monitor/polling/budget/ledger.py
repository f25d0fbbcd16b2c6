"""The call ledger: reserve calls before sending, settle them after, stop and start polling.

All workers share `UsageDay.reserved`. One conditional UPDATE raises it only if the day's budget,
the provider's own count and the account's state allow it, so workers together cannot exceed the
cap."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.db.models.lookups import LessThanOrEqual

from monitor.judging.schedule.spending import Spending
from monitor.models import Message, ProviderAccount, Usage, UsageDay, User
from monitor.models.usage import PROVIDER_ZONE, provider_day, quota_reset
from monitor.polling.answers import Answered
from monitor.polling.budget.limit import DailyBudget, daily_budget, daily_calls_at
from monitor.provider.codes import SUCCESS, Action, Billing, Outcome
from monitor.provider.errors import ProviderError
from monitor.provider.observation import Quota

logger = logging.getLogger(__name__)

#: How often a trial call is made while polling is stopped.
PROBE_EVERY = timedelta(hours=1)
#: How long polling pauses after 4009, maintenance.
MAINTENANCE_PAUSE = timedelta(minutes=5)
QUOTA_EXCEEDED = "4013"
#: The circuit's code after a write that failed because the database's disk is full, how often a
#: trial is then made, and how many calls a trial needs that proves room for whole batches.
NO_ROOM, TRIED_EVERY, PROVING_CALLS = "no_room", timedelta(minutes=1), 256
#: A stop by the provider is not replaced by another one, but replaces a full disk's.
_RUNS_OR_HAS_NO_ROOM = Q(circuit_opened_at__isnull=True) | Q(circuit_code=NO_ROOM)
#: One in this many of a day's calls may confirm a doubtful answer.
CONFIRMING_PART = 20
#: The provider's clock may lag behind ours: right after midnight its count may still be
#: yesterday's.
COUNT_SETTLES_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Grant:
    """Permission for `calls` calls on the budget of `day`. `refused` says why there are fewer than
    wanted."""

    calls: int
    day: date
    refused: Outcome = Outcome.BUDGET
    is_probe: bool = False


def reserve(wanted: int, now: datetime, *, confirming: bool = False) -> Grant:
    """Count up to `wanted` calls, before they are made. One statement, unless something is in the
    way.

    `confirming` calls check doubtful answers. They get only their part of the day's budget, and
    are no trial calls."""
    day, confirmations = provider_day(now), wanted if confirming else 0
    most = daily_calls_at(now)
    ahead = Usage.objects.filter(day=OuterRef("day"), code=SUCCESS, provider_ahead__gt=0).order_by(
        "-provider_ahead"
    )
    spent = F("reserved") + Coalesce(Subquery(ahead.values("provider_ahead")[:1]), 0)
    in_the_way = ProviderAccount.objects.filter(
        Q(circuit_opened_at__isnull=False) | Q(paused_until__gt=now) | Q(halted_at__isnull=False)
    )
    days = UsageDay.objects.filter(
        ~Exists(in_the_way), LessThanOrEqual(spent + wanted, most), day=day
    )
    if confirming:
        days = days.filter(confirmations__lte=Greatest(1, most / CONFIRMING_PART) - wanted)
    granted = days.update(**_counted(wanted, confirmations))
    return Grant(wanted, day) if granted else _reserve_what_is_left(wanted, now, day, confirming)


def _counted(calls: int, confirmations: int) -> dict[str, Any]:
    """Return the update of the day for more or fewer calls. Without confirmations, their column
    stays untouched."""
    added = {"reserved": F("reserved") + calls}
    return (
        {**added, "confirmations": F("confirmations") + confirmations} if confirmations else added
    )


@transaction.atomic(savepoint=False)
def _reserve_what_is_left(wanted: int, now: datetime, day: date, confirming: bool) -> Grant:
    """Grant part of the wanted calls under locks, or a trial while polling is stopped."""
    # In this order: `left` may hold the day already.
    usage = UsageDay.objects.select_for_update().filter(day=day).first()
    if usage is None:
        UsageDay.objects.bulk_create([UsageDay(day=day)], ignore_conflicts=True)
        return reserve(wanted, now, confirming=confirming)
    account, _ = ProviderAccount.objects.select_for_update().get_or_create(
        pk=ProviderAccount.SINGLETON
    )
    budget = daily_budget(now)
    left, ours_left = budget.calls - _spent(usage), budget.set_calls - usage.reserved
    if confirming:
        wanted = min(wanted, max(1, budget.calls // CONFIRMING_PART) - usage.confirmations)
    grant = Grant(max(0, min(wanted, left)), day)
    if account.is_halted:
        grant = Grant(0, day, Outcome.CIRCUIT_OPEN)
    elif confirming:
        grant = Grant(0, day) if account.circuit_is_open or account.rests(now) else grant
    elif account.circuit_is_open:
        grant = _probe(account, wanted, ours_left, now, day, Outcome.CIRCUIT_OPEN)
    elif account.rests(now) and account.pause_code != QUOTA_EXCEEDED:
        grant = Grant(0, day, Outcome.CIRCUIT_OPEN)
    elif account.rests(now) or left <= 0 < ours_left:
        # Only the provider's count is in the way, and it may have been reset, even early: try from
        # time to time.
        grant = _probe(account, wanted, ours_left, now, day, Outcome.BUDGET)
    if grant.calls:
        UsageDay.objects.filter(day=day).update(
            **_counted(grant.calls, grant.calls if confirming else 0)
        )
    return grant


def _probe(
    account: ProviderAccount, wanted: int, left: int, now: datetime, day: date, refused: Outcome
) -> Grant:
    calls = min(wanted, _trial_calls(account, left, now))
    if not calls:
        return Grant(0, day, refused)
    account.next_probe_at = now + (TRIED_EVERY if account.circuit_code == NO_ROOM else PROBE_EVERY)
    account.save(update_fields=["next_probe_at"])
    return Grant(calls, day, refused, is_probe=True)


def _trial_calls(account: ProviderAccount, left: int, now: datetime) -> int:
    """Return how many calls a trial may have now, with `left` of our budget."""
    is_due = account.next_probe_at is None or account.next_probe_at <= now
    return max(0, min(account.trial_calls, left)) if is_due else 0


def _spent(usage: UsageDay) -> int:
    """Return the calls made, by the larger of our count and the provider's."""
    ahead = Usage.objects.filter(day=usage.day, code=SUCCESS).aggregate(
        ahead=Max("provider_ahead")
    )["ahead"]
    return usage.reserved + max(0, ahead or 0)


@dataclass(frozen=True, slots=True)
class CallsLeft:
    """Calls that may be made now.

    `of_day`: left of the day's budget, even while polling is stopped. `calls`: all that may be
    made. The schedule may spend `of_schedule` on due products, `early` on products not due yet,
    `at_once` on due products that cannot wait."""

    of_day: int
    calls: int
    of_schedule: int
    early: int = 0
    at_once: int = 0


def left(
    now: datetime, budget: DailyBudget | None = None, *, catches_up: bool = False
) -> CallsLeft:
    """Return what is left of the day: a trial's calls if one is due, 0 while polling is paused. At
    most five queries.

    A given `budget` saves its query. With `catches_up`, calls that were not spent as planned are
    spread over the rest of the day, and this plan is stored. The day is then locked: two workers
    that ask at the same time do not both get the same calls, if they reserve them in the same
    transaction."""
    day = provider_day(now)
    if catches_up:
        # Both rows are there before anything is paid: on a full disk they can be updated, but not
        # inserted.
        usage, _ = UsageDay.objects.select_for_update().get_or_create(day=day)
        account, _ = ProviderAccount.objects.get_or_create(pk=ProviderAccount.SINGLETON)
    else:
        usage = UsageDay.objects.filter(day=day).first() or UsageDay(day=day)
        account = ProviderAccount.objects.first() or ProviderAccount()
    budget, spent = budget or daily_budget(now), _spent(usage)
    of_day = max(0, budget.calls - spent)
    is_pausing = account.rests(now)
    if account.is_halted or (
        is_pausing and not account.circuit_is_open and account.pause_code != QUOTA_EXCEEDED
    ):
        return CallsLeft(of_day, 0, 0)
    if account.circuit_is_open or is_pausing or not of_day:
        trial = _trial_calls(account, budget.set_calls - usage.reserved, now)
        return CallsLeft(of_day, trial, trial)
    plan = Spending(budget.calls, now, PROVIDER_ZONE, usage.mark)
    anew = plan.caught_up(spent)
    if catches_up and anew.mark is not None and anew is not plan:
        moved = {"marked_at": anew.mark.at, "marked_calls": anew.mark.calls}
        UsageDay.objects.filter(day=day).update(**moved)
    plans = (anew.spendable, anew.planned, anew.spendable_at_once)
    return CallsLeft(of_day, of_day, *(max(0, calls - spent) for calls in plans))


def refund(calls: int, day: date, *, confirming: bool = False, asked: int = 0) -> None:
    """Give back calls that were reserved and never sent, and book those that users `asked` for. At
    most one statement."""
    if calls or asked:
        counted = _counted(-calls, -calls if confirming else 0)
        UsageDay.objects.filter(day=day).update(**counted, asked=F("asked") + asked)


def settle(results: Iterable[Answered], *, api: str, day: date) -> None:
    """Book the calls of a batch by status code, and the provider's own count. One statement, and
    one for each code.

    Codes are sorted, so that two workers cannot deadlock.
    """
    counts = Counter[str]()
    seconds: dict[str, float] = defaultdict(float)
    billings: dict[str, str] = {}
    told: dict[str, Any] = {}
    for result in results:
        if isinstance(result.answer, Outcome):
            continue
        code, billing = booked_as(result)
        counts[code] += 1
        if result.began_at is not None:
            seconds[code] += (result.received_at - result.began_at).total_seconds()
        # One row a code. If its calls were billed differently, they are possibly billed.
        billings[code] = (
            billing if billings.get(code, billing) == billing else Billing.POSSIBLY.value
        )
        if result.answer.quota is not None and _belongs_to(result.received_at, day):
            told = _told(result.answer.quota, day)
    keys = {"day": day, "api": api}
    codes = sorted(counts)
    rows = [Usage(**keys, code=code, billing=billings[code]) for code in codes]
    Usage.objects.bulk_create(rows, ignore_conflicts=True)
    for code in codes:
        Usage.objects.filter(**keys, code=code).update(
            calls=F("calls") + counts[code],
            seconds=F("seconds") + seconds[code],
            **(told if code == SUCCESS else {}),
        )


def _told(quota: Quota, day: date) -> dict[str, Any]:
    """Return the columns with the provider's count and cap, as far as it told them. A cap of 0
    means none."""
    told: dict[str, Any] = {"provider_cap": quota.cap} if quota.cap else {}
    if quota.used is not None:
        ours = Subquery(UsageDay.objects.filter(day=day).values("reserved"))
        told |= {"provider_used": quota.used, "provider_ahead": quota.used - ours}
    return told


def booked_as(result: Answered) -> tuple[str, str]:
    """Return a call's code, or its outcome if it has no code, and its billing."""
    if isinstance(result.answer, ProviderError):
        return result.answer.code or result.answer.outcome.value, result.answer.billing.value
    return SUCCESS, Billing.BILLED.value


def _belongs_to(received_at: datetime, day: date) -> bool:
    midnight = datetime.combine(day, time.min, PROVIDER_ZONE)
    return midnight + COUNT_SETTLES_AFTER <= received_at < midnight + timedelta(days=1)


def pause(error: ProviderError, now: datetime) -> None:
    """Pause polling after 4013 until the quota is reset, after 4009 for some minutes. A longer
    pause stays."""
    until = now + MAINTENANCE_PAUSE
    if error.action is Action.WAIT_FOR_QUOTA:
        midnight = quota_reset(now) - timedelta(days=1)
        # Right after our midnight the provider's day may not have begun yet.
        settled = midnight + COUNT_SETTLES_AFTER
        until = settled if now < settled else quota_reset(now)
    is_shorter = Q(paused_until__isnull=True) | Q(paused_until__lt=until)
    _update_account(
        is_shorter, paused_until=until, pause_code=error.code, next_probe_at=now + PROBE_EVERY
    )


def _update_account(condition: Q, **columns: Any) -> bool:
    """Update the account, if the condition holds; return whether it did."""
    ProviderAccount.objects.get_or_create(pk=ProviderAccount.SINGLETON)
    return bool(ProviderAccount.objects.filter(condition).update(**columns))


def _stop(code: str, reason: str, opened_at: Any, next_probe_at: datetime) -> bool:
    """Stop polling, unless the provider has stopped it; return whether it did. The first trial has
    one call."""
    circuit = {"circuit_code": code, "circuit_reason": reason[:200], "circuit_opened_at": opened_at}
    return _update_account(
        _RUNS_OR_HAS_NO_ROOM, **circuit, next_probe_at=next_probe_at, trial_calls=1
    )


@transaction.atomic
def open_circuit(error: ProviderError, now: datetime) -> bool:
    """Stop polling until an operator starts it or a trial call succeeds, and mail the operators
    once.

    Return whether polling was running.
    """
    stopped = _stop(error.code, str(error), now, now + PROBE_EVERY)
    if stopped:
        tell_operators(error.code, str(error), now)
    return stopped


def rest_for_room(now: datetime) -> None:
    """Stop polling after a write that failed for want of room."""
    reason, opened_at = "The database's disk is full.", Coalesce("circuit_opened_at", now)
    _stop(NO_ROOM, reason, opened_at, now + TRIED_EVERY)


def end_trial(now: datetime) -> bool:
    """Start polling again after a trial that was answered and recorded; return whether it started.

    After a full disk, a trial of one product does not prove room for a batch: the next trial may
    have twice as many."""
    unproven = ProviderAccount.objects.filter(circuit_code=NO_ROOM, trial_calls__lt=PROVING_CALLS)
    grown = unproven.update(trial_calls=2 * F("trial_calls"), next_probe_at=now)
    return not grown and close_circuit()


def tell_operators(code: str, reason: str, now: datetime) -> None:
    """Write an e-mail to each operator that polling has stopped, and why."""
    operators = User.objects.filter(is_staff=True, is_active=True)
    context = {"code": code, "reason": reason}
    emails = [
        Message.to(operator, now, kind=Message.Kind.POLLING_STOPPED, context=context)
        for operator in operators
    ]
    Message.objects.bulk_create(emails)


def plan_rest_of_day(now: datetime, set_back_by: timedelta) -> None:
    """Spread the day's remaining calls over its rest, after the clock was set back: too many are
    spent by now."""
    usage, _ = UsageDay.objects.select_for_update().get_or_create(day=provider_day(now))
    if usage.set_back_by is None:
        logger.warning("The clock was set back by %s.", set_back_by)
    usage.marked_calls, usage.marked_at = _spent(usage), now
    usage.set_back_by = max(usage.set_back_by or timedelta(), set_back_by)
    usage.save(update_fields=["marked_at", "marked_calls", "set_back_by"])


def close_circuit() -> bool:
    """Start polling again; return whether it was stopped."""
    started = ProviderAccount.objects.filter(
        Q(circuit_opened_at__isnull=False) | Q(paused_until__isnull=False)
    ).update(
        circuit_code="",
        circuit_reason="",
        circuit_opened_at=None,
        next_probe_at=None,
        trial_calls=1,
        paused_until=None,
        pause_code="",
    )
    return bool(started)


@transaction.atomic
def halt(by: User, now: datetime) -> bool:
    """Stop all calls, even those that people ask for; return whether they were running."""
    return _update_account(Q(halted_at__isnull=True), halted_at=now, halted_by=by)


def resume() -> bool:
    """Undo `halt`; return whether calls were halted. Other stops remain."""
    return bool(
        ProviderAccount.objects.filter(halted_at__isnull=False).update(
            halted_at=None, halted_by=None
        )
    )


def is_halted() -> bool:
    """Return whether an operator has stopped all calls. One query."""
    return ProviderAccount.objects.filter(halted_at__isnull=False).exists()


def probe_now(now: datetime) -> bool:
    """Make the next check a trial call, if polling is stopped or waits for the quota; return
    whether it is."""
    waiting = ProviderAccount.objects.filter(
        Q(circuit_opened_at__isnull=False) | Q(pause_code=QUOTA_EXCEEDED)
    )
    return bool(waiting.update(next_probe_at=now))
