"""How one product on a list is checked, if not as the list says."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from monitor.models import Watch
from monitor.pages.shared.answers import PageRequest, page, signed_in
from monitor.pages.shared.fields import with_checks
from monitor.pages.shared.undoable import PACES, pop_action, remember, say_undone
from monitor.pages.watchlists.forms import WatchForm
from monitor.polling.planning.calls import calls_of, limits_of
from monitor.polling.planning.rescheduling import ASKED
from monitor.showing.reads.watchlists import watch_for
from monitor.showing.reads.words import every_watch, own_pace
from monitor.text import formatting
from monitor.watching.services import save_watch
from monitor.watching.takeback import ask_again, asked_of


@signed_in("GET", "POST")
def pace(request: PageRequest, pk: int) -> HttpResponse:
    """Show the form. A POST saves it, or with `reset` follows the list again."""
    watch = watch_for(request.user, pk, to_edit=True)
    was = asked_of(watch)
    if "reset" in request.POST:
        usual = Watch()
        for name in ASKED:
            setattr(watch, name, getattr(usual, name))
        return _save(request, watch, was)
    form = _form(watch, request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _save(request, watch, was)
    context = {
        "nav": "products",
        "watch": watch,
        "form": form,
        "has_own": any(value not in (None, "") for value in was.values()),
    }
    return page(request, "watch_pace.html", context)


@signed_in("POST")
def undo(request: PageRequest, pk: int) -> HttpResponse:
    """Undo the last change of the settings."""
    watch = watch_for(request.user, pk, to_edit=True)
    done = pop_action(request, PACES)
    is_back = done is not None and done.receipt["watch"] == pk
    if done and is_back:
        is_back = ask_again(
            request.user, pk, done.receipt["was"], done.receipt["became"], request.now
        )
    say_undone(request, done, is_back=is_back)
    return redirect("monitor:product", watch.product.num_iid)


def _save(request: PageRequest, watch: Watch, was: dict[str, Any]) -> HttpResponse:
    """Save, and go to the product's page, which offers to undo it."""
    became = asked_of(watch)
    if became != was:
        save_watch(watch, request.now)
        words = {
            "list": formatting.one_line(watch.watchlist.name),
            "own": own_pace(watch),
            "how": every_watch(watch),
        }
        if words["own"]:
            text = _("On “%(list)s”, for this product alone: %(own)s.") % words
        else:
            text = _("On “%(list)s”, as the list: %(how)s.") % words
        remember(request, "asked", text, {"watch": watch.pk, "was": was, "became": became}, PACES)
    return redirect("monitor:product", watch.product.num_iid)


def _form(watch: Watch, data: QueryDict | None = None) -> WatchForm:
    def label(interval: timedelta) -> str:
        """Return an interval with the checks of one product."""
        return with_checks(interval, calls_of(limits_of(interval)).least)

    return WatchForm(data, instance=watch, label=label)
