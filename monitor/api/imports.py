"""Imports: many products for a list, and what became of them."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from ninja import Query, Router, Status

from monitor.api.auth import ApiRequest, Caller
from monitor.api.errors import RequestError
from monitor.api.paging import KeyColumn, Keyset, PageQuery
from monitor.api.schemas import Id, ImportGiven, ImportListed, ImportOut, ImportRowOut, Page
from monitor.api.watchlists import add_lines
from monitor.models import Import
from monitor.showing.reads.imports import account_of, first_checks
from monitor.watching.imports import take_back
from monitor.watching.words import problem_in_words

router = Router(tags=["imports"])


@router.post(
    "/imports",
    response={202: ImportOut},
)
def start_import(request: ApiRequest, response: HttpResponse, body: ImportGiven) -> Any:
    """Put products on a list; their first checks follow. `Location` is the address of the
    progress."""
    made = add_lines(request, body.watchlist, body.products, body.rival_of or "")
    response["Location"] = reverse("api:progress", args=[made.pk])
    return Status(202, _with_progress(request, _find(request, str(made.pk))))


@router.get("/imports", response=Page[ImportListed])
def imports(request: ApiRequest, query: Query[PageQuery]) -> Any:
    """Your imports of the last seven days, the newest first."""
    order = Keyset([KeyColumn("pk", descends=True)], "imports")
    return order.page(_own(request.auth), query)


@router.get("/imports/{job}", response=ImportOut)
def progress(request: ApiRequest, job: Id) -> Any:
    """What became of the lines so far. Imports are kept for seven days."""
    return _with_progress(request, _find(request, job))


@router.post("/imports/{job}/undo", response=ImportOut)
def undo_import(request: ApiRequest, job: Id) -> Any:
    """Take the added products off their list again, with the pairings that were made."""
    own = _find(request, job)
    if own.undone_at is not None:
        raise RequestError("not-possible", "It has been undone.")
    # A large import takes long, so not in one transaction.
    take_back(own, request.auth.now)
    own.refresh_from_db()
    return _with_progress(request, own)


@router.get("/imports/{job}/rows", response=Page[ImportRowOut])
def import_rows(request: ApiRequest, job: Id, query: Query[PageQuery]) -> Any:
    """The lines in their order."""
    own = _find(request, job)
    order = Keyset([KeyColumn("pk")], "import rows", own.pk)
    page = order.page(own.rows.select_related("product"), query)
    for row in page["items"]:
        for name in ("num_iid", "problem", "rival_problem"):
            setattr(row, name, getattr(row, name) or None)
        problem = row.problem or row.rival_problem
        row.words = problem_in_words(problem) if problem else None
        row.checked_at = row.product and row.product.checked_at
        row.failing_since = row.product and row.product.failing_since
    return page


def _own(caller: Caller) -> QuerySet[Import]:
    """Return the user's imports without their pasted text. Unconfirmed drafts of the page are left
    out."""
    own = Import.objects.filter(owner=caller.user, saved_at__isnull=False).defer("text")
    return own if caller.sees_all else own.filter(watchlist__in=caller.lists)


def _find(request: ApiRequest, key: str) -> Import:
    return get_object_or_404(_own(request.auth), pk=int(key))


def _with_progress(request: ApiRequest, job: Any) -> Any:
    job.account, job.checks = account_of(job), first_checks(job, request.auth.now)
    return job
