"""The newest changes of all watched products: of prices, or of statuses."""

from datetime import timedelta
from typing import Any, Literal

from ninja import Field, Query, Router

from monitor.api.auth import ApiRequest
from monitor.api.description import may_answer
from monitor.api.paging import KeyColumn, Keyset, PageQuery
from monitor.api.schemas import Instant, Page, WatchedChange, WatchlistId
from monitor.models import Change, Watch

router = Router(tags=["changes"])
#: The default of `since`.
USUAL_SPAN = timedelta(days=7)
NEWEST_FIRST = (KeyColumn("first_seen_after", descends=True), KeyColumn("pk"))


class WatchedChangeQuery(PageQuery):
    """The index `change_newest` has these fields alone."""

    field: Literal["price", "status"] = Field("price", description="Of prices, or of statuses")
    watchlist: WatchlistId | None = None
    since: Instant | None = Field(None, description="Only from this time on; by default the last 7 days")


@router.get("/changes", response=Page[WatchedChange], openapi_extra=may_answer("not-found"))
def watched_changes(request: ApiRequest, query: Query[WatchedChangeQuery]) -> Any:
    """What changed on the watched products, the newest first."""
    lists = request.auth.list_keys(query.watchlist)
    order = Keyset(NEWEST_FIRST, "changes", query.watchlist, query.field, query.since)
    rows = Change.objects.filter(
        field=query.field,
        first_seen_after__gte=query.since or request.auth.now - USUAL_SPAN,
        product__in=Watch.objects.filter(watchlist__in=lists).values("product"),
    )
    return order.page(rows.select_related("product"), query)
