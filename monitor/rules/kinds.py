"""The kinds of conditions, each with its `KindSpec`. Their words are in `monitor.text.rule_words`.

A new kind is a member of `Kind` with its spec, and its words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from functools import partial
from typing import Self

from monitor.changes import GAP_FIELDS, SCORE_FIELDS
from monitor.provider.observation import GONE, Gap, Status
from monitor.rules.conditions import WHOLE, Condition, Firing, Look, Memory, Never, Verdict, why_never


class Unit(StrEnum):
    """What a kind's threshold counts, always as an integer."""

    NONE = "none"
    PERCENT = "percent"  # hundredths of a percent: 10 % is 1000
    FEN = "fen"
    SCORE = "score"  # hundredths of a point
    COUNT = "count"  # units sold
    HOURS = "hours"

    @property
    def is_hundredths(self) -> bool:
        """Whether thresholds are hundredths of what people write."""
        return self in (Unit.PERCENT, Unit.FEN, Unit.SCORE)


class Window(StrEnum):
    """How a kind looks back over the days of its condition; the form's style sheet reads the names."""

    PRICE = "price"
    EVER = "ever"  # of prices, also without a number of days
    SALES = "sales"
    PACE = "pace"  # compares the days with as many before them

    @property
    def spans(self) -> int:
        """How many times its days it reads."""
        return 2 if self is Window.PACE else 1

    @property
    def usual_days(self) -> int:
        """Of prices a month. Sales go by the days of the week."""
        return 30 if self in (Window.PRICE, Window.EVER) else 7


class Subject(Enum):
    """What a kind is judged on."""

    PRODUCT = "product"
    SHOP = "shop"
    CHECKS = "checks"  # found by time: see `monitor.recording.silence`


def _forget(memory: Memory, after: Memory, firings: list[Firing]) -> Memory:
    """What fires on becoming true is not true yet."""
    return Memory(rest=memory.rest)


def _keep(memory: Memory, after: Memory, firings: list[Firing]) -> Memory:
    return memory


def _count_on(memory: Memory, after: Memory, firings: list[Firing]) -> Memory:
    """A distance is counted on from where it was."""
    counted = {firing.field: firing.reference for firing in firings if firing.reference is not None}
    return replace(after, references={**after.references, **counted})


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSpec:
    """All that differs between one kind and another."""

    #: The fields whose changes it hears of; of the first that changed, where it tells of a change as such.
    fields: tuple[str, ...]
    #: What fires, and what to remember then.
    judge: Callable[[Condition, Memory, Look], Verdict]
    #: What to remember instead of what `judge` says while something after an 'and' does not hold.
    held_back: Callable[[Memory, Memory, list[Firing]], Memory] = _forget
    #: The value that a rule made now would count its threshold from.
    base: Callable[[Condition, Look], int | None] | None = None
    subject: Subject = Subject.PRODUCT
    unit: Unit = Unit.NONE
    #: -1: the value falls, 1: it rises, 0: either way.
    way: int = 0
    window: Window | None = None
    #: The statuses in which it is true.
    statuses: frozenset[str] = frozenset()
    #: It can be true of a subject as it is; else it waits for a change.
    is_state: bool = False
    #: The threshold is a value itself, not a distance.
    is_level: bool = False
    #: Alerts show `Firing.reference` as what the rule counts from.
    is_counted: bool = False
    needs_own: bool = False
    #: It may stand alone or before an 'and'; it may stand behind one.
    leads: bool = True
    follows: bool = False

    @property
    def is_of_price(self) -> bool:
        return self.fields == PRICE

    @property
    def is_extreme(self) -> bool:
        return self.window is Window.EVER

    @property
    def is_alone(self) -> bool:
        """Whether no 'and' can be added."""
        return self.subject is not Subject.PRODUCT

    def never(self, threshold: int, scale: int) -> Never | None:
        """Why this threshold makes no sense on scores up to `scale`."""
        if self.unit is Unit.PERCENT and self.way < 0 and threshold >= WHOLE:
            return Never.NOTHING_LEFT
        if self.unit is Unit.FEN and self.way < 0 and self.is_level and threshold <= 1:
            return Never.LOWEST_PRICE
        if self.unit is Unit.SCORE and threshold > scale * 100:
            return Never.EVERY_SCORE if self.is_level else Never.WHOLE_SCALE
        return None


# How they judge


