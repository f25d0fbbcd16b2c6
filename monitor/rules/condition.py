"""A condition, what it remembers and what it fires: the values that judging takes and gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from monitor.changes import Json
from monitor.rules.kinds import FIELDS, LARGEST_SCALE, WHOLE, WINDOW_KINDS, Kind


@dataclass(frozen=True, slots=True)
class Condition:
    """`threshold` is in the unit that `UNITS` gives for the kind; kinds without a unit have none.

    `days` is how far a kind of `WINDOW_KINDS` looks back; without it, over all that is known. `own` is the key of the
    product that a kind of `OWN_KINDS` compares with. Whatever `also` names must hold besides.
    """

    kind: Kind
    threshold: int | None = None
    days: int | None = None
    own: int | None = None
    also: tuple[Condition, ...] = ()

    @property
    def all(self) -> tuple[Condition, ...]:
        return (self, *self.also)

    @property
    def fields(self) -> frozenset[str]:
        """The fields whose changes it hears of."""
        return frozenset(name for one in self.all for name in FIELDS[one.kind])

    @property
    def fields_read(self) -> frozenset[str]:
        """The fields whose changes a replay needs: of a price also the status, since what is gone has none."""
        return self.fields | {"status"} if "price" in FIELDS[self.kind] else self.fields

    @property
    def looks_back(self) -> bool:
        """Whether it asks for more of the past than it remembers."""
        return any(one.kind in WINDOW_KINDS for one in self.all)

    @property
    def fields_back(self) -> frozenset[str]:
        """The fields whose past it asks for."""
        return frozenset(name for one in self.all if one.kind in WINDOW_KINDS for name in FIELDS[one.kind])

    @property
    def days_back(self) -> int | None:
        """Over how many days; None is over all that is known."""
        windows = [one for one in self.all if one.kind in WINDOW_KINDS]
        if any(one.days is None for one in windows):
            return None
        # A pace is compared with that of the days before.
        return max(((one.days or 0) * (2 if one.kind is Kind.SALES_PACE_DOUBLED else 1) for one in windows), default=0)


class Never(StrEnum):
    """Why a condition could not become true, or false again, whatever happens."""

    NOTHING_LEFT = "nothing_left"
    LOWEST_PRICE = "lowest_price"
    WHOLE_SCALE = "whole_scale"
    EVERY_SCORE = "every_score"
    CONTRADICTION = "contradiction"


_PARTS_OF_A_PRICE = frozenset({Kind.PRICE_DROPPED, Kind.PRICE_BELOW_HIGH, Kind.UNDER_MINE})


def why_never(condition: Condition, scale: int = LARGEST_SCALE) -> Never | None:
    """The reason for which `condition` makes no sense, if there is one; `scale` is the largest score there is.

    A price is at least one fen: what costs nothing was not told. So no price falls by all of itself, or below a fen.
    """
    for one in condition.all:
        if (never := _why_never(one, scale)) is not None:
            return never
    return Never.CONTRADICTION if _contradict(condition.all) else None


def _why_never(condition: Condition, scale: int) -> Never | None:
    threshold = condition.threshold or 0
    if condition.kind in _PARTS_OF_A_PRICE and threshold >= WHOLE:
        return Never.NOTHING_LEFT
    if condition.kind is Kind.PRICE_BELOW and threshold <= 1:
        return Never.LOWEST_PRICE
    if condition.kind is Kind.SHOP_SCORE_FELL and threshold > scale * 100:
        return Never.WHOLE_SCALE
    if condition.kind is Kind.SHOP_SCORE_BELOW and threshold > scale * 100:
        return Never.EVERY_SCORE
    return None


def _contradict(conditions: Iterable[Condition]) -> bool:
    """Whether no price or no status is as all of these ask."""
    kinds = {one.kind for one in conditions}
    below = [one.threshold or 0 for one in conditions if one.kind is Kind.PRICE_BELOW]
    above = [one.threshold or 0 for one in conditions if one.kind is Kind.PRICE_ABOVE]
    gone = {Kind.LEFT_SHELF, Kind.BANNED, Kind.GONE}
    here = {Kind.ON_SALE, Kind.CAME_BACK}
    return bool(
        (below and above and min(below) <= max(above) + 1)
        or (kinds & gone and kinds & here)
        or kinds >= {Kind.PRICE_LOWEST, Kind.PRICE_HIGHEST}
    )


class Step(NamedTuple):
    """A value, and since when it has been known."""

    at: datetime
    value: int


@dataclass(frozen=True, slots=True)
class History:
    """What a condition may ask of the past: every price and sales count, oldest first, the present one last.

    `at` is the data time of the present. `own_price` is that of the product of one's own, as of now.
    """

    at: datetime | None = None
    prices: Sequence[Step] = ()
    sales: Sequence[Step] = ()
    own_price: int | None = None


class Moment(NamedTuple):
    """One of the firings that were gathered: when, and the value, unless it is one that is told at length."""

    at: datetime
    value: int | str | None


class Gathered(NamedTuple):
    """Firings that make one alert: how many, when the first was, and the last of them one by one."""

    times: int
    began_at: datetime
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Rest:
    """A rule rests after an alert: what fires before `until` is gathered, by field, to be told then as one."""

    until: datetime
    gathered: Mapping[str, Gathered] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Memory:
    """What a condition must remember between two looks at the same product or shop.

    `references` are the values that a percentage or a fall counts from, by field, or of a shop's scores those that
    made the condition true; `met` says that a condition which fires on becoming true is true already.
    """

    references: Mapping[str, int] = field(default_factory=dict)
    met: bool = False
    rest: Rest | None = None


@dataclass(frozen=True, slots=True)
class Firing:
    """One field deserves an alert: its values, and the value it was compared with if that is another one.

    `position` is that of the change among those judged, `None` when the state alone was.
    """

    field: str
    before: Json
    after: Json
    reference: int | None = None
    position: int | None = None
