"""One product on one list: what is asked for it there, and what comes of asking for something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from monitor.models import User, Watch
from monitor.planning.calls import Calls, Paces, calls_of, limits_of
from monitor.planning.forecast import Forecast, scheduled_paces, without
from monitor.planning.rates import Rates, learned_rates
from monitor.schedule.census import Cell, Census
from monitor.schedule.limits import Limits, combined
from monitor.watchlists.rescheduling import limits_asked


@dataclass(frozen=True, slots=True)
class WatchCost:
    """What the checks of a watch's product cost, as if nobody but the user watched it: the cost must not tell what
    others watch. `before` is what the user's lists ask for it, `elsewhere` what all but the watch's own do, by their
    owners."""

    before: Limits
    rate: float | None
    elsewhere: Sequence[tuple[int, Limits]]
    schedule: Paces
    rates: Rates = field(default_factory=Rates)

    def forecast(self, watch: Watch, budget: int) -> Forecast:
        """What comes of it if the watch, saved or not, asks for what it does."""
        if watch.is_paused or watch.watchlist.is_paused:
            return Forecast(budget, self.schedule)
        after = _together(self.elsewhere, watch)
        known = Census() if self.rate is None else Census((Cell(self.before, self.rate, 1),))
        rates = replace(self.rates.about(known), worth=(self.before.weight, after.weight))
        before: Paces = {_plain(self.before): 1}
        return Forecast(budget, without(self.schedule, before), before, {_plain(after): 1}, rates)


def cost_of_watch(watch: Watch, user: User) -> WatchCost:
    """Three queries at most: what other lists of the user's ask for its product, the whole schedule and how often
    products change. `watch` is as it was saved."""
    others = Watch.objects.active().for_user(user).filter(product=watch.product_id).exclude(pk=watch.pk)
    elsewhere = [(one.watchlist.owner_id, limits_asked(one)) for one in others.select_related("watchlist")]
    return WatchCost(_together(elsewhere, watch), watch.product.rate, elsewhere, scheduled_paces(), learned_rates())


def calls_of_watch(watch: Watch) -> Calls:
    """Calls a day that its product takes, were it for this watch alone."""
    return calls_of(_plain(limits_asked(watch)))


def _together(elsewhere: Sequence[tuple[int, Limits]], watch: Watch) -> Limits:
    limits = combined([*elsewhere, (watch.watchlist.owner_id, limits_asked(watch))])
    assert limits is not None
    return limits


def _plain(limits: Limits) -> Limits:
    return limits_of(limits.latest, limits.soonest, limits.hours)
