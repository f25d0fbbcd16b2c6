"""Judging a product: one condition, or one and others that must hold besides."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.changes import FieldChange, ProductState
from monitor.provider.observation import GONE, Status
from monitor.rules import past
from monitor.rules.condition import Condition, Firing, History, Memory, Step
from monitor.rules.kinds import FIELDS, PRODUCT_KINDS, STATUSES, UNITS, WHOLE, Kind, Unit

type Verdict = tuple[Firing | None, Memory]


@dataclass(frozen=True, slots=True)
class _Look:
    """What is judged: a state, the changes that led to it, and what is known of the past."""

    state: ProductState
    changes: Mapping[str, FieldChange]
    history: History

    @property
    def prices(self) -> Sequence[Step]:
        return self.history.prices

    def firing(self, field: str, reference: int | None = None) -> Firing:
        change = self.changes.get(field)
        return Firing(field, change.before if change else None, getattr(self.state, field), reference)


type _Judge = Callable[[Condition, Memory, _Look], Verdict]
_NOTHING = History()


def judge_product(
    condition: Condition,
    memory: Memory,
    changes: Sequence[FieldChange],
    state: ProductState,
    history: History = _NOTHING,
) -> Verdict:
    """Judge a product's new state, after `changes`; with none, as on the day a rule is made, the state alone.

    Returns the firing, if any, and what to remember from now on (equal to `memory` when nothing moved). `history` is
    needed by conditions that look back or compare with a product of one's own.
    """
    if condition.kind not in PRODUCT_KINDS or (condition.looks_back and _is_deaf(condition, changes)):
        return None, memory
    if _has_no_price(condition, changes, state):
        return None, memory
    look = _Look(state, {change.field: change for change in changes}, history)
    firing, after = _JUDGES[condition.kind](condition, memory, look)
    if condition.also and not all(_holds(one, look) for one in condition.also):
        return None, _held_back(condition, memory, firing, after)
    if firing is not None and firing.field in look.changes:
        firing = replace(firing, position=changes.index(look.changes[firing.field]))
    return firing, after


def _is_deaf(condition: Condition, changes: Sequence[FieldChange]) -> bool:
    """Whether something else has changed. A window that moves on makes nothing true by itself: only its fields do."""
    return bool(changes) and condition.fields.isdisjoint(change.field for change in changes)


def _has_no_price(condition: Condition, changes: Sequence[FieldChange], state: ProductState) -> bool:
    """Whether the condition asks for the price of what is gone, which has none.

    A reply that changes what the condition is about is judged by the last price: 'it left the shelf, and costs less
    than ¥N'.
    """
    is_untouched = condition.fields.isdisjoint(change.field for change in changes)
    return is_untouched and "price" in FIELDS[condition.kind] and state.status in GONE


def _held_back(condition: Condition, memory: Memory, firing: Firing | None, after: Memory) -> Memory:
    """What is remembered while something else that must hold does not: what is counted is counted on from where it
    was, and what fires on becoming true is not true yet."""
    if condition.kind in _WAYS:
        counts_on = firing is not None and firing.reference is not None
        return replace(after, references={"price": firing.reference}) if firing and counts_on else after  # type: ignore[dict-item]
    if condition.kind in _SALES:
        return memory
    return Memory(rest=memory.rest)


def _holds(condition: Condition, look: _Look) -> bool:
    """Whether one of `ALSO_KINDS` is true of a product as it is."""
    if condition.kind is Kind.ON_SALE:
        return look.state.status == Status.ON_SALE
    firing, after = _JUDGES[condition.kind](condition, Memory(), look)
    return firing is not None or after.met


def _changed(condition: Condition, memory: Memory, look: _Look) -> Verdict:
    """Fires on a change of one of the kind's fields: of the first that there is."""
    change = next((look.changes[name] for name in FIELDS[condition.kind] if name in look.changes), None)
    return (Firing(change.field, change.before, change.after) if change else None), memory


def _came_back(condition: Condition, memory: Memory, look: _Look) -> Verdict:
    change = look.changes.get("status")
    if change is None or change.after != Status.ON_SALE:
        return None, memory
    return Firing("status", change.before, change.after), memory


def _is(condition: Condition, memory: Memory, look: _Look) -> Verdict:
    """Fires on coming to a status, also when it is so from the start; armed again once it is another one."""
    if look.state.status is None:
        return None, memory
    return _on_becoming(look.state.status in STATUSES[condition.kind], memory, look.firing("status"))


def _beyond(condition: Condition, memory: Memory, look: _Look) -> Verdict:
    """Fires on becoming true, also when it is true from the start; armed again once the price is back."""
    price, threshold = look.state.price, condition.threshold
    if price is None or threshold is None:
        return None, memory
    met = price < threshold if condition.kind is Kind.PRICE_BELOW else price > threshold
    return _on_becoming(met, memory, look.firing("price", threshold))


def _on_becoming(met: bool, memory: Memory, firing: Firing) -> Verdict:
    return (firing if met and not memory.met else None), replace(memory, met=met)


_BOTH_WAYS, _DOWN, _UP = frozenset({-1, 1}), frozenset({-1}), frozenset({1})
_WAYS = {
    Kind.PRICE_DROPPED: _DOWN,
    Kind.PRICE_FELL_BY: _DOWN,
    Kind.PRICE_ROSE: _UP,
    Kind.PRICE_ROSE_BY: _UP,
    Kind.PRICE_MOVED: _BOTH_WAYS,
}
_FOLLOWS = {_DOWN: max, _UP: min}


