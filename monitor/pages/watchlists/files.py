"""The changes of a list's products and their shops as CSV and Excel: the newest of a range, a row
each."""

from datetime import datetime
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from monitor.models import Change, Shop
from monitor.pages.shared.answers import PageRequest, signed_in
from monitor.pages.shared.ranges import chosen_range
from monitor.pages.shared.sheets import (
    Cell,
    field_cell,
    file_answer,
    names,
    of_today,
    on_clock,
    percent,
    table,
    yuan,
)
from monitor.showing.history.moves import move
from monitor.showing.history.reads import RANGES
from monitor.showing.reads.watchlists import watchlist_for
from monitor.telling.links import link

#: Older changes are left out; a shorter range has them all.
MOST_ROWS = 100_000
CHUNK = 2000
HEADS = (
    *(
        _("Time"),
        _("Product ID"),
        _("Title"),
        _("Shop"),
        _("What changed"),
        _("Before"),
        _("After"),
    ),
    *(_("Change in ¥"), _("Change in %"), _("Link")),
)


@signed_in("GET", is_file=True)
def changes(request: PageRequest, pk: int, extension: str) -> HttpResponseBase:
    watchlist, range_name = watchlist_for(request.user, pk), chosen_range(request)
    length = RANGES[range_name]
    rows = _newest(watchlist.pk, request.now - length if length else None)
    return file_answer(
        table(HEADS, _cells, rows),
        _("Changes"),
        of_today(f"changes-{range_name}", request.now),
        extension,
    )


def _newest(watchlist: int, since: datetime | None) -> Any:
    """Two queries: the changes of products, and of their shops, read together in the order of
    time."""
    of_products = Change.objects.filter(product__watches__watchlist=watchlist)
    shops = Shop.objects.filter(products__watches__watchlist=watchlist)
    of_shops = Change.objects.filter(shop__in=shops.values("pk"))
    return islice(
        merge(
            _in_order(of_products.select_related("product__shop"), since),
            _in_order(of_shops.select_related("shop"), since),
            key=attrgetter("first_seen_after"),
            reverse=True,
        ),
        MOST_ROWS,
    )


def _in_order(changes: QuerySet[Change], since: datetime | None) -> Any:
    if since is not None:
        changes = changes.filter(first_seen_after__gte=since)
    return changes.order_by("-first_seen_after", "-pk")[:MOST_ROWS].iterator(CHUNK)


def _cells(change: Change) -> list[Cell]:
    product = change.product
    moved = move(change.before, change.after)
    is_price = change.field in ("price", "list_price")
    return [
        on_clock(change.first_seen_after),
        *names(product, change.shop),
        change.get_field_display(),
        field_cell(change.field, change.before),
        field_cell(change.field, change.after),
        yuan(moved.after - moved.before) if moved and is_price else None,
        percent(moved),
        link("monitor:product", product.num_iid)
        if product
        else link("monitor:shop", str(change.shop_id)),
    ]
