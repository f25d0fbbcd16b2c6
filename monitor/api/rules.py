"""The rules of a list and of the products on it."""

from typing import Any

from django.db.models import Exists, OuterRef
from ninja import Query, Router

from monitor.api.auth import ApiRequest
from monitor.api.paging import Column, Keyset, PageQuery
from monitor.api.schemas import Id, Page, RuleTold
from monitor.models import Rule, Watch

router = Router(tags=["rules"])


@router.get("/watchlists/{watchlist}/rules", response=Page[RuleTold])
def rules(request: ApiRequest, watchlist: Id, query: Query[PageQuery]) -> Any:
    """Rules, the oldest first. A product's own rules replace the list's."""
    caller = request.auth
    key = caller.watchlist(watchlist).pk
    order = Keyset([Column("pk")], "rules", key)
    # As `for_reader`, by the lists that the token sees.
    seen: dict[str, Any] = {
        "sees_own": Exists(Watch.objects.filter(watchlist__in=caller.lists, product=OuterRef("own")))
    }
    rows: Any = Rule.objects.filter(order.after(query.cursor), watchlist=key).annotate(**seen)
    shown = list(rows.select_related("own", "watch__product").order_by("pk")[: query.limit + 1])
    for rule in shown:
        rule.text = str(rule)
        rule.own_num_iid = rule.own.num_iid if rule.own is not None and rule.sees_own else None
        rule.product = rule.watch and rule.watch.product.num_iid
    return order.cut(shown, query.limit)
