"""What a rule would have fired for, had it been made earlier. Pure: changes in, firings out.

The present state is taken back to the start by undoing the changes, and from there they are judged one after another,
as they were when they came. What was true at the start is remembered and fires for nothing: it is not of the time
since then.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from monitor.changes import SCORE_FIELDS, SHOP_FIELDS, FieldChange, Json, ProductState, ShopState
from monitor.rules import (
    Condition,
    Firing,
    History,
    Memory,
    Step,
    gather,
    judge_product,
    judge_shop,
    value_at,
)

NO_REST = timedelta(0)
_EARLIEST = datetime.min.replace(tzinfo=UTC)


class Past(NamedTuple):
    """A change, and the data time at which it was first seen."""

    at: datetime
    change: FieldChange


class Fired(NamedTuple):
    at: datetime
    firing: Firing


def replay_product(
    condition: Condition,
    past: Sequence[Past],
    present: ProductState,
    *,
    begins: datetime | None = None,
    own: Sequence[Step] = (),
    cooldown: timedelta = NO_REST,
) -> list[Fired]:
    """When `condition` would have made an alert for a product: `past` are its changes up to the present, in order.

    `begins` is when the product was first known. `own` are the prices of the product of one's own that the condition
    compares with, in order of time: it is judged whenever one of the two moves.
    """
    state = _with(present, {change.field: change.before for _, change in reversed(past)})
    known = _Known(begins, state)
    memory, fired = Memory(), []
    for at, changes in _and_own([*_together(past)], own):
        if at is not None:
            state = _with(state, {change.field: change.after for change in changes})
            known.add(at, changes)
        firing, memory = judge_product(condition, memory, changes, state, known.history(at, own))
        if firing is not None and at is not None:
            rest, memory = gather(memory, firing, at, cooldown)
            if rest is None or rest.gathered[firing.field].times == 1:
                fired.append(Fired(at, firing))
    return fired


class _Known:
    """Prices and sales as far as they are known at one time of a replay."""

    def __init__(self, begins: datetime | None, state: ProductState) -> None:
        self.begins = begins
        first = begins or _EARLIEST
        self.steps = {
            name: [Step(first, value)] if (value := getattr(state, name)) is not None else []
            for name in ("price", "sales")
        }

    def add(self, at: datetime, changes: Iterable[FieldChange]) -> None:
        for change in changes:
            if change.field in self.steps and isinstance(change.after, int):
                self.steps[change.field].append(Step(at, change.after))

    def history(self, at: datetime | None, own: Sequence[Step]) -> History:
        price = value_at(own, at) if at is not None else (own[0].value if own else None)
        return History(at or self.begins, self.steps["price"], self.steps["sales"], price)


def _and_own(
    steps: Sequence[tuple[datetime, list[FieldChange]]], own: Sequence[Step]
) -> Iterator[tuple[datetime | None, list[FieldChange]]]:
    """The start, without a time; then every time at which the product or the one of one's own moved."""
    yield None, []
    at_that_time = dict(steps)
    for at in sorted({*at_that_time, *(step.at for step in own[1:])}):
        yield at, at_that_time.get(at, [])


def replay_shop(
    condition: Condition, past: Sequence[Past], present: ShopState, *, cooldown: timedelta = NO_REST
) -> list[Fired]:
    """As `replay_product`, for a shop.

    A score that did not change while an earlier scale was in use is not known from there: it is taken as not told.
    """
    steps = [(at, sorted(changes, key=_place)) for at, changes in _together(past)]
    states = [present]
    for _, changes in reversed(steps):
        states.append(_shop_before(states[-1], changes))
    _, memory = judge_shop(condition, Memory(), [], states.pop())
    fired = []
    for at, changes in steps:
        firings, memory = judge_shop(condition, memory, changes, states.pop())
        for firing in firings:
            rest, memory = gather(memory, firing, at, cooldown)
            if rest is None or rest.gathered[firing.field].times == 1:
                fired.append(Fired(at, firing))
    return fired


def _together(past: Iterable[Past]) -> Iterator[tuple[datetime, list[FieldChange]]]:
    """What changed at one time is judged at once."""
    for at, group in itertools.groupby(past, attrgetter("at")):
        yield at, [change for _, change in group]


def _with(state: ProductState, values: dict[str, Json]) -> ProductState:
    """`state` with those of `values` that a condition may ask a state for; of all else it hears by changes."""
    return ProductState(
        price=values.get("price", state.price),  # type: ignore[arg-type]
        sales=values.get("sales", state.sales),  # type: ignore[arg-type]
        status=values.get("status", state.status),  # type: ignore[arg-type]
    )


def _place(change: FieldChange) -> int:
    return SHOP_FIELDS.index(change.field)


def _shop_before(state: ShopState, changes: Iterable[FieldChange]) -> ShopState:
    """The state to which these changes came."""
    before = {change.field: change.before for change in changes}
    if "score_scale" in before:
        before = dict.fromkeys(SCORE_FIELDS) | before
    return replace(state, **before)  # type: ignore[arg-type]
