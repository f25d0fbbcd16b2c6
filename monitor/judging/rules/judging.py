"""What a condition is judged by, what it remembers between two judgements, and what comes of one:
firings, and the cool-down that gathers them.

After a rule has fired, further firings are gathered into one alert at the end of its cool-down. A
price that goes up and down makes one alert a cool-down, with the number of moves and their range; a
further fall is reported late, but it is reported. Times are data times, so the same history makes
the same alerts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from monitor.judging.changes import FieldChange, Json, ProductState, ShopState
from monitor.judging.rules.offers import PastChange, price_on_sale, prices_held, values_held

#: How many firings an alert keeps, the last ones.
MOST_MOMENTS = 20
#: Longer texts are not kept with a gathered firing.
LONGEST_TEXT = 40


class KnownValue(NamedTuple):
    """A value and the time since which it has been known; a price is None while the product is
    gone."""

    at: datetime
    value: int | None


class Offer(NamedTuple):
    """A product that others are compared with, as it has been since a time: its price in fen, its
    status, and how many units a day it sells at least, and less than how many; None without an
    estimate."""

    at: datetime
    price: int | None
    status: str | None
    units: tuple[int, int] | None = None

    @property
    def on_sale(self) -> int | None:
        return price_on_sale(self.price, self.status)


@dataclass(frozen=True, slots=True)
class RuleCase:
    """What a rule judges: the state of a product or shop, and the changes that led to it.

    `at` is the data time of `state`. `prices` and `sales` are all known values, oldest first: what
    came after `at` does not count. `others` are the rivals that the rule compares with, by their
    keys: each what is known of it, oldest first, and nothing if that is too old. `offers` are the
    same of the judged product."""

    state: ProductState | ShopState
    changes: Sequence[FieldChange] = ()
    at: datetime | None = None
    prices: Sequence[KnownValue] = ()
    sales: Sequence[KnownValue] = ()
    offers: Sequence[Offer] = ()
    others: Mapping[int, Sequence[Offer]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        state: ProductState,
        past: Sequence[PastChange],
        begins: datetime | None,
        at: datetime | None,
        units: tuple[int, int] | None = None,
    ) -> RuleCase:
        """Return the case of a product in its present state: `past` are its changes in order of
        time, `begins` is when it was first known, and `units` is what it sells a day now."""
        if begins is None:
            return cls(state, at=at)
        prices = prices_held(past, begins, state.price, state.status)
        counts = values_held(past, begins, {"sales": state.sales})
        known = {"price": state.price, "status": state.status, "units": units}
        return cls(
            state,
            at=at,
            prices=[KnownValue(*step) for step in prices],
            sales=[
                KnownValue(at, values["sales"])
                for at, values in counts
                if values["sales"] is not None
            ],
            offers=[Offer(at, **values) for at, values in values_held(past, begins, known)],
        )

    @property
    def price(self) -> int | None:
        return getattr(self.state, "price", None)

    @property
    def status(self) -> str | None:
        return getattr(self.state, "status", None)

    def change(self, name: str) -> FieldChange | None:
        """Return the last change of a field."""
        return next((change for change in reversed(self.changes) if change.field == name), None)

    def firing(self, name: str, reference: int | None = None) -> Firing:
        """Return a firing about a field."""
        if (change := self.change(name)) is None:
            return Firing(name, None, getattr(self.state, name), reference)
        return Firing(name, change.before, change.after, reference, self.changes.index(change))

    def earlier_prices(self, days: int | None) -> list[int]:
        """Return the prices, without the present one, that were valid at some time in the last
        `days`, or ever."""
        first = 0 if days is None else max(_index_at(self.prices, self._days_ago(days)), 0)
        last = _index_at(self.prices, self.at)
        return [price for _, price in self.prices[first : last + 1] if price is not None][:-1]

    def sales_at_start(self, days: int | None) -> int | None:
        """Return the sales count `days` ago; if that is not known, the first known one."""
        known = None if days is None else value_at(self.sales, self._days_ago(days))
        return self.sales[0].value if known is None and self.sales else known

    def sold(self, days: int) -> tuple[int, int] | None:
        """Return the units sold in the last `days` and in as many days before; None if not
        known."""
        last, middle, first = (
            value_at(self.sales, self._days_ago(count)) for count in (0, days, 2 * days)
        )
        return (
            None
            if last is None or middle is None or first is None
            else (last - middle, middle - first)
        )

    def others_at(self, days_ago: int = 0) -> dict[int, Offer | None]:
        """Return the products to compare with by their keys, as they were at a time, if that is
        known."""
        return {
            key: step_at(offers, self._days_ago(days_ago)) for key, offers in self.others.items()
        }

    def _days_ago(self, days: int) -> datetime | None:
        return self.at and self.at - timedelta(days=days)


def value_at(steps: Sequence[KnownValue], when: datetime | None) -> int | None:
    """Return the value that was valid at a time; None before the first."""
    return step.value if (step := step_at(steps, when)) else None


def step_at[Step: (KnownValue, Offer)](steps: Sequence[Step], when: datetime | None) -> Step | None:
    return None if (index := _index_at(steps, when)) < 0 else steps[index]


def _index_at(steps: Sequence[KnownValue] | Sequence[Offer], when: datetime | None) -> int:
    """Return the index of the value that was valid at a time; -1 before the first."""
    return -1 if when is None else bisect_right(steps, when, key=attrgetter("at")) - 1


class GatheredFiring(NamedTuple):
    """A firing during a cool-down: its time and its value. Too long values are not kept."""

    at: datetime
    value: int | str | None


class Gathered(NamedTuple):
    """Firings during a cool-down, which make one alert: their number, the first one's time, the
    last ones, and what the first one was compared with."""

    times: int
    began_at: datetime
    moments: tuple[GatheredFiring, ...]
    reference: int | None = None


@dataclass(frozen=True, slots=True)
class Cooldown:
    """A rule's cool-down after an alert. Firings before `until` are gathered by field, and make one
    alert then."""

    until: datetime
    gathered: Mapping[str, Gathered] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Memory:
    """What a condition remembers between two judgements of the same product or shop.

    `references` are the values from which a percentage or a fall counts, by field; for a shop, the
    scores that made the condition true. `met`: a condition that fires on becoming true is true
    already; one that counts from its last alert has had one."""

    references: Mapping[str, int] = field(default_factory=dict)
    met: bool = False
    rest: Cooldown | None = None


@dataclass(frozen=True, slots=True)
class Firing:
    """A field that deserves an alert, with the value it was compared with, if that is not `before`.

    `position` is the index of the change among those judged; `None` when only the state was judged.
    `rival` is the key of the rival that `reference` is of."""

    field: str
    before: Json
    after: Json
    reference: int | None = None
    position: int | None = None
    rival: int | None = None


type Judged = tuple[list[Firing], Memory]


def gather(
    memory: Memory, firing: Firing, at: datetime, cooldown: timedelta
) -> tuple[Cooldown | None, Memory]:
    """Decide whether `firing` makes an alert at once. Return None, or the cool-down that gathers
    it, and the memory.

    A cool-down with gathered firings is followed by another one, so there is at most one alert a
    cool-down."""
    rest = memory.rest
    if not cooldown:
        return None, replace(memory, rest=None) if rest else memory
    if rest is not None and rest.gathered and rest.until <= at < rest.until + cooldown:
        rest = Cooldown(rest.until + cooldown, {})
    elif rest is None or at >= rest.until:
        return None, replace(memory, rest=Cooldown(at + cooldown))
    elif not rest.gathered and at <= rest.until - cooldown:
        return None, memory  # Another score of the same time.
    times, began_at, moments, reference = rest.gathered.get(firing.field) or (
        0,
        at,
        (),
        firing.reference,
    )
    gathered = Gathered(
        times + 1, began_at, (*moments, _moment(firing, at))[-MOST_MOMENTS:], reference
    )
    rest = Cooldown(rest.until, {**rest.gathered, firing.field: gathered})
    return rest, replace(memory, rest=rest)


def _moment(firing: Firing, at: datetime) -> GatheredFiring:
    after = firing.after
    is_short = isinstance(after, int) or (isinstance(after, str) and len(after) <= LONGEST_TEXT)
    return GatheredFiring(at, after if is_short else None)  # type: ignore[arg-type]
