"""What a rule would have fired for, had it been made earlier: changes in, firings out.

The present state is taken back to the start by undoing the changes, and from there they are judged one after another,
as they were when they came. What was true at the start is remembered and fires for nothing: it is not of the time
since then.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from monitor.changes import SCORE_FIELDS, SHOP_FIELDS, FieldChange, ProductState, ShopState
from monitor.rules.conditions import Condition, Firing, KnownValue, Look, Memory, judge, value_at
from monitor.rules.cooldown import gather

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_PLACES = {name: place for place, name in enumerate(SHOP_FIELDS)}

type State = ProductState | ShopState


class PastChange(NamedTuple):
    """A change, and the data time at which it was first seen."""

    at: datetime
    change: FieldChange


class Fired(NamedTuple):
    at: datetime
    firing: Firing


def replay(
    condition: Condition,
    past: Iterable[PastChange],
    present: State,
    *,
    begins: datetime | None = None,
    own: Sequence[KnownValue] = (),
    cooldown: timedelta = timedelta(0),
) -> list[Fired]:
    """When `condition` would have made an alert for a product or a shop.

    `past` are the changes up to the present, in order of time. `begins` is when a product was first known. `own` are
    the prices of the user's own product, in order of time: a product is judged whenever one of the two moves.
    """
    steps = _steps(past, own)
    states = [present]
    for _, changes in reversed(steps):
        states.append(_before(states[-1], changes))
    state = states.pop()
    known = {
        name: [KnownValue(begins or _EARLIEST, value)] if (value := getattr(state, name, None)) is not None else []
        for name in ("price", "sales")
    }
    look = Look(state, (), begins, known["price"], known["sales"], own[0].value if own else None)
    _, memory = judge(condition, Memory(), look)
    fired = []
    for at, changes in steps:
        for change in changes:
            if change.field in known and isinstance(change.after, int):
                known[change.field].append(KnownValue(at, change.after))
        look = Look(states.pop(), changes, at, known["price"], known["sales"], value_at(own, at))
        firings, memory = judge(condition, memory, look)
        for firing in firings:
            rest, memory = gather(memory, firing, at, cooldown)
            if rest is None or rest.gathered[firing.field].times == 1:
                fired.append(Fired(at, firing))
    return fired


def _steps(past: Iterable[PastChange], own: Sequence[KnownValue]) -> list[tuple[datetime, list[FieldChange]]]:
    """Every time at which the subject or the user's own product moved: what changed at one time is judged at once."""
    together = {
        at: sorted((change for _, change in group), key=lambda change: _PLACES.get(change.field, 0))
        for at, group in itertools.groupby(past, attrgetter("at"))
    }
    return [(at, together.get(at, [])) for at in sorted({*together, *(step.at for step in own[1:])})]


def _before(state: State, changes: Iterable[FieldChange]) -> State:
    """The state to which these changes came.

    A score that did not change while an earlier scale was in use is not known from there: it is taken as not told.
    """
    before = {change.field: change.before for change in changes if change.field in state.__dataclass_fields__}
    if "score_scale" in before:
        before = dict.fromkeys(SCORE_FIELDS) | before
    return replace(state, **before)  # type: ignore[arg-type]
