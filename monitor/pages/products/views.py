"""The products table."""

from collections.abc import Collection
from typing import Any

from django.core.paginator import Page
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from monitor.models import Shop
from monitor.pages.products.bulk_forms import BulkForm
from monitor.pages.products.columns import COLUMNS, PRODUCT_COLUMN
from monitor.pages.products.forms import SIZES, ProductFilterForm
from monitor.pages.products.reads import ProductRow, product_page, shop_of
from monitor.pages.products.table import TableState
from monitor.pages.shared.answers import (
    PageRequest,
    not_modified,
    page,
    page_missed,
    page_number,
    signed_in,
    wants_region,
)
from monitor.pages.shared.undoable import offered
from monitor.pages.shared.watchlist_reads import watchlist_choices

#: The region that HTMX swaps; when it asks by itself, it is for a look at what is new.
REGION = "results"
#: The form with the search box and the filters.
TOOLBAR = "filters"


@signed_in
@require_safe
def products(request: PageRequest) -> HttpResponse:
    """The table, or its region alone."""
    return not_modified(request, tells_news=True) or table(request)


def table(request: PageRequest, *, picked: Collection[str] = (), picks_all: bool = False, **extra: Any) -> HttpResponse:
    """The products as the URL asks for them, some of them ticked, with what a view has to say besides."""
    lists = watchlist_choices(request.user)
    form = ProductFilterForm(request.GET, watchlists=lists)
    editable = [one for one in lists if one.editable]  # type: ignore[attr-defined]
    shown = {column.name for column in form.columns}
    rows = product_page(
        request.user, lists, form.filters, page_number(request.GET), request.now, with_claims="next" in shown
    )
    state = TableState({**form.state, "page": str(rows.number)})
    others = state.query(shop="", page="")
    shop = _shop(request, form.filters.shop, rows)
    context = {
        "nav": "products",
        "form": form,
        "filters": form.filters,
        "columns": {column.name: column.name in shown for column in COLUMNS},
        "shown_columns": form.columns,
        "state": state,
        "heads": state.heads([PRODUCT_COLUMN, *form.columns], form.filters.sort),
        "chips": state.chips(form, lists, shop),
        "sizes": [{"rows": size, "query": state.query(size=str(size), page="")} for size in SIZES],
        "ignored": form.ignored(),
        "page_missed": page_missed(request.GET, rows.number) if request.method != "POST" else "",
        "page": rows,
        "shop_address": f"{reverse('monitor:products')}?{others}{'&' if others else ''}shop=",
        "names_lists": form.filters.watchlist is None and "lists" not in shown,
        "picked": picked,
        "picks_page": picks_all or request.GET.get("select") == "page",
        "unpaged": state.unpaged,
        "can_add": bool(editable) or not lists,
        "is_new": not rows.paginator.count and not state.is_filtered,
        "shop": shop,
        "is_foreign_shop": form.filters.shop is not None and shop is None,
        # Do not replace the search box while the user types in it.
        "keeps_toolbar": request.htmx.trigger in (REGION, TOOLBAR),
        **_views(request, state),
        "picks_all": picks_all,
        "done": offered(request),
        "bulk": BulkForm(watchlists=editable) if editable else None,
        **extra,
    }
    response = page(request, "products.html", context, region="exchange")
    if request.htmx.trigger != REGION:
        response["HX-Push-Url"] = _address(state)
    return response


def _views(request: PageRequest, state: TableState) -> dict[str, Any]:
    """The tabs, and whether the state that is shown is kept as one of them."""
    shown = state.tabs(request.user.saved_views.order_by("name"))
    current = next((tab for tab in shown if tab.view and tab.is_current), None)
    return {"tabs": shown, "current_view": current, "can_save_view": state.unpaged and not current}


def _shop(request: PageRequest, key: int | None, rows: Page[ProductRow]) -> Shop | None:
    """The shop that the table is narrowed to. Its rows know it; only an empty table has to ask."""
    if key is None:
        return None
    return rows[0].product.shop if len(rows) else shop_of(request.user, key)


def _address(state: TableState) -> str:
    query = state.query()
    return reverse("monitor:products") + (f"?{query}" if query else "")


def table_again(request: PageRequest, **extra: Any) -> HttpResponse:
    """The table as it was, after something was done: at once for HTMX, else by way of a redirect."""
    if wants_region(request):
        return table(request, **extra)
    form = ProductFilterForm(request.GET, watchlists=watchlist_choices(request.user))
    return redirect(_address(TableState({**form.state, "page": str(page_number(request.GET))})))
