"""The alerts of the inbox, grouped by day and by product or shop."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.utils import timezone

from monitor.models import Alert, User
from monitor.models.alerts import AlertQuerySet
from monitor.showing.history.steps import Steps, joined
from monitor.showing.reads.alerts import AlertFilters, among_newest

#: Groups on a page.
PAGE = 20
#: Only the newest alerts are grouped. To see older ones, choose a list, a kind, a product or a
#: time.
MOST = 1000
#: Of each field in a group the first alert is read, and this many of the last.
LAST = 5
#: Earlier alerts of the same day that the evidence of an alert lists.
EARLIER = 20


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
) -> tuple[Page[Any], int]:
    """Return a page of groups, the newest first, with what it shows of their alerts; and how many
    alerts all groups have: of `MOST`, older ones may be left out. Two queries."""
    newest = among_newest(user, filters, now, MOST).newest_first()
    alerts = list(newest.only("product", "shop", "field", "created_at")[:MOST])
    groups: dict[GroupKey, list[Alert]] = defaultdict(list)
    for alert in alerts:
        groups[GroupKey.of(alert)].append(alert)
    page: Page[Any] = Paginator(list(groups.items()), PAGE).get_page(number)
    shown = {key for _group, of_group in page.object_list for key in _ends(of_group)}
    whole = Alert.objects.filter(pk__in=shown).for_reader(user, now).in_bulk()
    page.object_list = [
        AlertGroup(
            key,
            len(of_group),
            max(alert.pk for alert in of_group),
            [whole[alert.pk] for alert in of_group if alert.pk in whole],
        )
        for key, of_group in page.object_list
    ]
    return page, len(alerts)


def _ends(alerts: Iterable[Alert]) -> set[int]:
    """Return the keys of those that are shown: of each field the last ones and the first one."""
    by_field: dict[str, list[int]] = defaultdict(list)
    for alert in alerts:
        by_field[alert.field].append(alert.pk)
    return {key for keys in by_field.values() for key in (*keys[:LAST], keys[-1])}


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
