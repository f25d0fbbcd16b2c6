"""Imports: a text or a file is read, the user chooses among its products, and they are added. An
import can be undone.

A draft is a row (`monitor.models.Import`), not a form: what is added was read here, whatever a
browser sends; a preview survives a reload; and a change of the interval does not upload 50,000 IDs
again. Expired ones are deleted by `upkeep`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import batched
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum

from monitor.models import Import, ImportRow, Pace, Pairing, Product, User, Watch, Watchlist
from monitor.models.catalog import DOUYIN
from monitor.models.imports import ADDABLE, RowKind
from monitor.models.watchlists import DEFAULT_INTERVAL
from monitor.people.allowances import AllowanceError, refuse_beyond, refuse_more_today
from monitor.watching.names import free_name
from monitor.watching.pairings import PairingPlan, pair, plan_pairings
from monitor.watching.services import CHUNK, add_products, create_watchlist, remove
from monitor.watching.uploads.lines import LONGEST_TEXT, UploadLine

#: Products added in one request, which takes a few seconds. A larger import goes on with the next
#: request.
STEP = 5000
ROWS_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Target:
    """Where the products go: an existing list, or a new one called `list_name` with an interval and
    a pace."""

    watchlist: Watchlist | None
    list_name: str = ""
    interval: timedelta = DEFAULT_INTERVAL
    pace: str = Pace.ADAPTIVE


@dataclass(frozen=True, slots=True)
class Source:
    """What was read: the pasted text, the file's name, and the lines of both."""

    text: str = ""
    lines: tuple[UploadLine, ...] = ()
    file_name: str = ""


@transaction.atomic
def start_import(
    owner: User, source: Source, target: Target, now: datetime, *, is_decided: bool = False
) -> Import:
    """Save what was read, for a preview. Nothing is added, and no call is made.

    All certain IDs are chosen. An import that `is_decided` is an operator's: the adding counts as
    begun. Otherwise the owner's allowance counts: `AllowanceError` is raised for too many imports a
    day, and for more rows than `make_room` finds room for."""
    size = 0 if is_decided else stored_size(len(source.lines), source.text)
    if not is_decided:
        refuse_more_today(owner, "imports", now)
        make_room(owner, size)
    job = Import.objects.create(
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
        size=size,
    )
    ImportRow.objects.bulk_create(_rows(job, source), batch_size=ROWS_AT_ONCE)
    job.rows.filter(product__isnull=True, num_iid__gt="").update(product=_known_product())
    _plan_pairings(job)
    return job


def stored_size(rows: int, text: str) -> int:
    """Return how many rows of an allowance are used by rows and their text: `LONGEST_TEXT`
    characters count as one."""
    return rows + len(text) // LONGEST_TEXT


def make_room(owner: User, more: int) -> None:
    """Let the owner's oldest drafts give way until `more` rows can be stored. Raises
    `AllowanceError`.

    All stored rows count, also of imports and sheets that were applied or undone.
    """
    drafts = Import.objects.filter(owner=owner, saved_at=None)
    while True:
        try:
            return refuse_beyond(owner, "import_rows", more, partial(_stored_rows, owner))
        except AllowanceError:
            if (oldest := drafts.order_by("pk").first()) is None:
                raise
            oldest.delete()


def _stored_rows(owner: User) -> int:
    return sum(
        uploads.aggregate(n=Sum("size"))["n"] or 0
        for uploads in (owner.imports, owner.sheet_updates)
    )


def _rows(job: Import, source: Source) -> Iterator[ImportRow]:
    seen: set[str] = set()
    for line in source.lines:
        num_iid = line.num_iid or ""
        yield ImportRow(
            source=job,
            number=line.number,
            column=line.column,
            text=line.text,
            num_iid=num_iid,
            problem=line.problem or "",
            rival_of=line.rival_of if num_iid else "",
            is_repeated=num_iid in seen,
            is_chosen=bool(num_iid) and not line.problem,
        )
        if num_iid:
            seen.add(num_iid)


