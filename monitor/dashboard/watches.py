"""One product on one list: what is asked for it there, and what comes of asking for something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from monitor.dashboard.forecast import Forecast, scheduled_paces
from monitor.dashboard.pace import Calls
from monitor.dashboard.paces import Paces, calls_of, limits_of
from monitor.dashboard.rates import Rates, learned
from monitor.dashboard.watchlists import editable
from monitor.models import User, Watch
from monitor.schedule import Cell, Census, Limits, combined
from monitor.watchlists.rescheduling import limits_asked


@dataclass(frozen=True, slots=True)
class WatchCost:
    """What the checks of a watch's product cost. `elsewhere` is what other lists ask for it, by their owners."""

    before: Limits | None
    rate: float | None
    elsewhere: Sequence[tuple[int, Limits]]
    schedule: Paces
    rates: Rates = field(default_factory=Rates)

    def forecast(self, watch: Watch, budget: int) -> Forecast:
        """What comes of it if the watch, saved or not, asks for what it does."""
        if watch.is_paused or watch.watchlist.is_paused:
            return Forecast(budget, self.schedule)
        after = combined([*self.elsewhere, (watch.watchlist.owner_id, limits_asked(watch))])
        assert after is not None
        known = Census() if self.before is None or self.rate is None else Census((Cell(self.before, self.rate, 1),))
        worth = self.before.weight if self.before else 1.0, after.weight
        before: Paces = {_plain(self.before): 1}
        others = Counter(self.schedule) - Counter(before)
        return Forecast(budget, others, before, {_plain(after): 1}, replace(self.rates.about(known), worth=worth))


def watch_for(user: User, pk: int) -> Watch:
    """One query: a watch with its list and product, and `editable`. Raises `Watch.DoesNotExist` where `user` sees
    none."""
    watches = Watch.objects.for_user(user).select_related("watchlist", "product__shop")
    return watches.annotate(editable=editable(user, "watchlist")).get(pk=pk)


def cost_of_watch(watch: Watch) -> WatchCost:
    """Three queries at most: what other lists ask for its product, the whole schedule and how often products change."""
    others = Watch.objects.active().filter(product=watch.product_id).exclude(pk=watch.pk)
    elsewhere = [(one.watchlist.owner_id, limits_asked(one)) for one in others.select_related("watchlist")]
    return WatchCost(watch.product.limits, watch.product.rate, elsewhere, scheduled_paces(), learned())


def calls_of_watch(watch: Watch) -> Calls:
    """Calls a day that its product takes, were it for this watch alone."""
    return calls_of(_plain(limits_asked(watch)))


def _plain(limits: Limits | None) -> Limits | None:
    return None if limits is None else limits_of(limits.latest, limits.soonest, limits.hours)
