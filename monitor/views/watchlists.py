"""The watchlists: make one, change it, pause it, delete it and bring it back. Who may only view changes nothing."""

import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from monitor import formatting
from monitor import watchlists as services
from monitor.dashboard.forecast import DAY, Forecast, calls_a_day, scheduled_paces
from monitor.dashboard.rules import rules_of
from monitor.dashboard.shell import Shell, shell
from monitor.dashboard.watchlists import (
    Cost,
    cards_for,
    cost_of,
    deleted_lists,
    unread_by_list,
    watched_here_alone,
    watchlist_for,
)
from monitor.forms.watchlists import WatchlistForm
from monitor.models import Watchlist
from monitor.views.pages import PageRequest, page, signed_in, wants_region
from monitor.views.rules import rules_context
from monitor.watchlists.deletion import bring_back, delete_for_now

#: The region of a list's own page that holds its name, its figures and its settings.
SETTINGS = "settings"


@signed_in
@require_http_methods(["GET", "POST"])
def watchlists(request: PageRequest) -> HttpResponse:
    """The lists; a POST makes a new one with the default rules, and goes there."""
    if request.method != "POST":
        return _lists(request)
    form = WatchlistForm(request.POST, owner=request.user, label=_cost_each)
    if form.is_valid():
        try:
            services.create_watchlist(request.user, **form.cleaned_data)
        except IntegrityError:  # The same form twice at once.
            form.add_error("name", _("This owner has a watchlist of that name already."))
        else:
            return _lists(request) if wants_region(request) else redirect("monitor:watchlists")
    return _lists(request, new_form=form)


@signed_in
@require_http_methods(["GET", "POST"])
def watchlist(request: PageRequest, pk: int) -> HttpResponse:
    """One list: its figures, settings, rules and people. A POST saves the settings."""
    found = _find(request, pk)
    if request.method != "POST":
        return _watchlist(request, found)
    form = _settings(_may_edit(found), cost_of(found), _forecast(shell(request.user, request.now)), request.POST)
    if not form.is_valid():
        # The form has written what was asked for into the list; the page shows it as it is.
        return _watchlist(request, _find(request, pk), form=form)
    services.save_watchlist(found, request.now)
    return _saved(request, pk)


@signed_in
@require_POST
def pause(request: PageRequest, pk: int) -> HttpResponse:
    """Pause a list, or resume it when `paused` is 0. It is asked for on the list's page and among all lists."""
    found = _may_edit(_find(request, pk))
    found.is_paused = request.POST.get("paused") != "0"
    services.save_watchlist(found, request.now)
    if wants_region(request) and request.htmx.target == "lists":
        return _lists(request)
    return _saved(request, pk)


@signed_in
@require_http_methods(["GET", "POST"])
def delete(request: PageRequest, pk: int) -> HttpResponse:
    """Say what stops and ask; a list that is deleted can be brought back for a while. Only the owner may."""
    found = _find(request, pk)
    if found.owner_id != request.user.pk:
        raise Http404
    if request.method == "POST":
        delete_for_now(found, request.now)
        return redirect(f"{reverse('monitor:watchlists')}?deleted={pk}")
    context = {
        "nav": "watchlists",
        "watchlist": found,
        "cost": cost_of(found),
        "alone": watched_here_alone(found),
        "member_count": found.memberships.count(),
    }
    return page(request, "watchlist_delete.html", context)


@signed_in
@require_POST
def restore(request: PageRequest, pk: int) -> HttpResponse:
    """Bring a deleted list back."""
    try:
        bring_back(request.user, pk, request.now)
    except Watchlist.DoesNotExist:
        raise Http404 from None
    return _lists(request, restored=pk) if wants_region(request) else redirect("monitor:watchlist", pk)


def _find(request: PageRequest, pk: int) -> Watchlist:
    try:
        return watchlist_for(request.user, pk)
    except Watchlist.DoesNotExist:
        raise Http404 from None


def _may_edit(found: Any) -> Watchlist:
    if not found.editable:
        raise Http404
    watchlist: Watchlist = found
    return watchlist


def _lists(request: PageRequest, **extra: Any) -> HttpResponse:
    deleted = deleted_lists(request.user, request.now)
    asked = request.GET.get("deleted", "")
    context = {
        "nav": "watchlists",
        "cards": cards_for(request.user),
        "deleted": deleted,
        "just_deleted": next((one for one in deleted if str(one.watchlist.pk) == asked), None),
        "new_form": WatchlistForm(owner=request.user, label=_cost_each),
        **extra,
    }
    return page(request, "watchlists.html", context, region="lists")


def _watchlist(
    request: PageRequest, found: Watchlist, *, form: WatchlistForm | None = None, saved: bool = False
) -> HttpResponse:
    rule_set, frame, cost = rules_of(found), shell(request.user, request.now), cost_of(found)
    forecast = _forecast(frame) if rule_set.editable else None
    if form is None and forecast is not None:
        form = _settings(found, cost, forecast)
    context = {
        "nav": "watchlists",
        "shell": frame,
        "watchlist": found,
        "cost": cost,
        "budget": frame.budget,
        "scheduled": forecast and math.ceil(forecast.total),
        "form": form,
        "is_owner": found.owner_id == request.user.pk,
        "unread": unread_by_list(request.user).get(found.pk, 0),
        "saved": saved,
        **rules_context(request, rule_set),
    }
    return page(request, "watchlist.html", context, region=SETTINGS)


def _saved(request: PageRequest, pk: int) -> HttpResponse:
    if not wants_region(request):
        return redirect("monitor:watchlist", pk)
    return _watchlist(request, _find(request, pk), saved=True)


def _forecast(frame: Shell) -> Forecast:
    return Forecast(frame.budget, calls_a_day(scheduled_paces()))


def _settings(found: Watchlist, cost: Cost, forecast: Forecast, data: QueryDict | None = None) -> WatchlistForm:
    return WatchlistForm(data, instance=found, owner=found.owner, label=_label(cost, forecast))


def _label(cost: Cost, forecast: Forecast) -> Callable[[timedelta], str]:
    """Says of an interval what the list costs at it, by how much that is more or less, and whether it is too much."""

    def label(interval: timedelta) -> str:
        words = {"interval": formatting.duration(interval), "calls": f"{cost.at(interval):,}"}
        text = _("%(interval)s – %(calls)s calls a day") % words
        change = cost.change(interval)
        if change:
            text += f" ({'+' if change > 0 else '−'}{abs(change):,})"
        over = Forecast(forecast.budget, forecast.scheduled, change).over
        if change > 0 and over:
            text += " · " + _("over the budget by %(calls)s") % {"calls": f"{over:,}"}
        return text

    return label


def _cost_each(interval: timedelta) -> str:
    """What each product of a new list costs."""
    calls = round(DAY / interval)
    text = ngettext("%(interval)s – %(calls)s call a day each", "%(interval)s – %(calls)s calls a day each", calls)
    return text % {"interval": formatting.duration(interval), "calls": f"{calls:,}"}