def _known_product() -> Subquery:
    """Return the key of a row's product, if it is on a list: other products may be deleted at any
    moment."""
    products = Product.objects.filter(
        platform=DOUYIN, num_iid=OuterRef("num_iid"), watches__isnull=False
    )
    return Subquery(products.values("pk")[:1])


def last_list(user: User) -> int | None:
    """Return the key of the list that the user may edit and that got a product last; None if they
    all are empty."""
    return lists_by_use(user).exclude(added_at=None).values_list("pk", flat=True).first()


def lists_by_use(user: User) -> QuerySet[Any]:
    """Return the lists that the user may edit, the one that got a product last first, then empty
    ones."""
    # Served by an index, however long the lists are.
    newest = (
        Watch.objects.filter(watchlist=OuterRef("pk"))
        .order_by("-created_at")
        .values("created_at")[:1]
    )
    lists = Watchlist.objects.editable_by(user).annotate(added_at=Subquery(newest))
    return lists.order_by(F("added_at").desc(nulls_last=True), "-pk")


def is_plain(job: Import) -> bool:
    """Return whether the user has nothing to decide: besides new products, rows are only repeated
    or on the list."""
    kinds = set(job.rows.with_kind(job).order_by().values_list("kind", flat=True).distinct())
    if job.rows.exclude(rival_problem="").exists():
        return False
    return RowKind.NEW in kinds and kinds <= {RowKind.NEW, RowKind.HERE, RowKind.REPEATED}


def choose_doubtful(job: Import) -> None:
    """Choose also the rows with a doubtful ID."""
    job.rows.filter(num_iid__gt="").update(is_chosen=True)


def add_some(job: Import, now: datetime, most: int | None = None) -> bool:
    """Put up to `most` of the chosen products (or `STEP`) on the list, which is made if needed;
    return whether all are there.

    Each chunk is added and marked in one transaction: an interrupted import goes on with the next
    call, and adds nothing twice. It stops when the import is undone meanwhile. Raises
    Watchlist.DoesNotExist when the owner may no longer edit the list, and `AllowanceError` when
    nothing is added because too much would be."""
    most = most or STEP
    watchlist = _begin(job, now)
    # Not again what was added, and removed meanwhile.
    rows = job.rows.with_kind(job).filter(kind__in=ADDABLE, is_chosen=True, was_added=False)
    waiting = list(rows.order_by("pk").values_list("pk", "num_iid")[: most + 1])
    total = job.rows.filter(is_chosen=True).count()
    for batch in batched(waiting[:most], CHUNK):
        if not _add(job, watchlist, dict(batch), now, total):
            return False
    if len(waiting) <= most:
        _finish(job, now)
        return True
    return False


@transaction.atomic
def _finish(job: Import, now: datetime) -> None:
    """Pair what was added, and end the import, once."""
    locked = (
        Import.objects.select_for_update()
        .filter(pk=job.pk, finished_at=None, undone_at=None)
        .first()
    )
    if locked is not None:
        plan = _plan_pairings(locked, locks=True)
        locked.finished_at, locked.paired = now, pair(plan, locked.owner) if plan.rivals else []
        locked.save(update_fields=["finished_at", "paired"])


def _plan_pairings(job: Import, *, locks: bool = False) -> PairingPlan:
    """Return what rows of rivals pair, and store why others do not. A doubtful row that is not
    chosen pairs nothing."""
    asked = job.rows.exclude(rival_of="").exclude(Q(problem__gt="", is_chosen=False))
    rows = list(asked.order_by("pk").only("num_iid", "rival_of", "rival_problem"))
    coming = (
        set(job.rows.exclude(num_iid="").values_list("num_iid", flat=True))
        if rows and not locks
        else ()
    )
    plan = plan_pairings(rows, job.owner, job.watchlist_id, coming, locks=locks)
    for row in rows:
        row.rival_problem = plan.problems.get(row.pk, "")
        row.rival_of = row.rival_of if row.pk in plan.problems else ""  # Nothing is left to pair.
    ImportRow.objects.bulk_update(rows, ["rival_of", "rival_problem"], batch_size=ROWS_AT_ONCE)
    return plan


