"""All watchlists of a user, and one of them: its figures, settings, rules and people."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from monitor.models import Watchlist
from monitor.models.watchlists import products_on
from monitor.pages.rules.views import rules_context
from monitor.pages.shared.answers import PageRequest, frame_of, page, signed_in, wants_region
from monitor.pages.shared.charts import sum_of_sales
from monitor.pages.shared.fields import with_checks
from monitor.pages.shared.ranges import RANGE_LABELS, chosen_range
from monitor.pages.watchlists.forms import InviteForm, TransferForm, WatchlistForm
from monitor.pages.watchlists.reads import (
    WatchlistCost,
    cards_for,
    cost_of,
    deleted_lists,
    mails_of,
    people_of,
    products_of,
    watched_here_alone,
)
from monitor.people.allowances import AllowanceError
from monitor.polling.planning.calls import DAY, Paces
from monitor.polling.planning.forecast import scheduled_paces
from monitor.showing.reads.rules import rules_of
from monitor.showing.reads.sold import MOST_SUMMED
from monitor.showing.reads.watchlists import watchlist_for
from monitor.showing.reads.words import allowance_in_words
from monitor.text import formatting
from monitor.watching import services
from monitor.watching.deletion import bring_back, delete_for_now


@signed_in("GET", "POST")
def watchlists(request: PageRequest) -> HttpResponse:
    """Show the lists; a POST makes a new one with the default rules."""
    if request.method != "POST":
        return lists_page(request)
    form = WatchlistForm(request.POST, owner=request.user, label=_cost_each)
    if form.is_valid():
        try:
            created = services.create_watchlist(request.user, by=request.user, **form.cleaned_data)
        except AllowanceError as error:
            form.add_error(None, allowance_in_words(error))
        except ValidationError as error:  # Two requests sent the same form.
            form.add_error(None, error)
        else:
            if wants_region(request):
                return lists_page(request, created=created)
            messages.success(
                request, _("“%(name)s” was created.") % {"name": formatting.one_line(created.name)}
            )
            return redirect("monitor:watchlists")
    return lists_page(request, new_form=form)


@signed_in("POST")
def restore(request: PageRequest, pk: int) -> HttpResponse:
    """Restore a deleted list."""
    try:
        restored = bring_back(request.user, pk, request.now)
    except Watchlist.DoesNotExist:
        raise Http404 from None
    if wants_region(request):
        return lists_page(request, restored=restored)
    messages.success(
        request, _("“%(name)s” was restored.") % {"name": formatting.one_line(restored.name)}
    )
    return redirect("monitor:watchlist", pk)


def lists_page(request: PageRequest, **extra: Any) -> HttpResponse:
    """Show the page, or its region alone. `created` is a list that was just made, `restored` one
    that was restored."""
    deleted = deleted_lists(request.user, request.now)
    asked = request.GET.get("deleted", "")
    context = {
        "nav": "watchlists",
        "cards": cards_for(request.user, request.now),
        "deleted": deleted,
        "just_deleted": next(
            (watchlist for watchlist in deleted if str(watchlist.pk) == asked), None
        ),
        "new_form": WatchlistForm(owner=request.user, label=_cost_each),
        **extra,
    }
    return page(request, "watchlists.html", context, region="lists")


def _cost_each(interval: timedelta) -> str:
    """Return the label of an interval, with the checks of each product of a new list."""
    if interval > DAY:
        return formatting.duration(interval)
    words = {"interval": formatting.duration(interval), "checks": formatting.calls(DAY / interval)}
    return _("%(interval)s · %(checks)s/day each") % words


@signed_in("GET", "POST")
def watchlist(request: PageRequest, pk: int) -> HttpResponse:
    """Show one list. A POST saves the settings or, with `preview`, shows what they would cost."""
    watchlist = watchlist_for(request.user, pk, to_edit=request.method == "POST")
    if request.method != "POST":
        return watchlist_page(request, watchlist)
    cost, schedule = cost_of(watchlist, request.user), scheduled_paces()
    form = _settings(watchlist, cost, request.POST)
    is_valid = form.is_valid()
    if not is_valid or "preview" in request.POST:
        plan = _plan(request, watchlist, cost, schedule)
        if "preview" in request.POST and wants_region(request):
            return page(request, "watchlists/cost.html", plan)
        # The form has changed its instance; the page shows the list as it is.
        return watchlist_page(request, watchlist_for(request.user, pk), form=form, plan=plan)
    try:
        services.save_watchlist(watchlist, request.now)
    except ValidationError as error:  # The name was free when the form was validated.
        form.add_error(None, error)
        return watchlist_page(request, watchlist_for(request.user, pk), form=form)
    return _saved(request, pk)


@signed_in("GET")
def sold(request: PageRequest, pk: int) -> HttpResponse:
    """Return what the products of a list sold together on each day of a range."""
    watchlist = watchlist_for(request.user, pk)
    return sum_of_sales(request, products_on([watchlist.pk]))


@signed_in("POST")
def pause(request: PageRequest, pk: int) -> HttpResponse:
    """Pause a list, or resume it if `paused` is 0; from the list's page or the page of all
    lists."""
    watchlist = watchlist_for(request.user, pk, to_edit=True)
    services.pause_watchlist(watchlist, request.now, paused=request.POST.get("paused") != "0")
    if wants_region(request) and request.htmx.target == "lists":
        return lists_page(request)
    return _saved(request, pk)


@signed_in("GET", "POST")
def delete(request: PageRequest, pk: int) -> HttpResponse:
    """Ask whether to delete the list, and say what stops; after a POST it can be restored for a
    while."""
    watchlist = own_watchlist(request, pk)
    if request.method == "POST":
        delete_for_now(watchlist, request.now)
        return redirect(reverse("monitor:watchlists", query={"deleted": pk}))
    context = {
        "nav": "watchlists",
        "watchlist": watchlist,
        "alone": watched_here_alone(watchlist, request.user),
        "member_count": watchlist.memberships.count(),
    }
    return page(request, "watchlist_delete.html", context)


def own_watchlist(request: PageRequest, pk: int) -> Watchlist:
    """Return a list that the user owns: only owners share, transfer and delete."""
    watchlist: Watchlist = watchlist_for(request.user, pk)
    if watchlist.owner_id != request.user.pk:
        raise Http404
    return watchlist


def watchlist_page(
    request: PageRequest,
    watchlist: Any,
    *,
    form: WatchlistForm | None = None,
    plan: dict[str, Any] | None = None,
    saved: bool = False,
    **people: Any,
) -> HttpResponse:
    """Show the page, or its region without the way back. `plan` is what `watchlists/cost.html`
    shows of a form that is not saved; `people` is what `people_context` takes."""
    rule_set, cost = rules_of(watchlist), cost_of(watchlist, request.user)
    if rule_set.editable and plan is None:
        schedule = scheduled_paces()
        plan = _plan(request, watchlist, cost, schedule)
        form = form or _settings(watchlist, cost)
    context = {
        "nav": "watchlists",
        "cost": cost,
        "form": form,
        **(plan or {}),
        "watchlist": watchlist,
        "products": products_of(watchlist),
        "ranges": RANGE_LABELS,
        "range": chosen_range(request),
        "most_summed": MOST_SUMMED,
        "mails": mails_of(watchlist, request.user),
        "saved": saved,
        **rules_context(request, rule_set),
        **people_context(request, watchlist, **people),
    }
    return page(
        request,
        "watchlist.html",
        context,
        region="history" if request.htmx.target == "history" else "list",
    )


def people_context(request: PageRequest, watchlist: Watchlist, **shown: Any) -> dict[str, Any]:
    """Return what `watchlists/people.html` shows. `shown` may have forms with errors, and a
    `notice` or `fault` of the last action."""
    is_owner = watchlist.owner_id == request.user.pk
    return {
        "watchlist": watchlist,
        "is_owner": is_owner,
        "people": people_of(watchlist, request.user, request.now),
        "invite_form": InviteForm(watchlist=watchlist),
        "transfer_form": TransferForm(watchlist=watchlist),
        **shown,
    }


def _saved(request: PageRequest, pk: int) -> HttpResponse:
    if not wants_region(request):
        messages.success(request, _("Saved."))
        return redirect("monitor:watchlist", pk)
    return watchlist_page(request, watchlist_for(request.user, pk), saved=True)


def _plan(
    request: PageRequest, watchlist: Watchlist, cost: WatchlistCost, schedule: Paces
) -> dict[str, Any]:
    """Return the effect of the list's settings, saved or not."""
    forecast = cost.forecast(watchlist, frame_of(request).budget, schedule)
    address = reverse("monitor:watchlist", args=[watchlist.pk])
    return {
        "watchlist": watchlist,
        "cost_address": address,
        "calls": cost.at(watchlist),
        "forecast": forecast,
        "granted_share": watchlist.owner.granted_share,
    }


def _settings(
    watchlist: Watchlist, cost: WatchlistCost, data: QueryDict | None = None
) -> WatchlistForm:
    def label(interval: timedelta) -> str:
        """Return an interval with the list's checks."""
        return with_checks(interval, cost.at(cost.asked, interval).least)

    return WatchlistForm(data, instance=watchlist, owner=watchlist.owner, label=label)
