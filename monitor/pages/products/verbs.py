"""Actions on products from their table: on one by its buttons, on many by the bar below."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_htmx.http import HttpResponseClientRedirect

from monitor.models import Pace, Product, Watch, Watchlist
from monitor.models.catalog import NUM_IID
from monitor.pages.products.forms import BulkForm, ProductFilterForm
from monitor.pages.products.views import table, table_again
from monitor.pages.shared.answers import PageRequest, frame_of, signed_in, wants_region
from monitor.pages.shared.undoable import Undoable, pop_action, remember, say_undone
from monitor.showing.reads.products import MOST_OTHERS, ProductFilters, matching
from monitor.showing.reads.watchlists import may_edit_any, watchlist_choices
from monitor.showing.reads.words import refused_in_words
from monitor.text import formatting
from monitor.watching import bulk, takeback
from monitor.watching.removal import remove_for_now
from monitor.watching.saved_views import save_view


@signed_in("POST")
def act_on_row(request: PageRequest, num_iid: str, verb: str) -> HttpResponse:
    """Do what a button of one product's row asks, on the lists shown, if the product is still on
    any."""
    if watches := _watches(request, num_iid):
        VERBS[verb](request, watches, 1)
    else:
        _tell_gone(request, num_iid)
    return table_again(request)


@signed_in("POST")
def undo(request: PageRequest) -> HttpResponse:
    """Undo the last action, and say so."""
    done = pop_action(request)
    say_undone(request, done, is_back=done is not None and _take_back(request, done))
    return table_again(request)


def _take_back(request: PageRequest, done: Undoable) -> bool:
    """Undo an action; return whether anything was undone."""
    match done.kind:
        case "removed" | "changed":
            changed = takeback.Changed(**done.receipt)
            return takeback.take_back(request.user, changed, request.now) > 0
        case "view":
            save_view(request.user, **done.receipt)
            return True
        case _:
            return False


@signed_in("POST")
def many(request: PageRequest) -> HttpResponse:
    """Do one thing with the ticked products, or with all that pass the filters.

    The form sends a `product` for each ticked one, `all`, and `confirmed` for checks.
    """
    lists = watchlist_choices(request.user)
    form = BulkForm(
        request.POST, watchlists=[watchlist for watchlist in lists if watchlist.editable]
    )
    if not form.is_valid():
        messages.warning(
            request, _("Nothing was done: choose an action, and lists that you may edit.")
        )
        return table_again(request)
    table_form = ProductFilterForm(request.GET, user=request.user, watchlists=lists)
    filters = table_form.filters
    picked = [text for text in request.POST.getlist("product") if re.fullmatch(NUM_IID, text)]
    picks_all = "all" in request.POST
    if picks_all and table_form.ignored():
        # Such as a list that is gone since: without its filter, all products would be meant.
        messages.warning(request, _("Nothing was done: a filter no longer holds. Choose again."))
        return table_again(request)
    chosen = matching(
        request.user,
        filters if picks_all else ProductFilters(watchlist=filters.watchlist),
        request.now,
    )
    if not picks_all:
        chosen = chosen.filter(num_iid__in=picked)
    # The products stay ticked for a further action, unless they are removed.
    still_picked: dict[str, Any] = (
        {} if form.verb == "remove" else {"picked": picked, "picks_all": picks_all}
    )
    if form.verb == "compare":
        return _compare(request, chosen, still_picked)
    selection = bulk.select(request.user, chosen, filters.watchlist)
    if form.verb == "check" and frame_of(request).halted_at:
        messages.warning(request, _("Nothing was done: the operator has stopped all checks."))
        return table_again(request, **still_picked)
    if form.verb == "check" and selection.products and "confirmed" not in request.POST:
        calls, allowance = bulk.calls_of(selection.watches), frame_of(request).allowance
        granted = calls if allowance is None else min(calls, allowance.left)
        # Checks cost calls, so the user must confirm them.
        confirm = {"calls": calls, "granted": granted, "chosen": picked, "all": picks_all}
        return table(request, **still_picked, confirm=confirm)
    gone = 0 if picks_all else len({*picked}) - selection.chosen
    if selection.is_too_large:
        text = _("Nothing was done: more than %(most)s products. Filter first.")
        messages.warning(request, text % {"most": f"{bulk.MOST:,}"})
    elif not selection.chosen and not gone:
        messages.warning(request, _("Nothing was done: no product was chosen."))
    else:
        if selection.products:
            _do(request, form, selection)
        _tell_passed_over(request, selection.skipped, gone)
    return table_again(request, is_waiting=form.verb == "check", **still_picked)


def _compare(
    request: PageRequest, chosen: QuerySet[Product], still_picked: dict[str, Any]
) -> HttpResponse:
    """Lead to the chart of the chosen products, if it can show as many."""
    ids = list(chosen.order_by("pk").values_list("num_iid", flat=True)[: MOST_OTHERS + 2])
    first, *others = ids or [""]
    if len(others) <= MOST_OTHERS and not still_picked["picks_all"]:
        _tell_passed_over(request, 0, len({*still_picked["picked"]}) - len(ids))
    if not 1 <= len(others) <= MOST_OTHERS:
        messages.warning(
            request, _("Choose 2 to %(most)d products to compare.") % {"most": MOST_OTHERS + 1}
        )
        return table_again(request, **still_picked)
    address = reverse("monitor:compare", args=[first], query={"with": others})
    return HttpResponseClientRedirect(address) if wants_region(request) else redirect(address)


def _watches(request: PageRequest, num_iid: str) -> list[int]:
    """Return the keys of a product's watches that the user sees in the table and may edit."""
    watches = Watch.objects.filter(
        product__num_iid=num_iid, watchlist__in=Watchlist.objects.editable_by(request.user)
    )
    form = ProductFilterForm(
        request.GET, user=request.user, watchlists=watchlist_choices(request.user)
    )
    if shown := form.filters.watchlist:
        watches = watches.filter(watchlist_id=shown)
    return list(watches.values_list("pk", flat=True))


