"""The products table, its saved views, and the choice of a shop to narrow it to."""

from collections.abc import Collection, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from monitor.models import SavedView, Watchlist
from monitor.pages.products.columns import COLUMNS, PRODUCT_COLUMN, USUAL_COLUMNS
from monitor.pages.products.forms import SIZES, BulkForm, ProductFilterForm, ViewNameForm
from monitor.pages.products.reads import MOST_SHOPS, ProductTable, shop_of, shops_of
from monitor.pages.products.table import TableState
from monitor.pages.shared.answers import (
    PageRequest,
    page,
    page_missed,
    page_number,
    signed_in,
    wants_region,
)
from monitor.pages.shared.undoable import offered_action
from monitor.polling.recording.sold_together import sold_together
from monitor.showing.reads.watchlists import watchlist_choices
from monitor.text import formatting

#: The region that HTMX swaps. A request that it triggers itself is a refresh.
REGION = "results"
#: The form with the search box and the filters.
TOOLBAR = "filters"
#: The values that this form sends though it has no field for them.
SENT_ALONG = ("shop", "sort", "size", "cols")
#: The form with the columns to choose from.
COLUMNS_FORM = "columns"
LONGEST_NAME = 200
#: The session's key for the columns that the user chose last.
OWN_COLUMNS = "columns"


@signed_in("GET")
def products(request: PageRequest) -> HttpResponse:
    """Show the table; answer HTMX with its region alone."""
    return table(request)


def filter_form(request: PageRequest, lists: Sequence[Watchlist]) -> ProductFilterForm:
    """Return the filters in the address. Remember the columns that the user chooses with them."""
    own = request.session.get(OWN_COLUMNS, "")
    form = ProductFilterForm(request.GET, user=request.user, watchlists=lists, own=own)
    if names := form.newly_chosen:
        request.session[OWN_COLUMNS] = names
        form.own_columns = form.shown_columns
    return form


def state_of(form: ProductFilterForm, page: int = 1) -> TableState:
    return TableState({**form.state, "page": str(page)}, form.usual_sort, form.shown_columns)


def table(
    request: PageRequest, *, picked: Collection[str] = (), picks_all: bool = False, **extra: Any
) -> HttpResponse:
    """Answer with the products that the URL asks for.

    `picked` are the IDs of ticked products. `extra` is added to the context.
    """
    lists = watchlist_choices(request.user)
    form = filter_form(request, lists)
    filters, columns = form.filters, form.shown_columns
    editable = [watchlist for watchlist in lists if watchlist.editable]
    number = page_number(request.GET)
    products = ProductTable(request.user, lists, filters, request.now)
    sold = sold_together(products.products) if filters.watchlist else None
    rows = products.page(number, sold.products if sold else None)
    state = state_of(form, rows.number)
    others = state.query(shop="", page="")
    shop = None if filters.shop is None else shop_of(request.user, filters.shop)
    tabs = state.tabs(request.user.saved_views.order_by("name"))
    current = next((tab for tab in tabs if tab.view and tab.is_current), None)
    context = {
        "nav": "products",
        "form": form,
        "filters": filters,
        "columns": {
            column.name: str(column.label) if column in columns else "" for column in COLUMNS
        },
        "has_unusual_columns": any(column not in USUAL_COLUMNS for column in columns),
        "state": state,
        "sent_along": [(name, state.values[name]) for name in SENT_ALONG if name in state.values],
        "heads": state.heads([PRODUCT_COLUMN, *columns], filters.sort),
        "chips": state.chips(form, lists, shop),
        "sizes": [{"rows": size, "query": state.query(size=str(size), page="")} for size in SIZES],
        "ignored": form.ignored(),
        "page_missed": page_missed(request, rows.number),
        "page": rows,
        "sold": sold,
        "shop_address": f"{reverse('monitor:products')}?{others}{'&' if others else ''}shop=",
        "picked": picked,
        "picks_page": picks_all or request.GET.get("select") == "page",
        "unpaged": state.unpaged,
        "can_add": bool(editable) or not lists,
        "is_new": not rows.paginator.count and not state.is_filtered,
        "shop": shop,
        "is_foreign_shop": filters.shop is not None and shop is None,
        # Do not replace the search box while the user types in it, nor the menu while columns are
        # chosen in it.
        "keeps_toolbar": request.htmx.trigger in (REGION, TOOLBAR, COLUMNS_FORM),
        "tabs": tabs,
        "current_view": current,
        "can_save_view": state.unpaged and not current,
        "picks_all": picks_all,
        "done": offered_action(request),
        "bulk": BulkForm(watchlists=editable) if editable else None,
        **extra,
    }
    response = page(request, "products.html", context, region="exchange")
    if request.htmx.trigger != REGION:
        response["HX-Push-Url"] = state.address
    return response


def table_again(request: PageRequest, **extra: Any) -> HttpResponse:
    """Answer an action with the table as it was: immediately for HTMX, otherwise after a
    redirect."""
    if wants_region(request):
        return table(request, **extra)
    form = filter_form(request, watchlist_choices(request.user))
    return redirect(state_of(form, page_number(request.GET)).address)


@signed_in("POST")
def save_view(request: PageRequest) -> HttpResponse:
    """Save the table's state as the URL has it. Alters a view of the same name."""
    kept = state_of(filter_form(request, watchlist_choices(request.user))).kept
    form = ViewNameForm(request.POST, user=request.user, query=kept)
    if not form.is_valid():
        return table(request, view_form=form)
    name = form.cleaned_data["name"]
    request.user.saved_views.update_or_create(name=name, defaults={"query": kept})
    messages.success(request, _("Saved as “%(name)s”.") % {"name": name})
    return table_again(request)


@signed_in("POST")
def delete_view(request: PageRequest, pk: int) -> HttpResponse:
    """Delete a view. The table stays as it is: saving it again brings the view back."""
    view = get_object_or_404(SavedView, pk=pk, user=request.user)
    view.delete()
    text = _("The view “%(name)s” was deleted.") % {"name": formatting.one_line(view.name)}
    messages.success(request, text)
    return table_again(request)


@signed_in("GET")
def shop_choice(request: PageRequest) -> HttpResponse:
    """Offer the shops of the products on the lists shown, in a menu or, without scripts, on a
    page."""
    lists = watchlist_choices(request.user)
    form = filter_form(request, lists)
    state, filters = state_of(form), form.filters
    name = request.GET.get("name", "")[:LONGEST_NAME].replace("\0", "").strip()
    shops = shops_of(
        [watchlist.pk for watchlist in lists if filters.watchlist in (None, watchlist.pk)], name
    )
    context = {
        "nav": "products",
        "name": name,
        "state": state,
        "chosen": filters.shop,
        "any_shop": state.query(shop="", page=""),
        "choices": [
            {"shop": shop, "query": state.query(shop=str(shop.pk), page="")}
            for shop in shops[:MOST_SHOPS]
        ],
        "has_more": len(shops) > MOST_SHOPS,
    }
    return page(request, "shop_choice.html", context, region="choices")
