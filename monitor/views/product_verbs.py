"""What is done to products from their table: to one by its buttons, to many by the bar below."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from monitor import formatting, watchlists
from monitor.dashboard.product_filters import ProductFilters, matching
from monitor.dashboard.watchlists import watchlist_choices
from monitor.forms.bulk import BulkForm
from monitor.forms.product_filters import ProductFilterForm
from monitor.models import Product, Watch, Watchlist
from monitor.models.watchlists import Priority
from monitor.views.pages import PageRequest, signed_in
from monitor.views.products import table, table_again
from monitor.views.removed import just_removed, remember
from monitor.watchlists import bulk
from monitor.watchlists.removal import put_back, remove_for_now

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What is asked before checks are paid for: how many calls, of which products."""

    calls: int
    chosen: Sequence[str]
    all: bool


@signed_in
@require_POST
def pause(request: PageRequest, num_iid: str) -> HttpResponse:
    watchlists.pause(_watches(request, num_iid), request.now)
    return table_again(request)


@signed_in
@require_POST
def resume(request: PageRequest, num_iid: str) -> HttpResponse:
    watchlists.resume(_watches(request, num_iid), request.now)
    return table_again(request)


@signed_in
@require_POST
def remove(request: PageRequest, num_iid: str) -> HttpResponse:
    """Take a product off the lists shown."""
    _remove(request, list(_watches(request, num_iid).values_list("pk", flat=True)), 1)
    return table_again(request)


@signed_in
@require_POST
def undo(request: PageRequest) -> HttpResponse:
    """Put back what was removed last."""
    if removed := just_removed(request, take=True):
        put_back(request.user, removed.receipt, request.now)
    return table_again(request)


@signed_in
@require_POST
def many(request: PageRequest) -> HttpResponse:
    """Do one thing with the products that are ticked, or with all that the filters let through."""
    lists = watchlist_choices(request.user)
    form = BulkForm(request.POST, watchlists=[one for one in lists if one.editable])  # type: ignore[attr-defined]
    if not form.is_valid():
        messages.warning(request, _("Nothing was done: choose what to do, and lists that you may edit."))
        return table_again(request)
    filters = ProductFilterForm(request.GET, watchlists=lists).filters
    selection = bulk.select(request.user, _chosen(request, form, filters), filters.watchlist)
    if form.verb == "check" and selection.products and not form.cleaned_data["confirmed"]:
        chosen, everything = form.cleaned_data["product"], form.cleaned_data["all"]
        confirm = Confirmation(bulk.calls_of(selection.watches), chosen, everything)
        return table(request, picked=chosen, picks_all=everything, confirm=confirm)
    if selection.is_too_large:
        text = _("Nothing was done: these are more than %(most)s products. Narrow them down with the filters.")
        messages.warning(request, text % {"most": f"{bulk.MOST:,}"})
    elif not selection.products and not selection.skipped:
        messages.warning(request, _("Nothing was done: no product was chosen."))
    else:
        _tell(request, _do(request, form, selection) if selection.products else "", selection.skipped)
    return table_again(request, is_waiting=form.verb == "check")


def _watches(request: PageRequest, num_iid: str) -> QuerySet[Watch]:
    """Those of a product that the user sees in the table and may edit."""
    watches = Watch.objects.filter(product__num_iid=num_iid, watchlist__in=Watchlist.objects.editable_by(request.user))
    if shown := ProductFilterForm(request.GET, watchlists=watchlist_choices(request.user)).filters.watchlist:
        watches = watches.filter(watchlist_id=shown)
    keys = list(watches.values_list("pk", flat=True))
    if not keys:
        raise Http404
    return Watch.objects.filter(pk__in=keys)


def _chosen(request: PageRequest, form: BulkForm, filters: ProductFilters) -> QuerySet[Product]:
    if form.cleaned_data["all"]:
        return matching(request.user, filters, request.now)
    shown = matching(request.user, ProductFilters(watchlist=filters.watchlist), request.now)
    return shown.filter(num_iid__in=form.cleaned_data["product"])


def _remove(request: PageRequest, watches: Sequence[int], products: int) -> None:
    title = str(Product.objects.filter(watches=watches[0])[0])
    remember(request, products, title, remove_for_now(watches, request.now))


def _do(request: PageRequest, form: BulkForm, selection: bulk.Selection) -> str:
    """Do what was asked with what may be edited, and say in words what came of it."""
    watches, n, now = selection.watches, selection.products, request.now
    match form.verb:
        case "pause":
            bulk.in_chunks(watches, lambda chunk: watchlists.pause(chunk, now))
            return ngettext("%(n)d product is paused.", "%(n)d products are paused.", n) % {"n": n}
        case "resume":
            bulk.in_chunks(watches, lambda chunk: watchlists.resume(chunk, now))
            return ngettext("%(n)d product is checked again.", "%(n)d products are checked again.", n) % {"n": n}
        case "check":
            due = bulk.check_all(watches, now)
            said = ngettext("%(n)d product is due now.", "%(n)d products are due now.", due)
            return said % {"n": due}
        case "remove":
            _remove(request, watches, n)
            return ""
        case "move":
            return _moved(bulk.move(watches, form.target, now), n, form.target)
        case "interval":
            bulk.set_interval(watches, form.interval, now)
            return _paced(n, form.interval)
        case _:
            bulk.set_priority(watches, form.priority)
            return _ranked(n, form.priority)


def _moved(moved: int, chosen: int, target: Watchlist) -> str:
    words = {"n": moved, "list": formatting.one_line(target.name)}
    text = ngettext("%(n)d product moved to “%(list)s”.", "%(n)d products moved to “%(list)s”.", moved) % words
    if there := chosen - moved:
        text += " " + ngettext("%(n)d was there already.", "%(n)d were there already.", there) % {"n": there}
    return text


def _paced(n: int, interval: timedelta | None) -> str:
    if interval is None:
        return ngettext(
            "%(n)d product follows its list's interval.", "%(n)d products follow their lists' intervals.", n
        ) % {"n": n}
    words = {"n": n, "interval": formatting.duration(interval), "calls": f"{round(n * (DAY / interval)):,}"}
    text = ngettext(
        "%(n)d product is checked every %(interval)s: %(calls)s calls a day.",
        "%(n)d products are checked every %(interval)s: %(calls)s calls a day.",
        n,
    )
    return text % words


def _ranked(n: int, priority: Priority | None) -> str:
    if priority is None:
        return ngettext(
            "%(n)d product follows its list's priority.", "%(n)d products follow their lists' priority.", n
        ) % {"n": n}
    text = ngettext("%(n)d product now has priority %(priority)s.", "%(n)d products now have priority %(priority)s.", n)
    return text % {"n": n, "priority": priority.label}


def _tell(request: PageRequest, done: str, skipped: int) -> None:
    if done:
        messages.success(request, done)
    if skipped:
        text = ngettext(
            "%(n)d product was skipped: you may view its list, not edit it.",
            "%(n)d products were skipped: you may view their lists, not edit them.",
            skipped,
        )
        messages.warning(request, text % {"n": skipped})
