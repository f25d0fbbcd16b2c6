"""Shops that sell something on the lists."""

from typing import Any

from django.shortcuts import get_object_or_404
from ninja import Query, Router

from monitor.api.auth import ApiRequest
from monitor.api.description import may_answer
from monitor.api.paging import KeyColumn, Keyset, PageQuery
from monitor.api.schemas import Id, Page, ShopOut, WatchlistId
from monitor.models import Product, Shop

router = Router(tags=["shops"])


class ShopQuery(PageQuery):
    """Of which products."""

    watchlist: WatchlistId | None = None


@router.get("/shops", response=Page[ShopOut], openapi_extra=may_answer(404))
def shops(request: ApiRequest, query: Query[ShopQuery]) -> Any:
    """The shops of the watched products, with their scores."""
    watched = Product.objects.filter(watches__watchlist__in=request.auth.list_keys(query.watchlist))
    order = Keyset([KeyColumn("pk")], "shops", query.watchlist)
    return order.page(Shop.objects.filter(pk__in=watched.values("shop")), query)


@router.get("/shops/{shop}", response=ShopOut)
def shop(request: ApiRequest, shop: Id) -> Any:
    """A shop and its scores, if one of its products is watched."""
    watched = Product.objects.filter(watches__watchlist__in=request.auth.lists)
    return get_object_or_404(Shop, pk=int(shop), pk__in=watched.values("shop"))
