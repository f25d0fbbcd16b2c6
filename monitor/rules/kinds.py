"""The kinds of conditions and what each is about. Pure tables."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from monitor.changes import GAP_FIELDS, SCORE_FIELDS
from monitor.provider.observation import GONE, Status


class Kind(StrEnum):
    PRICE_CHANGED = "price_changed"
    PRICE_DROPPED = "price_dropped"
    PRICE_ROSE = "price_rose"
    PRICE_MOVED = "price_moved"
    PRICE_FELL_BY = "price_fell_by"
    PRICE_ROSE_BY = "price_rose_by"
    PRICE_BELOW = "price_below"
    PRICE_ABOVE = "price_above"
    PRICE_LOWEST = "price_lowest"
    PRICE_HIGHEST = "price_highest"
    PRICE_BELOW_HIGH = "price_below_high"
    PRICE_ABOVE_LOW = "price_above_low"
    UNDER_MINE = "under_mine"
    UNDER_MINE_BY = "under_mine_by"
    LIST_PRICE_CHANGED = "list_price_changed"
    SKU_RANGE_CHANGED = "sku_range_changed"
    SALES_GREW = "sales_grew"
    SALES_GREW_BY = "sales_grew_by"
    SALES_PACE_DOUBLED = "sales_pace_doubled"
    STATUS_CHANGED = "status_changed"
    ON_SALE = "on_sale"
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
    SILENT = "silent"


class Unit(StrEnum):
    """What a kind's threshold counts, always as an integer."""

    NONE = "none"
    PERCENT = "percent"  # hundredths of a percent: 10 % is 1000
    FEN = "fen"
    SCORE = "score"  # hundredths of a point
    COUNT = "count"  # units sold
    HOURS = "hours"


#: Of the kinds that have a threshold.
_COUNTED = {
    Kind.PRICE_DROPPED: Unit.PERCENT,
    Kind.PRICE_ROSE: Unit.PERCENT,
    Kind.PRICE_MOVED: Unit.PERCENT,
    Kind.PRICE_FELL_BY: Unit.FEN,
    Kind.PRICE_ROSE_BY: Unit.FEN,
    Kind.PRICE_BELOW: Unit.FEN,
    Kind.PRICE_ABOVE: Unit.FEN,
    Kind.PRICE_BELOW_HIGH: Unit.PERCENT,
    Kind.PRICE_ABOVE_LOW: Unit.PERCENT,
    Kind.UNDER_MINE: Unit.PERCENT,
    Kind.UNDER_MINE_BY: Unit.FEN,
    Kind.SALES_GREW: Unit.PERCENT,
    Kind.SALES_GREW_BY: Unit.COUNT,
    Kind.SHOP_SCORE_FELL: Unit.SCORE,
    Kind.SHOP_SCORE_BELOW: Unit.SCORE,
    Kind.SILENT: Unit.HOURS,
}
UNITS = {kind: _COUNTED.get(kind, Unit.NONE) for kind in Kind}
#: Units whose thresholds are hundredths of what people write.
HUNDREDTHS = frozenset({Unit.PERCENT, Unit.FEN, Unit.SCORE})
#: Kinds that are judged on a shop; all others but silence on a product.
SHOP_KINDS = frozenset({Kind.SHOP_SCORE_FELL, Kind.SHOP_SCORE_BELOW, Kind.SHOP_BELOW_AVERAGE})
PRODUCT_KINDS = frozenset(Kind) - SHOP_KINDS - {Kind.SILENT}
#: Kinds that compare with a product of one's own.
OWN_KINDS = frozenset({Kind.UNDER_MINE, Kind.UNDER_MINE_BY})
#: Kinds that look back over a number of days, and those of them that may do so over all that is known.
EVER_KINDS = frozenset({Kind.PRICE_LOWEST, Kind.PRICE_HIGHEST})
SALES_KINDS = frozenset({Kind.SALES_GREW, Kind.SALES_GREW_BY, Kind.SALES_PACE_DOUBLED})
WINDOW_KINDS = EVER_KINDS | SALES_KINDS | {Kind.PRICE_BELOW_HIGH, Kind.PRICE_ABOVE_LOW}
MOST_DAYS = 365
#: Kinds that may stand behind an 'and': each is true or not of a product as it is.
ALSO_KINDS = (
    *(Kind.ON_SALE, Kind.PRICE_BELOW, Kind.PRICE_ABOVE, Kind.PRICE_LOWEST, Kind.PRICE_HIGHEST),
    *(Kind.PRICE_BELOW_HIGH, Kind.PRICE_ABOVE_LOW, Kind.SALES_GREW, Kind.SALES_GREW_BY, Kind.LEFT_SHELF),
)
#: Kinds that can stand alone.
MAIN_KINDS = frozenset(Kind) - {Kind.ON_SALE}
#: Of the 'and's of one rule.
MOST_ALSO = 3
#: Kinds that count from a value of the past, by `Firing.reference`, which need not be the one just before.
COUNTING_KINDS = frozenset(
    {
        *(Kind.PRICE_DROPPED, Kind.PRICE_ROSE, Kind.PRICE_MOVED, Kind.PRICE_FELL_BY, Kind.PRICE_ROSE_BY),
        *(Kind.PRICE_BELOW_HIGH, Kind.PRICE_ABOVE_LOW, Kind.SALES_GREW, Kind.SALES_GREW_BY),
        Kind.SHOP_SCORE_FELL,
    }
)
#: The statuses in which a kind is true.
STATUSES = {
    Kind.LEFT_SHELF: frozenset(Status) - {Status.ON_SALE},
    Kind.BANNED: frozenset({Status.BANNED}),
    Kind.GONE: GONE,
}
#: The fields whose changes a kind hears of; of the first that changed, where it tells of a change as such.
FIELDS: Mapping[Kind, Sequence[str]] = {
    **{kind: ("price",) for kind in Kind if kind.startswith("price_") or kind in OWN_KINDS},
    **dict.fromkeys(SALES_KINDS, ("sales",)),
    **dict.fromkeys((Kind.STATUS_CHANGED, Kind.CAME_BACK, Kind.ON_SALE, *STATUSES), ("status",)),
    Kind.LIST_PRICE_CHANGED: ("list_price",),
    Kind.SKU_RANGE_CHANGED: ("sku_range",),
    Kind.TITLE_CHANGED: ("title",),
    Kind.IMAGES_CHANGED: ("images",),
    Kind.SPECIFICATION_CHANGED: ("specification", "attributes"),
    Kind.FREIGHT_CHANGED: ("freight",),
    Kind.PROMISES_CHANGED: ("service_promises",),
    **dict.fromkeys((Kind.SHOP_SCORE_FELL, Kind.SHOP_SCORE_BELOW), ("score_scale", *SCORE_FIELDS)),
    Kind.SHOP_BELOW_AVERAGE: ("score_scale", *GAP_FIELDS),
    Kind.SILENT: (),
}
WHOLE = 10_000  # 100 % in hundredths of a percent
#: Scores run to 5 or, on the newer scale, to 100 points.
LARGEST_SCALE = 100
