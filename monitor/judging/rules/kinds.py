"""The kinds of conditions, each with its `KindSpec`. Their words are in
`monitor.text.rule_words`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from functools import partial
from typing import TYPE_CHECKING, Self

from monitor.judging.changes import GAP_FIELDS, SCORE_FIELDS
from monitor.judging.rules.judging import Firing, Judged, Memory, RuleCase, step_at
from monitor.provider.observation import GONE, Gap, Status

if TYPE_CHECKING:
    from monitor.judging.rules.conditions import Condition

WHOLE = 10_000  # 100 % in hundredths of a percent
#: Scores go up to 5 or, on the newer scale, to 100 points.
LARGEST_SCALE = 100
#: A clear fall of a shop score in hundredths of a point: of up to 5 points, and of 100.
SLIP = (10, 100)


#: Something of a product, and the same of its rivals by their keys: None if it is not known.
type Measured = tuple[int | None, Mapping[int, int | None]]


class Unit(StrEnum):
    """The unit of a kind's threshold, always an integer."""

    NONE = "none"
    PERCENT = "percent"  # hundredths of a percent: 10 % is 1000
    FEN = "fen"
    SCORE = "score"  # hundredths of a point
    COUNT = "count"  # units sold
    HOURS = "hours"

    @property
    def is_hundredths(self) -> bool:
        """Whether people write thresholds with two decimals."""
        return self in (Unit.PERCENT, Unit.FEN, Unit.SCORE)


class Window(StrEnum):
    """How a kind looks back over its condition's days. The form's style sheet uses the names."""

    PRICE = "price"
    EVER = "ever"  # of prices, also without a number of days
    SALES = "sales"  # or of rivals' prices
    PACE = "pace"  # compares the days with as many before them

    @property
    def spans(self) -> int:
        """How many times its number of days it reads."""
        return 2 if self is Window.PACE else 1

    @property
    def usual_days(self) -> int:
        """A month for prices; a week for sales, which depend on the day of the week."""
        return 30 if self in (Window.PRICE, Window.EVER) else 7


class Subject(Enum):
    PRODUCT = "product"
    SHOP = "shop"
    CHECKS = "checks"  # found by time: see `monitor.polling.recording.silence`
    RANGE = "range"  # a product in the assortment of a followed shop
    FOLLOWED = "followed"  # a followed shop

    @property
    def is_shop(self) -> bool:
        return self in (Subject.SHOP, Subject.FOLLOWED)

    @property
    def is_followed(self) -> bool:
        """Whether a list's followed shops are judged, and not what it watches."""
        return self in (Subject.RANGE, Subject.FOLLOWED)


class NeverReason(StrEnum):
    """Why a condition can never become true, or never false again."""

    NOTHING_LEFT = "nothing_left"
    LOWEST_PRICE = "lowest_price"
    WHOLE_SCALE = "whole_scale"
    EVERY_SCORE = "every_score"


def _forget(memory: Memory, after: Memory, firings: list[Firing]) -> Memory:
    """Return a memory in which the condition is not yet true, so that it can fire later."""
    return Memory(rest=memory.rest)


def _keep(memory: Memory, after: Memory, firings: list[Firing]) -> Memory:
    return memory


