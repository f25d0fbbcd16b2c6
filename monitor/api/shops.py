"""Shops that sell something on the lists."""

from typing import Any

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from ninja import Query, Router

from monitor.api.auth import ApiRequest, Caller
from monitor.api.paging import KeyColumn, Keyset, PageQuery
from monitor.api.schemas import Id, Page, ShopOut, WatchlistId
from monitor.models import Follow, Product, Shop

router = Router(tags=["shops"])


class ShopQuery(PageQuery):
    """Of which products."""

    watchlist: WatchlistId | None = None


@router.get("/shops", response=Page[ShopOut])
def shops(request: ApiRequest, query: Query[ShopQuery]) -> Any:
    """The shops of the watched products and those that lists follow, with their scores."""
    order = Keyset([KeyColumn("pk")], "shops", query.watchlist)
    return order.page(shops_seen(request.auth, query.watchlist), query)


@router.get("/shops/{shop}", response=ShopOut)
def shop(request: ApiRequest, shop: Id) -> Any:
    """A shop and its scores, if one of its products is watched, or a list follows it."""
    return get_object_or_404(shops_seen(request.auth), pk=int(shop))


def shops_seen(caller: Caller, watchlist: str | None = None) -> QuerySet[Shop]:
    """Return the shops of products on the caller's lists, or on one, and those that these lists
    follow."""
    lists = caller.list_keys(watchlist)
    watched = Product.objects.filter(watches__watchlist__in=lists)
    followed = Follow.objects.filter(watchlist__in=lists)
    return Shop.objects.filter(Q(pk__in=watched.values("shop")) | Q(pk__in=followed.values("shop")))
