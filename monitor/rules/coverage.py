"""Does one rule already tell all that another one would? Pure."""

from monitor.rules.conditions import Condition
from monitor.rules.kinds import SLIP, Kind

_MOVES = frozenset(
    {Kind.PRICE_DROPPED, Kind.PRICE_ROSE, Kind.PRICE_MOVED, Kind.PRICE_FELL_BY, Kind.PRICE_ROSE_BY}
)
_RECORDS = frozenset({Kind.PRICE_LOWEST, Kind.PRICE_HIGHEST})
#: Kinds of which the lower threshold fires earlier, and as often.
_BY_THRESHOLD = frozenset({*_MOVES - {Kind.PRICE_MOVED}, Kind.SHOP_SCORE_FELL})
#: A kind that fires on any change of a field, and those that fire on some of these changes only.
_ANY_CHANGE = {
    Kind.PRICE_CHANGED: _MOVES | _RECORDS,
    Kind.STATUS_CHANGED: frozenset({Kind.LEFT_SHELF, Kind.CAME_BACK, Kind.BANNED, Kind.GONE}),
}


def covers(a: Condition, b: Condition) -> bool:
    """Return whether `a` has fired whenever `b` fires: with `b`, or since `b` fired last.

    False if that is not certain. For a new rule the state at its start is left out: what is true
    already fires once."""
    if a.also or (b.also and b.kind not in _MOVES):
        return False
    if b.kind in _ANY_CHANGE.get(a.kind, ()):
        return True
    if a.kind is Kind.SHOP_SCORE_FELL and b.kind is Kind.SHOP_SCORE_SLIPPED:
        return (a.threshold or 0) <= SLIP[0]
    if a.kind is Kind.SHOP_SCORE_SLIPPED and b.kind is Kind.SHOP_SCORE_FELL:
        return (b.threshold or 0) >= SLIP[1]
    if a.kind is not b.kind:
        return False
    if a.kind in _BY_THRESHOLD:
        return (a.threshold or 0) <= (b.threshold or 0)
    if a.kind in _RECORDS:
        return b.days is None or (a.days is not None and a.days <= b.days)
    return a == b and a.kind in _ANY_CHANGE
