"""What users ask of a product's checks, combined for products that several users watch."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from monitor.judging.schedule.pace import Bounds

_DAY = timedelta(days=1)
#: No interval is stretched beyond this.
_LONGEST = timedelta(days=30)


@dataclass(frozen=True)
class Limits:
    """A check at least every `latest` and at most every `soonest`; without `soonest`, exactly every
    `latest`.

    `weight` is the worth of finding changes early, 1 is normal."""

    latest: timedelta
    soonest: timedelta | None = None
    weight: float = 1.0

    @property
    def is_fixed(self) -> bool:
        return self.soonest is None or self.soonest >= self.latest

    def stretched(self, stretch: float) -> timedelta:
        """Return `latest`, stretched when there are too few calls: less weight is stretched
        first."""
        return min(
            self.latest * max(1.0, stretch / math.sqrt(self.weight)), max(self.latest, _LONGEST)
        )

    def slowed(self, share: float) -> "Limits":
        """Return limits that take about this `share` of the calls."""
        if share >= 1:
            return self
        latest = max(self.latest, min(self.latest / share, _LONGEST))
        soonest = None if self.soonest is None else min(self.soonest / share, latest)
        return Limits(latest, soonest, self.weight * share * share)

    def bounds(self, stretch: float) -> Bounds:
        """Return the bounds in days, for a fleet with this stretch."""
        soonest = self.latest if self.soonest is None else min(self.soonest, self.latest)
        return Bounds(self.weight, soonest / _DAY, self.stretched(stretch) / _DAY)


def combined(asked: Iterable[tuple[int, Limits]]) -> Limits | None:
    """Combine the limits of several owners for one product: the strictest intervals, and the
    sum of their weights. None without limits."""
    worth: dict[int, float] = {}
    latest = soonest = timedelta.max
    for owner, limits in asked:
        worth[owner] = max(worth.get(owner, 0.0), limits.weight)
        latest = min(latest, limits.latest)
        soonest = min(soonest, limits.latest if limits.soonest is None else limits.soonest)
    if not worth:
        return None
    return Limits(latest, min(soonest, latest), sum(worth.values()))
