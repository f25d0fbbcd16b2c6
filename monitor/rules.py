"""Does a change deserve an alert? Pure: a condition, what it remembers and what happened in, a firing out.

Because nothing is read or written here, the same function judges live changes and replays of history.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from monitor.changes import GAP_FIELDS, SCORE_FIELDS, FieldChange, Json, ProductState, ShopState
from monitor.provider.observation import Gap, Status


class Kind(StrEnum):
    PRICE_CHANGED = "price_changed"
    PRICE_DROPPED = "price_dropped"
    PRICE_ROSE = "price_rose"
    PRICE_MOVED = "price_moved"
    PRICE_FELL_BY = "price_fell_by"
    PRICE_ROSE_BY = "price_rose_by"
    PRICE_BELOW = "price_below"
    PRICE_ABOVE = "price_above"
    LIST_PRICE_CHANGED = "list_price_changed"
    SKU_RANGE_CHANGED = "sku_range_changed"
    STATUS_CHANGED = "status_changed"
    LEFT_SHELF = "left_shelf"
    CAME_BACK = "came_back"
    BANNED = "banned"
    GONE = "gone"
    TITLE_CHANGED = "title_changed"
    IMAGES_CHANGED = "images_changed"
    SPECIFICATION_CHANGED = "specification_changed"
    FREIGHT_CHANGED = "freight_changed"
    PROMISES_CHANGED = "promises_changed"
    SHOP_SCORE_FELL = "shop_score_fell"
    SHOP_SCORE_BELOW = "shop_score_below"
    SHOP_BELOW_AVERAGE = "shop_below_average"


class Unit(StrEnum):
    """What a kind's threshold counts, always as an integer."""

    NONE = "none"
    PERCENT = "percent"  # hundredths of a percent: 10 % is 1000
    FEN = "fen"
    SCORE = "score"  # hundredths of a point


#: Of the kinds that have a threshold.
_COUNTED = {
    Kind.PRICE_DROPPED: Unit.PERCENT,
    Kind.PRICE_ROSE: Unit.PERCENT,
    Kind.PRICE_MOVED: Unit.PERCENT,
    Kind.PRICE_FELL_BY: Unit.FEN,
    Kind.PRICE_ROSE_BY: Unit.FEN,
    Kind.PRICE_BELOW: Unit.FEN,
    Kind.PRICE_ABOVE: Unit.FEN,
    Kind.SHOP_SCORE_FELL: Unit.SCORE,
    Kind.SHOP_SCORE_BELOW: Unit.SCORE,
}
UNITS = {kind: _COUNTED.get(kind, Unit.NONE) for kind in Kind}
#: Kinds that are judged on a shop; all others on a product.
SHOP_KINDS = frozenset({Kind.SHOP_SCORE_FELL, Kind.SHOP_SCORE_BELOW, Kind.SHOP_BELOW_AVERAGE})
PRODUCT_KINDS = frozenset(Kind) - SHOP_KINDS
#: Kinds that count from a value of the past, by `Firing.reference`, which need not be the one just before.
COUNTING_KINDS = frozenset(
    {
        *(Kind.PRICE_DROPPED, Kind.PRICE_ROSE, Kind.PRICE_MOVED, Kind.PRICE_FELL_BY, Kind.PRICE_ROSE_BY),
        Kind.SHOP_SCORE_FELL,
    }
)
#: The statuses in which a kind is true.
STATUSES = {
    Kind.LEFT_SHELF: frozenset(Status) - {Status.ON_SALE},
    Kind.BANNED: frozenset({Status.BANNED}),
    Kind.GONE: frozenset({Status.DELETED, Status.NOT_FOUND}),
}
#: The fields whose changes a kind hears of; of the first that changed, where it tells of a change as such.
FIELDS: Mapping[Kind, Sequence[str]] = {
    **{kind: ("price",) for kind in Kind if kind.startswith("price_")},
    **dict.fromkeys((Kind.STATUS_CHANGED, Kind.CAME_BACK, *STATUSES), ("status",)),
    Kind.LIST_PRICE_CHANGED: ("list_price",),
    Kind.SKU_RANGE_CHANGED: ("sku_range",),
    Kind.TITLE_CHANGED: ("title",),
    Kind.IMAGES_CHANGED: ("images",),
    Kind.SPECIFICATION_CHANGED: ("specification", "attributes"),
    Kind.FREIGHT_CHANGED: ("freight",),
    Kind.PROMISES_CHANGED: ("service_promises",),
    **dict.fromkeys((Kind.SHOP_SCORE_FELL, Kind.SHOP_SCORE_BELOW), ("score_scale", *SCORE_FIELDS)),
    Kind.SHOP_BELOW_AVERAGE: ("score_scale", *GAP_FIELDS),
}
WHOLE = 10_000  # 100 % in hundredths of a percent
#: Scores run to 5 or, on the newer scale, to 100 points.
LARGEST_SCALE = 100


