"""What changed, the newest first, page by page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import OuterRef, QuerySet, Subquery, TextChoices
from django.utils.translation import gettext_lazy as _

from monitor.judging.changes import Json
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
        """The changes, without a change of the SKU price range that repeats the change of the
        price."""
        price = next((change for change in self.changes if change.field == "price"), None)
        return [change for change in self.changes if price is None or not _repeats(change, price)]

    @property
    def request_id(self) -> str:
        return self.changes[0].request_id

    @property
    def doubted_at(self) -> datetime | None:
        """When a change was first read, if a second answer had to confirm it."""
        return next((change.doubted_at for change in self.changes if change.doubted_at), None)


def _repeats(change: Change, price: Change) -> bool:
    """Return whether a change of the SKU price range repeats the change of the price: all SKUs have
    the price, before and after. An alert that only the range made must be shown."""
    if change.field != "sku_range" or (change.alert_id and not price.alert_id):  # type: ignore[attr-defined]
        return False
    return (change.before, change.after) == (_alone(price.before), _alone(price.after))


def _alone(price: Json) -> Json:
    return None if price is None else [price, price]


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """A page of a timeline, the newest first. `older_than` is where the next page begins, if there
    is one."""

    shown: list[Moment]
    older_than: datetime | None = None


class About(TextChoices):
    """The subject of a product's timeline."""

    PRODUCT = "product", _("Product")
    SALES = "sales", _("Sales")
    SHOP = "shop", _("Shop")


def product_changes(product: Product, about: About) -> QuerySet[Change]:
    """Return changes of a product, of its sales (apart, because they are many), or of its shop."""
    match about:
        case About.PRODUCT:
            return Change.objects.filter(product=product).exclude(field="sales")
        case About.SALES:
            return Change.objects.filter(product=product, field="sales")
        case About.SHOP:
            return (
                Change.objects.filter(shop=product.shop) if product.shop else Change.objects.none()
            )


def assortment_changes(shop: Shop) -> QuerySet[Change]:
    """Return what came into a followed shop's assortment, what left it, and what joined its ten
    best."""
    changes = Change.objects.filter(
        product__assortment_entries__shop=shop, field__in=("range", "best_ten")
    )
    product = [f"product__{name}" for name in ("num_iid", "title", "image", "price")]
    columns = (
        "field",
        "before",
        "after",
        "last_seen_before",
        "first_seen_after",
        "request_id",
        "doubted_at",
    )
    return changes.select_related("product").only(*columns, *product)


def moments_of(
    changes: QuerySet[Change], user: User, *, since: datetime, before: datetime | None = None
) -> TimelinePage:
    """Return at most `MOMENTS`. Each change has `alert_id`, the user's first alert of it. One
    query."""
    changes = changes.filter(first_seen_after__gte=since)
    if before is not None:
        changes = changes.filter(first_seen_after__lt=before)
    alerts = Alert.objects.for_user(user).filter(change=OuterRef("pk")).order_by("pk").values("pk")
    newest = changes.annotate(alert_id=Subquery(alerts[:1])).order_by("-first_seen_after", "pk")
    rows = list(newest[:MOMENT_ROWS])
    moments = [
        Moment(at, list(group)) for at, group in groupby(rows, key=lambda row: row.first_seen_after)
    ]
    is_cut = len(rows) == MOMENT_ROWS
    if is_cut and len(moments) > 1:
        moments.pop()  # It may be incomplete: the next page begins with it.
    shown = moments[:MOMENTS]
    has_more = is_cut or len(moments) > MOMENTS
    return TimelinePage(shown, shown[-1].first_seen_after if has_more else None)
