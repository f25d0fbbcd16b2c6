"""Rivals: where each of my products stands, and the choice of whom it is compared with."""

import re
from collections.abc import Collection, Sequence
from itertools import accumulate
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Case, Q, When
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from monitor.models import Watch, Watchlist
from monitor.models.catalog import NUM_IID
from monitor.models.figures import order_of
from monitor.pages.rivals import reads
from monitor.pages.rivals.reads import SHOWS, OwnProduct, Suggestion
from monitor.pages.shared.answers import (
    PageRequest,
    page,
    page_number,
    signed_in,
)
from monitor.pages.shared.fields import Filters, ProductSearch, offer_lists, sort_field
from monitor.pages.shared.heads import Column, heads
from monitor.pages.shared.undoable import RIVALS, offered_action, pop_action, remember, say_undone
from monitor.showing.history.standings import index_of_list
from monitor.showing.reads.products import ProductFilters, on_lists, own_watches
from monitor.showing.reads.watchlists import watch_for, watchlist_choices
from monitor.text import formatting
from monitor.watching.pairings import MOST_RIVALS, set_rivals, set_rivals_back

PAGE_ROWS = 20
#: What a search offers.
MOST_FOUND = 20
COLUMNS = (
    Column("product", _("My product"), sort="title"),
    Column("price", _("Price"), sort="price"),
    Column("market", _("Cheapest rival"), sort="market"),
    Column("gap", _("Gap"), sort="gap"),
    Column("margin", _("Margin"), sort="margin"),
)
MORE_COLUMNS = (
    Column("index", _("Index"), sort="index", head_css="more"),
    Column("units", _("Units a day"), sort="units", head_css="more"),
    Column("moved", _("Last price change"), head_css="more moved"),
)
SHOW_WORDS = {
    "dearer": _("Dearer than the cheapest"),
    "first": _("Cheapest of all"),
    "below": _("A rival is cheaper"),
    "level": _("A rival is the same (±1%)"),
    "above": _("A rival is dearer"),
    "compared": _("With a price index"),
    "unpaired": _("Without rivals"),
}


#: Rivals' offers against my price, as `PriceStanding.offers` counts them.
OFFER_WORDS = {"below": _("cheaper"), "level": _("same (±1%)"), "above": _("dearer")}


