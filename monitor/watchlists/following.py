"""Following shops: whose range a watchlist learns of, and how often the range is read for all who follow it."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from monitor.budget.allowances import AllowanceError, refuse_beyond
from monitor.models import Change, Follow, RangeEntry, Shop, ShopRange, User, Watch, Watchlist
from monitor.models.ranges import DEFAULT_READING, PAGES_EXPECTED, Adding
from monitor.watchlists.requests import may_ask
from monitor.watchlists.rescheduling import plan_readings
from monitor.watchlists.services import MOST_AWAITED, add_products


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


def add_matching(now: datetime) -> int:
    """Add the products that lists ask for of shops read since the last time; return how many."""
    follows = Follow.objects.to_match().order_by("pk").values_list("pk", flat=True)
    return sum(_add_matching(key, now) for key in list(follows))


@transaction.atomic
def _add_matching(key: int, now: datetime) -> int:
    """Add what one follow asks for, as far as its number and its owner's allowance permit.

    Each product is considered once: one that its user has removed does not come back.
    """
    follow = Follow.objects.to_match().select_for_update(of=("self",), no_key=True).filter(pk=key).first()
    if follow is None:
        return 0
    entries = _matching(follow).order_by("pk")
    watchlist, owner = follow.watchlist, follow.watchlist.owner
    here = watchlist.watches.filter(product__shop=follow.shop_id).count()
    ids = list(entries.values_list("product__num_iid", flat=True)[: max(0, follow.most - here)])
    theirs = Watch.objects.filter(watchlist__owner=owner).values("product").distinct()
    try:
        refuse_beyond(owner, "products", len(ids), theirs.count)
    except AllowanceError as error:
        ids = ids[: error.left]
    added = add_products(watchlist, ids, now, total=MOST_AWAITED + 1, by=owner)
    follow.matched_at = follow.shop.range.read_at
    follow.save(update_fields=["matched_at"])
    return len(added)


def _matching(follow: Follow) -> QuerySet[RangeEntry]:
    since, entries = follow.matched_at, RangeEntry.objects.filter(shop=follow.shop_id, left_at=None)
    entries = entries.exclude(product__watches__watchlist=follow.watchlist_id)
    if follow.adds == Adding.NEW:
        entries = entries.filter(appeared_at__gt=since or follow.created_at)
    elif follow.adds == Adding.BEST and since is None:
        entries = entries.filter(is_best=True)
    elif follow.adds == Adding.BEST:
        joined = Change.objects.filter(product=OuterRef("pk"), field="best_ten", first_seen_after__gt=since)
        entries = entries.filter(Exists(joined), is_best=True)
    elif since is not None:
        entries = entries.filter(appeared_at__gt=since)
    for word in follow.words.split():
        entries = entries.filter(product__title__icontains=word)
    if follow.lowest is not None:
        entries = entries.filter(price__gte=follow.lowest)
    if follow.highest is not None:
        entries = entries.filter(price__lte=follow.highest)
    return entries
