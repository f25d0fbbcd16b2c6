"""What users ask of a product's checks, combined for products that several users watch."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from monitor.schedule.pace import Bounds

#: The zone of `Limits.hours`: shops use China's time, which has no daylight saving.
SHOPS_ZONE = timezone(timedelta(hours=8), "UTC+8")
#: Every hour of the day, one bit each.
ALL_DAY = (1 << 24) - 1
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
#: No interval is stretched beyond this.
_LONGEST = timedelta(days=30)


@dataclass(frozen=True)
class Limits:
    """A check at least every `latest` and at most every `soonest`; without `soonest`, exactly every
    `latest`.

    `weight` is the worth of finding changes early, 1 is normal. `hours` has a bit for each hour of
    the shops' day in which checks are wanted."""

    latest: timedelta
    soonest: timedelta | None = None
    weight: float = 1.0
    hours: int = ALL_DAY

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
        return Limits(latest, soonest, self.weight * share * share, self.hours)

    def bounds(self, stretch: float) -> Bounds:
        """Return the bounds in days, for a fleet with this stretch."""
        soonest = self.latest if self.soonest is None else min(self.soonest, self.latest)
        return Bounds(self.weight, soonest / _DAY, self.stretched(stretch) / _DAY)


def combined(asked: Iterable[tuple[int, Limits]]) -> Limits | None:
    """Combine the limits of several owners for one product: the strictest intervals, all hours that
    any of them wants, and the sum of their weights. None without limits."""
    worth: dict[int, float] = {}
    latest, soonest, hours = timedelta.max, timedelta.max, 0
    for owner, limits in asked:
        worth[owner] = max(worth.get(owner, 0.0), limits.weight)
        latest = min(latest, limits.latest)
        soonest = min(soonest, limits.latest if limits.soonest is None else limits.soonest)
        hours |= limits.hours
    if not worth:
        return None
    return Limits(latest, min(soonest, latest), sum(worth.values()), hours or ALL_DAY)


def hours_between(first: int, until: int) -> int:
    """Return the bits of the hours from `first` until `until` o'clock, past midnight if `until` is
    earlier."""
    count = (until - first) % 24 or 24
    bits = ((1 << count) - 1) << first
    return (bits | bits >> 24) & ALL_DAY


def within_hours(at: datetime, hours: int) -> datetime:
    """Return `at`, or the start of the next hour that is among `hours`."""
    if hours & ALL_DAY in (0, ALL_DAY):
        return at
    local = at.astimezone(SHOPS_ZONE)
    if hours >> local.hour & 1:
        return at
    begin = local.replace(minute=0, second=0, microsecond=0)
    wait = next(ahead for ahead in range(1, 25) if hours >> (local.hour + ahead) % 24 & 1)
    return (begin + wait * _HOUR).astimezone(at.tzinfo)
