"""Applies an uploaded sheet to the products on a user's lists: a plan for the preview, and the
writes."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from monitor.models import SheetUpdate, User, Watch, Watchlist
from monitor.people.allowances import refuse_more_today
from monitor.text.formatting import one_line
from monitor.watching.imports import make_room, stored_size
from monitor.watching.own_values import alerts_at_once, news, save_values, values_of
from monitor.watching.uploads.sheets import BadCell, SheetProblem, SheetRow, Value

_COMMA = re.compile(r"\s*[,，、]\s*")


@dataclass(frozen=True, slots=True)
class WatchChange:
    """What a sheet changes about one watch: by field, the old value and the new one."""

    watch: Watch
    values: Mapping[str, tuple[Value, Value]]

    @property
    def alerts_at_once(self) -> bool:
        """Whether the price is below the new target already."""
        return alerts_at_once(self.watch, self.values.get("target", (None, None))[1])


@dataclass(slots=True)
class SheetPlan:
    """What a sheet would do. `unknown` are products on none of the user's lists."""

    changes: list[WatchChange] = field(default_factory=list)
    problems: list[SheetRow] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def products(self) -> int:
        return len({change.watch.product_id for change in self.changes})

    @property
    def at_once(self) -> int:
        return sum(change.alerts_at_once for change in self.changes)


@transaction.atomic
def start_update(owner: User, rows: Sequence[SheetRow], now: datetime) -> SheetUpdate:
    """Store a sheet for its preview, instead of the one before.

    Raises `AllowanceError` for too many sheets a day, and for more rows than the user may store.
    """
    refuse_more_today(owner, "sheets", now)
    SheetUpdate.objects.filter(owner=owner).delete()
    stored = [astuple(row) for row in rows]
    size = stored_size(len(stored), repr(stored))
    make_room(owner, size)
    return SheetUpdate.objects.create(owner=owner, created_at=now, stored_rows=stored, size=size)


def plan_of(update: SheetUpdate) -> SheetPlan:
    """Return what the sheet would change. Four queries, whatever the number of rows."""
    plan, user = SheetPlan(), update.owner
    rows = [SheetRow(*row) for row in update.stored_rows]
    may_edit = Exists(Watchlist.objects.editable_by(user).filter(pk=OuterRef("watchlist")))
    watches: dict[str, list[Any]] = defaultdict(list)
    theirs = Watch.objects.for_user(user).filter(product__num_iid__in={row.num_iid for row in rows})
    for watch in (
        theirs.annotate(editable=may_edit).select_related("product", "watchlist").order_by("pk")
    ):
        watches[watch.product.num_iid].append(watch)
    present = values_of(watch.pk for each in watches.values() for watch in each)
    seen: set[int] = set()
    for row in rows:
        if row.num_iid and row.num_iid not in watches:
            plan.unknown.append(row.num_iid)
            continue
        try:
            chosen = _chosen(row, watches[row.num_iid], seen)
        except BadCell as error:
            text = row.text or row.watchlist or row.num_iid
            plan.problems.append(
                SheetRow(row.number, row.num_iid, problem=error.problem, text=text)
            )
            continue
        seen |= {watch.pk for watch in chosen}
        changes = [WatchChange(watch, news(row.values, present[watch.pk])) for watch in chosen]
        plan.changes += [change for change in changes if change.values]
    plan.unknown = list(dict.fromkeys(plan.unknown))
    return plan


def _chosen(row: SheetRow, watches: Sequence[Any], seen: set[int]) -> list[Watch]:
    """Return the watches that a row is about: those on the lists that it names, or all that the
    user may edit.

    Raises `BadCell` if the row cannot be used. `seen` are the watches of the rows above.
    """
    if row.problem:
        raise BadCell(row.problem)
    if row.watchlist:
        named = _between_commas(row.watchlist)
        watches = [watch for watch in watches if _between_commas(watch.watchlist.name) in named]
        if not watches:
            raise BadCell(SheetProblem.NOT_ON_LIST)
    editable = [watch for watch in watches if watch.editable]
    if not editable:
        raise BadCell(SheetProblem.VIEW_ONLY)
    if any(watch.pk in seen for watch in editable):
        raise BadCell(SheetProblem.REPEATED)
    return editable


def _between_commas(names: str) -> str:
    """Return names of lists so that one of them is found among others. A name may have commas."""
    return f",{re.sub(_COMMA, ',', one_line(names))},"


@transaction.atomic
def apply(update: SheetUpdate, now: datetime) -> SheetPlan:
    """Write what the sheet changes. A second request changes nothing.

    Raises `ValidationError` as `save_values` does."""
    locked = SheetUpdate.objects.select_for_update().filter(pk=update.pk).first()
    if locked is None or not locked.stored_rows:
        return SheetPlan()
    plan = plan_of(locked)
    new = {
        change.watch.pk: {name: value for name, (_old, value) in change.values.items()}
        for change in plan.changes
    }
    save_values(new, now)
    locked.stored_rows, locked.size = [], 0
    locked.save(update_fields=["stored_rows", "size"])
    return plan
