"""The alerts of the inbox, grouped by day and by product or shop."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, Max, Min, Q, When, Window
from django.db.models.functions import RowNumber, TruncDate
from django.utils import timezone

from monitor.models import Alert, User
from monitor.models.alerts import AlertQuerySet
from monitor.showing.history.steps import Steps, joined
from monitor.showing.reads.alerts import AlertFilters, among_newest, matching

#: Groups on a page.
PAGE = 20
#: Only the newest alerts are grouped. To see older ones, choose a list, a kind, a product or a
#: time.
MOST = 1000
#: Of each field in a group the first alert is read, and this many of the last.
LAST = 5
#: Earlier alerts of the same day that the evidence of an alert lists.
EARLIER = 20
#: What makes a group, beside its product and shop: the day, and for an alert about many products
#: its key.
BY_DAY: dict[str, Any] = {
    "day": TruncDate("created_at"),
    "of_many": Case(When(product=None, shop=None, then="pk")),
}


class GroupKey(NamedTuple):
    """A day of the user's time zone, and the keys of the product or shop, or of an alert about many
    products."""

    day: date
    product: int | None
    shop: int | None
    alert: int | None

    @classmethod
    def of(cls, alert: Alert) -> "GroupKey":
        day = timezone.localdate(alert.created_at)
        return cls(day, alert.product_id, alert.shop_id, alert.pk if alert.is_of_many else None)

    def __str__(self) -> str:
        return "-".join(str(part or "") for part in (f"{self.day:%Y%m%d}", *self[1:]))


@dataclass(frozen=True)
class AlertGroup:
    """The alerts of a day about one product or shop. `alerts` has the first and the last ones of
    each field, of `count` in all, the newest first; `last` is the largest of their keys."""

    key: GroupKey
    count: int
    last: int
    alerts: Sequence[Any]

    @property
    def newest(self) -> Any:
        return self.alerts[0]

    @property
    def is_read(self) -> bool:
        return all(alert.is_read for alert in self.alerts)

    @property
    def steps(self) -> list[Steps]:
        return joined(self.alerts)


def group_page(
    user: User, filters: AlertFilters, number: int, now: datetime
) -> tuple[Page[AlertGroup], int]:
    """Return a page of groups, the newest first, with what it shows of their alerts; and how many
    alerts all groups have: of `MOST`, older ones may be left out. Two queries."""
    newest = among_newest(user, filters, now, MOST).newest_first().values("pk")[:MOST]
    rows = (
        Alert.objects.filter(pk__in=newest)
        .values("product", "shop", **BY_DAY)
        .annotate(count=Count("pk"), first=Min("created_at"), last=Max("created_at"), key=Max("pk"))
        .order_by("-last", "-key")
    )
    groups = list(rows)
    page: Page[Any] = Paginator(groups, PAGE).get_page(number)
    page.object_list = _groups(user, filters, list(page.object_list), now)
    return page, sum(row["count"] for row in groups)


def _groups(
    user: User, filters: AlertFilters, rows: Collection[dict[str, Any]], now: datetime
) -> list[AlertGroup]:
    if not rows:
        return []
    keys = {GroupKey(row["day"], row["product"], row["shop"], row["of_many"]): row for row in rows}
    span = min(row["first"] for row in rows), max(row["last"] for row in rows)
    subjects = (
        Q(product__in={key.product for key in keys if key.product})
        | Q(shop__in={key.shop for key in keys if key.shop})
        | Q(pk__in=[key.alert for key in keys if key.alert])
    )
    part = [F("product"), F("shop"), F("field"), *BY_DAY.values()]
    ends = (
        matching(user, filters, now)
        .filter(subjects, created_at__range=span)
        .annotate(
            from_first=Window(RowNumber(), part, [F("created_at"), F("pk")]),
            from_last=Window(RowNumber(), part, [F("created_at").desc(), F("pk").desc()]),
        )
        .filter(Q(from_first=1) | Q(from_last__lte=LAST))
    )
    alerts: dict[GroupKey, list[Alert]] = {key: [] for key in keys}
    for alert in (
        Alert.objects.filter(pk__in=ends.values("pk")).for_reader(user, now).newest_first()
    ):
        # The span of the page can hold alerts of groups on the next page.
        if (key := GroupKey.of(alert)) in alerts:
            alerts[key].append(alert)
    return [
        AlertGroup(key, row["count"], row["key"], alerts[key])
        for key, row in keys.items()
        if alerts[key]
    ]


def same_day(alerts: AlertQuerySet, alert: Alert) -> AlertQuerySet:
    """Return those of `alerts` that are of the same day and product or shop as `alert`, up to
    it."""
    if alert.is_of_many:
        return alerts.filter(pk=alert.pk)
    day = timezone.localdate(alert.created_at)
    return alerts.filter(
        product=alert.product_id, shop=alert.shop_id, created_at__date=day, pk__lte=alert.pk
    )


def earlier_that_day(user: User, alert: Alert) -> list[Alert]:
    """Return the other alerts of the same day and product or shop, the newest first. One query."""
    others = same_day(Alert.objects.for_user(user), alert).exclude(pk=alert.pk)
    return list(others.select_related("product", "shop").newest_first()[:EARLIER])
