"""How many products watchlists hold, which of them rest, and how often the others are checked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Count

from monitor.dashboard.forecast import Paces
from monitor.dashboard.remembered import remembered
from monitor.models import Watch


@dataclass(frozen=True, slots=True)
class Tally:
    """One list's watches. `own` are those that are checked at an interval of their own, by it."""

    resting: int = 0
    usual: int = 0
    own: Mapping[timedelta | None, int] = field(default_factory=dict)

    @property
    def products(self) -> int:
        return self.resting + self.usual + sum(self.own.values())

    def active(self, interval: timedelta) -> Paces:
        """How many products are checked how often, where the list asks for `interval`."""
        return Counter(self.own) + Counter({interval: self.usual})


def tallies_of(watchlists: Iterable[int]) -> Mapping[int, Tally]:
    """By the lists' keys. One query along `watch_tallies`, or none where there were very many watches a moment ago."""
    keys = sorted(watchlists)
    groups = Watch.objects.filter(watchlist__in=keys).order_by().values_list("watchlist", "is_paused", "interval")
    counted = groups.annotate(n=Count("*"))
    found = remembered("tallies", keys, lambda: list(counted), lambda told: sum(n for *_, n in told))
    own: dict[int, dict[timedelta | None, int]] = defaultdict(dict)
    resting, usual = Counter[int](), Counter[int]()
    for watchlist, is_paused, interval, n in found:
        if is_paused:
            resting[watchlist] += n
        elif interval is None:
            usual[watchlist] += n
        else:
            own[watchlist][interval] = n
    return {key: Tally(resting[key], usual[key], own[key]) for key in keys}
