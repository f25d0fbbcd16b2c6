"""How many products are checked how often, and the calls that takes. Pure.

One call serves everybody who watches a product, so calls are counted over products, each by what all its active watches
ask for together (`Product.limits`). At a fixed interval it takes that many calls. Where it is checked as it changes the
interval tells what it takes at least, and `soonest` what it takes at most. Calls a day are fractions here: round them
where they are shown.
"""

from collections.abc import Mapping
from datetime import timedelta

from monitor.dashboard.pace import Calls
from monitor.schedule import ALL_DAY, Limits, combined

DAY = timedelta(days=1)
HOURS_A_DAY = 24

#: How many products are asked for how often; those under None are not checked by themselves.
type Paces = Mapping[Limits | None, int]


def limits_of(interval: timedelta, soonest: timedelta | None = None, hours: int | None = None) -> Limits:
    """What two ask for is equal where it comes to the same. What an early finding is worth does not count here."""
    is_fixed = soonest is None or soonest >= interval
    return Limits(interval, None if is_fixed else soonest, hours=ALL_DAY if hours is None else hours)


def tightened(one: Limits, other: Limits) -> Limits:
    """What both ask for together, as `limits_of` has it."""
    both = combined([(0, one), (1, other)])
    assert both is not None
    return limits_of(both.latest, both.soonest, both.hours)


def total(paces: Paces) -> int:
    """How many products these are."""
    return sum(paces.values())


def calls_a_day(paces: Paces) -> Calls:
    """Calls that checking takes in a day."""
    return sum((calls_of(limits) * count for limits, count in paces.items()), Calls())


def calls_of(limits: Limits | None) -> Calls:
    """Calls that one product takes in a day."""
    if limits is None:
        return Calls()
    least = _rate(limits.latest, limits.hours)
    if limits.soonest is None or limits.is_fixed:
        return Calls(least, least)
    return Calls(least, max(least, _rate(limits.soonest, limits.hours)))


def _rate(interval: timedelta, hours: int) -> float:
    """Calls a day every `interval`; where not all hours are wanted as many fewer, but one a day as before."""
    rate = DAY / interval
    wanted = (hours & ALL_DAY).bit_count()
    return rate if wanted == HOURS_A_DAY else max(min(rate, 1.0), rate * wanted / HOURS_A_DAY)
