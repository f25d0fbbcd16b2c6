"""What a threshold means at present: the values at which a condition would fire next. Pure."""

from typing import NamedTuple

from monitor.changes import ProductState
from monitor.rules import past
from monitor.rules.condition import Condition, History
from monitor.rules.kinds import UNITS, WHOLE, Kind, Unit


class Reach(NamedTuple):
    """It fires at `most` or less, at `least` or more, or at either; `amount` is what a percentage comes to."""

    most: int | None = None
    least: int | None = None
    amount: int | None = None


def reach(condition: Condition, state: ProductState, history: History) -> Reach:
    """For a rule made now; empty where nothing can be said, as of a price or a past that is not known.

    As `judge_product` counts. What else must hold besides is left out.
    """
    price = state.price
    if condition.kind in (Kind.SALES_GREW, Kind.SALES_GREW_BY):
        base = past.at_start(history.sales, history.at, condition.days)
        return Reach() if base is None else _beyond(condition, base, up=True)
    if price is None:
        return Reach()
    known = [*past.earlier(history.prices, history.at, condition.days), price]
    match condition.kind:
        case Kind.PRICE_DROPPED | Kind.PRICE_FELL_BY:
            return _beyond(condition, price, down=True)
        case Kind.PRICE_ROSE | Kind.PRICE_ROSE_BY:
            return _beyond(condition, price, up=True)
        case Kind.PRICE_MOVED:
            return _beyond(condition, price, down=True, up=True)
        case Kind.PRICE_LOWEST:
            return Reach(most=min(known) - 1)
        case Kind.PRICE_HIGHEST:
            return Reach(least=max(known) + 1)
        case Kind.PRICE_BELOW_HIGH:
            return _beyond(condition, max(known), down=True)
        case Kind.PRICE_ABOVE_LOW:
            return _beyond(condition, min(known), up=True)
        case Kind.UNDER_MINE | Kind.UNDER_MINE_BY if history.own_price is not None:
            return _beyond(condition, history.own_price, down=True)
    return Reach()


def _beyond(condition: Condition, reference: int, *, down: bool = False, up: bool = False) -> Reach:
    threshold, is_share = condition.threshold or 0, UNITS[condition.kind] is Unit.PERCENT
    # Rounded up: what is less than the share asked for is not enough.
    amount = max(1, -(-threshold * reference // WHOLE) if is_share else threshold)
    return Reach(
        reference - amount if down else None,
        reference + amount if up else None,
        amount if is_share else None,
    )