def _count_on(memory: Memory, after: Memory, firings: list[Firing]) -> Memory:
    """Return the new memory, in which distances still count from the old reference."""
    counted = {firing.field: firing.reference for firing in firings if firing.reference is not None}
    return replace(after, references={**after.references, **counted}, met=memory.met)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSpec:
    """Everything that differs between kinds."""

    #: The fields whose changes it judges.
    fields: tuple[str, ...]
    judge: Callable[[Condition, Memory, RuleCase], Judged]
    #: The memory, instead of `judge`'s, while a clause after 'and' does not hold.
    held_back: Callable[[Memory, Memory, list[Firing]], Memory] = _forget
    #: The value from which the judge counts the threshold.
    base: Callable[[Condition, RuleCase], int | None] | None = None
    subject: Subject = Subject.PRODUCT
    unit: Unit = Unit.NONE
    #: -1: the value falls, 1: it rises, 0: either way.
    way: int = 0
    window: Window | None = None
    #: The statuses for which it is true.
    statuses: frozenset[str] = frozenset()
    #: The steps of its field, before and after, at which it fires.
    steps: tuple[object, object] = (None, None)
    #: The threshold is a value itself, not a distance.
    is_level: bool = False
    #: Alerts show `Firing.reference` as the value from which the rule counts.
    is_counted: bool = False
    #: Of a kind that compares with the product's rivals: the field of its alerts, what is compared,
    #: and the rival that counts, the lowest or the highest.
    among_rivals: str = ""
    measure: Callable[[Condition, RuleCase], Measured] | None = None
    first: Callable[..., int] = min
    #: `leads`: it may be the first clause. `follows`: it may come after 'and'.
    leads: bool = True
    follows: bool = False

    @property
    def is_of_price(self) -> bool:
        return self.fields == PRICE

    @property
    def alert_fields(self) -> Sequence[str]:
        return [self.among_rivals] if self.among_rivals else self.fields

    @property
    def counts_from_alert(self) -> bool:
        """Whether it counts from the value at its last alert, if there was one, or from a later
        extreme."""
        return self.is_counted and self.is_of_price and self.window is None

    @property
    def is_extreme(self) -> bool:
        return self.window is Window.EVER

    @property
    def is_alone(self) -> bool:
        """Whether it allows no 'and'."""
        return self.subject not in (Subject.PRODUCT, Subject.RANGE)

    def never(self, threshold: int, scale: int) -> NeverReason | None:
        """Return why this threshold makes no sense, if so. `scale` is the largest possible
        score."""
        if self.unit is Unit.PERCENT and self.way < 0 and threshold >= WHOLE:
            return NeverReason.NOTHING_LEFT
        if self.unit is Unit.FEN and self.way < 0 and self.is_level and threshold <= 1:
            return NeverReason.LOWEST_PRICE
        if self.unit is Unit.SCORE and threshold > scale * 100:
            return NeverReason.EVERY_SCORE if self.is_level else NeverReason.WHOLE_SCALE
        return None


# Judging


def _changed(condition: Condition, memory: Memory, case: RuleCase) -> Judged:
    """Fire on a change of the kind's fields, for the first that changed."""
    changed = (name for name in condition.spec.fields if case.change(name))
    return [case.firing(name) for name in changed][:1], memory


def _came_to(condition: Condition, memory: Memory, case: RuleCase) -> Judged:
    """Fire on a change to one of the statuses."""
    change = case.change("status")
    return [
        case.firing("status")
    ] if change and change.after in condition.spec.statuses else [], memory


def _stepped(condition: Condition, memory: Memory, case: RuleCase) -> Judged:
    """Fire on one step of the field, such as a product that appears; the alert tells the price."""
    [name] = condition.spec.fields
    change = case.change(name)
    if change is None or (change.before, change.after) != condition.spec.steps:
        return [], memory
    return [replace(case.firing(name, case.price), before=None)], memory


def _is(condition: Condition, memory: Memory, case: RuleCase) -> Judged:
    """Fire when the status becomes one of the statuses, or is one at the start; re-armed by another
    status."""
    if case.status is None:
        return [], memory
    return _on_becoming(case.status in condition.spec.statuses, memory, case, "status")


def _beyond(condition: Condition, memory: Memory, case: RuleCase) -> Judged:
    """Fire when the price passes the threshold, or is past it at the start; re-armed when the price
    is back."""
    price, threshold = case.price, condition.threshold
    if price is None or threshold is None:
        return [], memory
    return _on_becoming(
        condition.spec.way * (price - threshold) > 0, memory, case, "price", threshold
    )


def _on_becoming(
    met: bool, memory: Memory, case: RuleCase, field: str, reference: int | None = None
) -> Judged:
    return [case.firing(field, reference)] if met and not memory.met else [], replace(
        memory, met=met
    )


