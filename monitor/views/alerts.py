"""The inbox: what rules have found, read and unread."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from monitor.dashboard.alerts import PAGE, AlertFilters, alert_page
from monitor.dashboard.watchlists import watchlist_choices
from monitor.forms.alerts import AlertFilterForm
from monitor.models import Alert
from monitor.views.pages import PageRequest, page, page_number, signed_in, wants_region
from monitor.watchlists.requests import mark_read

STATE = ("show", "list", "kind", "page")
#: No page shows more, so no request may name more.
MOST_AT_ONCE = PAGE


@signed_in
@require_GET
def alerts(request: PageRequest) -> HttpResponse:
    """The inbox, or its region alone."""
    response = _inbox(request)
    response["HX-Push-Url"] = _here(request)
    return response


@signed_in
@require_POST
def read(request: PageRequest) -> HttpResponse:
    """Mark the alerts named in `alert` as read. Strangers' alerts are passed over; 404 when there is no other."""
    keys = [int(key) for key in request.POST.getlist("alert")[:MOST_AT_ONCE] if key.isascii() and key.isdigit()]
    mine = Alert.objects.for_user(request.user).filter(pk__in=[key for key in keys if key < 2**63])
    found = list(mine.values_list("pk", flat=True))
    if keys and not found:
        raise Http404
    mark_read(request.user, found)
    return _inbox(request) if wants_region(request) else redirect(_here(request))


def _inbox(request: PageRequest) -> HttpResponse:
    lists = watchlist_choices(request.user)
    form = AlertFilterForm(request.GET, watchlists=lists)
    filters = AlertFilters(form.chosen("show") == "unread", form.chosen("list"), form.chosen("kind"))
    context = {
        "nav": "alerts",
        "form": form,
        "filters": filters,
        "page": alert_page(request.user, filters, page_number(request.GET)),
        "state": _state(request.GET),
        "unpaged": _state(request.GET, page=""),
        "tabs": {name: _state(request.GET, show=name, page="") for name in ("unread", "all")},
        "has_lists": bool(lists),
    }
    return page(request, "alerts.html", context, region="exchange")


def _state(query: QueryDict, **changed: Any) -> str:
    state = {name: query[name] for name in STATE if query.get(name)} | changed
    return urlencode({name: value for name, value in state.items() if value})


def _here(request: PageRequest) -> str:
    state = _state(request.GET)
    return reverse("monitor:alerts") + (f"?{state}" if state else "")
