"""Products: the table with the filters of the page, one product with its history and changes, its
mute, and the search for others."""

from collections import defaultdict
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, Literal

from django.db import transaction
from django.db.models import Count, OuterRef, Subquery
from ninja import Field, Query, Router, Schema, Status

from monitor.api.auth import ApiRequest, Caller
from monitor.api.changes import NEWEST_FIRST
from monitor.api.errors import RequestError
from monitor.api.paging import KeyColumn, Keyset, PageQuery
from monitor.api.schemas import (
    CheckAsked,
    Fen,
    Id,
    Instant,
    ListedProductOut,
    Muted,
    MuteFor,
    NumIid,
    Page,
    Points,
    ProductChange,
    ProductInFull,
    SearchGiven,
    SearchOut,
    SearchQuery,
    SnapshotOut,
    Text,
    WatchlistId,
)
from monitor.api.watchlists import with_words
from monitor.models import Alert, Change, Product, Snapshot, Watch, Watchlist
from monitor.models.changes import FIELD_CHOICES
from monitor.models.choices import failure_in_words
from monitor.models.clock import moment_at
from monitor.models.figures import SORTS, STANDINGS, keys_of, order_of
from monitor.models.usage import quota_reset
from monitor.people.allowances import CheckAllowance
from monitor.provider.observation import GONE
from monitor.showing.history.reads import history_since
from monitor.showing.history.series import points
from monitor.showing.reads.frame import read_frame
from monitor.showing.reads.products import (
    CHEAPER,
    FAILING,
    PAUSED,
    ProductFilters,
    linked_num_iid,
    on_lists,
)
from monitor.showing.reads.searches import in_order, search_results
from monitor.showing.reads.words import refused_in_words, used_up_in_words
from monitor.tasks import read_pages, wake
from monitor.watching import inbox, searching
from monitor.watching.requests import ask

router = Router(tags=["products"])
#: The default of `since`, counted back from the last data.
USUAL_HISTORY = timedelta(days=30)
ORDERS = [f"{way}{name}" for name in SORTS for way in ("", "-")]
HistorySince = Annotated[
    Instant | None,
    Field(description="Only from this time on; by default 30 days before the last data"),
]


def any_of(*values: str) -> Any:
    """Return a part of a type: it takes these values alone."""
    return Field(pattern=f"^({'|'.join(values)})$", json_schema_extra={"enum": list(values)})


class ProductQuery(PageQuery):
    """The filters of the page."""

    q: Text = ""
    """Words of the title or the shop's name, an ID or a link"""
    watchlist: WatchlistId | None = None
    shop: Id | None = None
    """A shop by its ID"""
    status: Annotated[str, any_of("", *STANDINGS, FAILING, PAUSED)] = ""
    """Only in this state"""
    changed: Literal["24h", "7d"] | None = None
    """Only what changed within this time"""
    cheaper: bool = False
    """Only what is cheaper than seven days ago"""
    whose: Literal["rivals"] | None = None
    """Only rivals of your products"""
    min: Fen | None = None
    """Lowest price in fen"""
    max: Fen | None = None
    """Highest price in fen"""
    tag: Text = ""
    """Only with this tag"""
    sort: Annotated[str, any_of(*ORDERS)] = "-changed"
    """Order; downwards after a '-'"""

    @property
    def filters(self) -> ProductFilters:
        search = self.q.strip()
        return ProductFilters(
            search=search,
            num_iid=linked_num_iid(search),
            shop=None if self.shop is None else int(self.shop),
            tag=self.tag,
            status=self.status,
            changed=CHEAPER if self.cheaper else self.changed or "",
            whose=self.whose or "",
            lowest=self.min,
            highest=self.max,
            sort=self.sort,
        )


class PointQuery(Schema):
    """From when."""

    since: HistorySince = None


class SnapshotQuery(PageQuery):
    """From when."""

    since: HistorySince = None


class ChangeQuery(PageQuery):
    since: Instant | None = None
    field: Annotated[str, any_of("", *(name for name, _ in FIELD_CHOICES))] = ""
    """Of one field"""


