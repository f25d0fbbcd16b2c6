"""What the account's calls came to: days by outcome, sums, forecasts, and what costs most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from monitor.history.caching import CACHED_FROM_ROWS
from monitor.models import User, Watchlist
from monitor.models.usage import provider_day, quota_reset
from monitor.models.watchlists import USUAL_INTERVALS
from monitor.pages.usage.ledger import LedgerDay, ledger
from monitor.planning.calls import DAY, Calls, ListPace, Paces, Tally, calls_a_day, calls_of, tallies_of, total
from monitor.planning.forecast import DayEnd, Forecast, as_scheduled, at_this_pace, scheduled_paces
from monitor.provider.codes import NOT_FOUND, SUCCESS, Billing
from monitor.schedule.limits import Limits

RANGES = (7, 30, 90)
LISTS_SHOWN, CAUSES_SHOWN = 20, 3
#: What takes less than this part of all is no cause of too small a budget.
_PART = 0.05
#: What `Asked` is made of.
LIST_COLUMNS = ("interval", "pace", "soonest", "hours_from", "hours_until", "quota", "slowed", "priority")


class Ended(StrEnum):
    """How calls ended, as far as their price and their use differ."""

    ANSWERED = "answered"
    NOT_FOUND = "not_found"
    FAILED = "failed"
    DOUBTFUL = "doubtful"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DayUsage:
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
class UsageOutlook:
    """What the schedule asks for a day, and where today and this month end with it."""

    forecast: Forecast
    midnight: DayEnd
    #: The same as the day went until now; None while that cannot be said yet. Today tells the larger of the two.
    midnight_at_pace: DayEnd | None
    month_so_far: int
    month_end: int
    #: The month's end if the days go on as the last full ones did; None while there was none.
    month_end_at_pace: int | None
    month_budget: int


@dataclass(frozen=True, slots=True)
class ListCost:
    """What the checks of one watchlist take in a day, were it alone with its products.

    `fits`: a longer interval at which the budget has what is needed, where it has not by now.
    """

    pk: int
    name: str
    products: int
    calls: Calls
    asked: ListPace
    fits: timedelta | None = None
    #: Calls a day that products with an interval of their own take at least.
    own: float = 0.0

    @property
    def is_mostly_own(self) -> bool:
        """Whether another interval of the list would change little."""
        return 2 * self.own > self.calls.least


@dataclass(frozen=True, slots=True)
class IntervalCost:
    """What checking at one interval takes, or at least at one: for one product, and of the whole schedule by now."""

    interval: timedelta
    calls_a_product: float
    fits: int
    products: int
    calls: Calls

    @property
    def whole_calls(self) -> int:
        return round(self.calls_a_product)


@dataclass(frozen=True, slots=True)
class AccountUsage:
    """The account's last `length` days, today the last one, and its outlook."""

    length: int
    days: list[DayUsage]
    sums: Sums
    outlook: UsageOutlook
    intervals: list[IntervalCost]
    #: Calls among them that asked again for what was read and not believed.
    confirmations: int
    #: Calls among them that people asked for.
    asked: int

    @property
    def is_cached(self) -> bool:
        """So many products are checked that their number may be one of a moment ago."""
        return sum(one.products for one in self.intervals) >= CACHED_FROM_ROWS


def account(length: int, calls: int, budget: int, now: datetime) -> AccountUsage:
    """Three queries. `calls` are today's so far, by the larger of the two counts."""
    today = provider_day(now)
    first = today - timedelta(days=length - 1)
    since = min(first, today.replace(day=1), today - timedelta(days=7))
    booked = {day.day: day for day in ledger(since, today)}
    shown = [
        booked.get(first + timedelta(days=number)) or LedgerDay(first + timedelta(days=number))
        for number in range(length)
    ]
    paces = scheduled_paces()
    return AccountUsage(
        length,
        [_usage_day(day) for day in shown],
        _sums(shown),
        _outlook([day for day in booked.values() if day.day < today], calls, Forecast(budget, paces), now),
        _intervals(paces, budget),
        sum(day.confirmations for day in shown),
        sum(day.asked for day in shown),
    )


def list_costs(user: User, forecast: Forecast) -> list[ListCost]:
    """Two queries: the lists whose checks take most at least; a user's own, an operator's everybody's."""
    lists = Watchlist.objects.kept() if user.is_staff else Watchlist.objects.for_user(user)
    checked = list(lists.filter(is_paused=False).only("name", *LIST_COLUMNS))
    tallies = tallies_of(one.pk for one in checked)
    costs = [_list_cost(one, tallies[one.pk], forecast.over) for one in checked]
    return sorted((one for one in costs if one.products), key=lambda one: -one.calls.least)[:LISTS_SHOWN]