def _moved(condition: Condition, memory: Memory, case: RuleCase) -> Judged:
    """Count percentages and amounts from the value at the last alert, so a slow drift fires too.

    A rule for one direction follows the value in the other direction: after a recovery the same
    fall fires again."""
    [name], way = condition.spec.fields, condition.spec.way
    change = case.change(name)
    value = change.after if change else getattr(case.state, name, None)
    if not isinstance(value, int):
        return [], memory
    first = change.before if change and isinstance(change.before, int) else value
    reference = memory.references.get(name, first)
    distance = value - reference
    if distance and distance * way >= 0 and _is_far(condition, distance, reference):
        return [case.firing(name, reference)], replace(memory, references={name: value}, met=True)
    reference = value if distance * way < 0 else reference
    return [], replace(memory, references={name: reference})


def _is_far(condition: Condition, distance: int, reference: int) -> bool:
    """Return whether a distance, up or down, reaches the threshold: an amount, or a share of the
    reference."""
    threshold = condition.threshold or 0
    if condition.spec.unit is Unit.PERCENT:
        return abs(distance) * WHOLE >= threshold * reference
    return abs(distance) >= threshold


def _set_record(condition: Condition, memory: Memory, case: RuleCase) -> Judged:
    """Fire for each price beyond all earlier ones in the window, also for the price at the
    start."""
    price, way = case.price, condition.spec.way
    if price is None:
        return [], memory
    others = case.earlier_prices(condition.days)
    best = (min(others) if way < 0 else max(others)) if others else price
    met = way * (price - best) > 0
    fires = met and (case.change("price") or not memory.met)
    return [case.firing("price", best)] if fires else [], replace(memory, met=met)


def _apart(condition: Condition, memory: Memory, case: RuleCase) -> Judged:
    """Fire when the price is as far from the base as the threshold says, and again after each such
    distance."""
    price, reference = case.price, _base(condition, case)
    if price is None or reference is None:
        return [], memory
    fires, after = _by_distance(condition, memory, price, reference)
    return [case.firing("price", reference)] if fires else [], after


def _by_distance(
    condition: Condition, memory: Memory, price: int, reference: int
) -> tuple[bool, Memory]:
    way = condition.spec.way
    met = way * (price - reference) > 0 and _is_far(condition, price - reference, reference)
    last = memory.references.get("price") if condition.threshold else None
    is_further = (
        last is not None
        and way * (price - last) > 0
        and _is_far(condition, price - last, reference)
    )
    if met and (not memory.met or is_further):
        return True, replace(memory, references={"price": price}, met=True)
    return False, replace(memory, references=memory.references if met else {}, met=met)


def _beside(condition: Condition, memory: Memory, case: RuleCase) -> Judged:
    """Fire when the first of the rivals is as far beyond the product as the threshold says, and
    again after each such distance; without a threshold once, when it is beyond at all."""
    spec = condition.spec
    mine, rivals = spec.measure(condition, case) if spec.measure else (None, {})
    if mine is None:
        return [], memory
    known = {number: key for key, number in rivals.items() if number is not None}
    first = spec.first(known, default=mine)
    fires, after = _by_distance(condition, memory, first, mine)
    if not fires:
        # What is not known at present may be why nothing is true.
        return [], memory if None in rivals.values() and not after.met else after
    firing = replace(
        case.firing("price", first), field=spec.among_rivals, before=None, rival=known[first]
    )
    return [firing if spec.is_of_price else replace(firing, after=mine)], after


def _prices(condition: Condition, case: RuleCase) -> Measured:
    """Return the prices of the rivals on sale."""
    rivals = case.others_at().items()
    return case.price, {
        key: offer and offer.on_sale for key, offer in rivals if offer is None or offer.on_sale
    }


