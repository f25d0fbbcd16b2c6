"""A condition, its input, its memory, and how its clauses are judged together."""

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
#: How many conditions may follow an 'and'.
MOST_ALSO = 3
WHOLE = 10_000  # 100 % in hundredths of a percent
#: Scores go up to 5 or, on the newer scale, to 100 points.
LARGEST_SCALE = 100


@dataclass(frozen=True, slots=True)
class Condition:
    """A clause, and in `also` others that must hold too.

    `threshold` is in the kind's unit; kinds without a unit have none. `days` is how far back the kind looks; None means
    without limit. `own` is the key of the user's own product to compare with.
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
        """The fields whose changes it judges."""
        return frozenset(name for clause in self.all for name in clause.spec.fields)

    @property
    def fields_read(self) -> frozenset[str]:
        """The fields whose changes a replay needs. Prices need the status too: a product that is gone has no price."""
        return self.fields | {"status"} if self.spec.is_of_price else self.fields

    @property
    def looks_back(self) -> bool:
        """Whether it needs earlier values, beyond its memory."""
        return any(clause.spec.window for clause in self.all)

    @property
    def fields_back(self) -> frozenset[str]:
        """The fields whose earlier values it needs."""
        return frozenset(name for clause in self.all if clause.spec.window for name in clause.spec.fields)

    @property
    def days_back(self) -> int | None:
        """How many days back it looks; None means without limit."""
        most = 0
        for clause in self.all:
            if window := clause.spec.window:
                if clause.days is None:
                    return None
                most = max(most, clause.days * window.spans)
        return most


class KnownValue(NamedTuple):
    """A value and the time since which it has been known."""

    at: datetime
    value: int


@dataclass(frozen=True, slots=True)
class Look:
    """The input of a judgement: the state of a product or shop, and the changes that led to it.

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
        """Returns the last change of a field."""
        return next((change for change in reversed(self.changes) if change.field == name), None)

    def firing(self, name: str, reference: int | None = None) -> Firing:
        """Returns a firing about a field."""
        if (change := self.change(name)) is None:
            return Firing(name, None, getattr(self.state, name), reference)
        return Firing(name, change.before, change.after, reference, self.changes.index(change))

    def earlier_prices(self, days: int | None) -> list[int]:
        """Returns the prices, without the present one, that were valid at some time in the last `days`, or ever."""
        first = 0 if days is None else max(_index_at(self.prices, self._days_ago(days)), 0)
        return [price for _, price in self.prices[first:-1]]

    def sales_at_start(self, days: int | None) -> int | None:
        """Returns the sales count `days` ago; if that is not known, the first known one."""
        known = None if days is None else value_at(self.sales, self._days_ago(days))
        return self.sales[0].value if known is None and self.sales else known

    def sold(self, days: int) -> tuple[int, int] | None:
        """Returns the units sold in the last `days` and in as many days before; None if not known."""
        middle, first = (value_at(self.sales, self._days_ago(count)) for count in (days, 2 * days))
        return None if middle is None or first is None else (self.sales[-1].value - middle, middle - first)

    def _days_ago(self, days: int) -> datetime | None:
        return self.at and self.at - timedelta(days=days)


def value_at(steps: Sequence[KnownValue], when: datetime | None) -> int | None:
    """Returns the value that was valid at a time; None before the first."""
    index = _index_at(steps, when)
    return None if index < 0 else steps[index].value


def _index_at(steps: Sequence[KnownValue], when: datetime | None) -> int:
    """Returns the index of the value that was valid at a time; -1 before the first."""
    return -1 if when is None else bisect_right(steps, when, key=attrgetter("at")) - 1


class GatheredFiring(NamedTuple):
    """A firing during a cool-down: its time and its value. Too long values are not kept."""

    at: datetime
    value: int | str | None


class Gathered(NamedTuple):
    """Firings during a cool-down, which make one alert: their number, the first one's time, and the last ones."""

    times: int
    began_at: datetime
    moments: tuple[GatheredFiring, ...]


@dataclass(frozen=True, slots=True)
class Cooldown:
    """A rule's cool-down after an alert. Firings before `until` are gathered by field, and make one alert then."""

    until: datetime
    gathered: Mapping[str, Gathered] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Memory:
    """What a condition remembers between two judgements of the same product or shop.

    `references` are the values from which a percentage or a fall counts, by field; for a shop, the scores that made
    the condition true. `met`: a condition that fires on becoming true is true already.
    """

    references: Mapping[str, int] = field(default_factory=dict)
    met: bool = False
    rest: Cooldown | None = None


@dataclass(frozen=True, slots=True)
class Firing:
    """A field that deserves an alert, with the value it was compared with, if that is not `before`.

    `position` is the index of the change among those judged; `None` when only the state was judged.
    """

    field: str
    before: Json
    after: Json
    reference: int | None = None
    position: int | None = None


type Judged = tuple[list[Firing], Memory]


def judge(condition: Condition, memory: Memory, look: Look) -> Judged:
    """Judges a product or a shop after `look.changes`; without changes, as for a new rule, only the state.

    Returns the firings (at most one for a product, one a score for a shop) and the new memory, equal to `memory` when
    nothing changed.
    """
    if condition.fields.isdisjoint(change.field for change in look.changes):
        # A window that moves on makes nothing true by itself, and a product that is gone has no price. When the status
        # changes together with the price, the last price counts: 'it left the shelf, and costs less than ¥N'.
        has_no_price = condition.spec.is_of_price and look.status in GONE
        if has_no_price or (look.changes and condition.looks_back):
            return [], memory
    firings, after = condition.spec.judge(condition, memory, look)
    if all(_holds(clause, look) for clause in condition.also):
        return firings, after
    return [], condition.spec.held_back(memory, after, firings)


def _holds(condition: Condition, look: Look) -> bool:
    """Whether a condition after 'and' is true in the present state."""
    firings, after = condition.spec.judge(condition, Memory(), look)
    return bool(firings) or after.met


class NeverReason(StrEnum):
    """Why a condition can never become true, or never false again."""

    NOTHING_LEFT = "nothing_left"
    LOWEST_PRICE = "lowest_price"
    WHOLE_SCALE = "whole_scale"
    EVERY_SCORE = "every_score"
    CONTRADICTION = "contradiction"


def why_never(condition: Condition, scale: int = LARGEST_SCALE) -> NeverReason | None:
    """Returns why `condition` makes no sense, if so. `scale` is the largest possible score.

    A price is at least one fen, so no price falls by 100 % or below one fen.
    """
    reasons = (clause.spec.never(clause.threshold or 0, scale) for clause in condition.all)
    return next(filter(None, reasons), NeverReason.CONTRADICTION if _is_contradiction(condition) else None)


def _is_contradiction(condition: Condition) -> bool:
    """Whether no price or no status satisfies all clauses."""
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
