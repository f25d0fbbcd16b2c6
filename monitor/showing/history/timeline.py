"""What changed, the newest first, page by page."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby, islice

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from monitor.models import Alert, Change, Product, Shop, User
from monitor.showing.history.swings import LogEntry, Moment, grouped

#: Moments on a page of the timeline, and the changes read for them at most.
MOMENTS = 25
MOMENT_ROWS = 200
#: Entries on a page of the log, and the changes that are grouped for them at most.
LOG_ENTRIES = 6
LOG_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class TimelinePage[Item]:
    """A page of a timeline, the newest first. `older_than` is where the next page begins, if there
    is one."""

    shown: list[Item]
    older_than: datetime | None = None


class About(StrEnum):
    """The subject of a timeline."""

    PRODUCT = "product"
    SALES = "sales"
    SHOP = "shop"


def product_log(
    user: User, product: Product, about: About, *, since: datetime, before: datetime | None = None
) -> TimelinePage[LogEntry]:
    """Return at most `LOG_ENTRIES`. What swings is one entry a day. One query."""
    changes = _within(_changes_about(product, about), since, before)
    moments, has_more = _read_moments(changes, user, LOG_ROWS)
    entries = list(islice(grouped(moments, timezone.localdate), LOG_ENTRIES + 1))
    has_more = has_more or len(entries) > LOG_ENTRIES
    shown = entries[:LOG_ENTRIES]
    return TimelinePage(shown, shown[-1].begins if shown and has_more else None)


def product_moments(
    user: User, product: Product, about: About, *, since: datetime, before: datetime | None = None
) -> TimelinePage[Moment]:
    """Return the single changes of a log. One query."""
    return _moments(_changes_about(product, about), user, since, before)


def _changes_about(product: Product, about: About) -> QuerySet[Change]:
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


def shop_moments(
    user: User, shop: Shop, *, since: datetime, before: datetime | None = None
) -> TimelinePage[Moment]:
    """Return the changes of a shop's scores, names and revenue. One query."""
    return _moments(Change.objects.filter(shop=shop), user, since, before)


def range_moments(
    user: User, shop: Shop, *, since: datetime, before: datetime | None = None
) -> TimelinePage[Moment]:
    """Return what came into a followed shop's range, what left it, and what joined its ten best.
    One query."""
    changes = Change.objects.filter(
        product__range_entries__shop=shop, field__in=("range", "best_ten")
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
    return _moments(changes.select_related("product").only(*columns, *product), user, since, before)


def _moments(
    changes: QuerySet[Change], user: User, since: datetime, before: datetime | None
) -> TimelinePage[Moment]:
    """Return at most `MOMENTS`."""
    moments, has_more = _read_moments(_within(changes, since, before), user, MOMENT_ROWS)
    has_more = has_more or len(moments) > MOMENTS
    shown = moments[:MOMENTS]
    return TimelinePage(shown, shown[-1].first_seen_after if has_more else None)


def _within(
    changes: QuerySet[Change], since: datetime, before: datetime | None
) -> QuerySet[Change]:
    changes = changes.filter(first_seen_after__gte=since)
    return changes if before is None else changes.filter(first_seen_after__lt=before)


def _read_moments(changes: QuerySet[Change], user: User, most: int) -> tuple[list[Moment], bool]:
    """Return the moments of at most `most` changes, the newest first, and whether there are more.
    Each change has `alert_id`, the user's first alert of it."""
    alerts = Alert.objects.for_user(user).filter(change=OuterRef("pk")).order_by("pk").values("pk")
    rows = changes.annotate(alert_id=Subquery(alerts[:1])).order_by("-first_seen_after", "pk")[
        :most
    ]
    moments = [
        Moment(at, list(group)) for at, group in groupby(rows, key=lambda row: row.first_seen_after)
    ]
    is_cut = sum(len(moment.changes) for moment in moments) == most
    if is_cut and len(moments) > 1:
        moments.pop()  # It may be incomplete: the next page begins with it.
    return moments, is_cut