def _tell_gone(request: PageRequest, num_iid: str) -> None:
    """Say that the product was removed meanwhile. Name only its ID: it may be a stranger's
    product."""
    if not may_edit_any(request.user):
        raise Http404
    if Watch.objects.for_user(request.user).filter(product__num_iid=num_iid).exists():
        text = _("Nothing was done: the product %(id)s is on no list shown here that you may edit.")
    else:
        text = _("Nothing was done: the product %(id)s is no longer on your lists.")
    messages.warning(request, text % {"id": num_iid})


def _pause(request: PageRequest, watches: Sequence[int], n: int) -> None:
    """Stop the checks and alerts of `n` products."""
    done = takeback.change(watches, "is_paused", True, request.now)
    if n > 1:
        text = ngettext("%(n)d product was paused.", "%(n)d products were paused.", n) % {"n": n}
    else:
        text = _("“%(title)s” was paused.") % {"title": _title_of(watches)}
    _tell(request, text, done)


def _resume(request: PageRequest, watches: Sequence[int], n: int) -> None:
    """Check `n` products again. They stay paused on a list that is paused itself."""
    done = takeback.change(watches, "is_paused", False, request.now)
    if n > 1:
        text = ngettext("%(n)d product was resumed.", "%(n)d products were resumed.", n) % {"n": n}
    elif Watch.objects.active().filter(pk__in=watches).exists():
        text = _("“%(title)s” was resumed.") % {"title": _title_of(watches)}
    else:
        text = _("“%(title)s” stays paused: its list is paused.") % {"title": _title_of(watches)}
    _tell(request, text, done)


def _remove(request: PageRequest, watches: Sequence[int], n: int) -> None:
    """Take `n` products off the lists."""
    if n > 1:
        text = ngettext("%(number)s product was removed.", "%(number)s products were removed.", n)
        text %= {"number": f"{n:,}"}
    else:
        text = _("“%(title)s” was removed.") % {"title": _title_of(watches)}
    remember(request, "removed", text, {"removed": remove_for_now(watches, request.now)})


VERBS = {"pause": _pause, "resume": _resume, "remove": _remove}


def _title_of(watches: Sequence[int]) -> str:
    return formatting.one_line(str(Product.objects.filter(watches=watches[0]).get()), 60)


def _do(request: PageRequest, form: BulkForm, selection: bulk.Selection) -> None:
    """Do what was asked with the editable watches; say what was done, and offer to undo it."""
    watches, n, value = selection.watches, selection.products, form.value
    match form.verb:
        case "pause" | "resume" | "remove":
            VERBS[form.verb](request, watches, n)
        case "check":
            _check(request, watches)
        case "move":
            count, done = takeback.move(watches, value, request.now)
            _tell(request, _moved(count, n, value), done)
        case _:
            done = takeback.change(watches, form.verb, value, request.now)
            _tell(request, _set_to(n, _in_words(form.verb, value)), done)


def _in_words(verb: str, value: Any) -> str:
    """Return what watches were set to; '' if they follow their list."""
    if not value:
        return ""
    if verb == "interval":
        return formatting.every(value, is_fixed=True)
    if verb == "pace":
        return str(Pace(value).label)
    return _("priority %(priority)s") % {"priority": value.label}


def _check(request: PageRequest, watches: Sequence[int]) -> None:
    asked = bulk.check_all(watches, request.user, request.now)
    n, refused = len(asked.products), refused_in_words(asked, request.now)
    text = ngettext("%(n)d product is due now.", "%(n)d products are due now.", n) % {"n": n}
    if refused:
        messages.warning(request, text + formatting.space() + refused)
    else:
        messages.success(request, text)


def _moved(moved: int, chosen: int, target: Watchlist) -> str:
    words = {"n": moved, "list": formatting.one_line(target.name)}
    text = (
        ngettext("%(n)d product moved to “%(list)s”.", "%(n)d products moved to “%(list)s”.", moved)
        % words
    )
    if there := chosen - moved:
        text += " " + ngettext("%(n)d was there already.", "%(n)d were there already.", there) % {
            "n": there
        }
    return text


def _set_to(n: int, words: str) -> str:
    if not words:
        text = ngettext(
            "%(n)d product is checked as its list says.",
            "%(n)d products are checked as their lists say.",
            n,
        )
        return text % {"n": n}
    text = ngettext("%(n)d product: %(pace)s.", "%(n)d products: %(pace)s.", n)
    return text % {"n": n, "pace": words}


def _tell(request: PageRequest, text: str, done: takeback.Changed) -> None:
    """Say what was done, and offer to undo it if it changed anything."""
    if done.former:
        remember(request, "changed", text, asdict(done))
    else:
        messages.success(request, text)


def _tell_passed_over(request: PageRequest, skipped: int, gone: int) -> None:
    if skipped:
        text = ngettext(
            "%(n)d product was skipped: you may view its list, not edit it.",
            "%(n)d products were skipped: you may view their lists, not edit them.",
            skipped,
        )
        messages.warning(request, text % {"n": skipped})
    if gone:
        text = ngettext(
            "%(n)d chosen product is no longer on the lists shown.",
            "%(n)d chosen products are no longer on the lists shown.",
            gone,
        )
        messages.warning(request, text % {"n": gone})
