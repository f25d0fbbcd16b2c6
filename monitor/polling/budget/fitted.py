"""The result of the last fit of the schedule."""

from monitor.judging.schedule.belief import Prior
from monitor.judging.schedule.fleet import Fleet
from monitor.judging.schedule.planner import Planner
from monitor.models import ScheduleFit


def planner() -> Planner:
    """Return the planner for products. One query."""
    return Planner(load_fleet(ScheduleFit.objects.only("fleet").first()))


def load_fleet(fit: ScheduleFit | None) -> Fleet:
    """Return the fitted fleet; before the first fit, the default."""
    if fit is None or fit.fleet is None:
        return Fleet()
    prior = fit.fleet["prior"]
    return Fleet(**{**fit.fleet, "prior": Prior(prior["mean"], prior["shape"])})
