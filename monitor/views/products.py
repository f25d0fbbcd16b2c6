"""The products table: search, add, pause, resume, remove and put back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from monitor import watchlists
from monitor.dashboard.products import SORTS, ProductFilters, product_page, product_totals
from monitor.dashboard.watchlists import watchlist_choices
from monitor.forms.products import AddProductsForm, ProductFilterForm
from monitor.models import Watch, Watchlist
from monitor.views.pages import PageRequest, page, page_number, signed_in, wants_region
from monitor.watchlists.links import Problem, find_num_iid
from monitor.watchlists.requests import put_back, remove_for_now

#: The region that HTMX swaps; when it asks by itself, it is for a look at what is new.
REGION = "results"
#: Where the session keeps what was removed last.
REMOVED = "removed"
#: How long a removal can be taken back.
UNDO_FOR = timedelta(minutes=5)
STATE = ("q", "list", "status", "sort", "page")
DEFAULTS = {"sort": ProductFilters().sort, "page": "1"}


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
    if chosen := _filters(request).watchlist:
        watches = watches.filter(watchlist_id=chosen)
    keys = list(watches.values_list("pk", flat=True))
    if not keys:
        raise Http404
    verb(Watch.objects.filter(pk__in=keys), request.now)
    return _table(request) if wants_region(request) else redirect(_here(request))


def _table(request: PageRequest, **extra: Any) -> HttpResponse:
    lists = watchlist_choices(request.user)
    form = ProductFilterForm(request.GET, watchlists=lists)
    filters = _filters(request, form)
    editable = [one for one in lists if one.editable]  # type: ignore[attr-defined]
    context = {
        "nav": "products",
        "form": form,
        "filters": filters,
        "is_filtered": bool(filters.search or filters.watchlist or filters.status),
        "can_add": bool(editable) or not lists,
        "add_form": AddProductsForm(watchlists=editable, initial={"watchlist": filters.watchlist}),
        "totals": product_totals(request.user, request.now),
        "page": product_page(request.user, filters, page_number(request.GET), request.now),
        "state": _state(request.GET),
        "unpaged": _state(request.GET, page=""),
        "sorting": _sorting(request.GET, filters.sort),
        "removed": _removed(request),
        **extra,
    }
    response = page(request, "products.html", context, region="exchange")
    if request.htmx.trigger != REGION:
        response["HX-Push-Url"] = _here(request)
    return response


def _filters(request: PageRequest, form: ProductFilterForm | None = None) -> ProductFilters:
    form = form or ProductFilterForm(request.GET, watchlists=watchlist_choices(request.user))
    search = form.chosen("q").strip()
    found, _problem = find_num_iid(search) if "://" in search else (None, None)
    return ProductFilters(search, found or "", form.chosen("list"), form.chosen("status"), form.chosen("sort"))


def _state(query: QueryDict, **changed: str) -> str:
    """The table's state as a query string, with some of it changed; defaults are left out."""
    state = {name: query[name] for name in STATE if query.get(name)} | changed
    return urlencode({name: value for name, value in state.items() if value and value != DEFAULTS.get(name)})


def _sorting(query: QueryDict, sort: str) -> dict[str, dict[str, str]]:
    """For each column: the query that orders by it, downwards first for numbers and times, and how it is ordered."""
    columns = {}
    for name in SORTS:
        first, second = (name, f"-{name}") if name in ("title", "status") else (f"-{name}", name)
        columns[name] = {
            "query": _state(query, sort=second if sort == first else first, page=""),
            "order": {name: "ascending", f"-{name}": "descending"}.get(sort, ""),
        }
    return columns


def _here(request: PageRequest) -> str:
    state = _state(request.GET)
    return reverse("monitor:products") + (f"?{state}" if state else "")


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