def _changed(condition: Condition, memory: Memory, look: Look) -> Verdict:
    """Fires on a change of one of the kind's fields: of the first that there is."""
    changed = (name for name in condition.spec.fields if look.change(name))
    return [look.firing(name) for name in changed][:1], memory


def _came_to(condition: Condition, memory: Memory, look: Look) -> Verdict:
    """Fires on a change to one of the statuses."""
    change = look.change("status")
    return [look.firing("status")] if change and change.after in condition.spec.statuses else [], memory


def _is(condition: Condition, memory: Memory, look: Look) -> Verdict:
    """Fires on coming to a status, also when it is so from the start; armed again once it is another one."""
    if look.status is None:
        return [], memory
    return _on_becoming(look.status in condition.spec.statuses, memory, look, "status")


def _beyond(condition: Condition, memory: Memory, look: Look) -> Verdict:
    """Fires on becoming true, also when it is true from the start; armed again once the price is back."""
    price, threshold = look.price, condition.threshold
    if price is None or threshold is None:
        return [], memory
    return _on_becoming(condition.spec.way * (price - threshold) > 0, memory, look, "price", threshold)


def _on_becoming(met: bool, memory: Memory, look: Look, field: str, reference: int | None = None) -> Verdict:
    return [look.firing(field, reference)] if met and not memory.met else [], replace(memory, met=met)


def _moved(condition: Condition, memory: Memory, look: Look) -> Verdict:
    """Percentages and amounts count from the price at the last alert, so that a slow drift fires too.

    A rule for one direction follows the price the other way: after a recovery the same fall fires again.
    """
    price, change, way = look.price, look.change("price"), condition.spec.way
    if price is None:
        return [], memory
    first = change.before if change and isinstance(change.before, int) else price
    reference = memory.references.get("price", first)
    distance = price - reference
    if distance and distance * way >= 0 and _is_far(condition, distance, reference):
        return [look.firing("price", reference)], replace(memory, references={"price": price})
    followed = price if distance * way < 0 else reference
    return [], replace(memory, references={"price": followed})


def _is_far(condition: Condition, distance: int, reference: int) -> bool:
    """Whether a distance is as far as the condition asks, whichever way: an amount, or a share of the reference."""
    threshold = condition.threshold or 0
    if condition.spec.unit is Unit.PERCENT:
        return abs(distance) * WHOLE >= threshold * reference
    return abs(distance) >= threshold


def _set_record(condition: Condition, memory: Memory, look: Look) -> Verdict:
    """Fires at each price that is beyond all that were before it in the window, also if the present one is already."""
    price, way = look.price, condition.spec.way
    if price is None:
        return [], memory
    others = look.earlier_prices(condition.days)
    best = (min(others) if way < 0 else max(others)) if others else price
    met = way * (price - best) > 0
    fires = met and (look.change("price") or not memory.met)
    return [look.firing("price", best)] if fires else [], replace(memory, met=met)


def _apart(condition: Condition, memory: Memory, look: Look) -> Verdict:
    """Fires when the price comes as far from the base as asked, and again whenever it goes as far once more."""
    price, reference, way = look.price, _base(condition, look), condition.spec.way
    if price is None or reference is None:
        return [], memory
    met = way * (price - reference) > 0 and _is_far(condition, price - reference, reference)
    last = memory.references.get("price")
    further = last is not None and way * (price - last) > 0 and _is_far(condition, price - last, reference)
    if met and (not memory.met or further):
        return [look.firing("price", reference)], replace(memory, references={"price": price}, met=True)
    return [], replace(memory, references=memory.references if met else {}, met=met)


def _grew(condition: Condition, memory: Memory, look: Look) -> Verdict:
    """Growth counts from the start of the window, or from the count at the last alert if that was later."""
    sales = getattr(look.state, "sales", None)
    if sales is None:
        return [], memory
    last = memory.references.get("sales")
    if last is not None and last > sales:  # The provider counts afresh.
        last, memory = None, replace(memory, references={})
    base = max((count for count in (_base(condition, look), last) if count is not None), default=sales)
    if sales > base and _is_far(condition, sales - base, base):
        return [look.firing("sales", base)], replace(memory, references={"sales": sales})
    return [], memory


def _doubled(condition: Condition, memory: Memory, look: Look) -> Verdict:
    """Fires when as many days as the condition's have sold twice what the same number of days before them did."""
    if (sold := look.sold(condition.days or 1)) is None:
        return [], memory
    recent, before = sold
    return _on_becoming(0 < 2 * before <= recent, memory, look, "sales", before)


