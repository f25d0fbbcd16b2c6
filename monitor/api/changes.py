"""The newest changes of all watched products: of prices, or of statuses."""

from datetime import timedelta
from typing import Any, Literal

from ninja import Query, Router

from monitor.api.auth import ApiRequest
from monitor.api.paging import KeyColumn, Keyset, PageQuery
from monitor.api.schemas import Id, Instant, Page, WatchedChange
from monitor.models import Change, Watch

router = Router(tags=["changes"])
#: So far back it goes without `since`.
USUAL_SPAN = timedelta(days=7)


class WatchedChangeQuery(PageQuery):
    """`since`: by default 7 days ago. The index `change_newest` has these fields alone."""

    field: Literal["price", "status"] = "price"
    list: Id | None = None
    since: Instant | None = None


@router.get("/changes", response=Page[WatchedChange])
def watched_changes(request: ApiRequest, query: Query[WatchedChangeQuery]) -> Any:
    """What changed on the watched products, the newest first."""
    lists = request.auth.list_keys(query.list)
    order = Keyset(
        [KeyColumn("first_seen_after", descends=True), KeyColumn("pk")], "changes", query.list, query.field, query.since
    )
    rows = Change.objects.filter(
        order.after(query.cursor),
        field=query.field,
        first_seen_after__gte=query.since or request.auth.now - USUAL_SPAN,
        product__in=Watch.objects.filter(watchlist__in=lists).values("product"),
    )
    shown = rows.select_related("product").order_by("-first_seen_after", "pk")
    return order.cut(list(shown[: query.limit + 1]), query.limit)
