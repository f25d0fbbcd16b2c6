"""What a product sold on each day of its history: counted, or shared out between the steps of a rounded count."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import batched, pairwise
from typing import NamedTuple

from django.utils import timezone

from monitor.history.reads import ProductHistory, ToldState, seconds
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


def sales_days(product: Product, past: ProductHistory) -> list[SalesDay]:
    """Return the days of the user's calendar, or weeks, on which sales are known. Days beside the known steps of a
    rounded count sold what the product sells now; without an estimate they are left out."""
    usual = product.index.units if hasattr(product, "index") else None
    edges = _midnights(past.start, past.end)
    states = [_state_at(past.states, edge) for edge in edges]
    first = next((place for place, state in enumerate(states) if state and state.sales is not None), len(states))
    rose = list(rises(state.sales or 0 for state in states[first:] if state))
    is_rounded = bool(past.states) and (past.states[-1].sales_step or 1) > 1
    sold = _shared_out(rose) if is_rounded else _counted(rose, [_late(past.states, edge) for edge in edges[first:]])
    known_until = past.spans[-1].end if past.spans else 0
    days = []
    for (start, end), state, (units, is_sure) in zip(pairwise(edges[first:]), states[first + 1 :], sold, strict=True):
        units = usual if units is None else units
        if units is None or state is None or state.status in GONE or start >= known_until:
            continue
        revenue = None if state.price is None else round(units * state.price)
        days.append(SalesDay(start, end, units, revenue, is_sure and end <= known_until))
    return days if len(edges) <= MOST_DAYS + 2 else [_week(part) for part in batched(days, WEEK_DAYS)]


def _midnights(start: datetime, end: datetime) -> list[int]:
    """Return the begins of the user's days from `start` on, and `end`."""
    midnight = timezone.localtime(start).replace(hour=0, minute=0, second=0, microsecond=0)
    days = range((end - midnight) // timedelta(days=1) + 1)
    midnights = (seconds(midnight + timedelta(days=day)) for day in days)
    return [*(edge for edge in midnights if seconds(start) <= edge < seconds(end)), seconds(end)]


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


def _week(days: Iterable[SalesDay]) -> SalesDay:
    """Return what was sold on an average day of these."""
    starts, ends, units, revenues, sure = zip(*days, strict=True)
    known = [revenue for revenue in revenues if revenue is not None]
    mean = round(sum(known) / len(known)) if known else None
    return SalesDay(starts[0], ends[-1], sum(units) / len(units), mean, all(sure))
