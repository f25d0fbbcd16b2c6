"""Where a product stands among its rivals: the figures of the market, by the market's definitions. Pure; in fen."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

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
    def index(self) -> int | None:
        """My price in percent of the rivals' mean, in hundredths: 10000 is the market."""
        if self.price is None or not self.rivals:
            return None
        return _divided(self.price * 10_000 * len(self.rivals), sum(self.rivals))

    @property
    def position(self) -> int | None:
        """My place by price, from the cheapest; with the same price as the cheapest I am first too."""
        if self.price is None or not self.rivals:
            return None
        return 1 + sum(rival < self.price for rival in self.rivals)

    @property
    def offers(self) -> tuple[int, int, int]:
        """How many offers are below, level with, and above my price."""
        if self.price is None:
            return 0, 0, 0
        level = sum(abs(rival - self.price) * 100 <= LEVEL_PERCENT * self.price for rival in self.rivals)
        above = sum((rival - self.price) * 100 > LEVEL_PERCENT * self.price for rival in self.rivals)
        return len(self.rivals) - level - above, level, above

    @property
    def gap(self) -> Move | None:
        """From the cheapest rival's price to mine: a rise if I am dearer."""
        return move(self.lowest, self.price)


def index_of_list(indexes: Collection[int]) -> int | None:
    """Return the mean of the products' indexes; None without any."""
    return _divided(sum(indexes), len(indexes)) if indexes else None


def _divided(number: int, by: int) -> int:
    """Divide, rounding half up."""
    return (2 * number + by) // (2 * by)
