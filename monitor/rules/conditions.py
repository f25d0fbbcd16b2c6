"""A condition: what it asks, what it looks at, what it remembers, and how its parts are judged together."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from monitor.changes import FieldChange, Json, ProductState, ShopState
from monitor.provider.observation import GONE

if TYPE_CHECKING:
    from monitor.rules.kinds import Kind, KindSpec

MOST_DAYS = 365
#: How many conditions may stand behind an 'and'.
MOST_ALSO = 3
WHOLE = 10_000  # 100 % in hundredths of a percent
#: Scores run to 5 or, on the newer scale, to 100 points.
LARGEST_SCALE = 100


@dataclass(frozen=True, slots=True)
class Condition:
    """One clause, and with `also` those that must hold besides.

    `threshold` is in the kind's unit; kinds without a unit have none. `days` is how far back the kind looks; None is
    over all that is known. `own` is the key of the user's own product to compare with.
    """

    kind: Kind
    threshold: int | None = None
    days: int | None = None
    own: int | None = None
    also: tuple[Condition, ...] = ()

    @property
    def spec(self) -> KindSpec:
        return self.kind.spec

    @property
    def all(self) -> tuple[Condition, ...]:
        return (self, *self.also)

    @property
    def fields(self) -> frozenset[str]:
        """The fields whose changes it hears of."""
        return frozenset(name for clause in self.all for name in clause.spec.fields)

    @property
    def fields_read(self) -> frozenset[str]:
        """The fields whose changes a replay needs: of a price also the status, since what is gone has none."""
        return self.fields | {"status"} if self.spec.is_of_price else self.fields

    @property
    def looks_back(self) -> bool:
        """Whether it asks for more of the past than it remembers."""
        return any(clause.spec.window for clause in self.all)

    @property
    def fields_back(self) -> frozenset[str]:
        """The fields whose past it asks for."""
        return frozenset(name for clause in self.all if clause.spec.window for name in clause.spec.fields)

    @property
    def days_back(self) -> int | None:
        """How many days back it looks; None is over all that is known."""
        most = 0
        for clause in self.all:
            if window := clause.spec.window:
                if clause.days is None:
                    return None
                most = max(most, clause.days * window.spans)
        return most


class KnownValue(NamedTuple):
    """A value, and since when it has been known."""

    at: datetime
    value: int


@dataclass(frozen=True, slots=True)
class Look:
    """All that a kind may look at: a product or a shop as it is, the changes that led there, and what is known besides.

    `at` is the data time of `state`. `prices` and `sales` are all known values, oldest first, the present one last.
    `own_price` is the price of the user's own product, if there is one to compare with.
    """

    state: ProductState | ShopState
    changes: Sequence[FieldChange] = ()
    at: datetime | None = None
    prices: Sequence[KnownValue] = ()
    sales: Sequence[KnownValue] = ()
    own_price: int | None = None

    @property
    def price(self) -> int | None:
        return getattr(self.state, "price", None)

    @property
    def status(self) -> str | None:
        return getattr(self.state, "status", None)

    def change(self, name: str) -> FieldChange | None:
        """The last change of a field."""
        return next((change for change in reversed(self.changes) if change.field == name), None)

    def firing(self, name: str, reference: int | None = None) -> Firing:
        """What an alert about a field tells."""
        if (change := self.change(name)) is None:
            return Firing(name, None, getattr(self.state, name), reference)
        return Firing(name, change.before, change.after, reference, self.changes.index(change))

    def earlier_prices(self, days: int | None) -> list[int]:
        """The prices before the present one that were in force at some time in the last `days`, or ever."""
        first = 0 if days is None else max(_place(self.prices, self._days_ago(days)), 0)
        return [price for _, price in self.prices[first:-1]]

    def sales_at_start(self, days: int | None) -> int | None:
        """The sales count `days` ago; where nothing is known of then, the first that is."""
        known = None if days is None else value_at(self.sales, self._days_ago(days))
        return self.sales[0].value if known is None and self.sales else known

    def sold(self, days: int) -> tuple[int, int] | None:
        """How many were sold in the last `days` and in as many days before; None where that is not known."""
        middle, first = (value_at(self.sales, self._days_ago(count)) for count in (days, 2 * days))
        return None if middle is None or first is None else (self.sales[-1].value - middle, middle - first)

    def _days_ago(self, days: int) -> datetime | None:
        return self.at and self.at - timedelta(days=days)


def value_at(steps: Sequence[KnownValue], when: datetime | None) -> int | None:
    """The value that was in force at a moment; None before the first is known."""
    place = _place(steps, when)
    return None if place < 0 else steps[place].value


def _place(steps: Sequence[KnownValue], when: datetime | None) -> int:
    """The place of the step that was in force at a moment; -1 before the first."""
    return -1 if when is None else bisect_right(steps, when, key=attrgetter("at")) - 1


class GatheredFiring(NamedTuple):
    """One of the firings that were gathered: when, and the value, unless it is too long to be kept."""

    at: datetime
    value: int | str | None


class Gathered(NamedTuple):
    """Firings that make one alert: how many, when the first was, and the last of them one by one."""

    times: int
    began_at: datetime
    moments: tuple[GatheredFiring, ...]


@dataclass(frozen=True, slots=True)
class Rest:
    """A rule's cool-down after an alert: what fires before `until` is gathered, by field, and told then as one."""

    until: datetime
    gathered: Mapping[str, Gathered] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Memory:
    """What a condition must remember between two looks at the same product or shop.

    `references` are the values that a percentage or a fall counts from, by field; of a shop, the scores that made the
    condition true. `met` says that a condition which fires on becoming true is true already.
    """

    references: Mapping[str, int] = field(default_factory=dict)
    met: bool = False
    rest: Rest | None = None


