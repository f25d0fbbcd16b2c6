"""The products of a followed shop's assortment: searched, sorted, and put on a list."""

import re
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from monitor.models import Product, Watchlist
from monitor.models.catalog import NUM_IID, ProductQuerySet
from monitor.models.figures import order_of
from monitor.pages.shared.answers import (
    PageRequest,
    page,
    page_number,
    signed_in,
)
from monitor.pages.shared.heads import Column, heads
from monitor.pages.shop.figures import WEEK
from monitor.pages.shop.forms import BEST, LEFT, NEW, AssortmentFilterForm, ListForm
from monitor.pages.shop.reads import editable_lists, shop_for
from monitor.people.allowances import AllowanceError
from monitor.showing.reads.watchlists import lists_with
from monitor.showing.reads.words import allowance_in_words
from monitor.watching.imports import (
    Source,
    Target,
    add_some,
    lists_by_use,
    start_import,
)
from monitor.watching.uploads.lines import UploadLine

ROWS = 50
#: What a row shows of its product's entry in the assortment.
_OF_ENTRY = ("appeared_at", "left_at", "is_best")
COLUMNS = (
    Column("product", gettext_lazy("Product"), sort="title"),
    Column("price", gettext_lazy("Price"), "end", "price"),
    Column("sold", gettext_lazy("Sold"), "end", "sales"),
    Column("units", gettext_lazy("Units a day"), "end", "units"),
    Column("revenue", gettext_lazy("Est. revenue"), "end", "revenue"),
    Column("since", gettext_lazy("Listed since"), "end", "since"),
)


@signed_in("GET")
def products(request: PageRequest, pk: int) -> HttpResponse:
    """Show the table, or its region alone."""
    shop = _followed_shop(request, pk)
    form = AssortmentFilterForm(request.GET)
    paginator = Paginator(_rows(shop.pk, form, request.now), ROWS)
    rows: Any = paginator.get_page(page_number(request.GET))
    on_lists = lists_with(Watchlist.objects.for_user(request.user), [row.num_iid for row in rows])
    for row in rows:
        row.on_lists = on_lists[row.num_iid]
    lists, state = list(lists_by_use(request.user)), form.given()
    context = {
        "nav": "products",
        "shop": shop,
        "form": form,
        "sent_along": state.get("sort", ""),
        "heads": heads(COLUMNS, form.chosen("sort"), lambda sort: form.query(sort=sort)),
        "ignored": form.ignored(),
        "page": rows,
        "unpaged": form.query(),
        "state_query": form.query(page=str(rows.number) if rows.number > 1 else ""),
        "is_filtered": any(name != "sort" for name in state),
        "lists": lists,
    }
    return page(request, "shop_assortment.html", context, region="results")


@signed_in("POST")
def add(request: PageRequest, pk: int) -> HttpResponse:
    """Put the chosen products on a list."""
    shop = _followed_shop(request, pk)
    back = redirect(f"{reverse('monitor:shop-assortment', args=[pk])}?{request.GET.urlencode()}")
    form = ListForm(request.POST, lists=editable_lists(request.user))
    chosen = [
        num_iid for num_iid in request.POST.getlist("product") if re.fullmatch(NUM_IID, num_iid)
    ]
    entries = shop.assortment_entries.filter(product__num_iid__in=chosen[:ROWS])
    ids = list(entries.order_by("product").values_list("product__num_iid", flat=True))
    if not form.is_valid() or not ids:
        messages.warning(
            request, _("Nothing was done: choose products, and a list that you may edit.")
        )
        return back
    target = Watchlist.objects.get(pk=form.cleaned_data["watchlist"])
    lines = tuple(UploadLine(number, num_iid, num_iid) for number, num_iid in enumerate(ids, 1))
    source = Source("\n".join(ids), lines)
    try:
        job = start_import(request.user, source, Target(target), request.now)
        add_some(job, request.now)
    except AllowanceError as error:
        messages.warning(request, allowance_in_words(error))
        return back
    return redirect("monitor:import", job.pk)


def _followed_shop(request: PageRequest, pk: int) -> Any:
    """Return the shop; 404 if no list of the user follows it."""
    shop = shop_for(request.user, pk)
    if not shop.is_followed:
        raise Http404
    return shop


def _rows(shop: int, form: AssortmentFilterForm, now: datetime) -> ProductQuerySet:
    """Return the products that pass the filters, in their order."""
    show, low, high = form.chosen("show"), form.chosen("min"), form.chosen("max")
    new, best = {"appeared_at__gt": now - WEEK}, {"is_best": True}
    shown: dict[str, dict[str, Any]] = {LEFT: {"left_at__isnull": False}, BEST: best, NEW: new}
    rows = Product.objects.listed_by(shop, **shown.get(show, {})).matching(
        form.chosen("q"), low, high
    )
    rows = rows.annotate(**{name: F(f"assortment_entries__{name}") for name in _OF_ENTRY})
    sort, since = form.chosen("sort"), F("appeared_at")
    # Those of the first reading are the oldest.
    orders = {"since": since.asc(nulls_first=True), "-since": since.desc(nulls_last=True)}
    order = [orders[sort], F("pk").asc()] if sort in orders else order_of(sort)
    return rows.order_by(*order)
