"""Groups the moments of a log: what swings all day between two values is one entry. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TypeGuard

from monitor.judging.changes import Json
from monitor.models import Change
from monitor.showing.history.moves import move

#: This many consecutive changes of the same fields become one entry.
FEWEST = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """The changes first seen at one data time."""

    first_seen_after: datetime
    changes: list[Change]

    @property
    def last_seen_before(self) -> datetime:
        return min(change.last_seen_before for change in self.changes)

    @property
    def within(self) -> timedelta:
        """The length of the interval in which the changes happened."""
        return self.first_seen_after - self.last_seen_before

    @property
    def shown_changes(self) -> list[Change]:
        """The changes, without a change of the SKU price range that repeats the change of the
        price."""
        price = next((change for change in self.changes if change.field == "price"), None)
        return [change for change in self.changes if price is None or not _repeats(change, price)]

    @property
    def request_id(self) -> str:
        return self.changes[0].request_id

    @property
    def doubted_at(self) -> datetime | None:
        """When a change was first read, if a second reading had to confirm it."""
        return next((change.doubted_at for change in self.changes if change.doubted_at), None)


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
class LogEntry:
    """One moment; or, with `swings`, several in which the same fields swung."""

    moments: Sequence[Moment]
    swings: Sequence[LogSwing] = ()

    @property
    def moment(self) -> Moment | None:
        return None if self.swings else self.moments[0]

    @property
    def begins(self) -> datetime:
        return self.moments[-1].first_seen_after

    @property
    def ends(self) -> datetime:
        return self.moments[0].first_seen_after


def _repeats(change: Change, price: Change) -> bool:
    """Return whether a change of the SKU price range repeats the change of the price: all SKUs have
    the price, before and after. An alert that only the range made must be shown."""
    if change.field != "sku_range" or (change.alert_id and not price.alert_id):  # type: ignore[attr-defined]
        return False
    return (change.before, change.after) == (_alone(price.before), _alone(price.after))


def _alone(price: Json) -> Json:
    return None if price is None else [price, price]


def grouped(moments: Iterable[Moment], day_of: Callable[[datetime], date]) -> Iterator[LogEntry]:
    """Group moments, the newest first. An entry is of one day: each day has its own lowest and
    highest value."""

    def kind(moment: Moment) -> tuple[date, frozenset[str]]:
        fields = frozenset(change.field for change in moment.shown_changes)
        return day_of(moment.first_seen_after), fields

    for _, same in groupby(moments, key=kind):
        run = list(same)
        if len(run) >= FEWEST and (swings := _swings(run)):
            yield LogEntry(run, swings)
        else:
            yield from (LogEntry([moment]) for moment in run)


def _swings(moments: Sequence[Moment]) -> list[LogSwing]:
    """Return one swing for each field, in the order of the newest moment; none if one of them has
    no range."""
    by_field: dict[str, list[Change]] = {}
    for moment in moments:
        for change in moment.shown_changes:
            by_field.setdefault(change.field, []).append(change)
    swings = [_swing(changes) for changes in by_field.values()]
    return [swing for swing in swings if swing] if all(swings) else []


def _swing(changes: Sequence[Change]) -> LogSwing | None:
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