def _rises(condition: Condition, case: RuleCase) -> Measured:
    """Return how much more the rivals on sale ask than the condition's days ago. One that has just
    left the shelf has not raised its price: by leaving it makes nothing true."""
    rivals, before = case.others_at(), case.others_at(condition.days or 0)
    last = max((offer.at for offer in rivals.values() if offer), default=None)
    rises: dict[int, int | None] = {}
    for key, offer in rivals.items():
        if offer is None:
            return 0, {key: None}
        if offer.on_sale or offer.at == last:
            then = before[key]
            rises[key] = (
                offer.on_sale - then.on_sale if offer.on_sale and then and then.on_sale else 0
            )
    return 0, rises


def _units(condition: Condition, case: RuleCase) -> Measured:
    """Return what the product certainly sells less than, and the least that rivals on sale
    certainly do."""
    mine, rivals = step_at(case.offers, case.at), case.others_at().items()
    sold = {
        key: offer and offer.units and offer.units[0]
        for key, offer in rivals
        if offer is None or offer.on_sale
    }
    return mine and mine.units and mine.units[1], sold


def _grew(condition: Condition, memory: Memory, case: RuleCase) -> Judged:
    """Count growth from the start of the window, or from the last alert if that was later."""
    sales = getattr(case.state, "sales", None)
    if sales is None:
        return [], memory
    last = memory.references.get("sales")
    if last is not None and last > sales:  # The provider has restarted its count.
        last, memory = None, replace(memory, references={})
    base = max(
        (count for count in (_base(condition, case), last) if count is not None), default=sales
    )
    if sales > base and _is_far(condition, sales - base, base):
        return [case.firing("sales", base)], replace(memory, references={"sales": sales})
    return [], memory


def _doubled(condition: Condition, memory: Memory, case: RuleCase) -> Judged:
    """Fire when the condition's days sold at least twice as much as the same number of days before
    them."""
    if (sold := case.sold(condition.days or 1)) is None:
        return [], memory
    recent, before = sold
    return _on_becoming(0 < 2 * before <= recent, memory, case, "sales", before)


def _scores_fell(condition: Condition, memory: Memory, case: RuleCase) -> Judged:
    """Fire for each score that fell by at least the threshold. On a new scale it starts again.

    A fall counts from the score at the rule's last alert, or from the highest score since then.
    """
    return _scores_fell_by(max(condition.threshold or 1, 1), memory, case)


def _scores_slipped(condition: Condition, memory: Memory, case: RuleCase) -> Judged:
    """Fire for each score that fell clearly, on any scale: by 0.1 of 5 points, or by 1 of 100."""
    return _scores_fell_by(
        SLIP[getattr(case.state, "score_scale", None) == LARGEST_SCALE], memory, case
    )


def _scores_fell_by(least: int, memory: Memory, case: RuleCase) -> Judged:
    references = dict(memory.references)
    firings: list[Firing] = []
    for position, change in enumerate(case.changes):
        before, after = change.before, change.after
        if change.field == "score_scale":
            references = {}
        if (
            change.field not in SCORE_FIELDS
            or not isinstance(before, int)
            or not isinstance(after, int)
        ):
            continue
        reference = max(references.get(change.field, before), before)
        if reference - after >= least:
            firings.append(Firing(change.field, before, after, reference, position))
            reference = after
        references[change.field] = max(reference, after)
    return firings, replace(memory, references=references)


def _scores_are(
    is_true: Callable[[int], bool], condition: Condition, memory: Memory, case: RuleCase
) -> Judged:
    """Fire for each score or gap for which `is_true` becomes true, or is true at the start.

    On a new scale it starts again. On a scale where it would always be true it never fires: the
    threshold was meant for another scale."""
    scale = getattr(case.state, "score_scale", None)
    if scale and condition.spec.never(condition.threshold or 0, scale):
        return [], Memory(rest=memory.rest)
    names = condition.spec.fields[1:]
    references = dict(memory.references)
    firings: list[Firing] = []
    present = (Firing(name, None, getattr(case.state, name)) for name in names)
    changes = (
        Firing(change.field, change.before, change.after, None, n)
        for n, change in enumerate(case.changes)
    )
    for candidate in (*changes, *present):
        if candidate.field == "score_scale":
            references = {}
        elif candidate.field in names and isinstance(candidate.after, int):
            if not is_true(candidate.after):
                references.pop(candidate.field, None)
            elif candidate.field not in references:
                references[candidate.field] = candidate.after
                firings.append(replace(candidate, reference=condition.threshold))
    return firings, replace(memory, references=references)


