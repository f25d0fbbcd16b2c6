"""The inbox: what rules have found, read and unread; and products that are to keep quiet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from monitor.history.reads import product_for
from monitor.models import Alert, Product, User
from monitor.pages.alerts.evidence import Evidence
from monitor.pages.alerts.forms import AlertFilterForm
from monitor.pages.alerts.mails import told
from monitor.pages.shared.alert_reads import PAGE, AlertFilters, alert_page, found, one_alert
from monitor.pages.shared.answers import (
    PageRequest,
    not_modified,
    page,
    page_missed,
    page_number,
    signed_in,
    wants_region,
)
from monitor.pages.shared.undoable import INBOX, offered, remember, standing, take, tell_undone
from monitor.pages.shared.watchlist_reads import may_edit_any, watchlists_of
from monitor.text.formatting import day_in_words
from monitor.watchlists import inbox

STATE = ("show", "list", "kind", "period", "product", "page")
#: No page shows more, so no request may name more.
MOST_AT_ONCE = PAGE


@dataclass(frozen=True, slots=True)
class AlertDay:
    """A day of the user's clock, in words, and its alerts with their evidence."""

    label: str
    alerts: list[Evidence]


@signed_in
@require_safe
def alerts(request: PageRequest) -> HttpResponse:
    """The inbox, or its region alone."""
    if unchanged := not_modified(request, tells_news=True):
        return unchanged
    response = _inbox(request)
    response["HX-Push-Url"] = _here(request)
    return response


@signed_in
@require_safe
def alert(request: PageRequest, pk: int) -> HttpResponse:
    """One alert with its evidence: where a mail's link leads. It is marked as read by the page's POST, not by this."""
    try:
        one = one_alert(request.user, pk, request.now)
    except (Alert.DoesNotExist, OverflowError):
        raise Http404 from None
    can_add = bool(one.product and not one.is_watched and may_edit_any(request.user))  # type: ignore[attr-defined]
    mails = told(request.user, [one], with_others=True)[one.pk]
    context = {"nav": "alerts", "alert": one, "evidence": Evidence(one, mails), "can_add": can_add}
    return page(request, "alert.html", context)


@signed_in
@require_POST
def read(request: PageRequest) -> HttpResponse:
    """Mark the alerts named in `alert` as read, or with `all` every one that the filters ask for.

    Strangers' alerts are passed over; 404 when only such are named.
    """
    if "all" in request.POST:
        chosen = found(request.user, _filters(request, _form(request)), request.now)
    else:
        keys = _keys(request)
        chosen = Alert.objects.for_user(request.user).filter(pk__in=keys)
        if keys and not chosen.exists():
            raise Http404
    count = inbox.mark_read(request.user, chosen, request.now)
    if count:
        _remember_read(request, count)
    return _back(request)


@signed_in
@require_POST
def unread(request: PageRequest) -> HttpResponse:
    """Alerts named in `alert` are unread again; with `undo`, those whose reading the notice offers to undo."""
    if "undo" in request.POST:
        done = take(request, INBOX)
        at = map(datetime.fromisoformat, done.receipt["at"]) if done else ()
        tell_undone(request, done, is_back=inbox.mark_unread_again(request.user, at) > 0)
    else:
        take(request, INBOX)
        inbox.mark_unread(request.user, _keys(request))
    return _back(request)


def _remember_read(request: PageRequest, count: int) -> None:
    """What is read while the notice of the reads before stands counts with them, and is taken back with them."""
    at = [request.now.isoformat()]
    if before := standing(request, INBOX):
        at, count = [*before.receipt["at"], *at], before.receipt["count"] + count
    text = ngettext("%(n)s alert marked as read.", "%(n)s alerts marked as read.", count) % {"n": f"{count:,}"}
    remember(request, "read", text, {"at": at, "count": count}, INBOX)


@signed_in
@require_POST
def mute(request: PageRequest, num_iid: str) -> HttpResponse:
    """Have a product keep quiet for a `day` or a `week`."""
    length = inbox.MUTES.get(request.POST.get("for", ""), inbox.MUTES["day"])
    muted = _product(request, num_iid)
    inbox.mute(request.user, muted, request.now + length)
    return _after_mute(request, muted, request.now + length)


@signed_in
@require_POST
def unmute(request: PageRequest, num_iid: str) -> HttpResponse:
    muted = _product(request, num_iid)
    inbox.unmute(request.user, muted)
    return _after_mute(request, muted, None)


def _after_mute(request: PageRequest, product: Product, until: datetime | None) -> HttpResponse:
    """Back to where the product was muted: the inbox, or a part of the product's page."""
    if request.htmx.target == "mute":
        return render(request, "parts/mute.html", {"product": product, "until": until})
    if "alerts" in request.GET:
        return _back(request)
    return redirect("monitor:product", product.num_iid)


def _product(request: PageRequest, num_iid: str) -> Product:
    try:
        return product_for(request.user, num_iid, request.now)
    except Product.DoesNotExist:
        raise Http404 from None


def _keys(request: PageRequest) -> list[int]:
    keys = (int(key) for key in request.POST.getlist("alert")[:MOST_AT_ONCE] if key.isascii() and key.isdigit())
    return [key for key in keys if key < 2**63]


def _back(request: PageRequest) -> HttpResponse:
    return _inbox(request) if wants_region(request) else redirect(_here(request))


def _inbox(request: PageRequest) -> HttpResponse:
    form = _form(request)
    filters = _filters(request, form)
    shown = alert_page(request.user, filters, page_number(request.GET), request.now)
    context = {
        "nav": "alerts",
        "form": form,
        "ignored": form.ignored(),
        "page_missed": page_missed(request.GET, shown.number) if request.method != "POST" else "",
        "filters": filters,
        "page": shown,
        "days": _days(request.user, list(shown.object_list)),
        "state": _state(request.GET),
        "unpaged": _state(request.GET, page=""),
        "of_any_product": _state(request.GET, product="", page=""),
        "tabs": {name: _state(request.GET, show=name, page="") for name in ("unread", "all")},
        "done": offered(request, INBOX),
    }
    return page(request, "alerts.html", context, region="exchange")


def _days(user: User, alerts: Sequence[Alert]) -> list[AlertDay]:
    """Alerts, in their order, under their days."""
    mails, today = told(user, alerts), timezone.localdate()
    return [
        AlertDay(day_in_words(day, today), [Evidence(alert, mails[alert.pk]) for alert in group])
        for day, group in groupby(alerts, key=lambda alert: timezone.localdate(alert.created_at))
    ]


def _form(request: PageRequest) -> AlertFilterForm:
    return AlertFilterForm(request.GET, watchlists=watchlists_of(request.user))


def _filters(request: PageRequest, form: AlertFilterForm) -> AlertFilters:
    return AlertFilters(
        unread_only=form.chosen("show") == "unread",
        watchlist=form.chosen("list"),
        kind=form.chosen("kind"),
        product=form.chosen("product"),
        period=form.chosen("period"),
    )


def _state(query: QueryDict, **changed: Any) -> str:
    state = {name: query[name] for name in STATE if query.get(name)} | changed
    return urlencode({name: value for name, value in state.items() if value})


def _here(request: PageRequest) -> str:
    state = _state(request.GET)
    return reverse("monitor:alerts") + (f"?{state}" if state else "")