@transaction.atomic
def _begin(job: Import, now: datetime) -> Watchlist:
    """Return the list for the products, which is made if needed. The lock keeps two requests from
    making two lists.

    Raises `AllowanceError` if its owner may not have all chosen products; nothing is begun then.
    """
    locked = Import.objects.select_for_update().get(pk=job.pk)
    if locked.saved_at is None:
        list_owner = locked.watchlist.owner if locked.watchlist else job.owner
        refuse_beyond(list_owner, "products", *_products(list_owner, job))
    if locked.watchlist_id is None:
        if locked.saved_at or not locked.makes_list:
            raise Watchlist.DoesNotExist  # The list was deleted for good.
        # The owner may have made a list of that name since the preview.
        name = free_name(job.owner, locked.list_name)
        locked.watchlist = create_watchlist(
            job.owner, name, locked.interval, pace=locked.pace or Pace.ADAPTIVE, by=job.owner
        )
    locked.saved_at = locked.saved_at or now
    locked.save(update_fields=["watchlist", "saved_at"])
    job.refresh_from_db()
    return _list_of(job)


def _products(owner: User, job: Import) -> tuple[int, Callable[[], int]]:
    """Return how many products the import adds to the lists of `owner`, and a function that counts
    the present ones.

    It also counts the products that other imports are about to add.

    Products on deleted lists count until these are purged: they can be restored.
    """
    watches = Watch.objects.filter(watchlist__owner=owner)
    new = ImportRow.objects.filter(
        ~Exists(watches.filter(product=OuterRef("product"))),
        is_chosen=True,
        is_repeated=False,
        num_iid__gt="",
    )
    under_way = new.filter(
        source__watchlist__owner=owner,
        source__saved_at__isnull=False,
        source__finished_at=None,
        source__undone_at=None,
        was_added=False,
    )

    def used() -> int:
        return watches.values("product").distinct().count() + under_way.exclude(source=job).count()

    return new.filter(source=job).count(), used


def _list_of(job: Import) -> Watchlist:
    return Watchlist.objects.editable_by(job.owner).get(pk=job.watchlist_id or 0)


@transaction.atomic
def _add(
    job: Import,
    watchlist: Watchlist,
    rows: Mapping[int, str],
    now: datetime,
    total: int,
) -> bool:
    # The import's row is the lock: an undo either removes this chunk, or is seen here.
    if Import.objects.select_for_update().get(pk=job.pk).undone_at is not None:
        return False
    added = add_products(watchlist, rows.values(), now, total=total, by=job.owner)
    # Also those that another import has added meanwhile, or they would wait for ever.
    job.rows.filter(pk__in=rows).update(product=_known_product())
    job.rows.filter(pk__in=rows, num_iid__in=added).update(was_added=True)
    return True


def take_back(job: Import, now: datetime) -> None:
    """Remove what the import added from its list, and the list too if the import made it and it is
    now empty.

    Raises Watchlist.DoesNotExist when the owner may no longer edit the list.
    """
    watchlist = _list_of(job)
    _remove_added(job, watchlist, now)
    with transaction.atomic():
        locked = Import.objects.select_for_update().get(pk=job.pk)
        # What another request has added meanwhile.
        _remove_added(job, watchlist, now)
        Pairing.objects.filter(pk__in=locked.paired or ()).delete()
        Import.objects.filter(pk=job.pk).update(undone_at=now)
        if job.makes_list and not watchlist.watches.exists() and not watchlist.memberships.exists():
            watchlist.delete()


def _remove_added(job: Import, watchlist: Watchlist, now: datetime) -> None:
    added = job.rows.filter(was_added=True).values("product")
    keys = list(watchlist.watches.filter(product__in=added).values_list("pk", flat=True))
    for batch in batched(keys, CHUNK):
        remove(Watch.objects.filter(pk__in=batch), now)
