"""The shops that a list follows, and following another by its ID or by a product."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from monitor.models import AssortmentEntry, Follow, Watchlist
from monitor.pages.shared.answers import PageRequest, page, page_number, signed_in
from monitor.pages.shared.reading_forms import ReadingForm
from monitor.pages.shared.undoable import FOLLOWS, offered_action
from monitor.people.allowances import AllowanceError
from monitor.polling.planning.calls import DAY
from monitor.showing.reads.watchlists import watchlist_for
from monitor.showing.reads.words import allowance_in_words
from monitor.watching.following import follow_named

ROWS = 50


class NamedShopForm(ReadingForm):
    shop = forms.CharField(
        label=_("Shop ID or product link"),
        max_length=2000,
        widget=forms.TextInput({"placeholder": "sXahcZg", "autocomplete": "off"}),
    )

    field_order = ("shop", "interval")


@signed_in("GET", "POST")
def shops(request: PageRequest, pk: int) -> HttpResponse:
    """Show the shops, or their region alone; a POST follows one."""
    watchlist = watchlist_for(request.user, pk, to_edit=request.method == "POST")
    # The list's page has another form with an interval.
    form = NamedShopForm(request.POST if request.method == "POST" else None, auto_id="id_follow_%s")
    if form.is_valid():
        text, interval = form.cleaned_data["shop"], form.cleaned_data["interval"]
        try:
            follow = follow_named(watchlist, text, request.now, interval=interval, by=request.user)
        except AllowanceError as error:
            form.add_error("shop", allowance_in_words(error))
        except ValidationError as error:
            form.add_error("shop", error.messages)
        else:
            return redirect("monitor:shop", follow.shop_id)
    context = {
        "nav": "watchlists",
        "watchlist": watchlist,
        "form": form if watchlist.editable else None,
        "page": Paginator(_follows(watchlist, request.now), ROWS).get_page(
            page_number(request.GET)
        ),
        "undoable": offered_action(request, FOLLOWS),
    }
    return page(request, "watchlist_shops.html", context, region="shops")


def _follows(watchlist: Watchlist, now: datetime) -> QuerySet[Follow, Any]:
    """Return the follows by the shops' names, each with how many products are listed, and how many
    are new this week."""
    entries = (
        AssortmentEntry.objects.filter(shop=OuterRef("shop"), left_at=None)
        .order_by()
        .values("shop")
    )
    new = entries.filter(appeared_at__gt=now - 7 * DAY)
    return (
        Follow.objects.with_added()
        .filter(watchlist=watchlist)
        .select_related("shop__assortment")
        .annotate(
            product_count=Coalesce(Subquery(entries.values(n=Count("pk"))), 0),
            new_count=Coalesce(Subquery(new.values(n=Count("pk"))), 0),
        )
        .order_by(F("shop__name").asc(nulls_last=True), "pk")
    )