def _scores_fell(condition: Condition, memory: Memory, look: Look) -> Verdict:
    """Fires for each score that fell by at least the threshold. A new scale starts afresh.

    A fall counts from the score at the rule's last alert, or from the highest score since then.
    """
    references = dict(memory.references)
    firings: list[Firing] = []
    for position, change in enumerate(look.changes):
        before, after = change.before, change.after
        if change.field == "score_scale":
            references = {}
        if change.field not in SCORE_FIELDS or not isinstance(before, int) or not isinstance(after, int):
            continue
        reference = max(references.get(change.field, before), before)
        if reference - after >= max(condition.threshold or 1, 1):
            firings.append(Firing(change.field, before, after, reference, position))
            reference = after
        references[change.field] = max(reference, after)
    return firings, replace(memory, references=references)


def _scores_are(is_true: Callable[[int], bool], condition: Condition, memory: Memory, look: Look) -> Verdict:
    """Fires for each score or gap of which `is_true` becomes so, also for those of which it is so from the start.

    A new scale starts afresh. On a scale on which it would always be true, it never is: the threshold was meant for
    another one.
    """
    scale = getattr(look.state, "score_scale", None)
    if scale and why_never(condition, scale):
        return [], Memory(rest=memory.rest)
    names = condition.spec.fields[1:]
    references = dict(memory.references)
    firings: list[Firing] = []
    present = (Firing(name, None, getattr(look.state, name)) for name in names)
    changes = (Firing(change.field, change.before, change.after, None, n) for n, change in enumerate(look.changes))
    for seen in (*changes, *present):
        if seen.field == "score_scale":
            references = {}
        elif seen.field in names and isinstance(seen.after, int):
            if not is_true(seen.after):
                references.pop(seen.field, None)
            elif seen.field not in references:
                references[seen.field] = seen.after
                firings.append(replace(seen, reference=condition.threshold))
    return firings, replace(memory, references=references)


def _scores_below(condition: Condition, memory: Memory, look: Look) -> Verdict:
    return _scores_are(lambda score: score < (condition.threshold or 0), condition, memory, look)


def _below_average(condition: Condition, memory: Memory, look: Look) -> Verdict:
    return _scores_are(lambda gap: gap == Gap.BELOW, condition, memory, look)


def _never_fires(condition: Condition, memory: Memory, look: Look) -> Verdict:
    return [], memory


# What they count from


def _base(condition: Condition, look: Look) -> int | None:
    return condition.spec.base(condition, look) if condition.spec.base else None


def _present_price(condition: Condition, look: Look) -> int | None:
    return look.price


def _lowest(condition: Condition, look: Look) -> int | None:
    return None if look.price is None else min([look.price, *look.earlier_prices(condition.days)])


def _highest(condition: Condition, look: Look) -> int | None:
    return None if look.price is None else max([look.price, *look.earlier_prices(condition.days)])


def _own_price(condition: Condition, look: Look) -> int | None:
    return None if look.price is None else look.own_price


def _sales_at_start(condition: Condition, look: Look) -> int | None:
    return look.sales_at_start(condition.days)


PRICE, SALES, STATUS = ("price",), ("sales",), ("status",)
_SCORES, _GAPS = ("score_scale", *SCORE_FIELDS), ("score_scale", *GAP_FIELDS)
_DOWN, _UP = -1, 1
_ON_SALE, _GONE = frozenset({Status.ON_SALE}), GONE

_change = partial(KindSpec, judge=_changed)
_move = partial(KindSpec, fields=PRICE, judge=_moved, held_back=_count_on, base=_present_price, is_counted=True)
_level = partial(KindSpec, fields=PRICE, judge=_beyond, unit=Unit.FEN, is_state=True, is_level=True, follows=True)
_record = partial(KindSpec, fields=PRICE, judge=_set_record, window=Window.EVER, is_state=True, follows=True)
_from_extreme = partial(
    KindSpec,
    fields=PRICE,
    judge=_apart,
    unit=Unit.PERCENT,
    window=Window.PRICE,
    is_state=True,
    is_counted=True,
    follows=True,
)
_under_own = partial(KindSpec, fields=PRICE, judge=_apart, base=_own_price, way=_DOWN, is_state=True, needs_own=True)
_growth = partial(
    KindSpec,
    fields=SALES,
    judge=_grew,
    held_back=_keep,
    base=_sales_at_start,
    way=_UP,
    window=Window.SALES,
    is_state=True,
    is_counted=True,
    follows=True,
)
_status = partial(KindSpec, fields=STATUS, judge=_is, is_state=True)
_score = partial(KindSpec, fields=_SCORES, subject=Subject.SHOP, unit=Unit.SCORE, way=_DOWN)