@router.get("/products", response=Page[ListedProductOut])
def products(request: ApiRequest, query: Query[ProductQuery]) -> Any:
    """The watched products that pass the filters."""
    caller, filters = request.auth, query.filters
    lists = caller.list_keys(query.watchlist)
    descends = query.sort.startswith("-")
    keys = {f"key_{place}": key for place, key in enumerate(keys_of(query.sort))}
    columns = [KeyColumn(name, descends) for name in keys]
    order = Keyset([*columns, KeyColumn("pk")], "products", query.watchlist, filters)
    products = on_lists(lists, filters, caller.now).annotate(**keys)
    products = products.filter(order.after(query.cursor))
    rows = products.select_related("shop").order_by(*order_of(query.sort))
    page = order.cut(list(rows[: query.limit + 1]), query.limit)
    return {**page, "items": _listed(caller, lists, page["items"])}


def _listed(caller: Caller, lists: list[int], products: list[Any]) -> list[Any]:
    """Set `on_lists` and the number of `unread` alerts of each product. Two queries."""
    keys = [product.pk for product in products]
    on_lists: dict[int, list[Watch]] = defaultdict(list)
    for watch in Watch.objects.filter(product__in=keys, watchlist__in=lists).order_by("pk"):
        on_lists[watch.product_id].append(watch)
    alerts = Alert.objects.unread_by(caller.user).filter(product__in=keys, watchlist__in=lists)
    unread = dict(alerts.order_by().values_list("product").annotate(Count("pk")))
    for product in products:
        product.on_lists, product.unread = on_lists[product.pk], unread.get(product.pk, 0)
    return products


@router.get("/products/{num_iid}", response=ProductInFull)
def product(request: ApiRequest, num_iid: NumIid) -> Any:
    """One product with its content and your watches of it."""
    caller = request.auth
    item: Any = caller.product(num_iid)
    watches = Watch.objects.with_shown_costs(caller.user).filter(
        product=item, watchlist__in=caller.lists
    )
    item.on_lists = with_words(watches.order_by("watchlist__name", "pk"))
    # A mute that is over may still be stored.
    item.muted_until = (
        item.muted_until if item.muted_until and item.muted_until > caller.now else None
    )
    return item


@router.get("/products/{num_iid}/points", response=Points)
def history_points(request: ApiRequest, num_iid: NumIid, query: Query[PointQuery]) -> Any:
    """Price, list price and sales of a product as the lines of its chart, until its last data."""
    item = request.auth.product(num_iid)
    # The end is not the present, so the answer and its ETag stay the same until a check brings new
    # data.
    past = history_since(item, query.since or _usual_start(item), _last_data(item))
    lines = {
        name: [{"at": moment_at(at), "value": value} for at, value in points(past.held(name))]
        for name in ("price", "list_price", "sales")
    }
    return {"since": past.start, "until": past.end, **lines}


@router.get("/products/{num_iid}/snapshots", response=Page[SnapshotOut])
def history_snapshots(request: ApiRequest, num_iid: NumIid, query: Query[SnapshotQuery]) -> Any:
    """All states of a product, the oldest first."""
    item = request.auth.product(num_iid)
    order = Keyset([KeyColumn("data_time")], "snapshots", item.pk, query.since)
    since = query.since or _usual_start(item)
    page = order.page(Snapshot.objects.filter(product=item, data_time__gte=since), query)
    for snapshot in page["items"]:
        hide_prices_of_gone(snapshot)
    return page


def _last_data(product: Product) -> datetime:
    return product.data_time or product.created_at


def _usual_start(product: Product) -> datetime:
    return _last_data(product) - USUAL_HISTORY


def hide_prices_of_gone(snapshot: Snapshot) -> None:
    """Empty the prices of a product that is gone: its last known ones are stored."""
    if snapshot.status in GONE:
        snapshot.price = snapshot.list_price = snapshot.sku_min_price = snapshot.sku_max_price = (
            None
        )


