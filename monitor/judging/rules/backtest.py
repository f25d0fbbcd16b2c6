"""When would a rule have fired, had it existed earlier? Changes in, firings out.

The changes are undone from the present state back to the start, and then judged one after another
as when they came. A condition that is true at the start does not fire: it became true before the
period."""

import itertools
from collections.abc import Iterable, Set
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from monitor.judging.changes import SCORE_FIELDS, SHOP_FIELDS, FieldChange, ProductState, ShopState
from monitor.judging.rules.conditions import Condition, judge
from monitor.judging.rules.judging import Firing, Memory, RuleCase, gather
from monitor.judging.rules.offers import PastChange

_POSITIONS = {name: position for position, name in enumerate(SHOP_FIELDS)}

type State = ProductState | ShopState


class Fired(NamedTuple):
    at: datetime
    firing: Firing


def replay(
    condition: Condition,
    case: RuleCase,
    past: Iterable[PastChange],
    *,
    since: datetime | None = None,
    cooldown: timedelta = timedelta(0),
) -> list[Fired]:
    """Return when `condition` would have made an alert for a product or a shop.

    `case` is the present one, and `past` are the changes that led to it since a time, in order of
    time. A product that is compared with rivals is judged whenever one of them changes."""
    compared = (case.offers, *case.others.values()) if condition.spec.among_rivals else ()
    times = {step.at for steps in compared for step in steps if since and step.at > since}
    steps = _steps(past, times)
    states = [case.state]
    for _, changes in reversed(steps):
        states.append(_before(states[-1], changes))
    _, memory = judge(condition, Memory(), replace(case, state=states.pop(), at=since))
    fired = []
    for at, changes in steps:
        now = replace(case, state=states.pop(), changes=changes, at=at)
        firings, memory = judge(condition, memory, now)
        for firing in firings:
            rest, memory = gather(memory, firing, at, cooldown)
            if rest is None or rest.gathered[firing.field].times == 1:
                fired.append(Fired(at, firing))
    return fired


def _steps(
    past: Iterable[PastChange], times: Set[datetime]
) -> list[tuple[datetime, list[FieldChange]]]:
    """Group changes by time: changes of one time are judged together. `times` are those of other
    products' changes."""
    by_time = {
        at: sorted(
            (change for _, change in group), key=lambda change: _POSITIONS.get(change.field, 0)
        )
        for at, group in itertools.groupby(past, attrgetter("at"))
    }
    return [(at, by_time.get(at, [])) for at in sorted(by_time.keys() | times)]


def _before(state: State, changes: Iterable[FieldChange]) -> State:
    """Undo changes of `state`.

    Scores on an earlier scale are known only from changes: those that did not change become 'not
    told'."""
    before = {
        change.field: change.before
        for change in changes
        if change.field in state.__dataclass_fields__
    }
    if "score_scale" in before:
        before = dict.fromkeys(SCORE_FIELDS) | before
    return replace(state, **before)  # type: ignore[arg-type]
