"""Alerts with the filters of the inbox, the evidence of one, and marking them as read."""

from dataclasses import replace
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from ninja import Query, Router

from monitor.api.auth import ApiRequest, Caller
from monitor.api.errors import invalid
from monitor.api.paging import KeyColumn, Keyset, ReadingOn
from monitor.api.products import hide_prices_of_gone
from monitor.api.schemas import (
    AlertInFull,
    AlertOut,
    AlertsToRead,
    AnyKind,
    Id,
    Instant,
    Marked,
    NumIid,
    Page,
    WatchlistId,
)
from monitor.models import Alert, Snapshot
from monitor.showing.reads.alerts import AlertFilters, matching, newest
from monitor.watching import inbox

router = Router(tags=["alerts"])


class AlertQuery(ReadingOn):
    """The filters of the inbox."""

    unread: bool = False
    """Only alerts that you have not read"""
    watchlist: WatchlistId | None = None
    kind: AnyKind | None = None
    product: NumIid | None = None
    since: Instant | None = None


@router.get("/alerts", response=Page[AlertOut])
def alerts(request: ApiRequest, query: Query[AlertQuery]) -> Any:
    """The newest alerts first; with `after` those that were made since, the oldest first."""
    caller = request.auth
    filters = replace(_filters(caller, query, unread_only=query.unread), since=query.since)
    if query.after is not None:
        made = Keyset([KeyColumn("created_at"), KeyColumn("pk")], "alerts after", filters)
        alerts = matching(caller.user, filters, caller.now).for_reader(caller.user, caller.now)
        page = made.read_on(alerts, query, caller.now)
        caller.hide_own_elsewhere(page["items"])
        return page
    order = Keyset(
        [KeyColumn("created_at", descends=True), KeyColumn("pk", descends=True)], "alerts", filters
    )
    further = replace(filters, further=order.after(query.cursor))
    rows = newest(caller.user, further, caller.now, 0, query.limit + 1)
    caller.hide_own_elsewhere(rows)
    return order.cut(rows, query.limit)


# Before the address of one alert, which would match this one too.
@router.post("/alerts/read", response=Marked)
def read_alerts(request: ApiRequest, body: AlertsToRead) -> Any:
    """Mark alerts as read, for you and not for other members of the list."""
    caller = request.auth
    if body.all == bool(body.ids):
        raise invalid("body", "Send either `ids` or `all`.")
    if body.all:
        chosen = matching(caller.user, _filters(caller, body, unread_only=True), caller.now)
    else:
        chosen = Alert.objects.filter(pk__in=list(map(int, body.ids)), watchlist__in=caller.lists)
    if body.ids and not chosen.exists():
        raise Http404
    return {"read": inbox.mark_read(caller.user, chosen, caller.now)}


@router.get("/alerts/{alert}", response=AlertInFull)
def alert(request: ApiRequest, alert: Id) -> Any:
    """An alert with its evidence."""
    caller = request.auth
    rows: Any = Alert.objects.filter(watchlist__in=caller.lists).for_reader(caller.user, caller.now)
    row = get_object_or_404(rows, pk=int(alert))
    caller.hide_own_elsewhere([row])
    states = Snapshot.objects.filter(product=row.product_id, data_time__lte=row.data_time)
    row.snapshot = states.order_by("-data_time").first()
    if row.snapshot is not None:
        hide_prices_of_gone(row.snapshot)
    return row


def _filters(
    caller: Caller, asked: AlertQuery | AlertsToRead, *, unread_only: bool
) -> AlertFilters:
    """Return the filters of the inbox. A token for one list is always filtered by it."""
    [watchlist] = (
        caller.list_keys(asked.watchlist) if asked.watchlist else [caller.token.watchlist_id]
    )
    return AlertFilters(unread_only, watchlist, asked.kind or "", asked.product or "")