def _scores_below(condition: Condition, memory: Memory, case: RuleCase) -> Judged:
    return _scores_are(lambda score: score < (condition.threshold or 0), condition, memory, case)


def _below_average(condition: Condition, memory: Memory, case: RuleCase) -> Judged:
    return _scores_are(lambda gap: gap == Gap.BELOW, condition, memory, case)


# The values from which thresholds count


def _base(condition: Condition, case: RuleCase) -> int | None:
    return condition.spec.base(condition, case) if condition.spec.base else None


def _lowest(condition: Condition, case: RuleCase) -> int | None:
    return None if case.price is None else min([case.price, *case.earlier_prices(condition.days)])


def _highest(condition: Condition, case: RuleCase) -> int | None:
    return None if case.price is None else max([case.price, *case.earlier_prices(condition.days)])


PRICE, SALES, STATUS = ("price",), ("sales",), ("status",)
_SCORES, _GAPS = ("score_scale", *SCORE_FIELDS), ("score_scale", *GAP_FIELDS)
_DOWN, _UP = -1, 1
_ON_SALE = frozenset({Status.ON_SALE})

_change = partial(KindSpec, judge=_changed)
_move = partial(KindSpec, fields=PRICE, judge=_moved, held_back=_count_on, is_counted=True)
_level = partial(KindSpec, fields=PRICE, judge=_beyond, unit=Unit.FEN, is_level=True, follows=True)
_record = partial(KindSpec, fields=PRICE, judge=_set_record, window=Window.EVER, follows=True)
_distance = partial(KindSpec, fields=PRICE, judge=_apart)
_from_extreme = partial(
    _distance, unit=Unit.PERCENT, window=Window.PRICE, is_counted=True, follows=True
)
#: Alerts of it are kept, rules are not: `not_cheapest` and its like have replaced it.
_ended = partial(_change, fields=PRICE, leads=False)
_among = partial(KindSpec, fields=PRICE, judge=_beside, among_rivals="my_price")
_cheaper = partial(_among, measure=_prices, way=_DOWN)
_growth = partial(
    KindSpec,
    fields=SALES,
    judge=_grew,
    held_back=_keep,
    base=lambda condition, case: case.sales_at_start(condition.days),
    way=_UP,
    window=Window.SALES,
    is_counted=True,
    follows=True,
)
_status = partial(KindSpec, fields=STATUS, judge=_is)
_range = partial(KindSpec, fields=("range",), judge=_stepped, subject=Subject.RANGE)
_revenue = partial(_move, fields=("revenue",), subject=Subject.FOLLOWED, unit=Unit.PERCENT)
_score = partial(KindSpec, fields=_SCORES, subject=Subject.SHOP, unit=Unit.SCORE, way=_DOWN)


