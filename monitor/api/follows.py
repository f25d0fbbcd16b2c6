"""Shops that lists follow, and what is in their ranges."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from monitor.api.auth import ApiRequest
from monitor.api.errors import invalid
from monitor.api.paging import KeyColumn, Keyset, PageQuery
from monitor.api.schemas import FollowGiven, FollowOut, Id, Page, RangeEntryOut, WatchlistId
from monitor.api.shops import shops_seen
from monitor.models import Follow, RangeEntry, Shop
from monitor.watchlists.following import follow_shop, unfollow_shop

router = Router(tags=["shops"])


@router.get("/watchlists/{watchlist}/follows", response=list[FollowOut])
def follows(request: ApiRequest, watchlist: WatchlistId) -> Any:
    """The shops that a list follows."""
    return _follows_of(request.auth.watchlist(watchlist).pk).order_by("pk")


@router.post("/watchlists/{watchlist}/follows", response=FollowOut)
def follow(request: ApiRequest, watchlist: WatchlistId, body: FollowGiven) -> Any:
    """Follow a shop of one of your products, or follow it at another interval. A reading costs a call a page."""
    caller = request.auth
    list_followed = caller.editable_list(watchlist)
    shop = shops_seen(caller).filter(pk=int(body.shop)).first()
    if shop is None:
        raise invalid("body.shop", "None of your products is of this shop.")
    interval = timedelta(seconds=body.interval_seconds)
    try:
        follow_shop(list_followed, shop, caller.now, interval=interval, by=caller.user)
    except ValidationError as error:
        raise invalid("body.interval_seconds", " ".join(error.messages)) from None
    return _follows_of(list_followed.pk).get(shop=shop)


@router.delete("/watchlists/{watchlist}/follows/{shop}", response={204: None})
def unfollow(request: ApiRequest, watchlist: WatchlistId, shop: Id) -> Any:
    """Follow a shop no longer. What was read of it stays."""
    list_followed = request.auth.editable_list(watchlist)
    unfollow_shop(get_object_or_404(Follow, watchlist=list_followed.pk, shop=int(shop)), request.auth.now)
    return Status(204, None)


@router.get("/shops/{shop}/range", response=Page[RangeEntryOut])
def shop_range(request: ApiRequest, shop: Id, query: Query[PageQuery]) -> Any:
    """The products of a shop that one of your lists follows, as its readings tell them: coarser than checks."""
    followed = get_object_or_404(Shop, pk=int(shop), follows__watchlist__in=request.auth.lists)
    entries = RangeEntry.objects.filter(shop=followed).select_related("product__index")
    return Keyset([KeyColumn("pk")], "range", followed.pk).page(entries, query)


def _follows_of(watchlist: int) -> QuerySet[Follow]:
    return Follow.objects.filter(watchlist=watchlist).select_related("shop__range")
