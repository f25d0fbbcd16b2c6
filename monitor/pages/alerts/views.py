"""The inbox: read and unread alerts, and muted products."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from monitor.models import Alert, Product
from monitor.pages.alerts.evidence import evidence_of
from monitor.pages.alerts.forms import AlertFilterForm
from monitor.pages.shared.alert_reads import PAGE, alert_page, matching
from monitor.pages.shared.answers import (
    PageRequest,
    find_product,
    not_modified,
    number_in,
    page,
    page_missed,
    page_number,
    signed_in,
    wants_region,
)
from monitor.pages.shared.undoable import INBOX, last_action, offered_action, pop_action, remember, say_undone
from monitor.pages.shared.watchlist_reads import may_edit_any, watchlist_choices
from monitor.text.formatting import day_in_words
from monitor.watchlists import inbox

STATE = ("show", "list", "kind", "period", "product", "page")
#: A page shows no more, so a request may name no more.
MOST_AT_ONCE = PAGE


@signed_in("GET")
def alerts(request: PageRequest) -> HttpResponse:
    """The inbox, or its region alone."""
    if unchanged := not_modified(request, tells_news=True):
        return unchanged
    response = _inbox(request)
    response["HX-Push-Url"] = _here(request)
    return response


@signed_in("GET")
def alert(request: PageRequest, pk: int) -> HttpResponse:
    """One alert with its evidence: the target of a mail's link; for a row of the inbox, the evidence alone.

    The page marks the alert as read by a POST of its own.
    """
    alert: Any = get_object_or_404(Alert.objects.for_user(request.user).for_reader(request.user, request.now), pk=pk)
    can_add = bool(alert.product and not alert.is_watched and may_edit_any(request.user))
    context = {"nav": "alerts", "alert": alert, "evidence": evidence_of(request.user, alert), "can_add": can_add}
    return page(request, "alert.html", context, region="evidence")


@signed_in("POST")
def read(request: PageRequest) -> HttpResponse:
    """Mark the alerts named in `alert` as read, or with `all` every alert that passes the filters.

    Ignores other users' alerts; 404 if there are no others.
    """
    if "all" in request.POST:
        chosen = matching(request.user, _form(request).filters, request.now)
    else:
        keys = _keys(request)
        chosen = Alert.objects.for_user(request.user).filter(pk__in=keys)
        if keys and not chosen.exists():
            raise Http404
    count = inbox.mark_read(request.user, chosen, request.now)
    if count:
        _remember_read(request, count)
    return _back(request)


@signed_in("POST")
def unread(request: PageRequest) -> HttpResponse:
    """Mark the alerts named in `alert` as unread; with `undo`, those that were read by the last action."""
    if "undo" in request.POST:
        done = pop_action(request, INBOX)
        at = map(datetime.fromisoformat, done.receipt["at"]) if done else ()
        say_undone(request, done, is_back=inbox.mark_unread_again(request.user, at) > 0)
    else:
        pop_action(request, INBOX)
        inbox.mark_unread(request.user, _keys(request))
    return _back(request)


def _remember_read(request: PageRequest, count: int) -> None:
    """While the notice stands, further alerts add to it, and are undone together."""
    at = [request.now.isoformat()]
    if before := last_action(request, INBOX):
        at, count = [*before.receipt["at"], *at], before.receipt["count"] + count
    text = ngettext("%(n)s alert marked as read.", "%(n)s alerts marked as read.", count) % {"n": f"{count:,}"}
    remember(request, "read", text, {"at": at, "count": count}, INBOX)


@signed_in("POST")
def mute(request: PageRequest, num_iid: str) -> HttpResponse:
    """Mute a product for a `day` or a `week`."""
    length = inbox.MUTES.get(request.POST.get("for", ""), inbox.MUTES["day"])
    product = find_product(request, num_iid)
    inbox.mute(request.user, product, request.now + length)
    return _after_mute(request, product, request.now + length)


@signed_in("POST")
def unmute(request: PageRequest, num_iid: str) -> HttpResponse:
    product = find_product(request, num_iid)
    inbox.unmute(request.user, product)
    return _after_mute(request, product, None)


def _after_mute(request: PageRequest, product: Product, until: datetime | None) -> HttpResponse:
    """Back to where the product was muted: the inbox, or a part of the product's page."""
    if request.htmx.target == "mute":
        return render(request, "parts/mute.html", {"product": product, "until": until})
    if "alerts" in request.GET:
        return _back(request)
    return redirect("monitor:product", product.num_iid)


def _keys(request: PageRequest) -> list[int]:
    keys = map(number_in, request.POST.getlist("alert")[:MOST_AT_ONCE])
    return [key for key in keys if key is not None]


def _back(request: PageRequest) -> HttpResponse:
    return _inbox(request) if wants_region(request) else redirect(_here(request))


def _inbox(request: PageRequest) -> HttpResponse:
    form = _form(request)
    filters = form.filters
    shown = alert_page(request.user, filters, page_number(request.GET), request.now)
    context = {
        "nav": "alerts",
        "form": form,
        "ignored": form.ignored(),
        "page_missed": page_missed(request, shown.number),
        "filters": filters,
        "page": shown,
        "days": _days(list(shown.object_list)),
        "state": _state(request.GET),
        "unpaged": _state(request.GET, page=""),
        "of_any_product": _state(request.GET, product="", page=""),
        "tabs": {name: _state(request.GET, show=name, page="") for name in ("unread", "all")},
        "done": offered_action(request, INBOX),
    }
    return page(request, "alerts.html", context, region="exchange")


def _days(alerts: Sequence[Alert]) -> list[dict[str, Any]]:
    """The alerts, grouped by days of the user's time zone."""
    today = timezone.localdate()
    return [
        {"label": day_in_words(day, today), "alerts": list(group)}
        for day, group in groupby(alerts, key=lambda alert: timezone.localdate(alert.created_at))
    ]


def _form(request: PageRequest) -> AlertFilterForm:
    return AlertFilterForm(request.GET, watchlists=watchlist_choices(request.user))


def _state(query: QueryDict, **changed: Any) -> str:
    state = {name: query[name] for name in STATE if query.get(name)} | changed
    return urlencode({name: value for name, value in state.items() if value})


def _here(request: PageRequest) -> str:
    state = _state(request.GET)
    return reverse("monitor:alerts") + (f"?{state}" if state else "")
