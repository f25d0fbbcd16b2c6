"""What a rule would have fired for, had it been made earlier. Pure: changes in, firings out.

The present state is taken back to the start by undoing the changes, and from there they are judged one after another,
as they were when they came. What was true at the start is remembered and fires for nothing: it is not of the time
since then.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from monitor.changes import SCORE_FIELDS, SHOP_FIELDS, FieldChange, Json, ProductState, ShopState
from monitor.rules import Condition, Firing, Memory, judge_product, judge_shop


class Past(NamedTuple):
    """A change, and the data time at which it was first seen."""

    at: datetime
    change: FieldChange


class Fired(NamedTuple):
    at: datetime
    firing: Firing


def replay_product(condition: Condition, past: Sequence[Past], present: ProductState) -> list[Fired]:
    """When `condition` would have fired for a product: `past` are its changes up to the present, in order of time."""
    state = _with(present, {change.field: change.before for _, change in reversed(past)})
    _, memory = judge_product(condition, Memory(), [], state)
    fired = []
    for at, changes in _together(past):
        state = _with(state, {change.field: change.after for change in changes})
        firing, memory = judge_product(condition, memory, changes, state)
        if firing is not None:
            fired.append(Fired(at, firing))
    return fired


def replay_shop(condition: Condition, past: Sequence[Past], present: ShopState) -> list[Fired]:
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
        fired += [Fired(at, firing) for firing in firings]
    return fired


def _together(past: Iterable[Past]) -> Iterator[tuple[datetime, list[FieldChange]]]:
    """What changed at one time is judged at once."""
    for at, group in itertools.groupby(past, attrgetter("at")):
        yield at, [change for _, change in group]


def _with(state: ProductState, values: dict[str, Json]) -> ProductState:
    """`state` with those of `values` that a condition may ask a state for; of all else it hears by changes."""
    return ProductState(
        price=values.get("price", state.price),  # type: ignore[arg-type]
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
