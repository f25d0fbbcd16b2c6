"""Imports: reading starts one, people choose, adding ends it, and it can be taken back.

Drafts are rows (`monitor.models.Import`) and not fields of the preview's form: what is added was read here, whatever a
browser sends; a preview survives a reload and a night; and an exchange about the interval costs no upload of 50,000
IDs. Whoever starts an import clears away everybody's old ones: where none comes, none piles up.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, batched
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery

from monitor.models import Import, ImportRow, Pace, Product, User, Watch, Watchlist
from monitor.models.catalog import DOUYIN
from monitor.models.imports import ADDABLE, RowTrouble
from monitor.recording.bulk import insert_rows
from monitor.uploads.links import UploadLine
from monitor.watchlists.names import free_name
from monitor.watchlists.removal import distances, put_back, remove_for_now
from monitor.watchlists.rescheduling import reschedule
from monitor.watchlists.services import CHUNK, add_products, create_watchlist, remove

#: Products added or taken back in one request: what takes a few seconds. A larger import goes on with the next one.
STEP = 5000
ROWS_AT_ONCE = 2000
COLUMNS = (
    *("source_id", "number", "column", "is_from_file"),
    *("text", "num_iid", "problem", "is_repeated", "is_chosen", "was_added"),
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where the products go: a list that is there, or a new one by its name; and how they are checked, `pace` being ''
    as the list has it. A new one has them checked as they change."""

    watchlist: Watchlist | None
    list_name: str
    interval: timedelta
    pace: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What was read: the text that was pasted and the lines of it, a file's name and its rows."""

    text: str = ""
    lines: tuple[UploadLine, ...] = ()
    file_name: str = ""
    rows: tuple[UploadLine, ...] = ()


@transaction.atomic
def start_import(owner: User, source: Source, target: Target, now: datetime, *, is_decided: bool = False) -> Import:
    """Keep what was read, for its owner to look over. Nothing is added, and no call made.

    An import that `is_decided` has no preview: all that surely names a product is chosen, what other lists of the
    owner's watch included, and the adding counts as begun.
    """
    Import.objects.expired(now).delete()
    made = Import.objects.create(
        owner=owner,
        watchlist=target.watchlist,
        list_name=target.list_name,
        makes_list=target.watchlist is None,
        interval=target.interval,
        pace=target.pace,
        text=source.text,
        file_name=source.file_name[-200:],
        created_at=now,
        saved_at=now if is_decided else None,
    )
    insert_rows(ImportRow, COLUMNS, _rows(made, source))
    _find_products(made)
    if not is_decided:
        _untick_watched(made)
    return made


def _rows(of: Import, source: Source) -> Iterator[tuple[Any, ...]]:
    """The values of each row's `COLUMNS`."""
    seen: set[str] = set()
    for is_from_file, lines in ((False, source.lines), (True, source.rows)):
        for line in lines:
            num_iid, problem = line.num_iid or "", line.problem or ""
            is_repeated, is_chosen = num_iid in seen, bool(num_iid) and not problem
            place = (line.number, line.column, is_from_file)
            yield of.pk, *place, line.text, num_iid, problem, is_repeated, is_chosen, False
            if num_iid:
                seen.add(num_iid)


def _find_products(of: Import) -> None:
    known = Product.objects.filter(platform=DOUYIN, num_iid=OuterRef("num_iid"))
    of.rows.filter(product__isnull=True, num_iid__gt="").update(product=Subquery(known.values("pk")[:1]))


def _untick_watched(of: Import) -> None:
    """What its owner watches already he need not watch twice: it is his to tick."""
    watched = Watch.objects.for_user(of.owner).filter(product=OuterRef("product"))
    of.rows.filter(Exists(watched), is_chosen=True).update(is_chosen=False)


def draft_of(owner: User, key: int) -> Import | None:
    """What somebody pasted and has not added yet, to go back to; None once a later one has been added in its place."""
    imports = Import.objects.filter(owner=owner)
    is_over = imports.filter(pk__gt=key, saved_at__isnull=False).exists()
    return None if is_over else imports.filter(pk=key, saved_at=None).first()


def retarget(of: Import, target: Target) -> None:
    """Send a draft to another list, or have its products checked at another interval. What another tab adds meanwhile
    stays on its way."""
    aim: dict[str, Any] = {
        "watchlist": target.watchlist,
        "list_name": target.list_name,
        "interval": target.interval,
        "pace": target.pace,
        "makes_list": target.watchlist is None,
    }
    if Import.objects.filter(pk=of.pk, saved_at=None).update(**aim):
        for name, value in aim.items():
            setattr(of, name, value)


def choose(of: Import, ticks: Mapping[int, bool]) -> None:
    """Tick and untick rows, by their keys. Keys of other imports are passed over."""
    for is_chosen in (True, False):
        keys = [key for key, ticked in ticks.items() if ticked is is_chosen]
        of.rows.filter(pk__in=keys).exclude(is_chosen=is_chosen).update(is_chosen=is_chosen)


def choose_all(of: Import, kind: str, *, is_chosen: bool) -> None:
    """Tick or untick all rows of a kind, those included that the preview does not show."""
    of.rows.with_kind(of).filter(kind=kind).update(is_chosen=is_chosen)


