"""Watchlists and the products on them: reads, adding products, and a watch's target price, note and tags."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from ninja import Query, Router

from monitor.api.auth import ApiRequest
from monitor.api.errors import RequestError
from monitor.api.idempotency import IdempotencyKey, once
from monitor.api.paging import KeyColumn, Keyset, PageQuery
from monitor.api.schemas import (
    Id,
    NumIid,
    Page,
    ProductsAdded,
    ProductsToAdd,
    WatchedProduct,
    WatchlistTold,
    WatchWords,
)
from monitor.budget.allowances import AllowanceError
from monitor.models import Import, User, Watch, Watchlist
from monitor.models.imports import RowKind
from monitor.pages.shared.watchlist_reads import editable, unread_count
from monitor.pages.shared.words import allowance_in_words
from monitor.planning.calls import tallies_of
from monitor.text.formatting import one_line
from monitor.uploads.files import Refusal, UnreadableUpload
from monitor.watchlists.imports import Source, Target, add_some, choose_all, start_import
from monitor.watchlists.reading import read_pasted
from monitor.watchlists.short_links import with_products
from monitor.watchlists.tags import set_tags
from monitor.watchlists.targets import set_targets, targets_of
from monitor.watchlists.words import PROBLEM_WORDS, REFUSAL_WORDS

router = Router(tags=["watchlists"])


@router.get("/watchlists", response=list[WatchlistTold])
def watchlists(request: ApiRequest) -> Any:
    """All lists that the token sees, by name."""
    user = request.auth.user
    lists = request.auth.lists.annotate(editable=editable(user, "pk"), unread=unread_count(user))
    return _told(lists.order_by("name", "pk"), user)


@router.get("/watchlists/{watchlist}", response=WatchlistTold)
def watchlist(request: ApiRequest, watchlist: Id) -> Any:
    """One list."""
    [row] = _told([request.auth.watchlist(watchlist)], request.auth.user)
    return row


@router.get("/watchlists/{watchlist}/watches", response=Page[WatchedProduct])
def watches(request: ApiRequest, watchlist: Id, query: Query[PageQuery]) -> Any:
    """The products on a list, in the order in which they were added."""
    [key] = request.auth.list_keys(watchlist)
    order = Keyset([KeyColumn("pk")], "watches", key)
    rows = _watches(key).filter(order.after(query.cursor)).order_by("pk")
    return order.cut(with_words(rows[: query.limit + 1]), query.limit)


@router.get("/watchlists/{watchlist}/watches/{num_iid}", response=WatchedProduct)
def watch(request: ApiRequest, watchlist: Id, num_iid: NumIid) -> Any:
    """One product on a list."""
    [key] = request.auth.list_keys(watchlist)
    return _watch(key, num_iid)


@router.patch("/watchlists/{watchlist}/watches/{num_iid}", response=WatchedProduct)
def alter_watch(request: ApiRequest, watchlist: Id, num_iid: NumIid, body: WatchWords) -> Any:
    """Set the target price, the note or the tags of a product on a list."""
    key = request.auth.editable_list(watchlist).pk
    row, sent = _watch(key, num_iid), body.model_fields_set
    with transaction.atomic():
        if "target_price" in sent:
            set_targets({row.pk: body.target_price}, request.auth.now)
        if "note" in sent:
            Watch.objects.filter(pk=row.pk).update(note=one_line(body.note))
        if "tags" in sent:
            set_tags({row.pk: list(dict.fromkeys(body.tags))})
    return _watch(key, num_iid)


@router.post("/watchlists/{watchlist}/products", response=ProductsAdded)
def add_products(request: ApiRequest, watchlist: Id, body: ProductsToAdd, key: IdempotencyKey = None) -> Any:
    """Put products on a list: IDs, links and share texts. First checks are billed as for products added on the page."""
    return add_lines(request, key, request.auth.editable_list(watchlist), body.products, _added)


def add_lines(
    request: ApiRequest,
    key: str | None,
    watchlist: Watchlist,
    products: Iterable[str],
    answer: Callable[[Import], dict[str, Any]],
) -> dict[str, Any]:
    """Put products on a list as the page does, and return the `answer`, which is ready for JSON."""
    caller = request.auth
    text = "\n".join(one_line(line) for line in products)
    try:
        lines = read_pasted(text)
    except UnreadableUpload as error:
        status = 503 if error.refusal is Refusal.BUSY else 422
        raise RequestError(status, str(REFUSAL_WORDS[error.refusal])) from None
    # It follows short links, so not in a transaction.
    source = with_products(Source(text, lines), caller.user, caller.now)

    def add() -> dict[str, Any]:
        job = start_import(caller.user, source, Target(watchlist, "", watchlist.interval), caller.now)
        choose_all(job, RowKind.ELSEWHERE, is_chosen=True)
        add_some(job, caller.now, most=len(lines))
        return answer(job)

    try:
        return once(request, key, add)
    except AllowanceError as error:
        words = allowance_in_words(error)
        raise RequestError(409, words, limit=error.limit, most=error.most, left=error.left) from None


def _added(job: Import) -> dict[str, Any]:
    """One query: what became of each line."""
    rows = list(job.rows.order_by("pk"))
    added = [row.num_iid for row in rows if row.was_added]
    watched = dict.fromkeys(row.num_iid for row in rows if row.num_iid and not row.problem)
    return {
        "added": added,
        "watched": [num_iid for num_iid in watched if num_iid not in added],
        "problems": [
            {"line": row.number, "text": row.text, "problem": row.problem, "words": str(PROBLEM_WORDS[row.problem])}
            for row in rows
            if row.problem and not row.was_added
        ],
    }


def _watches(watchlist: int) -> QuerySet[Watch]:
    """With their products, without the columns that only the search needs."""
    watches = Watch.objects.filter(watchlist=watchlist)
    unneeded = (f"product__index__{name}" for name in ("words", "pairs", "lists"))
    return watches.select_related("product__shop", "product__index").defer(*unneeded)


def _watch(watchlist: int, num_iid: str) -> Any:
    rows = with_words(_watches(watchlist).filter(product__num_iid=num_iid))
    if not rows:
        raise Http404
    return rows[0]


def with_words(watches: QuerySet[Watch]) -> list[Any]:
    """Three queries: watches with their `tag_names` and `target_prices`."""
    rows: list[Any] = list(watches.prefetch_related("tags"))
    targets = targets_of(watch.pk for watch in rows)
    for watch in rows:
        watch.tag_names = [tag.name for tag in watch.tags.all()]
        watch.target_prices = targets.get(watch.pk, [])
    return rows


def _told(lists: Iterable[Any], user: User) -> list[Any]:
    """At most two queries: lists with their `role` and `product_count`."""
    rows = list(lists)
    tallies = tallies_of(row.pk for row in rows)
    for row in rows:
        row.role = "owner" if row.owner_id == user.pk else "editor" if row.editable else "viewer"
        row.product_count = tallies[row.pk].products
    return rows