class Kind(StrEnum):
    """The name that rows have, and the spec."""

    spec: KindSpec

    def __new__(cls, name: str, *spec: KindSpec) -> Self:
        """Only of the members below: `Kind(name)` finds one."""
        kind = str.__new__(cls, name)
        kind._value_, (kind.spec,) = name, spec
        return kind

    PRICE_CHANGED = "price_changed", _change(fields=PRICE)
    PRICE_DROPPED = "price_dropped", _move(unit=Unit.PERCENT, way=_DOWN)
    PRICE_ROSE = "price_rose", _move(unit=Unit.PERCENT, way=_UP)
    PRICE_MOVED = "price_moved", _move(unit=Unit.PERCENT)
    PRICE_FELL_BY = "price_fell_by", _move(unit=Unit.FEN, way=_DOWN)
    PRICE_ROSE_BY = "price_rose_by", _move(unit=Unit.FEN, way=_UP)
    PRICE_BELOW = "price_below", _level(way=_DOWN)
    PRICE_ABOVE = "price_above", _level(way=_UP)
    PRICE_LOWEST = "price_lowest", _record(base=_lowest, way=_DOWN)
    PRICE_HIGHEST = "price_highest", _record(base=_highest, way=_UP)
    PRICE_BELOW_HIGH = "price_below_high", _from_extreme(base=_highest, way=_DOWN)
    PRICE_ABOVE_LOW = "price_above_low", _from_extreme(base=_lowest, way=_UP)
    UNDER_MINE = "under_mine", _under_own(unit=Unit.PERCENT)
    UNDER_MINE_BY = "under_mine_by", _under_own(unit=Unit.FEN)
    LIST_PRICE_CHANGED = "list_price_changed", _change(fields=("list_price",))
    SKU_RANGE_CHANGED = "sku_range_changed", _change(fields=("sku_range",))
    SALES_GREW = "sales_grew", _growth(unit=Unit.PERCENT)
    SALES_GREW_BY = "sales_grew_by", _growth(unit=Unit.COUNT)
    SALES_PACE_DOUBLED = "sales_pace_doubled", KindSpec(fields=SALES, judge=_doubled, window=Window.PACE, is_state=True)
    STATUS_CHANGED = "status_changed", _change(fields=STATUS)
    ON_SALE = "on_sale", _status(statuses=_ON_SALE, leads=False, follows=True)
    LEFT_SHELF = "left_shelf", _status(statuses=frozenset(Status) - _ON_SALE, follows=True)
    CAME_BACK = "came_back", KindSpec(fields=STATUS, judge=_came_to, statuses=_ON_SALE)
    BANNED = "banned", _status(statuses=frozenset({Status.BANNED}))
    GONE = "gone", _status(statuses=_GONE)
    TITLE_CHANGED = "title_changed", _change(fields=("title",))
    IMAGES_CHANGED = "images_changed", _change(fields=("images",))
    SPECIFICATION_CHANGED = "specification_changed", _change(fields=("specification", "attributes"))
    FREIGHT_CHANGED = "freight_changed", _change(fields=("freight",))
    PROMISES_CHANGED = "promises_changed", _change(fields=("service_promises",))
    SHOP_SCORE_FELL = "shop_score_fell", _score(judge=_scores_fell, is_counted=True)
    SHOP_SCORE_BELOW = "shop_score_below", _score(judge=_scores_below, is_state=True, is_level=True)
    SHOP_BELOW_AVERAGE = (
        "shop_below_average",
        KindSpec(fields=_GAPS, judge=_below_average, subject=Subject.SHOP, is_state=True),
    )
    SILENT = "silent", KindSpec(fields=(), judge=_never_fires, subject=Subject.CHECKS, unit=Unit.HOURS)


PRODUCT_KINDS = frozenset(kind for kind in Kind if kind.spec.subject is Subject.PRODUCT)
SHOP_KINDS = frozenset(kind for kind in Kind if kind.spec.subject is Subject.SHOP)
OWN_KINDS = frozenset(kind for kind in Kind if kind.spec.needs_own)
COUNTING_KINDS = frozenset(kind for kind in Kind if kind.spec.is_counted)
