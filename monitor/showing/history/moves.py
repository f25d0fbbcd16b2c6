"""The move of a value. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from monitor.judging.changes import Json


@dataclass(frozen=True, slots=True)
class Move:
    """From `before` to `after`, in any unit."""

    before: int
    after: int

    @property
    def direction(self) -> str:
        """`rise`, `fall` or `level`."""
        if self.after == self.before:
            return "level"
        return "rise" if self.after > self.before else "fall"

    @property
    def difference(self) -> int:
        return abs(self.after - self.before)

    @property
    def percent(self) -> Decimal | None:
        """The difference in percent of `before`, without sign, not rounded; None from 0."""
        return None if self.before <= 0 else Decimal(self.difference) * 100 / self.before

    @property
    def change_percent(self) -> Decimal | None:
        """The same with its sign, rounded to a tenth."""
        if self.percent is None:
            return None
        return (self.percent if self.after > self.before else -self.percent).quantize(
            Decimal("0.1")
        )


#: A value between the two ends of a move is far from them from this difference on.
FAR_PERCENT = 5


def move(before: Json, after: Json) -> Move | None:
    """Return the move; None unless both values are whole numbers."""
    return Move(before, after) if type(before) is int and type(after) is int else None


def excursion(ends: Move, between: Iterable[int]) -> Move | None:
    """Return the move from the nearer end to the value that lies farthest beyond both ends; None if
    none is far.

    It shows a promotion that came and went, which the ends do not.
    """
    low, high = sorted((ends.before, ends.after))
    beyond = [
        Move(low if value < low else high, value) for value in between if not low <= value <= high
    ]
    far = [
        (reached.percent, reached)
        for reached in beyond
        if reached.percent and reached.percent >= FAR_PERCENT
    ]
    return max(far, key=lambda pair: pair[0], default=(0, None))[1]
