"""Writes what all watchers of a product ask of its checks into its row, whenever one of them
changes it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import batched

from django.db import transaction
from django.db.models import QuerySet

from monitor.judging.schedule.limits import Limits, combined
from monitor.judging.schedule.planner import Known, Planner
from monitor.models import Assortment, Follow, Pace, Product, ScheduleFit, Shop, User, Watch
from monitor.models.watchlists import Priority
from monitor.people.allowances import CheckAllowance, check_allowances, payer, shares_calls
from monitor.polling.budget import fitted
from monitor.polling.budget.first_checks import first_check_times, put_off
from monitor.polling.budget.limit import daily_calls
from monitor.polling.recording.bulk import update_rows

#: Products whose rows are written by one statement.
CHUNK = 500
#: The columns of lists and of watches that say how products are checked.
ASKED = ("interval", "priority", "pace", "soonest")
#: The schedule is fitted again early when this share of all products is rescheduled.
_MANY = 0.02
_OF_OWNER = ("watchlist__owner", "watchlist__owner__granted_share")
_READ = ("checked_at", "data_time", "failing_since", "knowledge")
_WRITTEN = (
    "interval",
    "soonest",
    "weight",
    "priority",
    "cannot_wait",
    "rate",
    "asked_at",
    "asked_by",
    "asked_since",
    "next_check_at",
)


@transaction.atomic
def reschedule(
    products: QuerySet[Product],
    now: datetime,
    *,
    awaited: Collection[int] = (),
    by: User | None = None,
    by_operator: bool = False,
) -> None:
    """Give products the limits that their active watches ask for together; products without active
    watches rest.

    The user `by` waits for the first checks of the `awaited` products, given by their keys: they
    are made at once. Other first checks are spread over the day by `first_check_times`; for an
    operator the allowance does not count.

    The rows are locked first, in the order of their keys and in a statement of its own: either this
    sees what another transaction does to a watch of the same product, or that one sees this."""
    keys, at_once = sorted(set(products.values_list("pk", flat=True))), set(awaited)
    planner = fitted.planner()
    for chunk in batched(keys, CHUNK):
        locked = Product.objects.select_for_update(no_key=True).filter(pk__in=chunk).order_by("pk")
        rows = list(locked.only("pk", *_READ, *_WRITTEN))
        asked, priorities = _asked(Watch.objects.active().filter(product__in=chunk))
        first = (
            row.pk for row in rows if row.pk in asked and row.pk not in at_once and _is_first(row)
        )
        later = {key: by.pk if by else asked[key][0][0] for key in first}
        asked_now = {by.payer_id(now): len(at_once)} if by else {}
        first_at = _first_checks(later, now, None if by_operator else asked_now)
        for row in rows:
            limits = combined(asked.get(row.pk, ()))
            priority = priorities.get(row.pk, Priority.NORMAL)
            _give(row, limits, priority, planner, now, first_at.get(row.pk, now))
            if row.pk in first_at:
                row.asked_by_id = None if by_operator else later[row.pk]
            if (
                row.pk in at_once
                and limits
                and row.next_check_at is not None
                and row.checked_at is None
            ):
                if row.asked_at is None:
                    row.asked_by_id = by.pk if by else None
                row.asked_at = row.asked_at or now
                row.next_check_at = min(row.next_check_at, now)
        update_rows(rows, _WRITTEN)
    if keys:
        ScheduleFit.objects.filter(is_stale=False, products__lt=len(keys) / _MANY).update(
            is_stale=True
        )


@transaction.atomic
def plan_readings(shops: QuerySet[Shop], now: datetime) -> None:
    """Give the assortments of shops the limits that their active follows ask for together; others
    rest.

    A shop that nobody follows any more is read no more; one that is followed again is due by its
    last reading. The first one waits in the slots of a user who follows."""
    assortments = (
        Assortment.objects.filter(shop__in=shops.values("pk"))
        .order_by("pk")
        .select_for_update(no_key=True)
    )
    rows = list(assortments)
    follows = (
        Follow.objects.active()
        .filter(shop__in=[row.pk for row in rows])
        .select_related("watchlist__owner")
    )
    asked: dict[int, list[tuple[int, Limits]]] = defaultdict(list)
    for follow in follows.order_by("pk"):
        owner, weight = follow.watchlist.owner, Priority(follow.watchlist.priority).weight
        limits = Limits(follow.interval, weight=weight).slowed(owner.granted_share)
        asked[follow.shop_id].append((owner.pk, limits))
    unread = []
    for row in rows:
        together = combined(asked[row.pk])
        if together is None:
            row.interval = row.next_check_at = row.asked_at = row.asked_by_id = None
            continue
        row.interval, row.weight = together.latest, together.weight
        owners = [owner for owner, _limits in asked[row.pk]]
        is_operators = row.asked_at is not None and row.asked_by_id is None
        if row.read_at is None and row.asked_by_id not in owners and not is_operators:
            row.asked_by_id = owners[0]
            unread.append(row)
        elif not row.is_in_slots:
            latest = now if row.checked_at is None else max(now, row.checked_at + together.latest)
            row.next_check_at = min(row.next_check_at or latest, latest)
    columns = ["interval", "weight", "next_check_at", "asked_at", "asked_by"]
    Assortment.objects.bulk_update(rows, columns)
    for row in unread:
        put_off(row, now)


def _asked(watches: QuerySet[Watch]) -> tuple[dict[int, list[tuple[int, Limits]]], dict[int, int]]:
    """Return by product what each of its watchers asks for, and the greatest priority among
    them."""
    own = [*ASKED, *(f"watchlist__{name}" for name in ASKED)]
    asked, priorities = defaultdict(list), defaultdict[int, int](int)
    for product, owner, share, *columns in watches.order_by().values_list(
        "product", *_OF_OWNER, *own
    ):
        of_watch, of_list = columns[: len(ASKED)], columns[len(ASKED) :]
        priority = of_watch[1] or of_list[1]
        asked[product].append((owner, _limits(of_watch, of_list).slowed(share)))
        priorities[product] = max(priorities[product], priority)
    return asked, priorities


def limits_set(watch: Watch) -> Limits:
    """Return what is set for one watch. Its list must be loaded."""
    return _limits(*([getattr(row, name) for name in ASKED] for row in (watch, watch.watchlist)))


def _limits(watch: Sequence, watchlist: Sequence) -> Limits:  # type: ignore[type-arg]
    """Return the limits of a watch: its own columns of `ASKED` where they are set, otherwise those
    of its list."""
    interval, priority, pace, soonest = (
        own or of_list for own, of_list in zip(watch, watchlist, strict=True)
    )
    return Limits(
        interval,
        interval if pace == Pace.FIXED else min(soonest, interval),
        Priority(priority).weight,
    )


def _is_first(row: Product) -> bool:
    """Return whether its next check is its first one, and is not scheduled yet."""
    return row.next_check_at is None and row.checked_at is None


def _first_checks(
    people: Mapping[int, int], now: datetime, asked_now: Mapping[int, int] | None
) -> dict[int, datetime]:
    """Return the times of first checks, by product. `people` are those on whose allowances they
    wait.

    `asked_now` has the number of checks that are asked for in the same transaction, by payer; None
    for an operator, who has the whole budget."""
    if not people:
        return {}
    budget = daily_calls(now)
    payers = dict(
        User.objects.filter(pk__in=set(people.values())).values_list("pk", payer("", now))
    )
    allowances: Mapping[int, CheckAllowance] = {}
    if asked_now is not None and shares_calls():
        allowances = check_allowances(set(payers.values()), budget, 0, now)
    times = {}
    for paying in set(payers.values()):
        allowance = allowances.get(paying)
        if allowance and asked_now:
            allowance = allowance.after(asked_now.get(paying, 0))
        times[paying] = first_check_times(paying, allowance, budget, now)
    return {key: next(times[payers[person]]) for key, person in people.items()}


def _give(
    row: Product,
    limits: Limits | None,
    priority: int,
    planner: Planner,
    now: datetime,
    first_at: datetime,
) -> None:
    was_watched, is_new = row.next_check_at is not None, row.checked_at is None
    if limits is None:
        row.interval = row.next_check_at = None
        row.asked_since = now
        return
    row.interval, row.soonest = limits.latest, limits.soonest
    row.weight, row.priority, row.cannot_wait = limits.weight, priority, False
    if not was_watched:
        row.asked_since = now
        row.next_check_at = first_at if is_new else _due(row, limits, planner, now)
    elif not is_new:
        row.next_check_at = min(row.next_check_at or now, _due(row, limits, planner, now))
    if row.checked_at is not None and row.next_check_at is not None:
        put_off = row.next_check_at - row.checked_at
        row.cannot_wait = priority != Priority.LOW and planner.cannot_wait(limits, put_off)


def _due(row: Product, limits: Limits, planner: Planner, now: datetime) -> datetime:
    """Return when to check with the new limits, at the earliest now: a product is not late by its
    new limits."""
    checked_at = row.checked_at or now
    data_time = row.data_time if row.failing_since is None else None
    known = Known.load(row.knowledge)
    wait, row.rate = planner.wait(known, limits, data_time, checked_at)
    return max(checked_at + wait, now)
