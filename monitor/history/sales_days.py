"""What a product sold on each day of its history: counted, or shared out between the steps of a rounded count."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import chain, groupby, pairwise
from operator import attrgetter
from typing import NamedTuple

from django.utils import timezone

from monitor.history.facts import DAY_SECONDS
from monitor.history.reads import ToldState, seconds
from monitor.history.sales_pace import rises
from monitor.models import Product
from monitor.provider.observation import GONE

#: A longer history is told week by week.
MOST_DAYS = 90
WEEK_DAYS = 7
#: Checks this far from each other leave open on which side of midnight the units between them were sold.
FAR_SECONDS = 3 * 60 * 60


class SalesDay(NamedTuple):
    """Units and revenue (in fen) a day, from `start` to `end` in Unix seconds. Not sure where they are estimated."""

    start: int
    end: int
    units: float
    revenue: int | None
    is_sure: bool


def sales_days(product: Product, start: datetime, now: datetime, past: Sequence[ToldState]) -> list[SalesDay]:
    """Return the days of the user's calendar since `start`, or weeks, on which sales are known. Days beside the known
    steps of a rounded count sold what the product sells now; without an estimate they are left out.

    `past`: the states in order; those that held at the edges of the days, and those that followed them, are enough.
    """
    usual = product.index.units if hasattr(product, "index") else None
    edges = edges_between(start, now)
    states = [_state_at(past, edge) for edge in edges]
    first = next((place for place, state in enumerate(states) if state and state.sales is not None), len(states))
    rose = list(rises(state.sales or 0 for state in states[first:] if state))
    is_rounded = bool(past) and (past[-1].sales_step or 1) > 1
    sold = _shared_out(rose) if is_rounded else _counted(rose, [_late(past, edge) for edge in edges[first:]])
    known_until = seconds(product.data_time) if product.data_time else 0
    days = []
    for (begin, end), state, (units, is_sure) in zip(pairwise(edges[first:]), states[first + 1 :], sold, strict=True):
        # Today is not over; the last week is told by what has passed of it.
        units = usual if units is None else units / max(1, round((end - begin) / DAY_SECONDS, 1))
        if units is None or state is None or state.status in GONE or begin >= known_until:
            continue
        revenue = None if state.price is None else round(units * state.price)
        days.append(SalesDay(begin, end, round(units, 2), revenue, is_sure and end <= known_until))
    return days


def sum_of_days(products: Iterable[Iterable[SalesDay]]) -> list[SalesDay]:
    """Return what the products sold together on each day on which the sales of any are known. A price that is not
    known counts as none; what is not sure for one is not sure for all."""
    by_start, sums = attrgetter("start"), []
    for start, days in groupby(sorted(chain.from_iterable(products), key=by_start), by_start):
        _starts, ends, units, revenues, sure = zip(*days, strict=True)
        sums.append(SalesDay(start, ends[0], round(sum(units), 2), sum(filter(None, revenues)) or None, all(sure)))
    return sums


def edges_between(start: datetime, end: datetime) -> list[int]:
    """Return the begins of the user's days from `start` on, and `end`; of a longer history those of whole weeks."""
    midnight = timezone.localtime(start).replace(hour=0, minute=0, second=0, microsecond=0)
    newest, first, last = (end - midnight) // timedelta(days=1), seconds(start), seconds(end)
    step = 1 if newest <= MOST_DAYS + 1 else WEEK_DAYS
    days = reversed(range(newest - step + 1, -1, -step))
    midnights = (seconds(midnight + timedelta(days=day)) for day in days)
    return [*(edge for edge in midnights if first <= edge < last), last]


def _state_at(states: Sequence[ToldState], edge: int) -> ToldState | None:
    place = bisect_right(states, edge, key=lambda state: state.data_time)
    return states[place - 1] if place else None


def _late(states: Sequence[ToldState], edge: int) -> tuple[float, bool]:
    """Return the units that were sold before `edge` and seen after it, if sales were steady between the two checks;
    and whether the checks were far from each other."""
    place = bisect_right(states, edge, key=lambda state: state.data_time)
    if not 0 < place < len(states):
        return 0, False
    before, after = states[place - 1], states[place]
    seen, rise = after.last_seen_before or before.data_time, (after.sales or 0) - (before.sales or 0)
    if edge <= seen:
        return 0, False
    return rise * (edge - seen) / (after.data_time - seen), after.data_time - seen > FAR_SECONDS


def _counted(rose: Sequence[int | None], late: list[tuple[float, bool]]) -> list[tuple[float | None, bool]]:
    """Return the units of each day by an exact count, and whether they are sure: checks were near its midnights."""
    days: list[tuple[float | None, bool]] = []
    # A fall, or a return of units that fell, is no sale: not even the part of it that its neighbours would get.
    for place, units in enumerate(rose):
        if units is None:
            late[place] = late[place + 1] = (0, True)
    for units, (begin, begins_far), (end, ends_far) in zip(rose, late[:-1], late[1:], strict=True):
        if units is None:
            days.append((None, False))
        else:
            days.append((max(0, round(units - begin + end)), not (begins_far or ends_far)))
    return days


def _shared_out(rose: Sequence[int | None]) -> list[tuple[float | None, bool]]:
    """Return the units of each day, and whether they are sure. A rounded count's steps are shared out over the days
    since the step before; None where that is not known."""
    shares: list[tuple[float | None, bool]] = [(None, False)] * len(rose)
    crossed = None
    for day, units in enumerate(rose):
        if units and crossed is not None:
            days = day - crossed
            shares[crossed + 1 : day + 1] = [(units / days, days == 1)] * days
        if units != 0:
            crossed = None if units is None else day
    return shares
