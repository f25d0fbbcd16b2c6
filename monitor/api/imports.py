"""Imports: many products for a list, and what became of them."""

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from ninja import Query, Router, Status

from monitor.api.auth import ApiRequest
from monitor.api.idempotency import IdempotencyKey
from monitor.api.paging import KeyColumn, Keyset, PageQuery
from monitor.api.schemas import Id, ImportGiven, ImportRowTold, ImportTold, Page
from monitor.api.watchlists import add_lines
from monitor.models import Import
from monitor.pages.shared.import_reads import account_of, first_checks
from monitor.watchlists.words import PROBLEM_WORDS

router = Router(tags=["imports"])


@router.post("/imports", response={202: ImportTold})
def start_import(request: ApiRequest, response: HttpResponse, body: ImportGiven, key: IdempotencyKey = None) -> Any:
    """Put products on a list; their first checks follow. `Location` is the address of the progress."""
    watchlist = request.auth.editable_list(body.watchlist)
    made = add_lines(request, key, watchlist, body.products, lambda job: {"import": job.pk})
    job = _told(request, _find(request, str(made["import"])))
    response["Location"] = reverse("api:progress", args=[job.pk])
    return Status(202, job)


@router.get("/imports/{job}", response=ImportTold)
def progress(request: ApiRequest, job: Id) -> Any:
    """What became of the lines so far. Imports are kept for seven days."""
    return _told(request, _find(request, job))


@router.get("/imports/{job}/rows", response=Page[ImportRowTold])
def import_rows(request: ApiRequest, job: Id, query: Query[PageQuery]) -> Any:
    """The lines in their order."""
    own = _find(request, job)
    order = Keyset([KeyColumn("pk")], "import rows", own.pk)
    rows: Any = own.rows.filter(order.after(query.cursor)).select_related("product").order_by("pk")
    page = order.cut(list(rows[: query.limit + 1]), query.limit)
    for row in page["items"]:
        row.num_iid, row.problem = row.num_iid or None, row.problem or None
        row.words = str(PROBLEM_WORDS[row.problem]) if row.problem else None
        row.checked_at = row.product and row.product.checked_at
        row.failing_since = row.product and row.product.failing_since
    return page


def _find(request: ApiRequest, key: str) -> Import:
    """An import of the user; of the page's own ones only those that were added."""
    caller = request.auth
    own = Import.objects.filter(pk=int(key), owner=caller.user, saved_at__isnull=False)
    if not caller.sees_all:
        own = own.filter(watchlist__in=caller.lists)
    if (row := own.first()) is None:
        raise Http404
    return row


def _told(request: ApiRequest, job: Any) -> Any:
    job.account, job.checks = account_of(job), first_checks(job, request.auth.now)
    return job
