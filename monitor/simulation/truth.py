"""What the sandbox's products are like over some days, and the second of every change."""

from bisect import bisect_right
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Life:
    """One product: from each of `seconds` on, counted from the beginning, it has the value beside it in `values`.

    Values are numbers that stand for all that is tracked of it but sales, which move too often to be looked for. None:
    the provider cannot find it, which tells nothing of what it is like.
    """

    seconds: Sequence[int]
    values: Sequence[int | None]

    def at(self, second: int) -> int | None:
        """The value at `second`."""
        return self.values[bisect_right(self.seconds, second) - 1]

    def changes(self) -> Iterator[int]:
        """The seconds at which it is found to be another than it was when it was last to be found."""
        last = None
        for second, value in zip(self.seconds, self.values, strict=True):
            if value is None or value == last:
                continue
            if last is not None:
                yield second
            last = value


def lives(world: World, begin: datetime, length: timedelta) -> list[Life]:
    """The lives of all the world's products from `begin` on, in their order."""
    return [_life(world, num_iid, begin, begin + length) for num_iid in world.products()]


def _life(world: World, num_iid: str, begin: datetime, end: datetime) -> Life:
    first = int(begin.timestamp())
    begin, numbers = datetime.fromtimestamp(first, UTC), dict[Hashable, int]()
    moments = {
        first,
        *world.lasting_changes(num_iid, begin, end),
        *world.restless_prices(num_iid, begin, end),
    }
    seconds: list[int] = []
    values: list[int | None] = []
    for moment in sorted(moments):
        tracked = world.tracked(num_iid, moment)
        value = None if tracked is None else numbers.setdefault(tracked, len(numbers))
        if not values or value != values[-1]:
            seconds.append(moment - first)
            values.append(value)
    return Life(seconds, values)
