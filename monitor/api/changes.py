"""The newest changes of all watched products: of prices, or of statuses."""

from datetime import timedelta
from typing import Any, Literal

from ninja import Query, Router

from monitor.api.auth import ApiRequest
from monitor.api.paging import KeyColumn, Keyset, ReadingOn
from monitor.api.schemas import Instant, Page, WatchedChange, WatchlistId
from monitor.models import Change, Watch

router = Router(tags=["changes"])
#: The default of `since`.
USUAL_SPAN = timedelta(days=7)
NEWEST_FIRST = (KeyColumn("first_seen_after", descends=True), KeyColumn("pk"))


RECORDED = (KeyColumn("recorded_at"), KeyColumn("pk"))


class WatchedChangeQuery(ReadingOn):
    """The index `change_newest` has these fields alone."""

    field: Literal["price", "status"] = "price"
    """Of prices, or of statuses"""
    watchlist: WatchlistId | None = None
    since: Instant | None = None
    """Only from this time on; without `after` by default 7 days"""


@router.get("/changes", response=Page[WatchedChange])
def watched_changes(request: ApiRequest, query: Query[WatchedChangeQuery]) -> Any:
    """What changed on the watched products, the newest first; with `after` what was recorded since,
    the oldest first."""
    caller, facts = request.auth, (query.watchlist, query.field, query.since)
    watches = Watch.objects.filter(watchlist__in=caller.list_keys(query.watchlist))
    rows = Change.objects.filter(
        field=query.field, product__in=watches.values("product")
    ).select_related("product")
    since = query.since if query.since or query.after else caller.now - USUAL_SPAN
    if since is not None:
        rows = rows.filter(first_seen_after__gte=since)
    if query.after is not None:
        return Keyset(RECORDED, "changes after", *facts).read_on(rows, query, caller.now)
    return Keyset(NEWEST_FIRST, "changes", *facts).page(rows, query)
