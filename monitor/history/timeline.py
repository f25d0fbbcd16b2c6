"""What changed, the newest first, page by page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from django.db.models import OuterRef, QuerySet, Subquery

from monitor.changes import Json
from monitor.models import Alert, Change, Product, Shop, User

#: Moments on a page of the timeline, and the changes read for them at most.
MOMENTS = 25
MOMENT_ROWS = 200


@dataclass(frozen=True, slots=True)
class Moment:
    """The changes first seen at one data time."""

    first_seen_after: datetime
    changes: list[Change]

    @property
    def last_seen_before(self) -> datetime:
        return min(change.last_seen_before for change in self.changes)

    @property
    def within(self) -> timedelta:
        """The length of the interval in which the changes happened."""
        return self.first_seen_after - self.last_seen_before

    @property
    def shown_changes(self) -> list[Change]:
        """The changes, without a change of the SKU price range that repeats the change of the price."""
        price = next((change for change in self.changes if change.field == "price"), None)
        return [change for change in self.changes if price is None or not _says_the_same(change, price)]

    @property
    def request_id(self) -> str:
        return self.changes[0].request_id

    @property
    def doubted_at(self) -> datetime | None:
        """When a change was first read, if a second reading had to confirm it."""
        return next((change.doubted_at for change in self.changes if change.doubted_at), None)


def _says_the_same(change: Change, price: Change) -> bool:
    """Whether all SKUs have the price, before and after. An alert that only the range made must be shown."""
    if change.field != "sku_range" or (change.alert_id and not price.alert_id):  # type: ignore[attr-defined]
        return False
    return bool(change.before == _alone(price.before) and change.after == _alone(price.after))


def _alone(price: Json) -> Json:
    return None if price is None else [price, price]


@dataclass(frozen=True, slots=True)
class Moments:
    shown: list[Moment]
    #: Where the next page begins, if there is one.
    older_than: datetime | None = None


class About(StrEnum):
    """The subject of a timeline."""

    PRODUCT = "product"
    SALES = "sales"
    SHOP = "shop"


def changed_at_last_check(product: Product) -> set[str]:
    """The fields that the product's last check changed; a first value is no change. At most one query."""
    if product.unchanged_checks or product.changed_at is None:
        return set()
    changes = Change.objects.filter(product=product, first_seen_after=product.changed_at)
    return set(changes.values_list("field", flat=True))


def product_moments(
    user: User, product: Product, about: About, *, since: datetime, before: datetime | None = None
) -> Moments:
    """One query: changes of a product, of its sales (apart, because they are many), or of its shop."""
    changes = Change.objects.filter(product=product)
    match about:
        case About.PRODUCT:
            return _moments(changes.exclude(field="sales"), user, since, before)
        case About.SALES:
            return _moments(changes.filter(field="sales"), user, since, before)
        case About.SHOP if product.shop is not None:
            return shop_moments(user, product.shop, since=since, before=before)
    return Moments([])


def shop_moments(user: User, shop: Shop, *, since: datetime, before: datetime | None = None) -> Moments:
    """One query: changes of a shop's scores and names."""
    return _moments(Change.objects.filter(shop=shop), user, since, before)


def _moments(changes: QuerySet[Change], user: User, since: datetime, before: datetime | None) -> Moments:
    """At most `MOMENTS`, the newest first. Each change has `alert_id`, the user's first alert of it."""
    changes = changes.filter(first_seen_after__gte=since)
    if before is not None:
        changes = changes.filter(first_seen_after__lt=before)
    alerts = Alert.objects.for_user(user).filter(change=OuterRef("pk")).order_by("pk").values("pk")
    rows = changes.annotate(alert_id=Subquery(alerts[:1])).order_by("-first_seen_after", "pk")[:MOMENT_ROWS]
    moments = [Moment(at, list(group)) for at, group in groupby(rows, key=lambda row: row.first_seen_after)]
    if len(rows) == MOMENT_ROWS and len(moments) > 1:
        moments.pop()  # It may be incomplete: the next page begins with it.
    has_more = len(moments) > MOMENTS or len(rows) == MOMENT_ROWS
    shown = moments[:MOMENTS]
    return Moments(shown, shown[-1].first_seen_after if has_more else None)