class Kind(StrEnum):
    """What a rule watches for. The value is the name in the database and in the API."""

    spec: KindSpec

    def __new__(cls, name: str, *spec: KindSpec) -> Self:
        """Create the members below. `Kind(name)` looks one up."""
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
    PRICE_LOWEST = "price_lowest", _record(way=_DOWN)
    PRICE_HIGHEST = "price_highest", _record(way=_UP)
    PRICE_BELOW_HIGH = "price_below_high", _from_extreme(base=_highest, way=_DOWN)
    PRICE_ABOVE_LOW = "price_above_low", _from_extreme(base=_lowest, way=_UP)
    UNDER_MINE = "under_mine", _ended(unit=Unit.PERCENT)
    UNDER_MINE_BY = "under_mine_by", _ended(unit=Unit.FEN)
    NOT_CHEAPEST = "not_cheapest", _cheaper()
    RIVAL_CHEAPER = "rival_cheaper", _cheaper(unit=Unit.PERCENT)
    RIVAL_CHEAPER_BY = "rival_cheaper_by", _cheaper(unit=Unit.FEN)
    RIVALS_RAISED = "rivals_raised", _among(measure=_rises, way=_UP, window=Window.SALES)
    RIVAL_OUTSELLS = (
        "rival_outsells",
        _among(fields=SALES, among_rivals="my_units", measure=_units, first=max, way=_UP),
    )
    LIST_PRICE_CHANGED = "list_price_changed", _change(fields=("list_price",))
    SKU_RANGE_CHANGED = "sku_range_changed", _change(fields=("sku_range",))
    SALES_GREW = "sales_grew", _growth(unit=Unit.PERCENT)
    SALES_GREW_BY = "sales_grew_by", _growth(unit=Unit.COUNT)
    SALES_PACE_DOUBLED = (
        "sales_pace_doubled",
        KindSpec(fields=SALES, judge=_doubled, window=Window.PACE),
    )
    STATUS_CHANGED = "status_changed", _change(fields=STATUS)
    ON_SALE = "on_sale", _status(statuses=_ON_SALE, leads=False, follows=True)
    LEFT_SHELF = "left_shelf", _status(statuses=frozenset(Status) - _ON_SALE, follows=True)
    CAME_BACK = "came_back", KindSpec(fields=STATUS, judge=_came_to, statuses=_ON_SALE)
    BANNED = "banned", _status(statuses=frozenset({Status.BANNED}))
    GONE = "gone", _status(statuses=GONE)
    TITLE_CHANGED = "title_changed", _change(fields=("title",))
    IMAGES_CHANGED = "images_changed", _change(fields=("images",))
    SPECIFICATION_CHANGED = "specification_changed", _change(fields=("specification", "attributes"))
    FREIGHT_CHANGED = "freight_changed", _change(fields=("freight",))
    PROMISES_CHANGED = "promises_changed", _change(fields=("service_promises",))
    SHOP_SCORE_FELL = "shop_score_fell", _score(judge=_scores_fell, is_counted=True)
    SHOP_SCORE_SLIPPED = (
        "shop_score_slipped",
        KindSpec(
            fields=_SCORES, judge=_scores_slipped, subject=Subject.SHOP, way=_DOWN, is_counted=True
        ),
    )
    SHOP_SCORE_BELOW = "shop_score_below", _score(judge=_scores_below, is_level=True)
    SHOP_BELOW_AVERAGE = (
        "shop_below_average",
        KindSpec(fields=_GAPS, judge=_below_average, subject=Subject.SHOP),
    )
    RANGE_NEW = "range_new", _range(steps=("absent", "listed"))
    RANGE_LEFT = "range_left", _range(steps=("listed", "left"))
    RANGE_BEST = "range_best", _range(fields=("best_ten",), steps=(False, True))
    SHOP_REVENUE_GREW = "shop_revenue_grew", _revenue(way=_UP)
    SHOP_REVENUE_FELL = "shop_revenue_fell", _revenue(way=_DOWN)
    SILENT = "silent", _change(fields=(), subject=Subject.CHECKS, unit=Unit.HOURS)


PRODUCT_KINDS = frozenset(kind for kind in Kind if kind.spec.subject is Subject.PRODUCT)
SHOP_KINDS = frozenset(kind for kind in Kind if kind.spec.subject is Subject.SHOP)
FOLLOWED_KINDS = frozenset(kind for kind in Kind if kind.spec.subject.is_followed)
RIVAL_KINDS = frozenset(kind for kind in Kind if kind.spec.among_rivals)
#: Alerts of these compare with another product.
COMPARING_KINDS = RIVAL_KINDS | {Kind.UNDER_MINE, Kind.UNDER_MINE_BY}
#: What is sold is estimated again every day.
UNITS_KINDS = frozenset({Kind.RIVAL_OUTSELLS})
COUNTING_KINDS = frozenset(kind for kind in Kind if kind.spec.is_counted)
