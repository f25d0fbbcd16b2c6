"""Sales that surge: at least twice as many units a day as in the week before, however the provider
rounds."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from monitor.history.sales_pace import DAY, SalesPace, SalesReading, between
from monitor.models import Product, Snapshot
from monitor.models.fields import JSONField
from monitor.models.figures import order_of
from monitor.models.watchlists import products_on

#: A surge sells this many times the units of the week before, and at least this many a day.
TIMES, LEAST_UNITS = 2, 10
#: The week before the last day begins this long ago.
LOOKS_BACK = timedelta(days=8)
#: Of a user's products, those that changed last are searched.
MOST_SEARCHED = 200


@dataclass(frozen=True, slots=True)
class Surge:
    """The paces of the last day and of the week before it."""

    pace: SalesPace
    before: SalesPace
    #: In fen, the product's last one.
    price: int | None = None

    @property
    def additional(self) -> float:
        """The units a day that are certainly sold beyond those of the week before."""
        return self.pace.units_low - self.before.units_high

    @property
    def times(self) -> float | None:
        """How many times the units of the week before are sold at least; None if nothing was sold
        then."""
        return self.pace.units_low / self.before.units_high if self.before.units_high else None


def surge(
    week_before: SalesReading, day_before: SalesReading, latest: SalesReading
) -> Surge | None:
    """Return the surge that certainly happened between the last two of three readings: the lower
    bound of its units a day against the upper bound between the first two. None if the readings do
    not prove one."""
    before, last = between(week_before, day_before), between(day_before, latest)
    if (
        before is None
        or last is None
        or last.units_low < max(LEAST_UNITS, TIMES * before.units_high)
    ):
        return None
    return Surge(last, before)


def new_surges(lists: Collection[int], since: datetime, now: datetime) -> dict[int, Surge]:
    """Return the surges of products on these watchlists that were none at `since`, by product. One
    query."""
    changed_last = products_on(lists).order_by(*order_of("-changed")).values("pk")[:MOST_SEARCHED]
    rows = Product.objects.filter(pk__in=changed_last).values_list(
        "pk", "price", *_states(now), *_states(since)
    )
    surges: dict[int, Surge] = {}
    for key, price, *states in rows:
        latest = _surge_at(now, *states[:4])
        if latest is not None and _surge_at(since, *states[4:]) is None:
            surges[key] = replace(latest, price=price)
    return surges


def _states(at: datetime) -> list[Any]:
    """Return the arguments of `_surge_at`, as columns of a product."""
    snapshots = Snapshot.objects.filter(product=OuterRef("pk"))
    reading = JSONObject(sales="sales", step="sales_step")
    last_until = [
        snapshots.filter(data_time__lte=until).order_by("-data_time").values(reading=reading)
        for until in (at - LOOKS_BACK, at - DAY, at)
    ]
    following = (
        snapshots.filter(data_time__gt=at - DAY).order_by("data_time").values("last_seen_before")
    )
    return [
        *(Subquery(rows[:1], output_field=JSONField()) for rows in last_until),
        Subquery(following[:1]),
    ]


def _surge_at(
    at: datetime, week_before: Any, day_before: Any, latest: Any, seen: datetime | None
) -> Surge | None:
    """Return the surge that the readings prove.

    A count never falls, so a reading stays a lower bound. The reading of a day before must also be
    an upper bound, so it counts from `seen`, when it was last seen, if that was earlier."""
    times = (at - LOOKS_BACK, min(seen or at - DAY, at - DAY), at)
    states = (week_before, day_before, latest)
    if any(state is None or state["sales"] is None for state in states):
        return None
    return surge(
        *(
            SalesReading(time, state["sales"], state["step"] or 1)
            for time, state in zip(times, states, strict=True)
        )
    )
