"""One watchlist: its figures, settings, rules and people. Who may only view changes nothing."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from monitor import watchlists as services
from monitor.models import Watchlist
from monitor.pages.rules.reads import rules_of
from monitor.pages.rules.views import rules_context
from monitor.pages.shared.answers import PageRequest, frame_of, page, signed_in, wants_region
from monitor.pages.shared.mail_forms import ListMailsForm
from monitor.pages.shared.watchlist_reads import watchlist_for
from monitor.pages.watchlists.forms import WatchlistForm
from monitor.pages.watchlists.people import people_of
from monitor.pages.watchlists.reads import WatchlistCost, cost_of, rates_of, watched_here_alone
from monitor.pages.watchlists.sharing_forms import InviteForm, TransferForm
from monitor.pages.watchlists.views import lists_page
from monitor.planning.calls import ListPace, Paces
from monitor.planning.forecast import scheduled_paces
from monitor.planning.rates import Rates
from monitor.text import formatting
from monitor.watchlists.deletion import delete_for_now
from monitor.watchlists.mails import save_plan


def _leads_to_deleted(view: Callable[[PageRequest, int], HttpResponse]) -> Callable[[PageRequest, int], HttpResponse]:
    """Whoever goes back to a list that he has deleted is led to where he can bring it back."""

    @wraps(view)
    def answer(request: PageRequest, pk: int) -> HttpResponse:
        try:
            return view(request, pk)
        except Http404:
            deleted = Watchlist.objects.filter(pk=pk, owner=request.user, deleted_at__isnull=False)
            if request.method == "POST" or not deleted.exists():
                raise
            return redirect(f"{reverse('monitor:watchlists')}?deleted={pk}")

    return answer


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@_leads_to_deleted
def watchlist(request: PageRequest, pk: int) -> HttpResponse:
    """One list: its figures, settings, rules and people. A POST saves the settings, or tells with `preview` what they
    would cost."""
    found = find(request, pk)
    if request.method != "POST":
        return watchlist_page(request, found)
    cost, schedule = cost_of(_may_edit(found), request.user), scheduled_paces()
    form = _settings(found, cost, schedule, frame_of(request).budget, request.POST)
    is_valid = form.is_valid()
    if "preview" in request.POST and wants_region(request):
        return page(request, "watchlists/cost.html", _plan(request, found, cost, schedule, rates_of(found)))
    if not is_valid or "preview" in request.POST:
        # The form has written what was asked for into the list; the page shows it as it is.
        plan = _plan(request, found, cost, schedule, rates_of(found))
        return watchlist_page(request, find(request, pk), form=form, plan=plan)
    try:
        services.save_watchlist(found, request.now)
    except IntegrityError:  # The name was free when the form was looked at.
        form.add_error("name", _("This owner has a watchlist of that name already."))
        return watchlist_page(request, find(request, pk), form=form)
    return _saved(request, pk)


@signed_in
@require_POST
def pause(request: PageRequest, pk: int) -> HttpResponse:
    """Pause a list, or resume it when `paused` is 0. It is asked for on the list's page and among all lists."""
    found = _may_edit(find(request, pk))
    services.pause_watchlist(found, request.now, paused=request.POST.get("paused") != "0")
    if wants_region(request) and request.htmx.target == "lists":
        return lists_page(request)
    return _saved(request, pk)


@signed_in
@require_POST
def mails(request: PageRequest, pk: int) -> HttpResponse:
    """How the list's alerts are mailed to the reader. Whoever sees a list may choose for himself."""
    found = find(request, pk)
    form = ListMailsForm(request.POST, user=request.user)
    if form.is_valid():
        save_plan(request.user, [], {found.pk: form.cleaned_data["how"]}, request.now)
        if not wants_region(request):
            messages.success(request, _("Saved."))
            return redirect(f"{reverse('monitor:watchlist', args=[pk])}#mails")
        found = find(request, pk)
    elif not wants_region(request):
        return watchlist_page(request, found, mails_form=form)
    context = {"watchlist": found, "mails_form": form, "mails_saved": form.is_valid()}
    return page(request, "watchlist.html", context, region="mails")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@_leads_to_deleted
def delete(request: PageRequest, pk: int) -> HttpResponse:
    """Say what stops and ask; a list that is deleted can be brought back for a while. Only the owner may."""
    found = find_own(request, pk)
    if request.method == "POST":
        delete_for_now(found, request.now)
        return redirect(f"{reverse('monitor:watchlists')}?deleted={pk}")
    context = {
        "nav": "watchlists",
        "watchlist": found,
        "cost": cost_of(found, request.user),
        "alone": watched_here_alone(found, request.user),
        "member_count": found.memberships.count(),
    }
    return page(request, "watchlist_delete.html", context)