class RivalsForm(Filters):
    list = forms.TypedChoiceField(label=_("Watchlist"), required=False, coerce=int)
    show = forms.ChoiceField(
        label=_("Show"),
        required=False,
        initial="",
        choices=[("", _("All my products")), *SHOW_WORDS.items()],
    )
    sort = sort_field(reads.SORTS, "-gap")
    columns = forms.ChoiceField(
        required=False, initial="", choices=[("", ""), ("all", "")], widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, watchlists: Sequence[Watchlist], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_lists(self, watchlists)


@signed_in("GET")
def rivals(request: PageRequest) -> HttpResponse:
    """Show the table; answer HTMX with its region alone."""
    lists = watchlist_choices(request.user)
    form = RivalsForm(request.GET, watchlists=lists)
    chosen, has_all = form.chosen("list"), form.chosen("columns") == "all"
    here = [each.pk for each in lists if chosen in (None, "", each.pk)]
    mine = reads.own_products(request.user, here, request.now)
    shown = [own for own in mine if (show := form.chosen("show")) == "" or SHOWS[show](own)]
    rows = Paginator(reads.in_order(shown, form.chosen("sort")), PAGE_ROWS).get_page(
        page_number(request.GET)
    )
    context = {
        "nav": "rivals",
        "form": form,
        "page": rows,
        "rows": reads.rows_of(request.user, list(rows.object_list)),
        "heads": heads(
            COLUMNS + MORE_COLUMNS if has_all else COLUMNS,
            form.chosen("sort"),
            lambda sort: form.query(sort=sort),
        ),
        "has_all": has_all,
        "other_columns": form.query(columns="" if has_all else "all"),
        "unpaged": form.query(),
        "figures": _figures(form, mine),
        "line": reads.line_of(mine, request.now),
        "ignored": form.ignored(),
        "is_empty": not mine,
        "most": reads.MOST_OWN if len(mine) == reads.MOST_OWN else 0,
        "can_edit": any(each.editable for each in lists),
        "undoable": offered_action(request, RIVALS),
    }
    return page(request, "rivals.html", context, region="results")


def _figures(form: RivalsForm, mine: Sequence[OwnProduct]) -> dict[str, Any]:
    """Return the figures of all products on the lists shown, each with the query of the products
    behind it."""
    counts = {name: sum(map(bool, map(counts_in, mine))) for name, counts_in in SHOWS.items()}
    offers = [sum(own.standing.offers[place] for own in mine) for place in range(len(OFFER_WORDS))]
    bars = zip(OFFER_WORDS.items(), offers, accumulate([0, *offers]), strict=False)
    return {
        "index": index_of_list(own.standing for own in mine),
        "counts": counts,
        "queries": {name: form.query(show=name) for name in SHOWS},
        "bars": [
            {
                "name": name,
                "label": label,
                "count": count,
                "start": start,
                "query": form.query(show=name),
            }
            for (name, label), count, start in bars
        ],
        "all_offers": sum(offers),
    }


@signed_in("GET", "POST")
def pairing(request: PageRequest, pk: int) -> HttpResponse:
    """Choose the rivals of a watched product: suggestions with their reasons, and a search among
    all products."""
    watch = watch_for(request.user, pk, to_edit=True)
    refused = ""
    asked = (request.POST if request.method == "POST" else request.GET).getlist("rival")
    ids = [text for text in asked if re.fullmatch(NUM_IID, text)]
    if request.method == "POST":
        try:
            receipt = set_rivals(watch, ids, request.user)
        except ValidationError as error:
            refused = error.messages[0]
        except Watch.DoesNotExist:
            raise Http404 from None
        else:
            n = len(receipt["after"])
            text = ngettext("“%(title)s” has %(n)d rival.", "“%(title)s” has %(n)d rivals.", n)
            text %= {"title": formatting.one_line(str(watch.product), 60), "n": n}
            remember(request, "paired", text, receipt, place=RIVALS)
            return redirect("monitor:rivals")
    return page(
        request, "rivals_choose.html", _choice(request, watch, ids, refused), region="found"
    )


@signed_in("POST")
def undo(request: PageRequest) -> HttpResponse:
    """Give the product the rivals that it had until a moment ago."""
    done = pop_action(request, RIVALS)
    say_undone(
        request, done, is_back=done is not None and set_rivals_back(request.user, done.receipt)
    )
    return redirect("monitor:rivals")


def _choice(request: PageRequest, watch: Any, ids: Collection[str], refused: str) -> dict[str, Any]:
    lists = list(Watchlist.objects.for_user(request.user).values_list("pk", flat=True))
    seen = watch.pairings.seen_by(request.user).select_related("rival__shop").order_by("pk")
    present = [Suggestion(row.rival) for row in seen]
    likely = reads.suggested(watch.product, lists, [each.product.pk for each in present])
    ticked = {each.product.num_iid for each in present} if not ids else set(ids)
    if not present and not ids:
        ticked = {product.num_iid for product in reads.proposed(likely)}
    form = ProductSearch(request.GET)
    offered = [watch.product_id, *(each.product.pk for each in (*present, *likely))]
    # What was ticked in an earlier search stays.
    is_found = Q(num_iid__in=ids)
    if form.filters.search:
        is_found |= Q(pk__in=on_lists(lists, form.filters, request.now).values("pk"))
    rows = on_lists(lists, ProductFilters(), request.now).filter(is_found).exclude(pk__in=offered)
    found = rows.order_by(*order_of("-revenue")).select_related("shop")[:MOST_FOUND]
    return {
        "nav": "rivals",
        "watch": watch,
        "present": present,
        "found": [Suggestion(product) for product in found],
        "likely": likely,
        "ticked": ticked,
        "form": form,
        "refused": refused,
        "most": MOST_RIVALS,
    }


@signed_in("GET")
def add(request: PageRequest) -> HttpResponse:
    """Choose a product of mine to pair: of those on lists that the user may edit."""
    lists = list(Watchlist.objects.editable_by(request.user).values_list("pk", flat=True))
    form = ProductSearch(request.GET)
    rows = (
        on_lists(lists, form.filters, request.now)
        .order_by(*order_of("-changed"))
        .values_list("pk", flat=True)
    )
    own = own_watches(request.user, lists)
    keys = [*rows.filter(pk__in=own.values("product"))[:MOST_FOUND], *rows[:MOST_FOUND]]
    watches = Watch.objects.filter(product__in=keys, watchlist__in=lists).select_related(
        "watchlist", "product__shop"
    )
    is_own = Case(When(pk__in=own.values("pk"), then=0), default=1)
    context = {
        "nav": "rivals",
        "form": form,
        "watches": watches.order_by(is_own, "watchlist__name", "pk")[:MOST_FOUND],
    }
    return page(request, "rivals_add.html", context, region="found")