def causes(costs: Sequence[ListCost], forecast: Forecast) -> list[ListCost]:
    """The lists that have a part in it where the budget is too small; if none has, the one that takes most."""
    large = [one for one in costs if one.calls.least >= _PART * forecast.total.least]
    return (large or list(costs))[: CAUSES_SHOWN if large else 1]


def _list_cost(watchlist: Watchlist, tally: Tally, over: int) -> ListCost:
    asked = ListPace.by(watchlist)
    paces = tally.active(asked)
    calls = calls_a_day(paces)
    fits = _that_fits(asked, tally, calls, over)
    own = sum(calls_of(asked.limits(one)).least * n for one, n in tally.watched.items() if one.interval)
    return ListCost(watchlist.pk, watchlist.name, total(paces), calls, asked, fits, own)


def _that_fits(asked: ListPace, tally: Tally, calls: Calls, over: int) -> timedelta | None:
    """The shortest of the usual intervals at which a list takes as many calls less as the budget lacks."""
    longer = (asked.at(interval) for interval in USUAL_INTERVALS if over and interval > asked.interval)
    enough = calls.least - over
    at_them = ((one.interval, calls_a_day(tally.active(tally.within_quota(one)))) for one in longer)
    return next((interval for interval, calls in at_them if calls.least <= enough), None)


def _intervals(paces: Paces, budget: int) -> list[IntervalCost]:
    """The usual intervals and whatever else is in use, the shortest first."""
    used: dict[timedelta, dict[Limits | None, int]] = defaultdict(dict)
    for limits, count in paces.items():
        if limits is not None:
            used[limits.latest][limits] = count
    return [
        IntervalCost(
            interval,
            calls_a_product=DAY / interval,
            fits=int(budget / (DAY / interval)),
            products=total(used[interval]),
            calls=calls_a_day(used[interval]),
        )
        for interval in sorted({*USUAL_INTERVALS, *used})
    ]


def _usage_day(day: LedgerDay) -> DayUsage:
    calls = dict.fromkeys(Ended, 0)
    for code in day.codes:
        calls[_ended(code.code, code.billing)] += code.calls
    calls[Ended.UNKNOWN] = day.unknown
    return DayUsage(day.day, calls, day.provider_used, day.provider_cap)


def _ended(code: str, billing: Billing) -> Ended:
    if code == SUCCESS:
        return Ended.ANSWERED
    if code == NOT_FOUND:
        return Ended.NOT_FOUND
    return Ended.FAILED if billing is Billing.NOT_BILLED else Ended.DOUBTFUL


def _settled(day: LedgerDay) -> int:
    return sum(code.calls for code in day.codes)


def _sums(days: Sequence[LedgerDay]) -> Sums:
    """A call whose end is not known may have been billed."""

    def billed_as(billing: Billing) -> int:
        return sum(day.billed_as(billing) for day in days)

    unknown = sum(day.unknown for day in days)
    return Sums(billed_as(Billing.BILLED), billed_as(Billing.NOT_BILLED), billed_as(Billing.POSSIBLY) + unknown)


def _outlook(earlier: Sequence[LedgerDay], calls: int, forecast: Forecast, now: datetime) -> UsageOutlook:
    """`earlier` are days before today, `calls` today's so far."""
    today, budget = provider_day(now), forecast.budget
    month = [max(day.reserved, _settled(day)) for day in earlier if day.day >= today.replace(day=1)]
    week = [max(day.reserved, _settled(day)) for day in earlier if day.day >= today - timedelta(days=7)]
    midnight = as_scheduled(calls, budget, forecast.total, now, quota_reset(now))
    by_tonight = sum(month) + min(midnight.calls, max(budget, calls))
    days_left = (_month_after(today) - today).days - 1
    return UsageOutlook(
        forecast=forecast,
        midnight=midnight,
        midnight_at_pace=at_this_pace(calls, budget, quota_reset(now) - timedelta(days=1), now),
        month_so_far=sum(month) + calls,
        month_end=by_tonight + days_left * min(round(forecast.total.most), budget),
        month_end_at_pace=by_tonight + days_left * round(sum(week) / len(week)) if week else None,
        month_budget=budget * (_month_after(today) - today.replace(day=1)).days,
    )


def _month_after(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def labelled(days: Iterable[DayUsage]) -> list[DayUsage]:
    """The days with anything to tell, the newest first: a table's rows."""
    return [day for day in reversed(list(days)) if day.total or day.provider_used]
