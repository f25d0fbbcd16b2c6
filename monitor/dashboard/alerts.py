"""The inbox's reads."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef

from monitor.models import Alert, AlertRead, User

PAGE = 50


@dataclass(frozen=True, slots=True)
class AlertFilters:
    """What the inbox is asked for. `kind` is a kind of rule or ''."""

    unread_only: bool = True
    watchlist: int | None = None
    kind: str = ""


def alert_page(user: User, filters: AlertFilters, number: int) -> Page[Alert]:
    """Two queries: the count and one page, the newest first. Each alert has `is_read` for this user."""
    alerts = Alert.objects.for_user(user).annotate(
        is_read=Exists(AlertRead.objects.filter(alert=OuterRef("pk"), user_id=user.pk))
    )
    if filters.unread_only:
        alerts = alerts.filter(is_read=False)
    if filters.watchlist is not None:
        alerts = alerts.filter(watchlist_id=filters.watchlist)
    if filters.kind:
        alerts = alerts.filter(rule_as_it_was__kind=filters.kind)
    alerts = alerts.select_related("watchlist", "product__shop", "shop", "change").order_by("-created_at", "-pk")
    return Paginator(alerts, PAGE).get_page(number)
