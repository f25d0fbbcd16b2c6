"""Actions on products from their table: on one by its row's menu, on many by the bar below."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_htmx.http import HttpResponseClientRedirect

from monitor.models import Pace, Product, Watchlist
from monitor.models.catalog import NUM_IID
from monitor.models.watchlists import Priority
from monitor.pages.products.forms import BulkForm, ProductFilterForm
from monitor.pages.products.views import table, table_again
from monitor.pages.shared.answers import PageRequest, frame_of, signed_in, wants_region
from monitor.pages.shared.undoable import pop_action, remember, say_undone
from monitor.showing.reads.products import MOST_OTHERS, ProductFilters, matching
from monitor.showing.reads.watchlists import watchlist_choices
from monitor.showing.reads.words import refused_in_words
from monitor.text import formatting
from monitor.watching import bulk
from monitor.watching.removal import put_back, remove_for_now


@signed_in("POST")
def undo(request: PageRequest) -> HttpResponse:
    """Undo the last removal, and say so."""
    done = pop_action(request)
    is_back = done is not None and put_back(request.user, done.receipt["removed"], request.now) > 0
    say_undone(request, done, is_back=is_back)
    return table_again(request)


@signed_in("POST")
def many(request: PageRequest) -> HttpResponse:
    """Do one thing with the ticked products, with all that pass the filters, or with one alone.

    The forms send a `product` for each ticked one, `all`, or a `row` from its menu; and `confirmed`
    for checks.
    """
    lists = watchlist_choices(request.user)
    form = BulkForm(
        request.POST, watchlists=[watchlist for watchlist in lists if watchlist.editable]
    )
    if not form.is_valid():
        text = _("Nothing was done: choose an action, and lists that you may edit.")
        return _refused(request, text)
    table_form = ProductFilterForm(request.GET, user=request.user, watchlists=lists)
    filters = table_form.filters
    picked, row = _ids(request, "product"), _ids(request, "row")
    picks_all = "all" in request.POST
    if picks_all and table_form.ignored():
        # Such as a list that is gone since: without its filter, all products would be meant.
        return _refused(request, _("Nothing was done: a filter no longer holds. Choose again."))
    chosen = matching(
        request.user,
        filters if picks_all else ProductFilters(watchlist=filters.watchlist),
        request.now,
    )
    if not picks_all:
        chosen = chosen.filter(num_iid__in=row or picked)
    # The products stay ticked for a further action, unless they are removed.
    still_picked: dict[str, Any] = (
        {} if form.verb == "remove" else {"picked": picked, "picks_all": picks_all}
    )
    if form.verb == "compare":
        return _compare(request, chosen, still_picked)
    selection = bulk.select(request.user, chosen, filters.watchlist)
    if form.verb == "check" and frame_of(request).halted_at:
        text = _("Nothing was done: the operator has stopped all checks.")
        return _refused(request, text, **still_picked)
    if form.verb == "check" and selection.products and "confirmed" not in request.POST:
        calls, allowance = bulk.calls_of(selection.watches), frame_of(request).allowance
        granted = calls if allowance is None else min(calls, allowance.left)
        # Checks cost calls, so the user must confirm them.
        confirm = {"calls": calls, "granted": granted, "chosen": picked, "all": picks_all}
        return table(request, **still_picked, confirm=confirm)
    gone = 0 if picks_all else len({*(row or picked)}) - selection.chosen
    if selection.is_too_large:
        text = _("Nothing was done: more than %(most)s products. Filter first.")
        return _refused(request, text % {"most": f"{bulk.MOST:,}"}, **still_picked)
    if not selection.chosen and not gone:
        return _refused(request, _("Nothing was done: no product was chosen."), **still_picked)
    if selection.products:
        _do(request, form, selection)
    _tell_passed_over(request, selection.skipped, gone)
    return table_again(request, is_waiting=form.verb == "check", **still_picked)


def _refused(request: PageRequest, text: str, **still_picked: Any) -> HttpResponse:
    messages.warning(request, text)
    return table_again(request, **still_picked)


def _ids(request: PageRequest, name: str) -> list[str]:
    return [text for text in request.POST.getlist(name) if re.fullmatch(NUM_IID, text)]


def _compare(
    request: PageRequest, chosen: QuerySet[Product], still_picked: dict[str, Any]
) -> HttpResponse:
    """Lead to the chart of the chosen products, if it can show as many."""
    ids = list(chosen.order_by("pk").values_list("num_iid", flat=True)[: MOST_OTHERS + 2])
    first, *others = ids or [""]
    if len(others) <= MOST_OTHERS and not still_picked["picks_all"]:
        _tell_passed_over(request, 0, len({*still_picked["picked"]}) - len(ids))
    if not 1 <= len(others) <= MOST_OTHERS:
        text = _("Choose 2 to %(most)d products to compare.") % {"most": MOST_OTHERS + 1}
        return _refused(request, text, **still_picked)
    address = reverse("monitor:compare", args=[first], query={"with": others})
    return HttpResponseClientRedirect(address) if wants_region(request) else redirect(address)


def _do(request: PageRequest, form: BulkForm, selection: bulk.Selection) -> None:
    """Do what was asked with the editable watches, and say what was done. A removal can be
    undone."""
    watches, n, value = selection.watches, selection.products, form.value
    match form.verb:
        case "check":
            _check(request, watches)
        case "remove":
            text = ngettext(
                "%(number)s product was removed.", "%(number)s products were removed.", n
            )
            receipt = {"removed": remove_for_now(watches, request.now)}
            remember(request, "removed", text % {"number": f"{n:,}"}, receipt)
        case "move":
            moved = bulk.move(watches, value, request.now)
            messages.success(request, _moved(moved, n, value))
        case column:
            bulk.change(watches, request.now, **{column: value})
            messages.success(request, _set_to(n, value))


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


def _set_to(n: int, value: Any) -> str:
    """Say that `n` products were paused or resumed, or how they are checked now."""
    if value is True:
        text = ngettext("%(n)d product was paused.", "%(n)d products were paused.", n)
    elif value is False:
        text = ngettext("%(n)d product was resumed.", "%(n)d products were resumed.", n)
    elif value:
        text = ngettext("%(n)d product: %(pace)s.", "%(n)d products: %(pace)s.", n)
    else:
        text = ngettext(
            "%(n)d product is checked as its list says.",
            "%(n)d products are checked as their lists say.",
            n,
        )
    return text % {"n": n, "pace": _in_words(value)}


def _in_words(value: Any) -> str:
    match value:
        case timedelta():
            return formatting.every(value, is_fixed=True)
        case Priority():
            return _("priority %(priority)s") % {"priority": value.label}
        case Pace():
            return str(value.label)
    return ""


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
