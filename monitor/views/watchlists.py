"""The watchlists: make, rename, set the interval, pause, delete. Who may only view changes nothing."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from monitor import watchlists as services
from monitor.dashboard.watchlists import WatchlistCard, cards_for
from monitor.forms.watchlists import WatchlistForm
from monitor.models import Watchlist
from monitor.views.pages import PageRequest, page, signed_in, wants_region
from monitor.watchlists.requests import delete_watchlist


@signed_in
@require_http_methods(["GET", "POST"])
def watchlists(request: PageRequest) -> HttpResponse:
    """The lists; a POST makes a new one with the default rules."""
    if request.method != "POST":
        return _lists(request)
    form = WatchlistForm(request.POST, owner=request.user)
    if not form.is_valid():
        return _lists(request, new_form=form)
    services.create_watchlist(request.user, form.cleaned_data["name"], form.cleaned_data["interval"])
    return _done(request)


@signed_in
@require_POST
def edit(request: PageRequest, pk: int) -> HttpResponse:
    """A new name or interval."""
    watchlist = _editable(request, pk)
    form = WatchlistForm(request.POST, instance=watchlist, owner=watchlist.owner, prefix=f"list-{pk}")
    if not form.is_valid():
        return _lists(request, bad_form=form)
    services.save_watchlist(watchlist, request.now)
    return _done(request)


@signed_in
@require_POST
def pause(request: PageRequest, pk: int) -> HttpResponse:
    """Pause a list, or resume it when `paused` is 0."""
    watchlist = _editable(request, pk)
    watchlist.is_paused = request.POST.get("paused") != "0"
    services.save_watchlist(watchlist, request.now)
    return _done(request)


@signed_in
@require_http_methods(["GET", "POST"])
def delete(request: PageRequest, pk: int) -> HttpResponse:
    """Ask first, saying what goes with it; only the owner may."""
    card = next((one for one in cards_for(request.user) if one.watchlist.pk == pk), None)
    if card is None or card.watchlist.owner_id != request.user.pk:
        raise Http404
    if request.method == "POST":
        delete_watchlist(card.watchlist, request.now)
        return redirect("monitor:watchlists")
    return page(request, "watchlist_delete.html", {"nav": "watchlists", "card": card})


def _editable(request: PageRequest, pk: int) -> Watchlist:
    watchlist = Watchlist.objects.editable_by(request.user).select_related("owner").filter(pk=pk).first()
    if watchlist is None:
        raise Http404
    return watchlist


def _lists(request: PageRequest, **forms: Any) -> HttpResponse:
    bad_form = forms.pop("bad_form", None)
    cards = [(card, _form_for(card, bad_form)) for card in cards_for(request.user)]
    context = {"nav": "watchlists", "cards": cards, "new_form": WatchlistForm(owner=request.user), **forms}
    return page(request, "watchlists.html", context, region="lists")


def _form_for(card: WatchlistCard, bad_form: WatchlistForm | None) -> WatchlistForm | None:
    if not card.editable:
        return None
    watchlist = card.watchlist
    if bad_form is not None and bad_form.instance.pk == watchlist.pk:
        return bad_form
    return WatchlistForm(instance=watchlist, owner=watchlist.owner, prefix=f"list-{watchlist.pk}")


def _done(request: PageRequest) -> HttpResponse:
    return _lists(request) if wants_region(request) else redirect("monitor:watchlists")
