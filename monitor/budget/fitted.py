"""The result of the last fit of the schedule. Each process reads it about once a minute."""

import time

from monitor.models import Product, ScheduleFit
from monitor.schedule.belief import Prior
from monitor.schedule.fleet import Fleet
from monitor.schedule.planner import Known, Planner

#: How long a process uses the fit that it has read.
READ_FOR_SECONDS = 60.0

_held: tuple[float, Planner] | None = None


def planner() -> Planner:
    """Return the planner for products. One query a minute."""
    global _held
    if _held is None or time.monotonic() - _held[0] > READ_FOR_SECONDS:
        fit = ScheduleFit.objects.only("fleet").first()
        _held = time.monotonic(), Planner(load_fleet(fit))
    return _held[1]


def known_rate(product: Product) -> float | None:
    """Return the changes a day by the product's own checks; None while they tell too little."""
    return planner().known_rate(Known.load(product.known))


def forget() -> None:
    """Make the next product read the fit again."""
    global _held
    _held = None


def load_fleet(fit: ScheduleFit | None) -> Fleet:
    """Return the fitted fleet; before the first fit, the default."""
    if fit is None or fit.fleet is None:
        return Fleet()
    prior = fit.fleet["prior"]
    return Fleet(
        **{**fit.fleet, "prior": Prior(prior["mean"], prior["shape"], tuple(prior["swinging"]))}
    )
