"""Pure: what a seller keeps of a price. All money is in fen."""

from typing import NamedTuple


class Margin(NamedTuple):
    """`kept`: what is left of a price after the cost, negative for a loss; `share`: in hundredths
    of percent of it."""

    kept: int
    share: int


def margin(price: int | None, cost: int | None) -> Margin | None:
    """Return the margin at a price, its share rounded half up; None without a price or a cost."""
    if not price or cost is None:
        return None
    kept = price - cost
    return Margin(kept, (kept * 20_000 + price) // (2 * price))


def floor_price(cost: int | None, profit: int | None) -> int | None:
    """Return the lowest price that earns the wanted profit; None unless both are known."""
    return None if cost is None or profit is None else cost + profit
