"""Thins the past that is older than `HISTORY_FULL_DAYS`: `monitor.history.thinning` says what
stays.

It works in steps, each a short transaction, beside the checks: these only append, and neither waits
for the other. If a run is killed, the next one repeats its last step."""

import time
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Min, QuerySet

from monitor.changes import PRODUCT_VALUE_FIELDS
from monitor.history.reads import seconds
from monitor.history.thinning import DayState, joints, stay
from monitor.models import Alert, Change, Product, Snapshot, Thinning
from monitor.retry import retried
from monitor.text.clock import EPOCH

#: Products and snapshots of one step at most. A product with more snapshots is a step of its own.
PRODUCTS, SNAPSHOTS = 100, 2_000
#: No step begins later in a run.
RUN_SECONDS = 120
#: Products with fewer old snapshots stay as they are.
FEWEST = 3
#: The usual time between checks is told from days around those that are thinned.
AROUND = timedelta(days=3)
_OTHERS = tuple(name for name in PRODUCT_VALUE_FIELDS if name != "sales")
_COLUMNS = (
    "product_id",
    "data_time",
    "last_seen_before",
    "sales",
    "content",
    "request_id",
    *_OTHERS,
)


def thin(now: datetime) -> int:
    """Thin the past of some products; return how many snapshots were deleted."""
    if (days := settings.HISTORY_FULL_DAYS) is None:
        return 0
    Thinning.objects.get_or_create(pk=Thinning.SINGLETON)
    deleted, ends = 0, time.monotonic() + RUN_SECONDS
    while time.monotonic() < ends:
        if (more := _step(_midnight(now - timedelta(days=days)))) is None:
            break
        deleted += more
    return deleted


@retried
@transaction.atomic
def _step(until: datetime) -> int | None:
    """Thin the next products; return how many snapshots were deleted. None if all is done, or
    another run is at it."""
    progress = Thinning.objects.select_for_update(skip_locked=True).first()
    if progress is None or (
        progress.goal is None and progress.thinned_until and until <= progress.thinned_until
    ):
        return None
    if progress.goal is None:
        progress.goal, progress.product = until, 0
    since, goal = progress.thinned_until or EPOCH, progress.goal
    old = Snapshot.objects.filter(data_time__gte=since, data_time__lt=goal)
    sizes = _next_products(old, progress)
    deleted = _thin(old, since, goal, [key for key, size in sizes.items() if size >= FEWEST])
    if sizes:
        progress.product = max(sizes)
    else:
        progress.thinned_until, progress.goal = progress.goal, None
    progress.save(update_fields=["thinned_until", "goal", "product"])
    return deleted


def _midnight(moment: datetime) -> datetime:
    local = moment.astimezone(ZoneInfo(settings.DEFAULT_USER_TIME_ZONE))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _next_products(old: QuerySet[Snapshot], progress: Thinning) -> dict[int, int]:
    """Return the products of the next step, with the number of their old snapshots."""
    products = Product.objects.filter(
        pk__gt=progress.product, first_data_time__lt=progress.goal
    ).order_by("pk")
    keys = list(products.values_list("pk", flat=True)[:PRODUCTS])
    sizes = dict(
        old.filter(product__in=keys).order_by().values_list("product").annotate(Count("pk"))
    )
    chosen: dict[int, int] = {}
    for key in keys:
        size = sizes.get(key, 0)
        if chosen and sum(chosen.values()) + size > SNAPSHOTS:
            break
        chosen[key] = size
    return chosen


def _thin(
    old: QuerySet[Snapshot], since: datetime, goal: datetime, products: Collection[int]
) -> int:
    """Delete the `old` snapshots of these products, from `since` to `goal`, that do not stay, with
    their changes. One that stays gets the change of sales since the one that is before it now. Six
    statements."""
    if not products:
        return 0
    evidence, changes = _evidence(products), _changes_of_sales(old, products)
    gone: list[int] = []
    undone: list[int] = []
    new: list[Change] = []
    near = Snapshot.objects.filter(data_time__gte=since - AROUND, data_time__lt=goal + AROUND)
    rows = near.filter(product__in=products).order_by("product", "data_time").only(*_COLUMNS)
    for product, group in groupby(rows, lambda row: row.product_id):
        days = [list(day) for _, day in groupby(group, lambda row: _midnight(row.data_time))]
        whole = [number for number, day in enumerate(days) if not since <= day[0].data_time < goal]
        states = [_states(day) for day in days]
        for day, places in zip(days, stay(states, whole, evidence[product]), strict=True):
            for earlier, later in joints(places):
                gone += [row.pk for row in day[earlier + 1 : later]]
                moments = [(product, row.data_time) for row in day[earlier + 1 : later + 1]]
                undone += [changes[moment] for moment in moments if moment in changes]
                if day[earlier].sales != day[later].sales:
                    new.append(_change(day[earlier], day[earlier + 1], day[later]))
    Change.objects.filter(pk__in=undone).delete()
    Change.objects.bulk_create(new)
    return Snapshot.objects.filter(pk__in=gone).delete()[0]


def _states(day: Sequence[Snapshot]) -> list[DayState]:
    states = []
    content = None
    for row in day:
        # It is stored where it differs from the one before.
        content = content if row.content is None else row.pk
        others = (content, *(getattr(row, name) for name in _OTHERS))
        last_seen = seconds(row.last_seen_before) if row.last_seen_before else None
        states.append(DayState(seconds(row.data_time), last_seen, row.sales, others))
    return states


def _change(before: Snapshot, first: Snapshot, after: Snapshot) -> Change:
    """Return the change of sales from `before` to `after`; `first` came next after `before`, and is
    gone."""
    assert first.last_seen_before is not None
    return Change(
        product_id=after.product_id,
        field="sales",
        before=before.sales,
        after=after.sales,
        last_seen_before=first.last_seen_before,
        first_seen_after=after.data_time,
        request_id=after.request_id,
    )


def _changes_of_sales(
    old: QuerySet[Snapshot], products: Collection[int]
) -> dict[tuple[int | None, datetime], int]:
    """Return the keys of the changes of sales at these snapshots, by product and time."""
    times = old.filter(product__in=products).aggregate(
        first=Min("data_time"), last=Max("data_time")
    )
    changes = Change.objects.filter(
        product__in=products, field="sales", first_seen_after__range=(times["first"], times["last"])
    )
    return {
        (product, at): key
        for key, product, at in changes.values_list("pk", "product", "first_seen_after")
    }


def _evidence(products: Collection[int]) -> dict[int | None, set[int]]:
    """Return the times of all firings that alerts of these products tell of."""
    times: dict[int | None, set[int]] = defaultdict(set)
    alerts = Alert.objects.filter(product__in=products)
    for product, *moments, gathered in alerts.values_list(
        "product", "data_time", "began_at", "change__first_seen_after", "moments"
    ):
        moments += [datetime.fromisoformat(at) for at, _value in gathered]
        times[product] |= {seconds(at) for at in moments if at}
    return times
