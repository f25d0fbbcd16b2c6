"""Shops that sell something on the lists."""

from typing import Any

from django.http import Http404
from ninja import Router

from monitor.api.auth import ApiRequest
from monitor.api.schemas import Id, ShopTold
from monitor.changes import GAP_FIELDS
from monitor.models import Shop
from monitor.provider.observation import Gap

router = Router(tags=["shops"])


@router.get("/shops/{shop}", response=ShopTold)
def shop(request: ApiRequest, shop: Id) -> Any:
    """A shop and its scores, if one of its products is watched."""
    row: Any = Shop.objects.filter(pk=int(shop), products__watches__watchlist__in=request.auth.lists).first()
    if row is None:
        raise Http404
    gaps = {name: getattr(row, name) for name in GAP_FIELDS}
    row.gaps = {name: None if gap is None else Gap(gap).name.lower() for name, gap in gaps.items()}
    return row
