"""When would a rule have fired, had it existed earlier? Changes in, firings out.

The changes are undone from the present state back to the start, and then judged one after another
as when they came. A condition that is true at the start does not fire: it became true before the
period."""

import itertools
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from monitor.changes import SCORE_FIELDS, SHOP_FIELDS, FieldChange, ProductState, ShopState
from monitor.provider.observation import GONE
from monitor.rules.conditions import Condition, judge
from monitor.rules.cooldown import gather
from monitor.rules.judging import Firing, KnownValue, Memory, Offer, RuleCase

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_POSITIONS = {name: position for position, name in enumerate(SHOP_FIELDS)}

type State = ProductState | ShopState


class PastChange(NamedTuple):
    """A change and the data time at which it was first seen."""

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
    since: datetime | None = None,
    offers: Sequence[Offer] = (),
    others: Mapping[int, Sequence[Offer]] | None = None,
    cooldown: timedelta = timedelta(0),
) -> list[Fired]:
    """Return when `condition` would have made an alert for a product or a shop.

    `past` are the changes up to the present, in order of time, from `since` on. `begins` is when a
    product was first known. `offers` and `others` are as in `RuleCase`: a product is judged
    whenever one of them changes."""
    since, others = since or begins, others or {}
    times = {
        step.at
        for steps in (offers, *others.values())
        for step in steps
        if since and step.at > since
    }
    steps = _steps(past, times)
    states = [present]
    for _, changes in reversed(steps):
        states.append(_before(states[-1], changes))
    state = states.pop()
    known = {
        name: [step] if (step := _known(state, name, begins or _EARLIEST)) else []
        for name in ("price", "sales")
    }
    case = RuleCase(state, (), since, known["price"], known["sales"], offers, others)
    _, memory = judge(condition, Memory(), case)
    fired = []
    for at, changes in steps:
        state = states.pop()
        for name, values in known.items():
            step = _known(state, name, at)
            if step and (not values or step.value != values[-1].value):
                values.append(step)
        case = RuleCase(state, changes, at, known["price"], known["sales"], offers, others)
        firings, memory = judge(condition, memory, case)
        for firing in firings:
            rest, memory = gather(memory, firing, at, cooldown)
            if rest is None or rest.gathered[firing.field].times == 1:
                fired.append(Fired(at, firing))
    return fired


def _known(state: State, name: str, at: datetime) -> KnownValue | None:
    """Return the price or the sales of a state; a product that is gone has no price."""
    value = getattr(state, name, None)
    is_gone = name == "price" and getattr(state, "status", None) in GONE
    return None if value is None else KnownValue(at, None if is_gone else value)


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