@router.get("/products/{num_iid}/changes", response=Page[ProductChange])
def changes(request: ApiRequest, num_iid: NumIid, query: Query[ChangeQuery]) -> Any:
    """What changed, the newest first."""
    item = request.auth.product(num_iid)
    order = Keyset(NEWEST_FIRST, "changes", item.pk, query.since, query.field)
    rows = Change.objects.filter(product=item)
    if query.since is not None:
        rows = rows.filter(first_seen_after__gte=query.since)
    if query.field:
        rows = rows.filter(field=query.field)
    alerts = Alert.objects.filter(change=OuterRef("pk"), watchlist__in=request.auth.lists).order_by(
        "pk"
    )
    return order.page(rows.annotate(alert_id=Subquery(alerts.values("pk")[:1])), query)


@router.post(
    "/products/{num_iid}/check",
    response=CheckAsked,
)
def check_product(request: ApiRequest, num_iid: NumIid) -> Any:
    """Check a product at once. It costs a call of your allowance."""
    caller = request.auth
    item = caller.product(num_iid)
    editable = Watchlist.objects.editable_by(caller.user).filter(pk__in=caller.lists)
    if not item.watches.filter(watchlist__in=editable).exists():
        raise RequestError(
            "view-only", "You may view the watchlists of this product, not edit them."
        )
    _refuse_halted(caller)
    asked = ask(Product.objects.filter(pk=item.pk), caller.user, caller.now)
    if asked.over_allowance and asked.allowance is not None:
        raise _over_allowance(asked.allowance, refused_in_words(asked, caller.now))
    item.refresh_from_db(fields=["asked_at", "next_check_at"])
    return item


@router.post("/products/{num_iid}/mute", response=Muted)
def mute_product(request: ApiRequest, num_iid: NumIid, body: MuteFor) -> Any:
    """No mails and no unread alerts of a product, on any of your lists, for a day or a week."""
    caller = request.auth
    caller.refuse_one_list()
    until = caller.now + inbox.MUTES[body.length]
    inbox.mute(caller.user, caller.product(num_iid), until)
    return {"muted_until": until}


@router.delete("/products/{num_iid}/mute", response={204: None})
def unmute_product(request: ApiRequest, num_iid: NumIid) -> Any:
    """End the mute of a product."""
    caller = request.auth
    caller.refuse_one_list()
    inbox.unmute(caller.user, caller.product(num_iid))
    return Status(204, None)


@router.get("/search", response=SearchOut)
def search(request: ApiRequest, query: Query[SearchQuery]) -> Any:
    """What a search on Douyin has found. It makes no call."""
    return _search_answer(request.auth, query)


@router.post(
    "/search",
    response={200: SearchOut, 202: SearchOut},
)
def ask_for_search(request: ApiRequest, body: SearchGiven) -> Any:
    """Ask for the first of these pages that is not known, for a call of your allowance, unless it
    waits already."""
    caller = request.auth
    answer = _search_answer(caller, body)
    if answer["state"] in ("failed", "unasked"):
        _refuse_halted(caller)
        try:
            searching.search(body.q, answer["pages"] + 1, caller.user, caller.now)
        except searching.ChecksUsedUpError as error:
            words = used_up_in_words(error.allowance, quota_reset(caller.now))
            raise _over_allowance(error.allowance, words) from None
        transaction.on_commit(partial(wake, read_pages))
        answer = _search_answer(caller, body)
    return Status(202 if answer["state"] == "waiting" else 200, answer)


def _refuse_halted(caller: Caller) -> None:
    if read_frame(caller.user, caller.now).halted_at:
        raise RequestError("not-possible", "The operator has stopped all checks.")


def _over_allowance(allowance: CheckAllowance, words: str) -> RequestError:
    return RequestError("over-allowance", words, limit="checks", most=allowance.a_day, left=0)


def _search_answer(caller: Caller, asked: SearchQuery) -> dict[str, Any]:
    found = search_results(caller.lists, asked.q, asked.pages, caller.now)
    lacking = found.next if found.pages < asked.pages else None
    state = (
        "done"
        if lacking is None
        else "waiting"
        if lacking.asked_at
        else "failed"
        if lacking.outcome
        else "unasked"
    )
    return {
        "state": state,
        "failure": failure_in_words(lacking.outcome, lacking.code) if lacking else "",
        "pages": found.pages,
        "is_all": found.is_all,
        "items": in_order(found.products, asked.sort),
    }
