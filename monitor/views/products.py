"""The products table: search, add, pause, resume, remove and put back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from monitor import watchlists
from monitor.dashboard.products import ProductRow, product_page, shop_of
from monitor.dashboard.watchlists import watchlist_choices
from monitor.forms.product_filters import SIZES, ProductFilterForm
from monitor.forms.products import AddProductsForm
from monitor.models import Shop, Watch, Watchlist
from monitor.views.pages import PageRequest, page, page_number, signed_in, wants_region
from monitor.views.table import TableState
from monitor.watchlists.links import Problem
from monitor.watchlists.requests import put_back, remove_for_now

#: The region that HTMX swaps; when it asks by itself, it is for a look at what is new.
REGION = "results"
#: The form with the search box and the filters.
TOOLBAR = "filters"
#: Where the session keeps what was removed last.
REMOVED = "removed"
#: How long a removal can be taken back.
UNDO_FOR = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Added:
    """What came of the add box, in the words of the page."""

    watchlist: Watchlist
    added: int
    already: int
    bad: list[tuple[int, str, str]]
    calls_a_day: int


@signed_in
@require_GET
def products(request: PageRequest) -> HttpResponse:
    """The table, or its region alone."""
    return _table(request)


@signed_in
@require_POST
def add(request: PageRequest) -> HttpResponse:
    """Put pasted products on a list; the answer is the table again with what became of each line."""
    form = AddProductsForm(request.POST, watchlists=Watchlist.objects.editable_by(request.user))
    if not form.is_valid():
        return _table(request, add_form=form)
    watchlist = form.cleaned_data["watchlist"] or watchlists.create_watchlist(request.user, _("My products"))
    result = watchlists.import_lines(watchlist, form.cleaned_data["lines"], request.now)
    bad = [(line.number, line.text, _problem(line.problem)) for line in result.bad]
    daily = round(len(result.added) * (timedelta(days=1) / watchlist.interval))
    return _table(request, added=Added(watchlist, len(result.added), len(result.already), bad, daily))


@signed_in
@require_POST
def pause(request: PageRequest, num_iid: str) -> HttpResponse:
    return _act(request, num_iid, watchlists.pause)


@signed_in
@require_POST
def resume(request: PageRequest, num_iid: str) -> HttpResponse:
    return _act(request, num_iid, watchlists.resume)


@signed_in
@require_POST
def remove(request: PageRequest, num_iid: str) -> HttpResponse:
    """Take a product off the lists shown; the session keeps for a while what is needed to put it back."""

    def remember(watches: QuerySet[Watch], now: datetime) -> int:
        title = str(watches.select_related("product")[0].product)
        receipts = remove_for_now(watches, now)
        request.session[REMOVED] = {"title": title, "at": now.timestamp(), "receipts": receipts}
        return len(receipts)

    return _act(request, num_iid, remember)


@signed_in
@require_POST
def undo(request: PageRequest) -> HttpResponse:
    """Put back what was removed last."""
    removed = request.session.pop(REMOVED, None)
    if removed and _is_fresh(removed, request.now):
        put_back(request.user, removed["receipts"], request.now)
    return _table(request) if wants_region(request) else redirect(_here(request))


def _act(request: PageRequest, num_iid: str, verb: Callable[[QuerySet[Watch], datetime], int]) -> HttpResponse:
    """Do `verb` with the watches that the user sees and may edit, then show the table as it was."""
    watches = Watch.objects.filter(product__num_iid=num_iid, watchlist__in=Watchlist.objects.editable_by(request.user))
    if chosen := ProductFilterForm(request.GET, watchlists=watchlist_choices(request.user)).filters.watchlist:
        watches = watches.filter(watchlist_id=chosen)
    keys = list(watches.values_list("pk", flat=True))
    if not keys:
        raise Http404
    verb(Watch.objects.filter(pk__in=keys), request.now)
    return _table(request) if wants_region(request) else redirect(_here(request))


def _table(request: PageRequest, **extra: Any) -> HttpResponse:
    lists = watchlist_choices(request.user)
    form = ProductFilterForm(request.GET, watchlists=lists)
    state = table_state(request, form)
    editable = [one for one in lists if one.editable]  # type: ignore[attr-defined]
    rows = product_page(request.user, form.filters, page_number(request.GET), request.now)
    context = {
        "nav": "products",
        "form": form,
        "filters": form.filters,
        "columns": form.columns,
        "state": state,
        "sorting": state.sorting(form.filters.sort),
        "chips": state.chips(form, lists, _shop(request, form.filters.shop, rows)),
        "sizes": [{"rows": size, "query": state.query(size=str(size), page="")} for size in SIZES],
        "shop_query": f"{reverse('monitor:products')}?{state.query(shop='', page='')}&shop=",
        "ignored": form.ignored(),
        "page": rows,
        "unpaged": state.unpaged,
        "can_add": bool(editable) or not lists,
        "add_form": AddProductsForm(watchlists=editable, initial={"watchlist": form.filters.watchlist}),
        "is_new": not rows.paginator.count and not state.is_filtered,
        # Whoever types in the search box must not have it replaced under his hands.
        "keeps_toolbar": request.htmx.trigger in (REGION, TOOLBAR),
        "removed": _removed(request),
        **extra,
    }
    response = page(request, "products.html", context, region="exchange")
    if request.htmx.trigger != REGION:
        response["HX-Push-Url"] = _address(state)
    return response


def table_state(request: PageRequest, form: ProductFilterForm) -> TableState:
    number = page_number(request.GET)
    return TableState({**form.state, **({"page": str(number)} if number > 1 else {})})


def _shop(request: PageRequest, key: int | None, rows: Page[ProductRow]) -> Shop | None:
    """The shop that the table is narrowed to. Its rows know it; only an empty table has to ask."""
    if key is None:
        return None
    return rows[0].product.shop if len(rows) else shop_of(request.user, key)


def _address(state: TableState) -> str:
    query = state.query()
    return reverse("monitor:products") + (f"?{query}" if query else "")


def _here(request: PageRequest) -> str:
    """The table as it was, for the browser that has just posted a form."""
    form = ProductFilterForm(request.GET, watchlists=watchlist_choices(request.user))
    return _address(table_state(request, form))


def _removed(request: PageRequest) -> str:
    """The title of the product that was removed last, while that can be taken back."""
    removed = request.session.get(REMOVED)
    return str(removed["title"]) if removed and _is_fresh(removed, request.now) else ""


def _is_fresh(removed: dict[str, Any], now: datetime) -> bool:
    return now.timestamp() - float(removed["at"]) < UNDO_FOR.total_seconds()


def _problem(problem: Problem | None) -> str:
    match problem:
        case Problem.SHORT_LINK:
            return _("a short link does not hold the product ID: open it and copy the long link or the ID")
        case Problem.TOO_LONG:
            return _("a product ID has at most 19 digits")
        case Problem.ROUNDED:
            return _("a spreadsheet has rounded this ID: format the column as text and copy it again")
        case _:
            return _("no product link or ID in this line")
