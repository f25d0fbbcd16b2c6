"""Does a change deserve an alert? Pure: a condition, what it remembers and what happened in, a firing out.

Because nothing is read or written here, the same function judges live changes and replays of history.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from monitor.changes import SCORE_FIELDS, FieldChange, Json, ProductState


class Kind(StrEnum):
    PRICE_CHANGED = "price_changed"
    PRICE_DROPPED = "price_dropped"
    PRICE_ROSE = "price_rose"
    PRICE_MOVED = "price_moved"
    PRICE_BELOW = "price_below"
    STATUS_CHANGED = "status_changed"
    SHOP_SCORE_FELL = "shop_score_fell"


class Unit(StrEnum):
    """What a kind's threshold counts, always as an integer."""

    NONE = "none"
    PERCENT = "percent"  # hundredths of a percent: 10 % is 1000
    FEN = "fen"
    SCORE = "score"  # hundredths of a point


UNITS = {
    Kind.PRICE_CHANGED: Unit.NONE,
    Kind.PRICE_DROPPED: Unit.PERCENT,
    Kind.PRICE_ROSE: Unit.PERCENT,
    Kind.PRICE_MOVED: Unit.PERCENT,
    Kind.PRICE_BELOW: Unit.FEN,
    Kind.STATUS_CHANGED: Unit.NONE,
    Kind.SHOP_SCORE_FELL: Unit.SCORE,
}
#: Kinds that are judged on a shop's changes; all others on a product's.
SHOP_KINDS = frozenset({Kind.SHOP_SCORE_FELL})
PRODUCT_KINDS = frozenset(Kind) - SHOP_KINDS
WHOLE = 10_000  # 100 % in hundredths of a percent
#: Scores run to 5 or, on the newer scale, to 100 points.
LARGEST_SCALE = 100


@dataclass(frozen=True, slots=True)
class Condition:
    """`threshold` is in the unit that `UNITS` gives for the kind; kinds without a unit have none."""

    kind: Kind
    threshold: int | None = None


class Never(StrEnum):
    """Why a condition could not become true whatever happens."""

    NOTHING_LEFT = "nothing_left"
    LOWEST_PRICE = "lowest_price"
    WHOLE_SCALE = "whole_scale"


def why_never(condition: Condition, scale: int = LARGEST_SCALE) -> Never | None:
    """The reason for which `condition` can never fire, if there is one; `scale` is the largest score there is.

    A price is at least one fen: what costs nothing was not told. So no price falls by all of itself, or below a fen.
    """
    threshold = condition.threshold or 0
    if condition.kind is Kind.PRICE_DROPPED and threshold >= WHOLE:
        return Never.NOTHING_LEFT
    if condition.kind is Kind.PRICE_BELOW and threshold <= 1:
        return Never.LOWEST_PRICE
    if condition.kind is Kind.SHOP_SCORE_FELL and threshold > scale * 100:
        return Never.WHOLE_SCALE
    return None


@dataclass(frozen=True, slots=True)
class Memory:
    """What a condition must remember between two looks at the same product or shop.

    `references` are the values that a percentage or a fall counts from, by field; `met` says that a condition
    which fires on becoming true is true already.
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


def judge_product(condition: Condition, memory: Memory, changes: Sequence[FieldChange], state: ProductState) -> Verdict:
    """Judge a product's new state, after `changes`; with none, as on the day a rule is made, the state alone.

    Returns the firing, if any, and what to remember from now on (equal to `memory` when nothing moved).
    """
    by_field = {change.field: change for change in changes}
    firing, memory = _PRODUCT_JUDGES[condition.kind](condition, memory, by_field, state)
    if firing is not None and firing.field in by_field:
        firing = replace(firing, position=changes.index(by_field[firing.field]))
    return firing, memory


def judge_shop(condition: Condition, memory: Memory, changes: Iterable[FieldChange]) -> tuple[list[Firing], Memory]:
    """Judge a shop's changed scores: each one, in the order given, that fell by at least the threshold.

    A fall counts from the score at the rule's last alert, or from the highest score since then. A new scale
    starts afresh.
    """
    if condition.kind not in SHOP_KINDS:
        return [], memory
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


def _changed(name: str) -> Callable[[Condition, Memory, Mapping[str, FieldChange], ProductState], Verdict]:
    def judge(condition: Condition, memory: Memory, changes: Mapping[str, FieldChange], state: ProductState) -> Verdict:
        change = changes.get(name)
        return (Firing(name, change.before, change.after) if change else None), memory

    return judge


def _moved(condition: Condition, memory: Memory, changes: Mapping[str, FieldChange], state: ProductState) -> Verdict:
    """Percentages count from the price at the last alert, so that a slow drift fires too.

    A rule for one direction follows the price the other way: after a recovery the same fall fires again.
    """
    price = state.price
    if price is None:
        return None, memory
    change = changes.get("price")
    first = change.before if change and isinstance(change.before, int) else price
    reference = memory.references.get("price", first)
    share = condition.threshold or 0
    fell = condition.kind is not Kind.PRICE_ROSE and (reference - price) * WHOLE >= share * reference
    rose = condition.kind is not Kind.PRICE_DROPPED and (price - reference) * WHOLE >= share * reference
    if change and price != reference and ((fell and price < reference) or (rose and price > reference)):
        return Firing("price", change.before, price, reference), Memory({"price": price}, memory.met)
    follows = {Kind.PRICE_DROPPED: max, Kind.PRICE_ROSE: min}.get(condition.kind)
    return None, Memory({"price": follows(reference, price) if follows else reference}, memory.met)


def _below(condition: Condition, memory: Memory, changes: Mapping[str, FieldChange], state: ProductState) -> Verdict:
    """Fires on becoming true, also when it is true from the start; armed again once the price is back."""
    if state.price is None or condition.threshold is None:
        return None, memory
    met = state.price < condition.threshold
    change = changes.get("price")
    firing = Firing("price", change.before if change else None, state.price, condition.threshold)
    return (firing if met and not memory.met else None), Memory(memory.references, met)


_PRODUCT_JUDGES: dict[Kind, Callable[[Condition, Memory, Mapping[str, FieldChange], ProductState], Verdict]] = {
    Kind.PRICE_CHANGED: _changed("price"),
    Kind.PRICE_DROPPED: _moved,
    Kind.PRICE_ROSE: _moved,
    Kind.PRICE_MOVED: _moved,
    Kind.PRICE_BELOW: _below,
    Kind.STATUS_CHANGED: _changed("status"),
    Kind.SHOP_SCORE_FELL: lambda condition, memory, changes, state: (None, memory),
}
