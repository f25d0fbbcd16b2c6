"""Does a change deserve an alert? Pure: a condition, its memory and a product's or shop's data in, firings out.

Because nothing is read or written here, the same functions judge live changes and replays of history.
"""

from monitor.rules.conditions import (
    MOST_ALSO,
    MOST_DAYS,
    Condition,
    Firing,
    Gathered,
    GatheredFiring,
    KnownValue,
    Look,
    Memory,
    Never,
    Rest,
    judge,
    why_never,
)
from monitor.rules.cooldown import gather
from monitor.rules.kinds import (
    COUNTING_KINDS,
    OWN_KINDS,
    PRODUCT_KINDS,
    SHOP_KINDS,
    Kind,
    KindSpec,
    Subject,
    Unit,
    Window,
)
from monitor.rules.own import Lack, OwnPrice, is_stale
from monitor.rules.reach import Reach, reach

__all__ = [
    "COUNTING_KINDS",
    "MOST_ALSO",
    "MOST_DAYS",
    "OWN_KINDS",
    "PRODUCT_KINDS",
    "SHOP_KINDS",
    "Condition",
    "Firing",
    "Gathered",
    "GatheredFiring",
    "Kind",
    "KindSpec",
    "KnownValue",
    "Lack",
    "Look",
    "Memory",
    "Never",
    "OwnPrice",
    "Reach",
    "Rest",
    "Subject",
    "Unit",
    "Window",
    "gather",
    "is_stale",
    "judge",
    "reach",
    "why_never",
]
