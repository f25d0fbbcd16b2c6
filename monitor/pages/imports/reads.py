"""An import: its preview with the cost, and the progress of the first checks, in a fixed number of
queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from monitor.judging.schedule.limits import Limits
from monitor.models import Import, ImportRow, Pace, Product, User, Watch, Watchlist
from monitor.models.imports import ADDABLE, RowKind
from monitor.polling.planning.calls import calls_of, limits_of_product, plain, tightened
from monitor.polling.planning.forecast import Forecast, scheduled_paces, without
from monitor.polling.planning.rescheduling import limits_by_product
from monitor.showing.reads.frame import PageFrame
from monitor.showing.reads.health import is_silent
from monitor.showing.reads.imports import FAILING, MISSING

#: The kinds of rows that the user decides about.
TO_DECIDE = (RowKind.BAD, RowKind.DOUBTFUL, RowKind.ELSEWHERE)
#: The preview shows only these rows of each of them; a file has all problems.
SHOWN = 200
#: Added products that the result shows.
RESULT_SHOWN = 20
#: A worker should have begun the checks after this time.
SHOULD_HAVE_BEGUN = timedelta(seconds=30)
SECOND = timedelta(seconds=1)
#: Fewer checks are not enough for an estimate.
CHECKS_FOR_A_PACE = 3


@dataclass(slots=True)
class ImportGroup:
    """The rows of one kind: how many there are and are ticked, and the first ones."""

    count: int = 0
    chosen: int = 0
    rows: list[ImportRow] = field(default_factory=list)
    #: For products that are on other lists: the names of these lists, by the product's key.
    lists: Mapping[int, list[str]] = field(default_factory=dict)

    @property
    def more(self) -> int:
        """Rows that are not shown."""
        return self.count - len(self.rows)


def preview_groups(of: Import) -> dict[str, ImportGroup]:
    """Return the groups by `RowKind`; and `pairing`, the rows of rivals. Only those `TO_DECIDE`
    have rows. Five queries."""
    groups = {kind.value: ImportGroup() for kind in RowKind}
    rows = of.rows.with_kind(of)
    chosen = Count("pk", filter=Q(is_chosen=True))
    for kind, count, ticked in (
        rows.order_by().values_list("kind").annotate(n=Count("pk"), ticked=chosen)
    ):
        groups[kind].count, groups[kind].chosen = count, ticked
    place = Window(RowNumber(), partition_by=[F("kind")], order_by=F("pk").asc())
    to_decide = rows.filter(kind__in=TO_DECIDE)
    for row in (
        to_decide.annotate(place=place)
        .filter(place__lte=SHOWN)
        .select_related("product")
        .order_by("pk")
    ):
        groups[row.kind].rows.append(row)
    groups["pairing"] = pairing_rows(of)
    elsewhere = groups[RowKind.ELSEWHERE]
    elsewhere.lists = _lists_of(of.owner, [row.product_id for row in elsewhere.rows])
    return groups


def pairing_rows(of: Import) -> ImportGroup:
    """Return how many rows pair nothing, with the first of them, and how many `chosen` ones do. Two
    queries."""
    rows = of.rows.exclude(rival_of="").order_by("pk")
    counts = rows.aggregate(bad=Count("pk", filter=Q(rival_problem__gt="")), all=Count("pk"))
    unpaired = rows.exclude(rival_problem="")[:SHOWN] if counts["bad"] else ()
    return ImportGroup(
        counts["bad"], counts["all"] - counts["bad"], [_as_unpaired(row) for row in unpaired]
    )


def _as_unpaired(row: ImportRow) -> ImportRow:
    row.text, row.problem = f"{row.num_iid} → {row.rival_of}", row.rival_problem
    return row


def _lists_of(user: User, products: Sequence[int | None]) -> Mapping[int, list[str]]:
    """Return, by product, the names of the user's lists that have it. One query."""
    names: dict[int, list[str]] = defaultdict(list)
    watches = Watch.objects.for_user(user).filter(product__in=products).order_by("watchlist__name")
    for product, name in watches.values_list("product", "watchlist__name"):
        names[product].append(name)
    return names


def import_cost(of: Import, frame: PageFrame) -> dict[str, Any]:
    """Return what `imports/cost.html` shows: the effect of the chosen rows on the budget.

    It is computed as if only the import's owner watched anything, because it must not reveal what
    others watch. Two queries; four if the owner's other lists have some of the products."""
    usual, schedule = _usual_limits(of), scheduled_paces()
    before, after = _asked_by_now(of), Counter[Limits | None]()
    for limits, count in before.items():
        after[usual if limits is None else tightened(usual, limits)] += count
    is_paused = of.watchlist is not None and of.watchlist.is_paused
    forecast = (
        Forecast(frame.budget, schedule)
        if is_paused
        else Forecast(frame.budget, without(schedule, before), before, after)
    )
    return {
        "products": sum(before.values()),
        "is_paused": is_paused,
        "is_open": calls_of(usual).is_open,
        "forecast": forecast,
    }


