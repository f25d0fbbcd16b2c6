"""The move of a value. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from monitor.changes import Json


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


def move(before: Json, after: Json) -> Move | None:
    """None unless both values are whole numbers."""
    return Move(before, after) if type(before) is int and type(after) is int else None
