"""All watchlists of a person: make one, and bring a deleted one back."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from monitor import watchlists as services
from monitor.history.caching import CACHED_FROM_ROWS
from monitor.models import Watchlist
from monitor.pages.shared.answers import PageRequest, page, signed_in, wants_region
from monitor.pages.watchlists.forms import WatchlistForm
from monitor.pages.watchlists.reads import cards_for, deleted_lists
from monitor.planning.calls import DAY
from monitor.text import formatting
from monitor.watchlists.deletion import bring_back


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def watchlists(request: PageRequest) -> HttpResponse:
    """The lists; a POST makes a new one with the default rules, and goes there."""
    if request.method != "POST":
        return lists_page(request)
    form = WatchlistForm(request.POST, owner=request.user, label=_cost_each)
    if form.is_valid():
        try:
            created = services.create_watchlist(request.user, **form.cleaned_data)
        except IntegrityError:  # The same form twice at once.
            form.add_error("name", _("This owner has a watchlist of that name already."))
        else:
            if wants_region(request):
                return lists_page(request, created=created)
            messages.success(request, _("“%(name)s” was made.") % {"name": formatting.one_line(created.name)})
            return redirect("monitor:watchlists")
    return lists_page(request, new_form=form)


@signed_in
@require_POST
def restore(request: PageRequest, pk: int) -> HttpResponse:
    """Bring a deleted list back."""
    try:
        restored = bring_back(request.user, pk, request.now)
    except Watchlist.DoesNotExist:
        raise Http404 from None
    if wants_region(request):
        return lists_page(request, restored=restored)
    messages.success(request, _("“%(name)s” is back.") % {"name": formatting.one_line(restored.name)})
    return redirect("monitor:watchlist", pk)


def lists_page(request: PageRequest, **extra: Any) -> HttpResponse:
    """The page, or its region alone. `created` is a list that was just made, `restored` one that was brought back."""
    deleted = deleted_lists(request.user, request.now)
    asked = request.GET.get("deleted", "")
    cards = cards_for(request.user)
    context = {
        "nav": "watchlists",
        "cards": cards,
        "is_cached": sum(card.product_count for card in cards) >= CACHED_FROM_ROWS,
        "deleted": deleted,
        "just_deleted": next((one for one in deleted if str(one.watchlist.pk) == asked), None),
        "new_form": WatchlistForm(owner=request.user, label=_cost_each),
        **extra,
    }
    return page(request, "watchlists.html", context, region="lists")


def _cost_each(interval: timedelta) -> str:
    """What each product of a new list costs."""
    if interval > DAY:
        return formatting.duration(interval)
    calls = round(DAY / interval)
    text = ngettext("%(interval)s – %(calls)s call a day each", "%(interval)s – %(calls)s calls a day each", calls)
    return text % {"interval": formatting.duration(interval), "calls": f"{calls:,}"}
