"""Reads of the alerts that the inbox shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import BigIntegerField, Func, OuterRef, Q, QuerySet

from monitor.models import Alert, User, Watch, Watchlist
from monitor.models.alerts import AlertQuerySet
from monitor.text.rule_words import ALERT_FIELDS

PERIODS = {
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}


@dataclass(frozen=True, slots=True)
class AlertFilters:
    """`about` is one of `ALERT_FIELDS`, `product` an ID, `period` one of `PERIODS`, or ''. The API
    also asks for a kind of rule and a time, and `further` is where its cursor stands."""

    unread_only: bool = True
    watchlist: int | None = None
    kind: str = ""
    product: str = ""
    period: str = ""
    about: str = ""
    since: datetime | None = None
    further: Q = field(default_factory=Q)

    @property
    def is_narrow(self) -> bool:
        """Whether anything but read and unread narrows the inbox."""
        return bool(self.watchlist or self.about or self.product or self.period)


def matching(user: User, filters: AlertFilters, now: datetime) -> AlertQuerySet:
    """Return the alerts that pass the filters, unordered."""
    return _filtered(Alert.objects.for_user(user), user, filters, now)


def _filtered(
    alerts: AlertQuerySet, user: User, filters: AlertFilters, now: datetime
) -> AlertQuerySet:
    if filters.unread_only:
        alerts = alerts.unread_by(user)
    if filters.watchlist is not None:
        alerts = alerts.filter(watchlist_id=filters.watchlist)
    if filters.kind:
        alerts = alerts.filter(rule_as_it_was__kind=filters.kind)
    if filters.about:
        alerts = alerts.filter(field__in=ALERT_FIELDS[filters.about])
    if filters.product:
        alerts = alerts.filter(product__num_iid=filters.product)
    if filters.period:
        alerts = alerts.filter(created_at__gte=now - PERIODS[filters.period])
    if filters.since is not None:
        alerts = alerts.filter(created_at__gte=filters.since)
    return alerts.filter(filters.further)


def newest(user: User, filters: AlertFilters, now: datetime, first: int, last: int) -> list[Alert]:
    """Return the matching alerts `first` to before `last`, each as `for_reader` says. One query: an
    inner one finds their keys, so products and shops are joined for these alone."""
    keys = among_newest(user, filters, now, last).newest_first().values("pk")[first:last]
    return list(Alert.objects.filter(pk__in=keys).for_reader(user, now).newest_first())


def hide_own_elsewhere(alerts: Iterable[Alert], lists: QuerySet[Watchlist]) -> None:
    """Hide the own product that a rule compared with from a token whose `lists` do not hold it. At
    most one query."""
    own = {alert.rule_as_it_was.get("own") for alert in alerts if alert.is_of_own} - {None}
    seen = set(
        Watch.objects.filter(watchlist__in=lists, product__in=own).values_list("product", flat=True)
    )
    for alert in alerts:
        alert.sees_own = alert.rule_as_it_was.get("own") in seen


def among_newest(user: User, filters: AlertFilters, now: datetime, last: int) -> AlertQuerySet:
    """Return matching alerts, at least the `last` newest of each list.

    The index is in order for each list. To sort several lists together, PostgreSQL would read all
    their alerts."""
    if connection.vendor != "postgresql":
        return matching(user, filters, now)
    of_list = _filtered(Alert.objects.filter(watchlist=OuterRef("pk")), user, filters, now)
    keys = ArraySubquery(of_list.newest_first().values("pk")[:last])
    key = Func(keys, function="unnest", output_field=BigIntegerField())
    return Alert.objects.filter(pk__in=Watchlist.objects.for_user(user).values(key=key))