def _moved(condition: Condition, memory: Memory, look: _Look) -> Verdict:
    """Percentages and amounts count from the price at the last alert, so that a slow drift fires too.

    A rule for one direction follows the price the other way: after a recovery the same fall fires again.
    """
    price = look.state.price
    if price is None:
        return None, memory
    change = look.changes.get("price")
    first = change.before if change and isinstance(change.before, int) else price
    reference = memory.references.get("price", first)
    ways = _WAYS[condition.kind]
    goes_the_way = (-1 if price < reference else 1) in ways
    if price != reference and goes_the_way and _is_far(condition, price - reference, reference):
        return look.firing("price", reference), replace(memory, references={"price": price})
    follows = _FOLLOWS.get(ways)
    return None, replace(memory, references={"price": follows(reference, price) if follows else reference})


def _is_far(condition: Condition, distance: int, reference: int) -> bool:
    """Whether a distance is as far as the condition asks, whichever way: an amount, or a share of the reference."""
    threshold = condition.threshold or 0
    if UNITS[condition.kind] is Unit.PERCENT:
        return abs(distance) * WHOLE >= threshold * reference
    return abs(distance) >= threshold


def _extreme(condition: Condition, memory: Memory, look: _Look) -> Verdict:
    """Fires at each price that is beyond all that were before it in the window, also if the present one is already."""
    price = look.state.price
    others = past.earlier(look.prices, look.history.at, condition.days)
    if price is None:
        return None, memory
    is_lowest = condition.kind is Kind.PRICE_LOWEST
    met = bool(others) and (price < min(others) if is_lowest else price > max(others))
    best = (min(others) if is_lowest else max(others)) if others else None
    fires = met and ("price" in look.changes or not memory.met)
    return (look.firing("price", best) if fires else None), replace(memory, met=met)


def _from_extreme(condition: Condition, memory: Memory, look: _Look) -> Verdict:
    """How far the price is below the highest, or above the lowest, of the window."""
    price = look.state.price
    if price is None:
        return None, memory
    is_high = condition.kind is Kind.PRICE_BELOW_HIGH
    known = [*past.earlier(look.prices, look.history.at, condition.days), price]
    return _apart(condition, memory, look, max(known) if is_high else min(known), -1 if is_high else 1)


def _under_mine(condition: Condition, memory: Memory, look: _Look) -> Verdict:
    """How far the price is under that of a product of one's own."""
    if look.state.price is None or look.history.own_price is None:
        return None, memory
    return _apart(condition, memory, look, look.history.own_price, -1)


def _apart(condition: Condition, memory: Memory, look: _Look, reference: int, way: int) -> Verdict:
    """Fires when the price comes as far from `reference` as asked, and again whenever it goes as far once more."""
    price = look.state.price or 0
    met = way * (price - reference) > 0 and _is_far(condition, price - reference, reference)
    told = memory.references.get("price")
    further = told is not None and way * (price - told) > 0 and _is_far(condition, price - told, reference)
    if met and (not memory.met or further):
        return look.firing("price", reference), replace(memory, references={"price": price}, met=True)
    return None, replace(memory, references=memory.references if met else {}, met=met)


def _grew(condition: Condition, memory: Memory, look: _Look) -> Verdict:
    """Growth counts from the start of the window, or from the count at the last alert if that was later."""
    now = look.state.sales
    if now is None:
        return None, memory
    start = past.at_start(look.history.sales, look.history.at, condition.days)
    told = memory.references.get("sales")
    if told is not None and told > now:  # The provider counts afresh.
        told, memory = None, replace(memory, references={})
    base = max((one for one in (start, told) if one is not None), default=now)
    if now > base and _is_far(condition, now - base, base):
        return look.firing("sales", base), replace(memory, references={"sales": now})
    return None, memory


def _doubled(condition: Condition, memory: Memory, look: _Look) -> Verdict:
    """Fires when as many days as the condition's have sold twice what the same number of days before them did."""
    at = look.history.at
    known = past.grown(look.history.sales, at, condition.days or 1) if at is not None else None
    if known is None:
        return None, memory
    recent, before = known
    return _on_becoming(0 < 2 * before <= recent, memory, look.firing("sales", before))


_SALES = frozenset({Kind.SALES_GREW, Kind.SALES_GREW_BY})
_JUDGES: dict[Kind, _Judge] = {
    **dict.fromkeys(PRODUCT_KINDS, _changed),
    **dict.fromkeys(_WAYS, _moved),
    **dict.fromkeys((Kind.PRICE_BELOW, Kind.PRICE_ABOVE), _beyond),
    **dict.fromkeys((Kind.PRICE_LOWEST, Kind.PRICE_HIGHEST), _extreme),
    **dict.fromkeys((Kind.PRICE_BELOW_HIGH, Kind.PRICE_ABOVE_LOW), _from_extreme),
    **dict.fromkeys((Kind.UNDER_MINE, Kind.UNDER_MINE_BY), _under_mine),
    **dict.fromkeys(_SALES, _grew),
    Kind.SALES_PACE_DOUBLED: _doubled,
    **dict.fromkeys(STATUSES, _is),
    Kind.CAME_BACK: _came_back,
}
