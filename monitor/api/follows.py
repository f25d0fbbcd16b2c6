"""Shops that lists follow, and what is in their ranges."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from monitor.api.auth import ApiRequest
from monitor.api.errors import invalid
from monitor.api.paging import KeyColumn, Keyset, PageQuery
from monitor.api.schemas import (
    FollowChanges,
    FollowGiven,
    FollowOut,
    Id,
    Page,
    RangeEntryOut,
    WatchlistId,
)
from monitor.api.shops import shops_seen
from monitor.models import AssortmentEntry, Follow, Shop, Watchlist
from monitor.watching.following import follow_shop, unfollow_shop

router = Router(tags=["shops"])


@router.get("/watchlists/{watchlist}/follows", response=list[FollowOut])
def follows(request: ApiRequest, watchlist: WatchlistId) -> Any:
    """The shops that a list follows."""
    return _follows_of(request.auth.watchlist(watchlist).pk).order_by("pk")


@router.post(
    "/watchlists/{watchlist}/follows",
    response=FollowOut,
)
def follow(request: ApiRequest, watchlist: WatchlistId, body: FollowGiven) -> Any:
    """Follow a shop of one of your products, or follow it on other terms. A reading costs a call a
    page."""
    list_followed = request.auth.editable_list(watchlist)
    shop = shops_seen(request.auth).filter(pk=int(body.shop)).first()
    if shop is None:
        raise invalid("body.shop", "None of your products is of this shop.")
    return _follow(request, list_followed, shop, body)


@router.patch("/watchlists/{watchlist}/follows/{shop}", response=FollowOut)
def alter_follow(request: ApiRequest, watchlist: WatchlistId, shop: Id, body: FollowChanges) -> Any:
    """Set how often a followed shop is read, and which of its products join the list by
    themselves."""
    list_followed = request.auth.editable_list(watchlist)
    followed = get_object_or_404(Shop, pk=int(shop), follows__watchlist=list_followed.pk)
    return _follow(request, list_followed, followed, body)


def _follow(request: ApiRequest, watchlist: Watchlist, shop: Shop, body: FollowChanges) -> Any:
    terms = body.model_dump(exclude_unset=True, exclude={"shop"})
    if "interval" in terms:
        terms["interval"] = timedelta(seconds=terms["interval"])
    follow_shop(watchlist, shop, request.auth.now, by=request.auth.user, **terms)
    return _follows_of(watchlist.pk).get(shop=shop)


@router.delete("/watchlists/{watchlist}/follows/{shop}", response={204: None})
def unfollow(request: ApiRequest, watchlist: WatchlistId, shop: Id) -> Any:
    """Follow a shop no longer. What was read of it stays."""
    list_followed = request.auth.editable_list(watchlist)
    unfollow_shop(
        get_object_or_404(Follow, watchlist=list_followed.pk, shop=int(shop)), request.auth.now
    )
    return Status(204, None)


@router.get("/shops/{shop}/range", response=Page[RangeEntryOut])
def assortment(request: ApiRequest, shop: Id, query: Query[PageQuery]) -> Any:
    """The products of a shop that one of your lists follows, as its readings tell them: coarser
    than checks."""
    follows = Follow.objects.filter(watchlist__in=request.auth.lists)
    followed = get_object_or_404(Shop, pk=int(shop), pk__in=follows.values("shop"))
    entries = AssortmentEntry.objects.filter(shop=followed, lacked_at=None).select_related(
        "product"
    )
    return Keyset([KeyColumn("pk")], "range", followed.pk).page(entries, query)


def _follows_of(watchlist: int) -> QuerySet[Follow]:
    return (
        Follow.objects.with_added().filter(watchlist=watchlist).select_related("shop__assortment")
    )
