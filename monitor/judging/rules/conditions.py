"""A condition, and how its clauses are judged together."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.judging.rules.judging import Judged, Memory, RuleCase
from monitor.judging.rules.kinds import Kind, KindSpec, Unit
from monitor.provider.observation import GONE, Status

MOST_DAYS = 365
#: How many conditions may follow an 'and'.
MOST_ALSO = 3


@dataclass(frozen=True, slots=True)
class Condition:
    """A clause, and in `also` others that must hold too.

    `threshold` is in the kind's unit; kinds without a unit have none. `days` is how far back the
    kind looks; None means without limit."""

    kind: Kind
    threshold: int | None = None
    days: int | None = None
    also: tuple[Condition, ...] = ()

    @classmethod
    def of(
        cls,
        kind: Kind,
        threshold: int | None = None,
        days: int | None = None,
        also: tuple[Condition, ...] = (),
    ) -> Condition:
        """Return the condition without those parts that its kind does not have."""
        spec = kind.spec
        return cls(
            kind,
            threshold if spec.unit is not Unit.NONE else None,
            days if spec.window else None,
            () if spec.is_alone else also,
        )

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
        """The fields whose changes a replay needs. Prices need the status too: a product that is
        gone has no price."""
        needs_status = self.spec.among_rivals or any(clause.spec.is_of_price for clause in self.all)
        return self.fields | {"status"} if needs_status else self.fields

    @property
    def looks_back(self) -> bool:
        """Whether it needs earlier values, beyond its memory."""
        return any(clause.spec.window for clause in self.all)

    @property
    def fields_back(self) -> frozenset[str]:
        """The fields whose earlier values it needs."""
        return frozenset(
            name for clause in self.all if clause.spec.window for name in clause.fields_read
        )

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


def judge(condition: Condition, memory: Memory, case: RuleCase) -> Judged:
    """Judge a product or a shop after `case.changes`; without changes, as for a new rule, only the
    state.

    Returns the firings (at most one for a product, one a score for a shop) and the new memory,
    equal to `memory` when nothing changed."""
    if condition.spec.among_rivals:
        if case.status != Status.ON_SALE or not case.price:
            return [], memory
    elif condition.fields.isdisjoint(change.field for change in case.changes):
        # A window that moves on makes nothing true by itself, and a product that is gone has no
        # price. When the status changes together with the price, the last price counts: 'it left
        # the shelf, and costs less than ¥N'.
        has_no_price = condition.spec.is_of_price and case.status in GONE
        if has_no_price or (case.changes and condition.looks_back):
            return [], memory
    firings, after = condition.spec.judge(condition, memory, case)
    if all(_holds(clause, case) for clause in condition.also):
        return firings, after
    return [], condition.spec.held_back(memory, after, firings)


def _holds(condition: Condition, case: RuleCase) -> bool:
    """Return whether a condition after 'and' is true in the present state."""
    firings, after = condition.spec.judge(condition, Memory(), case)
    return bool(firings) or after.met