@dataclass(frozen=True, slots=True)
class Firing:
    """One field deserves an alert: its values, and the value it was compared with if that is another one.

    `position` is that of the change among those judged; `None` when the state alone was.
    """

    field: str
    before: Json
    after: Json
    reference: int | None = None
    position: int | None = None


type Verdict = tuple[list[Firing], Memory]


def judge(condition: Condition, memory: Memory, look: Look) -> Verdict:
    """Judge a product or a shop after `look.changes`; with none, as on the day a rule is made, the state alone.

    Returns the firings (of a product one at most, of a shop one for each score), and what to remember from now on,
    equal to `memory` when nothing moved.
    """
    if _is_deaf(condition, look) or _has_no_price(condition, look):
        return [], memory
    firings, after = condition.spec.judge(condition, memory, look)
    if all(_holds(clause, look) for clause in condition.also):
        return firings, after
    return [], condition.spec.held_back(memory, after, firings)


def _is_deaf(condition: Condition, look: Look) -> bool:
    """Whether only other fields changed. A window that moves on makes nothing true by itself."""
    return bool(look.changes) and condition.looks_back and _is_untouched(condition, look)


def _has_no_price(condition: Condition, look: Look) -> bool:
    """Whether the condition asks for the price of what is gone, which has none.

    A reply that changes what the condition is about is judged by the last price: 'it left the shelf, and costs less
    than ¥N'.
    """
    return condition.spec.is_of_price and look.status in GONE and _is_untouched(condition, look)


def _is_untouched(condition: Condition, look: Look) -> bool:
    return condition.fields.isdisjoint(change.field for change in look.changes)


def _holds(condition: Condition, look: Look) -> bool:
    """Whether a condition behind an 'and' is true of a product as it is."""
    firings, after = condition.spec.judge(condition, Memory(), look)
    return bool(firings) or after.met


class Never(StrEnum):
    """Why a condition could not become true, or false again, whatever happens."""

    NOTHING_LEFT = "nothing_left"
    LOWEST_PRICE = "lowest_price"
    WHOLE_SCALE = "whole_scale"
    EVERY_SCORE = "every_score"
    CONTRADICTION = "contradiction"


def why_never(condition: Condition, scale: int = LARGEST_SCALE) -> Never | None:
    """The reason for which `condition` makes no sense, if there is one; `scale` is the largest score there is.

    A price is at least one fen: what costs nothing was not told. So no price falls by all of itself, or below a fen.
    """
    reasons = (clause.spec.never(clause.threshold or 0, scale) for clause in condition.all)
    return next(filter(None, reasons), Never.CONTRADICTION if _is_contradiction(condition) else None)


def _is_contradiction(condition: Condition) -> bool:
    """Whether no price or no status is as all clauses ask."""
    levels = [clause for clause in condition.all if clause.spec.is_level]
    below = [clause.threshold or 0 for clause in levels if clause.spec.way < 0]
    above = [clause.threshold or 0 for clause in levels if clause.spec.way > 0]
    extremes = {clause.spec.way for clause in condition.all if clause.spec.is_extreme}
    statuses = [clause.spec.statuses for clause in condition.all if clause.spec.statuses]
    return bool(
        (below and above and min(below) <= max(above) + 1)
        or (statuses and not frozenset.intersection(*statuses))
        or len(extremes) > 1
    )
