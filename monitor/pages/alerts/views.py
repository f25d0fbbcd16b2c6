"""The inbox: read and unread alerts, and muted products."""

from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from monitor.models import Alert, Product
from monitor.models.alerts import AlertQuerySet
from monitor.pages.alerts import reads
from monitor.pages.alerts.evidence import evidence_of
from monitor.pages.alerts.forms import AlertFilterForm
from monitor.pages.alerts.reads import AlertGroup, earlier_that_day, group_page, same_day
from monitor.pages.shared.answers import (
    PageRequest,
    find_product,
    number_in,
    page,
    page_number,
    signed_in,
    wants_region,
)
from monitor.pages.shared.undoable import (
    INBOX,
    offered_action,
    pop_action,
    remember,
    say_undone,
)
from monitor.showing.history.steps import headline
from monitor.showing.reads.alerts import matching
from monitor.showing.reads.watchlists import may_edit_any, watchlist_choices
from monitor.text.formatting import day_in_words
from monitor.watching import inbox

#: A request may name no more alerts.
MOST_AT_ONCE = 50


@signed_in("GET")
def alerts(request: PageRequest) -> HttpResponse:
    """Show the inbox, or its region alone."""
    return _inbox(request)


@signed_in("GET")
def alert(request: PageRequest, pk: int) -> HttpResponse:
    """Show one alert with its evidence, as a mail links to it; for a group of the inbox, the
    evidence of its newest alert and the others of that day.

    The page marks the alert as read by a POST of its own.
    """
    alert: Any = get_object_or_404(
        Alert.objects.for_user(request.user).for_reader(request.user, request.now), pk=pk
    )
    can_add = bool(alert.product and not alert.is_watched and may_edit_any(request.user))
    context = {
        "nav": "alerts",
        "alert": alert,
        "steps": headline(alert),
        "evidence": evidence_of(request.user, alert),
        "earlier": list(map(headline, earlier_that_day(request.user, alert))),
        "can_add": can_add,
    }
    return page(request, "alert.html", context, region="evidence")


@signed_in("POST")
def read(request: PageRequest) -> HttpResponse:
    """Mark as read the alerts named in `alert`, the group whose newest alert is `group`, or with
    `all` every alert that passes the filters.

    Ignores other users' alerts; answers 404 if none of the named alerts is the user's.
    """
    chosen = matching(request.user, filter_form(request).filters, request.now)
    if "all" not in request.POST:
        chosen = _named(request, chosen)
    if count := inbox.mark_read(request.user, chosen, request.now):
        text = ngettext("%(n)s alert marked as read.", "%(n)s alerts marked as read.", count)
        receipt = {"at": request.now.isoformat()}
        remember(request, "read", text % {"n": f"{count:,}"}, receipt, INBOX)
    return _back(request)


@signed_in("POST")
def unread(request: PageRequest) -> HttpResponse:
    """Mark as unread what `alert` or `group` names; with `undo`, undo the last action of the
    inbox."""
    if "undo" in request.POST:
        done = pop_action(request, INBOX)
        at = datetime.fromisoformat(done.receipt["at"]) if done else None
        is_back = at is not None and inbox.mark_unread_again(request.user, at) > 0
        say_undone(request, done, is_back=is_back)
    else:
        pop_action(request, INBOX)
        every = replace(filter_form(request).filters, unread_only=False)
        inbox.mark_unread(request.user, _named(request, matching(request.user, every, request.now)))
    return _back(request)


def _named(request: PageRequest, of_filters: AlertQuerySet) -> AlertQuerySet:
    """Return the alerts that the request names, or those `of_filters` in the group that it
    names."""
    visible = Alert.objects.for_user(request.user)
    if "group" in request.POST:
        newest = get_object_or_404(visible, pk=number_in(request.POST["group"]))
        return same_day(of_filters, newest)
    keys = _keys(request)
    chosen = visible.filter(pk__in=keys)
    if keys and not chosen.exists():
        raise Http404
    return chosen


@signed_in("GET", "POST")
def mute(request: PageRequest, num_iid: str) -> HttpResponse:
    """Mute a product for a `day` or a `week`. A GET only asks: the link is in messages, which whole
    groups see."""
    product = find_product(request, num_iid)
    if request.method != "POST":
        return page(request, "mute.html", {"product": product, "nav": "alerts"})
    length = inbox.MUTES.get(request.POST.get("for", ""), inbox.MUTES["day"])
    inbox.mute(request.user, product, request.now + length)
    return _after_mute(request, product, request.now + length)


@signed_in("POST")
def unmute(request: PageRequest, num_iid: str) -> HttpResponse:
    product = find_product(request, num_iid)
    inbox.unmute(request.user, product)
    return _after_mute(request, product, None)


def _after_mute(request: PageRequest, product: Product, until: datetime | None) -> HttpResponse:
    """Lead back to where the product was muted: the inbox, or a part of the product's page."""
    if request.htmx.target == "mute":
        return render(request, "parts/mute.html", {"product": product, "until": until})
    if "alerts" in request.GET:
        return _back(request)
    return redirect("monitor:product", product.num_iid)


def _keys(request: PageRequest) -> list[int]:
    keys = map(number_in, request.POST.getlist("alert")[:MOST_AT_ONCE])
    return [key for key in keys if key is not None]


def _back(request: PageRequest) -> HttpResponse:
    if wants_region(request):
        return _inbox(request)
    return redirect(_address(filter_form(request).query(page=request.GET.get("page", ""))))


def _inbox(request: PageRequest) -> HttpResponse:
    form = filter_form(request)
    filters = form.filters
    shown, alerts = group_page(request.user, filters, page_number(request.GET), request.now)
    state = form.query(page=str(shown.number) if shown.number > 1 else "")
    context = {
        "nav": "alerts",
        "form": form,
        "ignored": form.ignored(),
        "filters": filters,
        "page": shown,
        "alerts": alerts,
        "is_capped": alerts >= reads.MOST,
        "days": _days(list(shown.object_list)),
        "state": state,
        "unpaged": form.query(),
        "of_any_product": form.query(product=""),
        "tabs": {name: form.query(show=name) for name in ("unread", "all")},
        "done": offered_action(request, INBOX),
    }
    response = page(request, "alerts.html", context, region="exchange")
    if request.method == "GET":
        response["HX-Push-Url"] = _address(state)
    return response


def _days(groups: list[AlertGroup]) -> list[dict[str, Any]]:
    """Return the groups by days of the user's time zone."""
    today = timezone.localdate()
    return [
        {"label": day_in_words(day, today), "groups": list(of_day)}
        for day, of_day in groupby(groups, key=lambda group: group.key.day)
    ]


def filter_form(request: PageRequest) -> AlertFilterForm:
    return AlertFilterForm(request.GET, watchlists=watchlist_choices(request.user))


def _address(state: str) -> str:
    return reverse("monitor:alerts") + (f"?{state}" if state else "")
