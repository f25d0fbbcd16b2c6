"""Watchlists and the products on them: making lists, adding products, and changing and removing
their watches."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from monitor.api.auth import ApiRequest, Caller
from monitor.api.errors import RequestError, invalid
from monitor.api.paging import KeyColumn, Keyset, PageQuery
from monitor.api.schemas import (
    Given,
    NumIid,
    Page,
    ProductsAdded,
    ProductsToAdd,
    WatchChanges,
    WatchedProduct,
    WatchlistChanges,
    WatchlistGiven,
    WatchlistId,
    WatchlistOut,
)
from monitor.judging.margins import floor_price, margin
from monitor.models import Import, Product, User, Watch
from monitor.models.watchlists import WatchQuerySet
from monitor.people.allowances import lock
from monitor.people.throttle import TooOftenError
from monitor.polling.planning.calls import tallies_of
from monitor.polling.planning.rescheduling import ASKED
from monitor.showing.reads.watchlists import editable, unread_count
from monitor.text.formatting import one_line
from monitor.watching.deletion import bring_back, delete_for_now
from monitor.watching.imports import Source, Target, add_some, start_import
from monitor.watching.own_values import FIELDS, save_values
from monitor.watching.parsing import read_pasted
from monitor.watching.services import (
    create_watchlist,
    pause,
    pause_watchlist,
    remove,
    save_watch,
    save_watchlist,
)
from monitor.watching.short_links import with_products
from monitor.watching.targets import targets_of
from monitor.watching.uploads.files import Refusal, UnreadableUpload
from monitor.watching.words import REFUSAL_WORDS, problem_in_words

router = Router(tags=["watchlists"])
_REFUSED = {Refusal.BUSY: "busy", Refusal.ONE_AT_A_TIME: "too-many-requests"}
#: The names of `own_values`, each with its name in a body.
SENT_AS = {**dict(zip(FIELDS, FIELDS, strict=True)), "target": "target_price"}


@router.get("/watchlists", response=list[WatchlistOut])
def watchlists(request: ApiRequest) -> Any:
    """All lists that the token sees, by name."""
    user = request.auth.user
    lists = request.auth.lists.annotate(editable=editable(user, "pk"), unread=unread_count(user))
    return _with_roles(lists.order_by("name", "pk"), user)


@router.post("/watchlists", response={201: WatchlistOut})
def make_watchlist(request: ApiRequest, body: WatchlistGiven) -> Any:
    """Make a list with the default rules. It costs calls once products are on it."""
    caller = request.auth
    caller.refuse_one_list()
    made = create_watchlist(caller.user, by=caller.user, **_columns(body))
    return Status(201, _list(caller, str(made.pk)))


@router.get("/watchlists/{watchlist}", response=WatchlistOut)
def watchlist(request: ApiRequest, watchlist: WatchlistId) -> Any:
    """One list."""
    return _list(request.auth, watchlist)


@router.patch("/watchlists/{watchlist}", response=WatchlistOut)
@transaction.atomic
def alter_watchlist(request: ApiRequest, watchlist: WatchlistId, body: WatchlistChanges) -> Any:
    """Rename a list, change how its products are checked, or pause or resume it."""
    caller, sent = request.auth, _columns(body)
    lock(caller.editable_list(watchlist).owner_id)  # Another request may change other columns.
    row = caller.editable_list(watchlist)
    if "is_paused" in sent:
        pause_watchlist(row, caller.now, paused=sent.pop("is_paused"))
    for name, value in sent.items():
        setattr(row, name, value)
    if sent:
        save_watchlist(row, caller.now)
    return _list(caller, watchlist)


@router.delete("/watchlists/{watchlist}", response={204: None})
def delete_watchlist(request: ApiRequest, watchlist: WatchlistId) -> Any:
    """Delete a list of your own. It can be restored for some days."""
    caller = request.auth
    caller.refuse_one_list()
    row = caller.watchlist(watchlist)
    if row.owner_id != caller.user.pk:
        raise RequestError("forbidden", "Only its owner may delete a watchlist.")
    delete_for_now(row, caller.now)
    return Status(204, None)


@router.post("/watchlists/{watchlist}/restore", response=WatchlistOut)
def restore_watchlist(request: ApiRequest, watchlist: WatchlistId) -> Any:
    """Restore a list that was deleted. A name that is taken meanwhile gets a number."""
    caller = request.auth
    caller.refuse_one_list()
    bring_back(caller.user, int(watchlist), caller.now)
    return _list(caller, watchlist)


@router.get("/watchlists/{watchlist}/watches", response=Page[WatchedProduct])
def watches(request: ApiRequest, watchlist: WatchlistId, query: Query[PageQuery]) -> Any:
    """The products on a list, in the order in which they were added."""
    caller = request.auth
    [key] = caller.list_keys(watchlist)
    order = Keyset([KeyColumn("pk")], "watches", key)
    return order.page(_watches(caller.user, key), query, with_words)


@router.get("/watchlists/{watchlist}/watches/{num_iid}", response=WatchedProduct)
def watch(request: ApiRequest, watchlist: WatchlistId, num_iid: NumIid) -> Any:
    """One product on a list."""
    [key] = request.auth.list_keys(watchlist)
    return _watch(request.auth.user, key, num_iid)


@router.patch(
    "/watchlists/{watchlist}/watches/{num_iid}",
    response=WatchedProduct,
)
def alter_watch(
    request: ApiRequest, watchlist: WatchlistId, num_iid: NumIid, body: WatchChanges
) -> Any:
    """Set the target price, cost, wanted profit, note or tags of a product on a list, and how it is
    checked there; pause it or resume it."""
    caller, sent = request.auth, _columns(body)
    watches = watch_of(caller.editable_list(watchlist).pk, num_iid)
    with transaction.atomic():
        row = get_object_or_404(watches.locked())
        values = {name: sent[sent_as] for name, sent_as in SENT_AS.items() if sent_as in sent}
        save_values({row.pk: values}, caller.now)
        if paces := sent.keys() & set(ASKED):
            for name in paces:
                setattr(row, name, sent[name])
            row.full_clean()
            save_watch(row, caller.now)
        if "is_paused" in sent:
            pause(watches, caller.now, paused=body.is_paused)
    return _watch(caller.user, row.watchlist_id, num_iid)


@router.delete("/watchlists/{watchlist}/watches/{num_iid}", response={204: None})
def remove_watch(request: ApiRequest, watchlist: WatchlistId, num_iid: NumIid) -> Any:
    """Take a product off a list, with its note, tags and own rules there. Its history stays."""
    if not remove(watch_of(request.auth.editable_list(watchlist).pk, num_iid), request.auth.now):
        raise Http404
    return Status(204, None)


@router.post(
    "/watchlists/{watchlist}/products",
    response=ProductsAdded,
)
def add_products(request: ApiRequest, watchlist: WatchlistId, body: ProductsToAdd) -> Any:
    """Put products on a list: IDs, links and share texts. First checks are billed as for products
    added on the page."""
    return _added(add_lines(request, watchlist, body.products))


def add_lines(
    request: ApiRequest, watchlist: str, products: Iterable[str], rival_of: str = ""
) -> Import:
    """Put products on a list as the page does. They are paired with the user's product `rival_of`;
    a token for one list pairs only what is on it."""
    caller = request.auth
    target = caller.editable_list(watchlist)
    if rival_of and not caller.sees_all:
        get_object_or_404(watch_of(target.pk, rival_of))
    text = "\n".join(one_line(line) for line in products)
    try:
        lines = tuple(replace(line, rival_of=rival_of) for line in read_pasted(text, caller.user))
    except UnreadableUpload as error:
        words = str(REFUSAL_WORDS[error.refusal])
        if (kind := _REFUSED.get(error.refusal)) is None:
            raise invalid("body.products", words) from None
        headers = TooOftenError(error.wait).headers if error.wait else {}
        raise RequestError(kind, words, headers=headers) from None
    # It follows short links, so not in a transaction.
    source = with_products(Source("", lines), caller.user, caller.now)
    with transaction.atomic():
        job = start_import(caller.user, source, Target(target), caller.now)
        add_some(job, caller.now, most=len(lines))
    return job


def _added(job: Import) -> dict[str, Any]:
    """Return what became of each line. One query."""
    rows = list(job.rows.order_by("pk"))
    added = [row.num_iid for row in rows if row.was_added]
    watched = dict.fromkeys(row.num_iid for row in rows if row.num_iid and not row.problem)
    return {
        "added": added,
        "watched": [num_iid for num_iid in watched if num_iid not in added],
        "problems": [
            {
                "line": row.number,
                "text": row.text,
                "problem": row.problem,
                "words": problem_in_words(row.problem),
            }
            for row in rows
            if row.problem and not row.was_added
        ],
    }


def watch_of(watchlist: int, num_iid: str) -> WatchQuerySet:
    """Return the watch of a product on a list, or none. Locking it does not lock the product."""
    return Watch.objects.filter(
        watchlist=watchlist, product__in=Product.objects.filter(num_iid=num_iid)
    )


def _watches(user: User, watchlist: int) -> QuerySet[Watch]:
    """Return watches with their products, without the columns that only the search needs."""
    watches = Watch.objects.with_shown_costs(user).filter(watchlist=watchlist)
    return watches.select_related("product__shop")


def _watch(user: User, watchlist: int, num_iid: str) -> Any:
    rows = with_words(_watches(user, watchlist).filter(product__num_iid=num_iid))
    if not rows:
        raise Http404
    return rows[0]


def with_words(watches: QuerySet[Watch]) -> list[Any]:
    """Return watches with their `tag_names`, `target_price`, and what follows from the
    `shown_cost`. Three queries."""
    rows: list[Any] = list(watches.select_related("product").prefetch_related("tags"))
    targets = targets_of(watch.pk for watch in rows)
    for watch in rows:
        watch.tag_names = [tag.name for tag in watch.tags.all()]
        watch.target_price = targets.get(watch.pk)
        watch.floor_price = floor_price(watch.shown_cost, watch.shown_profit)
        watch.margin = margin(watch.product.current_price, watch.shown_cost)
    return rows


def _list(caller: Caller, key: str) -> Any:
    [row] = _with_roles([caller.watchlist(key)], caller.user)
    return row


def _columns(body: Given) -> dict[str, Any]:
    """Return the columns that a body sends, with lengths of time as such."""
    sent: dict[str, Any] = body.model_dump(exclude_unset=True)
    lengths = {name: sent[name] for name in ("interval", "soonest") if sent.get(name) is not None}
    return sent | {name: timedelta(seconds=length) for name, length in lengths.items()}


def _with_roles(lists: Iterable[Any], user: User) -> list[Any]:
    """Return lists with their `role` and `product_count`. At most two queries."""
    rows = list(lists)
    tallies = tallies_of(row.pk for row in rows)
    for row in rows:
        row.role = "owner" if row.owner_id == user.pk else "editor" if row.editable else "viewer"
        row.product_count = tallies[row.pk].products
        row.hours_from = row.hours_until = None
    return rows
