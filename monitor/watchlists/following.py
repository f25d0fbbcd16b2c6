"""Following shops: whose range a watchlist learns of, and how often the range is read for all who follow it."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from monitor.budget.allowances import refuse_beyond
from monitor.models import Follow, Shop, ShopRange, User, Watchlist
from monitor.models.ranges import DEFAULT_READING, PAGES_EXPECTED, SHORTEST_READING
from monitor.models.watchlists import Priority
from monitor.schedule.limits import Limits, combined
from monitor.watchlists.requests import may_ask


@transaction.atomic
def follow_shop(
    watchlist: Watchlist, shop: Shop, now: datetime, *, interval: timedelta = DEFAULT_READING, by: User | None = None
) -> Follow:
    """Let a watchlist follow a shop, or follow it at another interval.

    A shop that was never read is read at once, within the allowance of the user who follows it; without `by` an
    operator follows it. Raises `AllowanceError` if the list's owner follows too many shops, and `ValidationError`.
    """
    theirs = Follow.objects.filter(watchlist__owner=watchlist.owner)
    follow = Follow.objects.filter(watchlist=watchlist, shop=shop).first() or Follow(watchlist=watchlist, shop=shop)
    if follow.pk is None and by is not None:
        refuse_beyond(watchlist.owner, "shops", 1, theirs.values("shop").distinct().count)
    # Before the range, as everywhere: no deadlock.
    is_granted = by is None or may_ask(by, PAGES_EXPECTED, now)
    follow.interval, follow.is_paused = interval, False
    follow.full_clean()
    follow.save()
    ShopRange.objects.get_or_create(shop=shop)
    plan_readings(Shop.objects.filter(pk=shop.pk), now)
    if is_granted:
        unread = ShopRange.objects.filter(shop=shop, read_at=None, asked_at=None, interval__isnull=False)
        unread.update(asked_at=now, asked_by=by, next_check_at=now)
    return follow


@transaction.atomic
def unfollow_shop(follow: Follow, now: datetime) -> None:
    """End a follow. What was read of the shop stays."""
    shop = follow.shop_id
    follow.delete()
    plan_readings(Shop.objects.filter(pk=shop), now)


@transaction.atomic
def plan_readings(shops: QuerySet[Shop], now: datetime) -> None:
    """Give the ranges of shops the limits that their active follows ask for together; others rest.

    A shop that nobody follows any more is read no more; one that is followed again is due by its last reading.
    """
    ranges = ShopRange.objects.filter(shop__in=shops.values("pk")).order_by("pk").select_for_update(no_key=True)
    rows = list(ranges)
    follows = Follow.objects.active().filter(shop__in=[row.pk for row in rows]).select_related("watchlist__owner")
    asked: dict[int, list[tuple[int, Limits]]] = defaultdict(list)
    for follow in follows:
        owner, weight = follow.watchlist.owner, Priority(follow.watchlist.priority).weight
        limits = Limits(follow.interval, min(SHORTEST_READING, follow.interval), weight).slowed(owner.granted_share)
        asked[follow.shop_id].append((owner.pk, limits))
    for row in rows:
        together = combined(asked[row.pk])
        if together is None:
            row.interval = row.next_check_at = row.asked_at = row.asked_by_id = None
        else:
            row.interval, row.soonest, row.weight = together.latest, together.soonest, together.weight
            latest = now if row.checked_at is None else max(now, row.checked_at + together.latest)
            row.next_check_at = min(row.next_check_at or latest, latest)
    columns = ["interval", "soonest", "weight", "next_check_at", "asked_at", "asked_by"]
    ShopRange.objects.bulk_update(rows, columns)