@dataclass(frozen=True, slots=True)
class Condition:
    """`threshold` is in the unit that `UNITS` gives for the kind; kinds without a unit have none."""

    kind: Kind
    threshold: int | None = None


class Never(StrEnum):
    """Why a condition could not become true, or false again, whatever happens."""

    NOTHING_LEFT = "nothing_left"
    LOWEST_PRICE = "lowest_price"
    WHOLE_SCALE = "whole_scale"
    EVERY_SCORE = "every_score"


def why_never(condition: Condition, scale: int = LARGEST_SCALE) -> Never | None:
    """The reason for which `condition` makes no sense, if there is one; `scale` is the largest score there is.

    A price is at least one fen: what costs nothing was not told. So no price falls by all of itself, or below a fen.
    """
    threshold = condition.threshold or 0
    if condition.kind is Kind.PRICE_DROPPED and threshold >= WHOLE:
        return Never.NOTHING_LEFT
    if condition.kind is Kind.PRICE_BELOW and threshold <= 1:
        return Never.LOWEST_PRICE
    if condition.kind is Kind.SHOP_SCORE_FELL and threshold > scale * 100:
        return Never.WHOLE_SCALE
    if condition.kind is Kind.SHOP_SCORE_BELOW and threshold > scale * 100:
        return Never.EVERY_SCORE
    return None


@dataclass(frozen=True, slots=True)
class Memory:
    """What a condition must remember between two looks at the same product or shop.

    `references` are the values that a percentage or a fall counts from, by field, or of a shop's scores those that
    made the condition true; `met` says that a condition which fires on becoming true is true already.
    """

    references: Mapping[str, int] = field(default_factory=dict)
    met: bool = False


@dataclass(frozen=True, slots=True)
class Firing:
    """One field deserves an alert: its values, and the value it was compared with if that is another one.

    `position` is that of the change among those judged, `None` when the state alone was.
    """

    field: str
    before: Json
    after: Json
    reference: int | None = None
    position: int | None = None


type Verdict = tuple[Firing | None, Memory]
type _Judge = Callable[[Condition, Memory, Mapping[str, FieldChange], ProductState], Verdict]


def judge_product(condition: Condition, memory: Memory, changes: Sequence[FieldChange], state: ProductState) -> Verdict:
    """Judge a product's new state, after `changes`; with none, as on the day a rule is made, the state alone.

    Returns the firing, if any, and what to remember from now on (equal to `memory` when nothing moved).
    """
    by_field = {change.field: change for change in changes}
    firing, memory = _PRODUCT_JUDGES[condition.kind](condition, memory, by_field, state)
    if firing is not None and firing.field in by_field:
        firing = replace(firing, position=changes.index(by_field[firing.field]))
    return firing, memory


def judge_shop(
    condition: Condition, memory: Memory, changes: Sequence[FieldChange], state: ShopState
) -> tuple[list[Firing], Memory]:
    """Judge a shop's new state, after `changes`; with none, as on the day a rule is made, the state alone.

    Each of the three scores is judged for itself. A new scale starts afresh.
    """
    if condition.kind not in SHOP_KINDS:
        return [], memory
    if condition.kind is Kind.SHOP_SCORE_FELL:
        return _fell(condition, memory, changes)
    return _became(condition, memory, changes, state)


def _fell(condition: Condition, memory: Memory, changes: Iterable[FieldChange]) -> tuple[list[Firing], Memory]:
    """Each score, in the order given, that fell by at least the threshold.

    A fall counts from the score at the rule's last alert, or from the highest score since then.
    """
    references = dict(memory.references)
    fired: list[Firing] = []
    for position, change in enumerate(changes):
        before, after = change.before, change.after
        if change.field == "score_scale":
            references = {}
        if change.field not in SCORE_FIELDS or not isinstance(before, int) or not isinstance(after, int):
            continue
        reference = max(references.get(change.field, before), before)
        if reference - after >= max(condition.threshold or 1, 1):
            fired.append(Firing(change.field, before, after, reference, position))
            references[change.field] = after
        else:
            references[change.field] = max(reference, after)
    return fired, Memory(references, memory.met)


def _became(
    condition: Condition, memory: Memory, changes: Sequence[FieldChange], state: ShopState
) -> tuple[list[Firing], Memory]:
    """Fires for each score of which the condition becomes true, also for those of which it is true from the start.

    On a scale on which it would always be true, it never is: the threshold was meant for another one.
    """
    if state.score_scale and why_never(condition, state.score_scale):
        return [], Memory()
    fields, is_true = _became_what(condition)
    references = dict(memory.references)
    fired: list[Firing] = []

    def look(name: str, before: Json, after: int, place: int | None) -> None:
        if not is_true(after):
            references.pop(name, None)
        elif name not in references:
            references[name] = after
            fired.append(Firing(name, before, after, condition.threshold, place))

    for place, change in enumerate(changes):
        if change.field == "score_scale":
            references = {}
        elif change.field in fields and isinstance(change.after, int):
            look(change.field, change.before, change.after, place)
    for name in fields:
        if (value := getattr(state, name)) is not None:
            look(name, None, value, None)
    return fired, Memory(references, memory.met)


