"""What the account's calls came to: days by outcome, sums, forecasts, and what costs most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from monitor.dashboard.forecast import calls_a_day, scheduled_paces
from monitor.dashboard.ledger import Day, ledger
from monitor.dashboard.pace import DayEnd, at_a_rate
from monitor.models.usage import provider_day, quota_reset
from monitor.provider.codes import NOT_FOUND, SUCCESS, Billing

DAY = timedelta(days=1)
RANGES = (7, 30, 90)


class Ended(StrEnum):
    """How calls ended, as far as their price and their use differ."""

    ANSWERED = "answered"
    NOT_FOUND = "not_found"
    FAILED = "failed"
    DOUBTFUL = "doubtful"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class UsageDay:
    """One day's calls by how they ended, ours and the provider's count of them."""

    day: date
    calls: dict[Ended, int]
    provider_used: int | None
    cap: int | None

    @property
    def total(self) -> int:
        return sum(self.calls.values())


@dataclass(frozen=True, slots=True)
class Sums:
    """Calls of some days by what they cost."""

    billed: int
    not_billed: int
    possibly: int

    @property
    def total(self) -> int:
        return self.billed + self.not_billed + self.possibly


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the schedule asks for a day, and where today and this month end with it."""

    calls_a_day: int
    midnight: DayEnd
    month_so_far: int
    month_end: int
    month_budget: int


@dataclass(frozen=True, slots=True)
class Account:
    """The account's last `length` days, today the last one, and its outlook."""

    length: int
    days: list[UsageDay]
    sums: Sums
    outlook: Outlook


def account(length: int, calls: int, budget: int, now: datetime) -> Account:
    """Three queries. `calls` are today's so far, by the larger of the two counts."""
    today = provider_day(now)
    first = today - timedelta(days=length - 1)
    booked = {day.day: day for day in ledger(min(first, today.replace(day=1)), today)}
    shown = [
        booked.get(first + timedelta(days=number)) or Day(first + timedelta(days=number)) for number in range(length)
    ]
    this_month = [day for day in booked.values() if day.day >= today.replace(day=1)]
    return Account(
        length,
        [_usage_day(day) for day in shown],
        _sums(shown),
        _outlook(sum(max(day.reserved, _settled(day)) for day in this_month if day.day < today), calls, budget, now),
    )


def _usage_day(day: Day) -> UsageDay:
    calls = dict.fromkeys(Ended, 0)
    for code in day.codes:
        calls[_ended(code.code, code.billing)] += code.calls
    calls[Ended.UNKNOWN] = day.unknown
    return UsageDay(day.day, calls, day.provider_used, day.provider_cap)


def _ended(code: str, billing: Billing) -> Ended:
    if code == SUCCESS:
        return Ended.ANSWERED
    if code == NOT_FOUND:
        return Ended.NOT_FOUND
    return Ended.FAILED if billing is Billing.NOT_BILLED else Ended.DOUBTFUL


def _settled(day: Day) -> int:
    return sum(code.calls for code in day.codes)


def _sums(days: Sequence[Day]) -> Sums:
    """A call whose end is not known may have been billed."""

    def billed_as(billing: Billing) -> int:
        return sum(day.billed_as(billing) for day in days)

    unknown = sum(day.unknown for day in days)
    return Sums(billed_as(Billing.BILLED), billed_as(Billing.NOT_BILLED), billed_as(Billing.POSSIBLY) + unknown)


def _outlook(earlier: int, calls: int, budget: int, now: datetime) -> Outlook:
    """`earlier` are this month's calls before today, `calls` today's so far."""
    today, rate = provider_day(now), calls_a_day(scheduled_paces())
    midnight = at_a_rate(calls, budget, rate, now, quota_reset(now))
    days_left = (_month_after(today) - today).days - 1
    a_full_day = min(round(rate), budget)
    return Outlook(
        calls_a_day=round(rate),
        midnight=midnight,
        month_so_far=earlier + calls,
        month_end=earlier + min(midnight.calls, max(budget, calls)) + days_left * a_full_day,
        month_budget=budget * (_month_after(today) - today.replace(day=1)).days,
    )


def _month_after(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def labelled(days: Iterable[UsageDay]) -> list[UsageDay]:
    """The days with anything to tell, the newest first: a table's rows."""
    return [day for day in reversed(list(days)) if day.total or day.provider_used]