def find(request: PageRequest, pk: int) -> Watchlist:
    """A list that the user sees."""
    try:
        return watchlist_for(request.user, pk)
    except Watchlist.DoesNotExist:
        raise Http404 from None


def find_own(request: PageRequest, pk: int) -> Watchlist:
    """A list that the user owns: only owners share, transfer and delete."""
    found = find(request, pk)
    if found.owner_id != request.user.pk:
        raise Http404
    return found


def _may_edit(found: Any) -> Watchlist:
    if not found.editable:
        raise Http404
    watchlist: Watchlist = found
    return watchlist


def watchlist_page(
    request: PageRequest,
    found: Any,
    *,
    form: WatchlistForm | None = None,
    plan: dict[str, Any] | None = None,
    mails_form: ListMailsForm | None = None,
    saved: bool = False,
    **people: Any,
) -> HttpResponse:
    """The page, or HTMX's region of the settings. `plan` is what `watchlists/cost.html` shows of a form that is not
    saved; `people` is what `people_context` takes."""
    rule_set, cost = rules_of(request.user, found), cost_of(found, request.user)
    if rule_set.editable and plan is None:
        schedule = scheduled_paces()
        plan = _plan(request, found, cost, schedule)
        form = form or _settings(found, cost, schedule, frame_of(request).budget)
    context = {
        "nav": "watchlists",
        "cost": cost,
        "form": form,
        **(plan or {}),
        "watchlist": found,
        "mails_form": mails_form or ListMailsForm(initial={"how": found.mail_choice}, user=request.user),
        "saved": saved,
        **rules_context(request, rule_set),
        **people_context(request, found, **people),
    }
    return page(request, "watchlist.html", context, region="settings")


def people_context(
    request: PageRequest,
    found: Watchlist,
    *,
    invite_form: InviteForm | None = None,
    transfer_form: TransferForm | None = None,
    notice: str = "",
    fault: str = "",
) -> dict[str, Any]:
    """What `watchlists/people.html` shows; `notice` and `fault` say what has just been done, or why not."""
    is_owner = found.owner_id == request.user.pk
    return {
        "watchlist": found,
        "is_owner": is_owner,
        "people": people_of(found, request.now, with_invited=is_owner),
        "invite_form": invite_form or InviteForm(watchlist=found),
        "transfer_form": transfer_form or TransferForm(watchlist=found),
        "notice": notice,
        "fault": fault,
    }


def _saved(request: PageRequest, pk: int) -> HttpResponse:
    if not wants_region(request):
        messages.success(request, _("Saved."))
        return redirect("monitor:watchlist", pk)
    return watchlist_page(request, find(request, pk), saved=True)


def _plan(
    request: PageRequest, asked_by: Watchlist, cost: WatchlistCost, schedule: Paces, rates: Rates | None = None
) -> dict[str, Any]:
    """What comes of what a list asks for; of what is not saved yet, for others too, by the list's `rates`."""
    asked, budget = ListPace.by(asked_by), frame_of(request).budget
    forecast = cost.forecast(asked, budget, schedule, rates)
    address = reverse("monitor:watchlist", args=[asked_by.pk])
    return {"watchlist": asked_by, "cost_address": address, "calls": cost.at(asked), "forecast": forecast}


def _settings(
    found: Watchlist, cost: WatchlistCost, schedule: Paces, budget: int, data: QueryDict | None = None
) -> WatchlistForm:
    return WatchlistForm(data, instance=found, owner=found.owner, label=_label(cost, schedule, budget))


def _label(cost: WatchlistCost, schedule: Paces, budget: int) -> Callable[[timedelta], str]:
    """Says of an interval what the list needs at it, by how much that is more or less, and whether it is too much."""

    def label(interval: timedelta) -> str:
        asked = cost.asked.at(interval)
        text = f"{formatting.duration(interval)} – {formatting.calls_a_day(cost.at(asked).least)}"
        forecast = cost.forecast(asked, budget, schedule)
        if change := round(forecast.added):
            text += f" ({'+' if change > 0 else '−'}{abs(change):,})"
        if change > 0 and forecast.over:
            text += " · " + _("over the budget by %(calls)s") % {"calls": f"{forecast.over:,}"}
        return text

    return label