def _became_what(condition: Condition) -> tuple[Sequence[str], Callable[[int], bool]]:
    """Which fields a condition is about, and when it is true of one."""
    if condition.kind is Kind.SHOP_BELOW_AVERAGE:
        return GAP_FIELDS, lambda gap: gap == Gap.BELOW
    return SCORE_FIELDS, lambda score: score < (condition.threshold or 0)


def _changed(condition: Condition, memory: Memory, changes: Mapping[str, FieldChange], state: ProductState) -> Verdict:
    """Fires on a change of one of the kind's fields: of the first that there is."""
    change = next((changes[name] for name in FIELDS[condition.kind] if name in changes), None)
    return (Firing(change.field, change.before, change.after) if change else None), memory


def _is(condition: Condition, memory: Memory, changes: Mapping[str, FieldChange], state: ProductState) -> Verdict:
    """Fires on coming to a status, also when it is so from the start; armed again once it is another one."""
    if state.status is None:
        return None, memory
    met = state.status in STATUSES[condition.kind]
    change = changes.get("status")
    firing = Firing("status", change.before if change else None, state.status)
    return (firing if met and not memory.met else None), Memory(memory.references, met)


def _came_back(
    condition: Condition, memory: Memory, changes: Mapping[str, FieldChange], state: ProductState
) -> Verdict:
    change = changes.get("status")
    if change is None or change.after != Status.ON_SALE:
        return None, memory
    return Firing("status", change.before, change.after), memory


_BOTH_WAYS, _DOWN, _UP = frozenset({-1, 1}), frozenset({-1}), frozenset({1})
_WAYS = {
    Kind.PRICE_DROPPED: _DOWN,
    Kind.PRICE_FELL_BY: _DOWN,
    Kind.PRICE_ROSE: _UP,
    Kind.PRICE_ROSE_BY: _UP,
    Kind.PRICE_MOVED: _BOTH_WAYS,
}
_FOLLOWS = {_DOWN: max, _UP: min}


def _moved(condition: Condition, memory: Memory, changes: Mapping[str, FieldChange], state: ProductState) -> Verdict:
    """Percentages and amounts count from the price at the last alert, so that a slow drift fires too.

    A rule for one direction follows the price the other way: after a recovery the same fall fires again.
    """
    price = state.price
    if price is None:
        return None, memory
    change = changes.get("price")
    first = change.before if change and isinstance(change.before, int) else price
    reference = memory.references.get("price", first)
    ways = _WAYS[condition.kind]
    goes_the_way = (-1 if price < reference else 1) in ways
    if change and price != reference and goes_the_way and _is_far(condition, reference, price):
        return Firing("price", change.before, price, reference), Memory({"price": price}, memory.met)
    follows = _FOLLOWS.get(ways)
    return None, Memory({"price": follows(reference, price) if follows else reference}, memory.met)


def _is_far(condition: Condition, reference: int, price: int) -> bool:
    """Whether the price is as far from the reference as the condition asks, whichever way."""
    threshold, distance = condition.threshold or 0, abs(price - reference)
    return distance >= threshold if UNITS[condition.kind] is Unit.FEN else distance * WHOLE >= threshold * reference


def _beyond(condition: Condition, memory: Memory, changes: Mapping[str, FieldChange], state: ProductState) -> Verdict:
    """Fires on becoming true, also when it is true from the start; armed again once the price is back."""
    if state.price is None or condition.threshold is None:
        return None, memory
    is_below = condition.kind is Kind.PRICE_BELOW
    met = state.price < condition.threshold if is_below else state.price > condition.threshold
    change = changes.get("price")
    firing = Firing("price", change.before if change else None, state.price, condition.threshold)
    return (firing if met and not memory.met else None), Memory(memory.references, met)


_PRODUCT_JUDGES: dict[Kind, _Judge] = {
    **dict.fromkeys(PRODUCT_KINDS, _changed),
    **dict.fromkeys(_WAYS, _moved),
    Kind.PRICE_BELOW: _beyond,
    Kind.PRICE_ABOVE: _beyond,
    **dict.fromkeys(STATUSES, _is),
    Kind.CAME_BACK: _came_back,
    **dict.fromkeys(SHOP_KINDS, lambda condition, memory, changes, state: (None, memory)),
}