def _usual_limits(of: Import) -> Limits:
    """Return how the import's list, which may still have to be made, checks its products."""
    new = Watchlist(owner=of.owner, interval=of.interval, pace=of.pace or Pace.ADAPTIVE)
    watchlist = of.watchlist or new
    return limits_of_product(watchlist, watchlist.owner.granted_share)


def _asked_by_now(of: Import) -> Counter[Limits | None]:
    """Count the chosen products by how the owner's lists check them now. None: no list checks
    them."""
    kinds = dict(_to_add(of).order_by().values_list("kind").annotate(n=Count("pk")))
    before = Counter[Limits | None]()
    if kinds.get(RowKind.ELSEWHERE):
        elsewhere = _to_add(of).filter(kind=RowKind.ELSEWHERE)
        own = (
            Watch.objects.active()
            .for_user(of.owner)
            .filter(product__in=elsewhere.values("product"))
        )
        before.update(plain(limits) for limits in limits_by_product(own).values())
    before[None] = sum(kinds.values()) - before.total()
    return before


def _to_add(of: Import) -> QuerySet[Any]:
    return of.rows.with_kind(of).filter(kind__in=ADDABLE, is_chosen=True)


def problems(of: Import) -> list[ImportRow]:
    """Return the rows without an ID or with a doubtful one, in their order, and those whose rival
    is not paired."""
    unpaired = of.rows.exclude(rival_problem="").order_by("pk")
    return [*of.rows.exclude(problem="").order_by("pk"), *map(_as_unpaired, unpaired)]


def import_progress(
    of: Import, now: datetime, counts: dict[str, Any], frame: PageFrame
) -> dict[str, Any]:
    """Return what `imports/result.html` shows of an import with these `first_checks`. At most nine
    queries."""
    added = of.rows.filter(was_added=True)
    kinds = dict(
        of.rows.with_kind(of)
        .order_by()
        .values_list("kind")
        .annotate(n=Count("pk", filter=Q(was_added=False)))
    )
    elapsed, remaining = now - (of.saved_at or now), None
    if counts["unchecked"] and counts["checked_since"] >= CHECKS_FOR_A_PACE:
        remaining = elapsed / counts["checked_since"] * counts["unchecked"] // SECOND * SECOND
    checked = counts["added"] - counts["unchecked"]
    percent = checked * 100 // counts["added"] if counts["added"] else 100
    is_paused = of.watchlist is not None and of.watchlist.is_paused
    waiting = 0 if of.finished_at else _to_add(of).count()
    is_done = not counts["unchecked"] and not waiting
    failures = _products(added.filter(FAILING))
    not_found = _products(added.filter(MISSING))
    products = _products(added.exclude(MISSING).exclude(FAILING))
    return {
        **counts,
        "checked": checked,
        "percent": percent,
        # Often enough for a screen reader.
        "tens": percent // 10 * 10,
        # None until enough were checked for an estimate.
        "remaining_time": remaining,
        "waiting_to_be_added": waiting,
        "already": kinds.get(RowKind.HERE, 0),
        # On other lists of the owner, and not added.
        "elsewhere": kinds.get(RowKind.ELSEWHERE, 0),
        "pairing": pairing_rows(of) if counts["unpaired"] else None,
        # A paused list makes no checks.
        "is_paused": is_paused,
        "is_done": is_done,
        # The page asks again.
        "goes_on": not is_done and not (is_paused and not waiting),
        # Checks are waiting, but no worker sends heartbeats.
        "is_silent": bool(counts["unchecked"]) and elapsed > SHOULD_HAVE_BEGUN and is_silent(now),
        # The provider does not know most of the products.
        "finds_little": counts["missing"] * 2 > checked - counts["failing"],
        "failures": failures,
        "more_failing": counts["failing"] - len(failures),
        "not_found": not_found,
        "more_missing": counts["missing"] - len(not_found),
        "products": products,
        "more_products": counts["added"] - counts["failing"] - counts["missing"] - len(products),
        "cost": None if is_paused else _cost_now(of, frame),
    }


def _cost_now(of: Import, frame: PageFrame) -> dict[str, Any]:
    """Return the cost of the added products that are on no other list of the owner. Two queries."""
    others = Watch.objects.active().for_user(of.owner).exclude(watchlist=of.watchlist_id)
    alone = of.rows.filter(
        ~Exists(others.filter(product=OuterRef("product"))), was_added=True
    ).count()
    calls = calls_of(_usual_limits(of))
    all_lists = Forecast(frame.budget, scheduled_paces())
    return {"added": calls.least * alone, "is_open": calls.is_open, "over": all_lists.over}


def _products(rows: QuerySet[ImportRow]) -> list[Product]:
    chosen = rows.select_related("product__shop").order_by("pk")[:RESULT_SHOWN]
    return [row.product for row in chosen if row.product is not None]
