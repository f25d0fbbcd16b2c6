"""Does a change deserve an alert? Pure: a condition, what it remembers and what happened in, a firing out.

Because nothing is read or written here, the same function judges live changes and replays of history.
"""

from monitor.rules.condition import (
    Condition,
    Firing,
    Gathered,
    History,
    Memory,
    Moment,
    Never,
    Rest,
    Step,
    why_never,
)
from monitor.rules.cooldown import gather
from monitor.rules.kinds import (
    ALSO_KINDS,
    COUNTING_KINDS,
    EVER_KINDS,
    FIELDS,
    HUNDREDTHS,
    LARGEST_SCALE,
    MAIN_KINDS,
    MOST_ALSO,
    MOST_DAYS,
    OWN_KINDS,
    PRODUCT_KINDS,
    SALES_KINDS,
    SHOP_KINDS,
    STATUSES,
    UNITS,
    WHOLE,
    WINDOW_KINDS,
    Kind,
    Unit,
)
from monitor.rules.own import Lack, Own, is_stale
from monitor.rules.past import at_start, earlier, grown, value_at
from monitor.rules.products import judge_product
from monitor.rules.reach import Reach, reach
from monitor.rules.shops import judge_shop

__all__ = [
    "ALSO_KINDS",
    "COUNTING_KINDS",
    "EVER_KINDS",
    "FIELDS",
    "HUNDREDTHS",
    "LARGEST_SCALE",
    "MAIN_KINDS",
    "MOST_ALSO",
    "MOST_DAYS",
    "OWN_KINDS",
    "PRODUCT_KINDS",
    "SALES_KINDS",
    "SHOP_KINDS",
    "STATUSES",
    "UNITS",
    "WHOLE",
    "WINDOW_KINDS",
    "Condition",
    "Firing",
    "Gathered",
    "History",
    "Kind",
    "Lack",
    "Memory",
    "Moment",
    "Never",
    "Own",
    "Reach",
    "Rest",
    "Step",
    "Unit",
    "at_start",
    "earlier",
    "gather",
    "grown",
    "is_stale",
    "judge_product",
    "judge_shop",
    "reach",
    "value_at",
    "why_never",
]
