"""What a product sold on each day of its history: counted, or from step to step of a rounded
count."""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain, groupby
from operator import attrgetter
from statistics import mean
from typing import NamedTuple

from django.utils import timezone

from monitor.judging.sales_pace import rises
from monitor.models import Product
from monitor.models.clock import DAY_SECONDS, seconds
from monitor.polling.recording.sold_together import is_enough
from monitor.provider.observation import GONE
from monitor.showing.history.reads import ToldState

#: A longer history is told week by week.
MOST_DAYS = 90
WEEK_DAYS = 7
#: Checks this far from each other leave open on which side of midnight the units between them were
#: sold.
FAR_SECONDS = 3 * 60 * 60


class SalesDay(NamedTuple):
    """Units and revenue (in fen) a day, from `start` to `end` in Unix seconds; of a sum, over
    `known` products. Not sure where they are estimated. `is_part`: it is today, until now."""

    start: int
    end: int
    units: float
    revenue: int | None
    is_sure: bool
    is_part: bool = False
    known: int = 1

    @property
    def days(self) -> int:
        return max(1, round((self.end - self.start) / DAY_SECONDS))

    @property
    def together(self) -> int:
        """The units of all its days."""
        return round(self.units * self.days)


#: The places of the edges between which units were sold, how many, and whether that is sure.
type _Rise = tuple[int, int, float, bool]


def sales_days(
    product: Product, start: datetime, now: datetime, past: Sequence[ToldState]
) -> list[SalesDay]:
    """Return the days of the user's calendar since `start`, or weeks, on which sales are known. Of
    a rounded count only that is known what was sold from one step to the next: these days are told
    as one.

    `past`: the states in order; those that held at the edges of the days, and those that followed
    them, are enough."""
    return _days(product, edges_between(start, now), past, are_shared=(product.sales_step or 1) > 1)


def sum_of_days(
    products: Collection[Product], edges: Sequence[int], past: Mapping[int, Sequence[ToldState]]
) -> list[SalesDay]:
    """Return what the products sold together between each two edges at which the sales of half of
    them are known. A rounded count counts where it was seen to rise: by a step too few or too many,
    which evens out.

    A price that is not known counts as none; what is not sure for one is not sure for all.
    """
    by_start, sums = attrgetter("start"), []
    days = chain.from_iterable(_days(product, edges, past[product.pk]) for product in products)
    for start, group in groupby(sorted(days, key=by_start), by_start):
        _starts, ends, units, revenues, sure, parts, known = zip(*group, strict=True)
        if is_enough(len(known), len(products)):
            revenue = sum(filter(None, revenues)) or None
            together = round(sum(units), 2), revenue, all(sure), parts[0], len(known)
            sums.append(SalesDay(start, ends[0], *together))
    return sums


def _days(
    product: Product, edges: Sequence[int], past: Sequence[ToldState], *, are_shared: bool = False
) -> list[SalesDay]:
    states = [_state_at(past, edge) for edge in edges]
    first = next(
        (place for place, state in enumerate(states) if state and state.sales is not None),
        len(states),
    )
    rose = list(rises(state.sales or 0 for state in states[first:] if state))
    known_until = seconds(product.data_time) if product.data_time else 0
    rise_by_rise = (
        _shared(rose)
        if are_shared
        else _counted(rose, [_late(past, edge) for edge in edges[first:]])
    )
    days = []
    for begin, end, units, is_sure in rise_by_rise:
        held = [state for state in states[first + begin + 1 : first + end + 1] if state]
        since, until = edges[first + begin], edges[first + end]
        if not held or held[-1].status in GONE or since >= known_until:
            continue
        # Today is not over; the last week is told by what has passed of it.
        a_day = units / max(1, round((until - since) / DAY_SECONDS, 1))
        prices = [state.price for state in held if state.price is not None]
        revenue = round(a_day * mean(prices)) if prices else None
        is_sure = is_sure and (product.sales_step or 1) == 1 and until <= known_until
        days.append(
            SalesDay(since, until, round(a_day, 2), revenue, is_sure, until - since < DAY_SECONDS)
        )
    return days


def edges_between(start: datetime, end: datetime, *, by_week: bool = False) -> list[int]:
    """Return the begins of the user's days from `start` on, and `end`; of a longer history those of
    whole weeks."""
    midnight = timezone.localtime(start).replace(hour=0, minute=0, second=0, microsecond=0)
    newest, first, last = (end - midnight) // timedelta(days=1), seconds(start), seconds(end)
    step = WEEK_DAYS if by_week or newest > MOST_DAYS + 1 else 1
    days = reversed(range(newest - step + 1, -1, -step))
    midnights = (seconds(midnight + timedelta(days=day)) for day in days)
    return [*(edge for edge in midnights if first <= edge < last), last]


def _state_at(states: Sequence[ToldState], edge: int) -> ToldState | None:
    place = bisect_right(states, edge, key=lambda state: state.data_time)
    return states[place - 1] if place else None


def _late(states: Sequence[ToldState], edge: int) -> tuple[float, bool]:
    """Return the units that were sold before `edge` and seen after it, if sales were steady between
    the two checks; and whether the checks were far from each other."""
    place = bisect_right(states, edge, key=lambda state: state.data_time)
    if not 0 < place < len(states):
        return 0, False
    before, after = states[place - 1], states[place]
    seen, rise = (
        after.last_seen_before or before.data_time,
        (after.sales or 0) - (before.sales or 0),
    )
    if edge <= seen:
        return 0, False
    return rise * (edge - seen) / (after.data_time - seen), after.data_time - seen > FAR_SECONDS


def _counted(rose: Sequence[int | None], late: list[tuple[float, bool]]) -> Iterator[_Rise]:
    """Yield what the count rose by on each day, and whether that is sure: checks were near its
    midnights."""
    # A fall, or a return of units that fell, is no sale: not even the part of it that its
    # neighbours would get.
    for place, units in enumerate(rose):
        if units is None:
            late[place] = late[place + 1] = (0, True)
    for place, units in enumerate(rose):
        (begin, begins_far), (end, ends_far) = late[place : place + 2]
        if units is not None:
            yield place, place + 1, max(0, round(units - begin + end)), not (begins_far or ends_far)


def _shared(rose: Sequence[int | None]) -> Iterator[_Rise]:
    """Yield what was sold from each day with a step of a rounded count to the next one."""
    crossed = None
    for day, units in enumerate(rose):
        if units and crossed is not None:
            yield crossed + 1, day + 1, units, False
        if units != 0:
            crossed = None if units is None else day
