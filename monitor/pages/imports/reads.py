"""An import: its odd rows, its cost, and the progress of the first checks, in a fixed number of
queries."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from monitor.models import Import, ImportRow, Pace, Watch, Watchlist
from monitor.models.imports import ADDABLE, RowKind
from monitor.polling.planning.calls import Paces, calls_of, limits_of_product
from monitor.polling.planning.forecast import Forecast, scheduled_paces
from monitor.showing.reads.frame import PageFrame
from monitor.showing.reads.health import is_silent

#: The page shows only these rows of each group.
SHOWN = 200
#: A worker should have begun the checks after this time.
SHOULD_HAVE_BEGUN = timedelta(seconds=30)


@dataclass(slots=True)
class ImportGroup:
    """Rows that are odd in one way: how many there are, and the first ones."""

    count: int
    rows: list[ImportRow]

    @property
    def more(self) -> int:
        """Rows that are not shown."""
        return self.count - len(self.rows)


def import_rows(of: Import) -> dict[str, Any]:
    """Return how many rows are `here`, on the list already, `to_add` and `to_pair`; and the groups
    of odd rows: `bad` without an ID, `doubtful`, and `unpaired` rivals. Five queries."""
    rows = of.rows.filter(was_added=False).with_kind(of).order_by("pk")
    counts, to_add = Counter[str](), 0
    kinds = rows.order_by().values_list("kind", "is_chosen").annotate(n=Count("pk"))
    for kind, is_chosen, n in kinds:
        counts[kind] += n
        to_add += n if is_chosen and kind in ADDABLE else 0
    pairing = of.rows.exclude(rival_of="").order_by("pk")
    unpaired = pairing.exclude(rival_problem="")
    rivals = pairing.aggregate(n=Count("pk"), unpaired=Count("pk", filter=Q(rival_problem__gt="")))

    def group(kind: RowKind) -> ImportGroup:
        return ImportGroup(counts[kind], list(rows.filter(kind=kind)[:SHOWN]))

    return {
        "here": counts[RowKind.HERE],
        "to_add": to_add,
        "to_pair": rivals["n"] - rivals["unpaired"],
        "bad": group(RowKind.BAD),
        "doubtful": group(RowKind.DOUBTFUL),
        "unpaired": ImportGroup(rivals["unpaired"], list(unpaired[:SHOWN])),
    }


def import_cost(of: Import, frame: PageFrame) -> dict[str, Any]:
    """Return what `imports/cost.html` shows: the checks a day of the products that are to be added,
    or were. Those that another list of the owner checks cost at least nothing.

    It is computed as if only the import's owner watched anything, because it must not reveal what
    others watch. Three queries."""
    is_to_add = Q(is_chosen=True, kind__in=ADDABLE)
    rows = of.rows.with_kind(of).filter(Q(was_added=True) | is_to_add)
    others = Watch.objects.active().for_user(of.owner).exclude(watchlist=of.watchlist_id)
    is_alone = ~Exists(others.filter(product=OuterRef("product")))
    counts = rows.aggregate(n=Count("pk"), alone=Count("pk", filter=is_alone))
    alone = counts["alone"]
    new = Watchlist(owner=of.owner, interval=of.interval, pace=of.pace or Pace.ADAPTIVE)
    watchlist = of.watchlist or new
    limits = limits_of_product(watchlist, watchlist.owner.granted_share)
    calls = calls_of(limits)
    # The schedule has what was added already.
    is_coming = of.saved_at is None and not watchlist.is_paused
    more: Paces = {limits: alone} if is_coming else {}
    return {
        "is_paused": watchlist.is_paused,
        "added": calls.least * alone,
        "is_open": calls.is_open or alone < counts["n"],
        "over": Forecast(frame.budget, scheduled_paces(), after=more).over,
    }


def import_progress(
    of: Import, now: datetime, counts: dict[str, Any], to_add: int
) -> dict[str, Any]:
    """Return what `imports/result.html` shows of an import with these `first_checks`."""
    elapsed = now - (of.saved_at or now)
    checked = counts["added"] - counts["unchecked"]
    percent = checked * 100 // counts["added"] if counts["added"] else 100
    is_paused = of.watchlist is not None and of.watchlist.is_paused
    waiting = 0 if of.finished_at else to_add
    is_done = not counts["unchecked"] and not waiting
    return {
        **counts,
        "checked": checked,
        "percent": percent,
        # Often enough for a screen reader.
        "tens": percent // 10 * 10,
        "waiting_to_be_added": waiting,
        # A paused list makes no checks.
        "is_paused": is_paused,
        "is_done": is_done,
        # The page asks again.
        "goes_on": not is_done and not (is_paused and not waiting),
        # Checks are waiting, but no worker sends heartbeats.
        "is_silent": bool(counts["unchecked"]) and elapsed > SHOULD_HAVE_BEGUN and is_silent(now),
    }
