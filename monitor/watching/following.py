"""Following shops: whose assortment a watchlist learns of, and how often the assortment is read for
all who follow it."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from monitor.models import (
    Assortment,
    AssortmentEntry,
    Change,
    Follow,
    Product,
    Shop,
    User,
    Watch,
    Watchlist,
)
from monitor.models.assortments import ADDING, Adding
from monitor.models.catalog import DOUYIN, ProductQuerySet
from monitor.models.figures import order_of
from monitor.people.allowances import AllowanceError, refuse_beyond, refuse_more_today
from monitor.polling.budget.first_checks import used_up
from monitor.polling.planning.rescheduling import plan_readings
from monitor.provider.links import find_num_iid
from monitor.watching.services import MOST_AWAITED, add_products

#: A shop's text ID has letters: a number is a product's ID, or an ID of another kind that tells no
#: assortment.
_SHOP = re.compile(r"([A-Za-z0-9_-]{4,64})")
_IN_LINK = re.compile(r"[?&](?:shop_?id|id)=([A-Za-z0-9_-]{4,64})(?![A-Za-z0-9_-])")
_HAS_LETTER = re.compile(r"[A-Za-z]")


@transaction.atomic
def follow_shop(
    watchlist: Watchlist, shop: Shop, now: datetime, *, by: User | None = None, **terms: Any
) -> Follow:
    """Let a watchlist follow a shop, or follow it on other terms: `interval` and `ADDING`, each as
    it was if not given.

    A shop that was never read is read at once, page by page within the allowance of the user who
    follows it, and in the slots of first checks beyond it; without `by` an operator follows it. New
    terms of adding hold for all that is listed now, or from now on if new products join. Raises
    `AllowanceError` if the list's owner follows too many shops or has too many products, or the
    user began too many follows today, and `ValidationError`."""
    # Locked: products may be joining at this moment. Of requests at the same time one makes it.
    follow, is_new = Follow.objects.select_for_update(no_key=True).get_or_create(
        watchlist=watchlist, shop=shop
    )
    if is_new and by is not None:
        theirs = Follow.objects.filter(watchlist__owner=watchlist.owner)
        refuse_beyond(watchlist.owner, "shops", 0, theirs.values("shop").distinct().count)
        refuse_beyond(watchlist.owner, "products", 1, partial(_held_products, watchlist.owner))
        refuse_more_today(by, "shops", now)
    # Before the assortment, as everywhere: no deadlock.
    is_granted = by is None or used_up(by, now) is None
    assortment, _made = Assortment.objects.get_or_create(shop=shop)
    before = _terms(follow)
    for name, value in terms.items():
        setattr(follow, name, value)
    follow.full_clean()
    if _terms(follow) != before:
        follow.matched_at = assortment.read_at if follow.adds == Adding.NEW else None
    follow.save()
    plan_readings(Shop.objects.filter(pk=shop.pk), now)
    if is_granted:
        unread = Assortment.objects.filter(
            shop=shop, read_at=None, asked_at=None, interval__isnull=False
        )
        unread.update(asked_at=now, asked_by=by, next_check_at=now)
    return follow


def _held_products(owner: User) -> int:
    """Count the products that a user's lists watch, and those that only the shops list which they
    follow."""
    watched = Watch.objects.filter(watchlist__owner=owner).order_by().values("product")
    listed = (
        AssortmentEntry.objects.filter(shop__follows__watchlist__owner=owner)
        .order_by()
        .values("product")
    )
    return watched.union(listed).count()


@transaction.atomic
def follow_named(
    watchlist: Watchlist, text: str, now: datetime, *, interval: timedelta, by: User
) -> Follow:
    """Follow the shop that a user names: by its ID, by its link, or by a product that the user may
    see.

    Raises `ValidationError` if it names none, and what `follow_shop` raises; then nothing is
    stored."""
    named = _SHOP.fullmatch(text.strip()) or _IN_LINK.search(text)
    if named and _HAS_LETTER.search(named[1]):
        shop, _made = Shop.objects.get_or_create(platform=DOUYIN, shop_id=named[1])
        return follow_shop(watchlist, shop, now, interval=interval, by=by)
    num_iid, _problem = find_num_iid(text)
    if num_iid is None:
        raise ValidationError(_("Enter a shop's ID, such as sXahcZg, or a product's link."))
    products = Product.objects.filter(num_iid=num_iid, platform=DOUYIN, shop__isnull=False)
    watched, listed = (
        Watch.objects.for_user(by),
        AssortmentEntry.objects.filter(shop__follows__in=Follow.objects.for_user(by)),
    )
    product = products.filter(
        Q(pk__in=watched.values("product")) | Q(pk__in=listed.values("product"))
    ).first()
    if product is None or product.shop is None:
        raise ValidationError(
            _(
                "The shop of this product is not known yet: add the product first, and follow "
                "the shop after its check."
            )
        )
    return follow_shop(watchlist, product.shop, now, interval=interval, by=by)


@transaction.atomic
def unfollow_shop(follow: Follow, now: datetime) -> dict[str, Any]:
    """End a follow; return what `follow_again` needs, ready for JSON. What was read of the shop
    stays; of a shop that somebody has only named, nothing does."""
    receipt, shops = receipt_of(follow), Shop.objects.filter(pk=follow.shop_id)
    follow.delete()
    plan_readings(shops, now)
    shops.filter(products=None, follows=None, assortment__read_at=None).delete()
    return receipt


@transaction.atomic
def follow_again(user: User, receipt: Mapping[str, Any], now: datetime) -> Follow | None:
    """Follow a shop as a receipt tells; None if the user may no longer edit the list. Raises what
    `follow_shop` raises."""
    watchlist = Watchlist.objects.editable_by(user).filter(pk=receipt["watchlist"]).first()
    if watchlist is None:
        return None
    shop, _made = Shop.objects.get_or_create(platform=DOUYIN, shop_id=receipt["shop"])
    terms = {
        "interval": timedelta(seconds=receipt["seconds"]),
        **{name: receipt[name] for name in ADDING},
    }
    follow = follow_shop(watchlist, shop, now, by=user, **terms)
    follow.matched_at = receipt["matched_at"] and datetime.fromisoformat(receipt["matched_at"])
    follow.save(update_fields=["matched_at"])
    return follow


def receipt_of(follow: Follow) -> dict[str, Any]:
    """Return how a list follows a shop, for `follow_again`, ready for JSON."""
    receipt = {"watchlist": follow.watchlist_id, "shop": follow.shop.shop_id, **_terms(follow)}
    receipt["seconds"] = int(follow.interval.total_seconds())
    return receipt | {"matched_at": follow.matched_at and follow.matched_at.isoformat()}


def _terms(follow: Follow) -> dict[str, Any]:
    return {name: getattr(follow, name) for name in ADDING}


def add_matching(now: datetime) -> int:
    """Add the products that lists ask for of shops read since the last time; return how many."""
    follows = Follow.objects.to_match().order_by("pk").values_list("pk", flat=True)
    return sum(_add_matching(key, now) for key in list(follows))


@transaction.atomic
def _add_matching(key: int, now: datetime) -> int:
    """Add what one follow asks for, as far as its number and its owner's allowance permit.

    Each product is considered once: one that its user has removed does not come back.
    """
    held = Follow.objects.to_match().with_added().select_for_update(of=("self",), no_key=True)
    follow: Any = held.filter(pk=key).first()
    if follow is None:
        return 0
    watchlist, owner = follow.watchlist, follow.watchlist.owner
    # Where not all have room, those that sell most.
    rows = _to_add(follow).order_by(*order_of("-units"))[: max(0, follow.most - follow.on_list)]
    ids = list(rows.values_list("num_iid", flat=True))
    theirs = Watch.objects.filter(watchlist__owner=owner).values("product").distinct()
    try:
        refuse_beyond(owner, "products", len(ids), theirs.count)
    except AllowanceError as error:
        ids = ids[: error.left]
    added = add_products(watchlist, ids, now, total=MOST_AWAITED + 1, by=owner)
    follow.matched_at = follow.shop.assortment.read_at
    follow.save(update_fields=["matched_at"])
    return len(added)


def matching(follow: Follow) -> ProductQuerySet:
    """Return what the shop lists now that has the follow's words and prices, and sells best if it
    is to."""
    is_best = {"is_best": True} if follow.adds == Adding.BEST else {}
    rows = Product.objects.listed_by(follow.shop_id, **is_best)
    return rows.matching(follow.words, follow.lowest, follow.highest)


def _to_add(follow: Follow) -> ProductQuerySet:
    """Return what matches, is not on the list yet and was not considered before."""
    rows, since = (
        matching(follow).exclude(watches__watchlist=follow.watchlist_id),
        follow.matched_at,
    )
    if follow.adds == Adding.NEW:
        since = since or follow.created_at
    if since is None:
        return rows
    if follow.adds == Adding.BEST:
        joined = Change.objects.filter(
            product=OuterRef("pk"), field="best_ten", first_seen_after__gt=since
        )
        return rows.filter(Exists(joined))
    new = AssortmentEntry.objects.filter(shop=follow.shop_id, appeared_at__gt=since)
    return rows.filter(pk__in=new.values("product"))
