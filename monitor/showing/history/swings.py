"""Groups the changes of a log: what swings all day between two values is one entry. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple, TypeGuard

from monitor.judging.changes import Json
from monitor.showing.history.moves import move

#: This many consecutive changes of the same fields become one entry.
FEWEST = 3


class LoggedChange(NamedTuple):
    """The columns of a `Change` that the log shows; `key` is its primary key."""

    key: int
    field: str
    before: Json
    after: Json
    first_seen_after: datetime


@dataclass(frozen=True, slots=True)
class LogSwing:
    """`count` changes of one field, with the lowest and highest value. Of values that are no
    numbers there are two: the last one is `high`."""

    field: str
    count: int
    low: Json
    high: Json
    #: `rise` or `fall` if every change has this direction, else `swing`.
    direction: str


@dataclass(frozen=True, slots=True)
class LogGroup:
    """Changes of one moment; or, with `swings`, of several moments in which the same fields
    swung."""

    changes: Sequence[LoggedChange]
    swings: Sequence[LogSwing] = ()

    @property
    def begins(self) -> datetime:
        return self.changes[-1].first_seen_after

    @property
    def ends(self) -> datetime:
        return self.changes[0].first_seen_after


def says_the_same(field: str, before: Json, after: Json, price: tuple[Json, Json]) -> bool:
    """Return whether a change of the SKU price range repeats the change of the price: all SKUs have
    the price, before and after."""
    return field == "sku_range" and before == _alone(price[0]) and after == _alone(price[1])


def _alone(price: Json) -> Json:
    return None if price is None else [price, price]


def grouped(
    changes: Iterable[LoggedChange], day_of: Callable[[datetime], date]
) -> Iterator[LogGroup]:
    """Group changes, the newest first. A group is of one day: each day has its own lowest and
    highest value."""
    moments = [
        list(group) for _, group in groupby(changes, key=lambda change: change.first_seen_after)
    ]

    def kind(moment: Sequence[LoggedChange]) -> tuple[date, frozenset[str]]:
        return day_of(moment[0].first_seen_after), frozenset(
            change.field for change in _shown(moment)
        )

    for _, same in groupby(moments, key=kind):
        run = list(same)
        if len(run) >= FEWEST and (swings := _swings(run)):
            yield LogGroup([change for moment in run for change in moment], swings)
        else:
            yield from map(LogGroup, run)


def _shown(moment: Sequence[LoggedChange]) -> list[LoggedChange]:
    price = next(
        ((change.before, change.after) for change in moment if change.field == "price"), None
    )
    if price is None:
        return list(moment)
    return [
        change
        for change in moment
        if not says_the_same(change.field, change.before, change.after, price)
    ]


def _swings(moments: Sequence[Sequence[LoggedChange]]) -> list[LogSwing]:
    """Return one swing for each field, in the order of the newest moment; none if one of them has
    no range."""
    by_field: dict[str, list[LoggedChange]] = {}
    for moment in moments:
        for change in _shown(moment):
            by_field.setdefault(change.field, []).append(change)
    swings = [_swing(changes) for changes in by_field.values()]
    return [swing for swing in swings if swing] if all(swings) else []


def _swing(changes: Sequence[LoggedChange]) -> LogSwing | None:
    values = [value for change in changes for value in (change.after, change.before)]
    field, count = changes[0].field, len(changes)
    numbers = [value for value in values if type(value) is int]
    if len(numbers) == len(values):
        directions = {
            step.direction for change in changes if (step := move(change.before, change.after))
        }
        return LogSwing(
            field,
            count,
            min(numbers),
            max(numbers),
            directions.pop() if len(directions) == 1 else "swing",
        )
    ranges = [value for value in values if _is_range(value)]
    if field == "sku_range" and len(ranges) == len(values):
        return LogSwing(
            field, count, [min(map(min, ranges))] * 2, [max(map(max, ranges))] * 2, "swing"
        )
    others = [value for value in values if value != values[0]]
    if not others or any(value != others[0] for value in others):
        return None
    return LogSwing(field, count, others[0], values[0], "swing")


def _is_range(value: Json) -> TypeGuard[list[int]]:
    return (
        isinstance(value, list) and len(value) == 2 and all(type(price) is int for price in value)
    )