def add_some(of: Import, now: datetime, most: int | None = None) -> bool:
    """Put up to `most` of the chosen products (or `STEP`) on the list, which is made if need be; return whether all
    are there.

    Each piece is added and marked in one transaction, so whatever ends it goes on with the next call, and nothing is
    added twice. It stops when the import is taken back meanwhile. Raises Watchlist.DoesNotExist when the owner may no
    longer edit the list.
    """
    most = most or STEP
    watchlist = _begin(of, now)
    own = _own(of, watchlist)
    rows = of.rows.with_kind(of).filter(kind__in=ADDABLE, is_chosen=True).order_by("pk")
    waiting = list(rows.values_list("pk", "num_iid")[: most + 1])
    together = of.rows.filter(is_chosen=True).count()
    for batch in batched(waiting[:most], CHUNK):
        if not _add(of, watchlist, dict(batch), own, now, together):
            return False
    if len(waiting) <= most:
        Import.objects.filter(pk=of.pk, finished_at=None).update(finished_at=now)
        return True
    return False


@transaction.atomic
def _begin(of: Import, now: datetime) -> Watchlist:
    """The list that the products go to. Two requests that begin at once make one list."""
    locked = Import.objects.select_for_update().get(pk=of.pk)
    if locked.watchlist_id is None:
        if locked.saved_at or not locked.makes_list:
            raise Watchlist.DoesNotExist  # It was there, and was deleted for good.
        # Somebody may have made a list of that name since it was looked over.
        name = free_name(of.owner, locked.list_name)
        locked.watchlist = create_watchlist(of.owner, name, locked.interval, pace=locked.pace or Pace.ADAPTIVE)
    locked.saved_at = locked.saved_at or now
    locked.save(update_fields=["watchlist", "saved_at"])
    of.refresh_from_db()
    return _list_of(of)


def _own(of: Import, watchlist: Watchlist) -> dict[str, Any]:
    """What the import asks for that its list does not."""
    asked = {"interval": of.interval, "pace": of.pace or watchlist.pace}
    return {name: value for name, value in asked.items() if value != getattr(watchlist, name)}


def _list_of(of: Import) -> Watchlist:
    return Watchlist.objects.editable_by(of.owner).get(pk=of.watchlist_id or 0)


@transaction.atomic
def _add(
    of: Import,
    watchlist: Watchlist,
    rows: Mapping[int, str],
    own: Mapping[str, Any],
    now: datetime,
    together: int,
) -> bool:
    # The import's row is the lock: whoever takes it back finds this piece added, or is found here.
    if Import.objects.select_for_update().get(pk=of.pk).undone_at is not None:
        return False
    added = add_products(watchlist, rows.values(), now, of=together, by=of.owner)
    if own:
        watchlist.watches.filter(product__platform=DOUYIN, product__num_iid__in=added).update(**own)
        reschedule(Product.objects.filter(platform=DOUYIN, num_iid__in=added), now)
    new = set(added)
    known = Product.objects.filter(platform=DOUYIN, num_iid=OuterRef("num_iid"))
    # What another import has put on the list meanwhile, too, or it would wait to be added for ever.
    of.rows.filter(pk__in=rows).update(product=Subquery(known.values("pk")[:1]))
    of.rows.filter(pk__in=[key for key, num_iid in rows.items() if num_iid in new]).update(was_added=True)
    return True


def take_back(of: Import, now: datetime) -> None:
    """Take what the import added off its list again, and the list too if the import made it and nothing else is on it.

    Raises Watchlist.DoesNotExist when the owner may no longer edit the list.
    """
    watchlist = _list_of(of)
    _remove_added(of, watchlist, now)
    with transaction.atomic():
        Import.objects.select_for_update().get(pk=of.pk)
        # What another request has added since.
        _remove_added(of, watchlist, now)
        Import.objects.filter(pk=of.pk).update(undone_at=now)
        if of.makes_list and not watchlist.watches.exists() and not watchlist.memberships.exists():
            watchlist.delete()


def _remove_added(of: Import, watchlist: Watchlist, now: datetime) -> None:
    added = of.rows.filter(was_added=True).values("product")
    keys = list(watchlist.watches.filter(product__in=added).values_list("pk", flat=True))
    for batch in batched(keys, CHUNK):
        remove(Watch.objects.filter(pk__in=batch), now)


@transaction.atomic
def remove_added(of: Import, trouble: RowTrouble, now: datetime) -> dict[str, Any]:
    """Take added products that are in trouble off the list again; return what `put_back_added` needs, ready for JSON.

    Raises Watchlist.DoesNotExist when the owner may no longer edit the list.
    """
    watchlist = _list_of(of)
    rows = dict(of.rows.filter(trouble.condition).values_list("pk", "product"))
    watches = [
        key
        for batch in batched(rows.values(), CHUNK)
        for key in watchlist.watches.filter(product__in=batch).values_list("pk", flat=True)
    ]
    _mark_added(of, rows, is_added=False)
    return {"removed": remove_for_now(watches, now), "source": of.pk, "rows": distances(rows)}


@transaction.atomic
def put_back_added(user: User, receipt: Mapping[str, Any], now: datetime) -> int:
    """Undo `remove_added`, if the list may still be edited and the import was not taken back as a whole.

    Return how many came back.
    """
    of = Import.objects.filter(owner=user, pk=receipt["source"], undone_at=None).first()
    count = 0 if of is None else put_back(user, receipt["removed"], now)
    if of is not None and count:
        _mark_added(of, accumulate(receipt["rows"]), is_added=True)
    return count


def _mark_added(of: Import, rows: Iterable[int], *, is_added: bool) -> None:
    # Unticked, too: an import that is not through yet would add them again.
    for batch in batched(rows, ROWS_AT_ONCE):
        of.rows.filter(pk__in=batch).update(was_added=is_added, is_chosen=is_added)
