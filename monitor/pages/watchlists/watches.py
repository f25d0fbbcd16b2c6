"""How one product on a list is checked, if not as the list says."""

from dataclasses import asdict
from datetime import timedelta

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
from monitor.watching.takeback import Changed, changed, set_back


@signed_in("GET", "POST")
def pace(request: PageRequest, pk: int) -> HttpResponse:
    """Show the form. A POST saves it, or with `reset` follows the list again."""
    watch = watch_for(request.user, pk, to_edit=True)
    has_own = any(getattr(watch, name) for name in ASKED)
    if "reset" in request.POST:
        usual = Watch()
        for name in ASKED:
            setattr(watch, name, getattr(usual, name))
        return _save(request, watch)
    form = _form(watch, request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _save(request, watch)
    context = {
        "nav": "products",
        "watch": watch,
        "form": form,
        "has_own": has_own,
    }
    return page(request, "watch_pace.html", context)


@signed_in("POST")
def undo(request: PageRequest, pk: int) -> HttpResponse:
    """Undo the last change of the settings."""
    watch = watch_for(request.user, pk, to_edit=True)
    done = pop_action(request, PACES)
    of_watch = done is not None and done.receipt["watch"] == pk
    changes = done.receipt.get("changes", []) if done and of_watch else []
    back = [set_back(request.user, Changed(**change), request.now) for change in changes]
    is_back = any(back)
    say_undone(request, done, is_back=is_back)
    return redirect("monitor:product", watch.product.num_iid)


def _save(request: PageRequest, watch: Watch) -> HttpResponse:
    """Save, and go to the product's page, which offers to undo it."""
    changes = [changed([watch.pk], name, getattr(watch, name)) for name in ASKED]
    changes = [change for change in changes if change.former]
    if changes:
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
        receipt = {"watch": watch.pk, "changes": list(map(asdict, changes))}
        remember(request, "asked", text, receipt, PACES)
    return redirect("monitor:product", watch.product.num_iid)


def _form(watch: Watch, data: QueryDict | None = None) -> WatchForm:
    def label(interval: timedelta) -> str:
        """Return an interval with the checks of one product."""
        return with_checks(interval, calls_of(limits_of(interval)).least)

    return WatchForm(data, instance=watch, label=label)
