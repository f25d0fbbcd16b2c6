"""Where a product stands among its rivals: the figures of the market, by the market's definitions. Pure; in fen."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from statistics import fmean

from monitor.history.moves import Move, move

#: An offer this near to my price, in percent of it, is level with it.
LEVEL_PERCENT = 1


@dataclass(frozen=True, slots=True)
class PriceStanding:
    """My price, or None if it does not count, and those of the rivals that are on sale, in order."""

    price: int | None
    rivals: tuple[int, ...]

    @classmethod
    def of(cls, price: int | None, rivals: Iterable[int | None]) -> "PriceStanding":
        """Leave out prices that are not known, or 0."""
        return cls(price or None, tuple(sorted(rival for rival in rivals if rival)))

    @property
    def lowest(self) -> int | None:
        return self.rivals[0] if self.rivals else None

    @property
    def highest(self) -> int | None:
        return self.rivals[-1] if self.rivals else None

    @property
    def median(self) -> int | None:
        """The middle price; of two in the middle their mean, rounded half up."""
        n = len(self.rivals)
        return (self.rivals[(n - 1) // 2] + self.rivals[n // 2] + 1) // 2 if n else None

    @property
    def index(self) -> float | None:
        return price_index(self.price, self.rivals)

    @property
    def position(self) -> int | None:
        """My place by price, from the cheapest; with the same price as the cheapest I am first too."""
        if self.price is None or not self.rivals:
            return None
        return 1 + bisect_left(self.rivals, self.price)

    @property
    def offers(self) -> tuple[int, int, int]:
        """How many offers are below, level with, and above my price."""
        if self.price is None:
            return 0, 0, 0
        below = bisect_left(self.rivals, -(self.price * (LEVEL_PERCENT - 100) // 100))
        above = bisect_right(self.rivals, self.price * (100 + LEVEL_PERCENT) // 100)
        return below, above - below, len(self.rivals) - above

    @property
    def gap(self) -> Move | None:
        """From the cheapest rival's price to mine: a rise if I am dearer."""
        return move(self.lowest, self.price)


def price_index(price: int | None, rivals: Collection[int]) -> float | None:
    """Return a price in percent of its rivals' mean: 100 is the market."""
    return price * 100 * len(rivals) / sum(rivals) if price and rivals else None


def index_of_list(indexes: Collection[float]) -> float | None:
    """Return the mean of the products' indexes; None without any."""
    return fmean(indexes) if indexes else None
