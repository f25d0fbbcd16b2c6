"""Pairings: the rivals of a product on a list, and where it stands among them by price."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from ninja import Router, Status

from monitor.api.auth import ApiRequest, Caller
from monitor.api.schemas import NumIid, RivalsGiven, StandingOut, WatchlistId
from monitor.api.watchlists import watch_of
from monitor.models import Product
from monitor.showing.history.standings import OFFER, PriceStanding, counted_price, rivals_of
from monitor.watching.pairings import set_rivals

router = Router(tags=["rivals"])
FIGURES = ("price", "index", "position", "places", "lowest", "mean", "highest")
ADDRESS = "/watchlists/{watchlist}/watches/{num_iid}/rivals"


@router.get(ADDRESS, response=StandingOut)
def rivals(request: ApiRequest, watchlist: WatchlistId, num_iid: NumIid) -> Any:
    """The rivals of a product on a list, and where it stands among them by price."""
    return _standing(request.auth, watchlist, num_iid)


@router.post(ADDRESS, response=StandingOut)
def pair(request: ApiRequest, watchlist: WatchlistId, num_iid: NumIid, body: RivalsGiven) -> Any:
    """Compare a product on a list with further products of your lists."""
    caller = request.auth
    more = {caller.product(rival).num_iid for rival in body.rivals}
    _choose(caller, watchlist, num_iid, more=more)
    return _standing(caller, watchlist, num_iid)


@router.delete(ADDRESS + "/{rival}", response={204: None})
def unpair(request: ApiRequest, watchlist: WatchlistId, num_iid: NumIid, rival: NumIid) -> Any:
    """Compare a product on a list with this rival no longer."""
    _choose(request.auth, watchlist, num_iid, less={request.auth.product(rival).num_iid})
    return Status(204, None)


@transaction.atomic
def _choose(
    caller: Caller,
    watchlist: str,
    num_iid: str,
    more: Collection[str] = (),
    less: Collection[str] = (),
) -> None:
    watch = get_object_or_404(watch_of(caller.editable_list(watchlist).pk, num_iid).locked())
    present = set(watch.pairings.seen_by(caller.user).values_list("rival__num_iid", flat=True))
    if not present.issuperset(less):
        raise Http404
    set_rivals(watch, present.difference(less).union(more), caller.user)


def _standing(caller: Caller, watchlist: str, num_iid: str) -> dict[str, Any]:
    """Return what `StandingOut` describes, of the rivals on the lists that the token sees."""
    [key] = caller.list_keys(watchlist)
    watch = get_object_or_404(watch_of(key, num_iid).select_related("product"))
    on_lists = {"watch": watch.pk, "rival__watches__watchlist__in": caller.lists}
    prices = rivals_of(caller.user, caller.now, **on_lists).get(watch.pk, {})
    own = counted_price(*(getattr(watch.product, name) for name in OFFER), at=caller.now)
    products = Product.objects.filter(pk__in=prices).order_by("pk")
    rows = [
        {"num_iid": rival.num_iid, "title": rival.title, "price": prices[rival.pk]}
        for rival in products
    ]
    standing = PriceStanding.of(own, prices.values())
    return {**{name: getattr(standing, name) for name in FIGURES}, "rivals": rows}
