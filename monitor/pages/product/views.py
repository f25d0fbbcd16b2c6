"""One product: its page, its changes, and a check at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from monitor.doubts import Doubt
from monitor.history import reads as history
from monitor.history import timeline
from monitor.history.reads import WatchedBy
from monitor.history.timeline import About
from monitor.models import Product
from monitor.pages.shared.answers import (
    PageRequest,
    frame_of,
    not_modified,
    odd,
    page,
    signed_in,
    version,
    wants_region,
)
from monitor.pages.shared.asked_words import refused_in_words
from monitor.pages.shared.change_rows import moment_rows
from monitor.pages.shared.found import found_product
from monitor.pages.shared.ranges import chosen_before, chosen_range, odd_range, range_labels
from monitor.pages.shared.undoable import PACES, Undoable, offered, standing
from monitor.planning import reasons
from monitor.watchlists.requests import ask


@signed_in
@require_safe
def product(request: PageRequest, num_iid: str) -> HttpResponse:
    """The page; HTMX may ask for the header, the history, its figures or the changes alone."""
    found = found_product(request, num_iid)
    region = request.htmx.target if request.htmx.target in REGIONS else "header"
    facts = FACTS.get(region, _facts_of_header)
    if unchanged := not_modified(request, *facts(found, request.now)):
        return unchanged
    if not wants_region(request):
        return page(request, "product.html", _whole(request, found))
    return page(request, "product.html", REGIONS[region](request, found), region=region)


@signed_in
@require_safe
def changes(request: PageRequest, num_iid: str) -> HttpResponse:
    """More of the timeline: the changes before a moment."""
    found = found_product(request, num_iid)
    if not wants_region(request):
        return page(request, "product.html", _whole(request, found))
    return page(request, "product.html", _changes(request, found), region="moments")


@signed_in
@require_POST
def check(request: PageRequest, num_iid: str) -> HttpResponse:
    """Make the product due at once: one paid call, so only those may ask for it who may edit a list it is on."""
    found = found_product(request, num_iid)
    if not history.can_edit(request.user, found):
        raise Http404
    refused = ""
    if not frame_of(request).halted_at:
        asked = ask(Product.objects.filter(pk=found.pk), request.user, request.now)
        refused = refused_in_words(asked, request.now)
    if not request.htmx:
        if refused:
            messages.warning(request, refused)
        return redirect("monitor:product", num_iid)
    found.refresh_from_db()
    return page(request, "product.html", {**_header(request, found), "refused": refused}, region="header")


def _whole(request: PageRequest, found: Product) -> dict[str, Any]:
    watches = history.watched_by(request.user, found)
    return {
        **_state(request, found, watches),
        **_history(request, found),
        "nav": "products",
        "printed_at": request.now,
        "printed_zone": timezone.get_current_timezone_name(),
        "watches": watches,
        "done": _done(request, found),
    }


def _done(request: PageRequest, found: Product) -> Undoable | None:
    """What was just asked of this product's checks, and can be taken back."""
    done = standing(request, PACES)
    is_here = done is not None and done.receipt["watch"] in found.watches.values_list("pk", flat=True)
    return offered(request, PACES) if is_here else None


def _header(request: PageRequest, found: Product) -> dict[str, Any]:
    return _state(request, found, history.watches_of(request.user, found))


def _state(request: PageRequest, found: Product, watches: Sequence[WatchedBy]) -> dict[str, Any]:
    last_changed = timeline.changed_at_last_check(found)
    return {
        "product": found,
        "has_changed": bool(last_changed),
        "only_sales_changed": last_changed == {"sales"},
        "is_paused": found.next_check_at is None,
        "is_pending": _is_pending(found, request.now),
        "can_edit": any(one.editable for one in watches),
        "why": reasons.pace_reasons(found, [one.watch for one in watches], frame_of(request), request.now),
    }


def _history(request: PageRequest, found: Product) -> dict[str, Any]:
    figures = _figures(request, found)
    past: history.ProductHistory = figures["history"]
    return {
        **_changes(request, found),
        **figures,
        "is_paused": found.next_check_at is None,
        "ranges": range_labels(),
        "ignored": odd_range(request) + odd(request.GET, "about", _about_labels()),
        "rows": history.table(past),
        "hidden_rows": max(0, len(past.spans) - history.TABLE_ROWS),
        "history_version": version(request, *_facts_of_history(found, request.now)),
    }


def _figures(request: PageRequest, found: Product) -> dict[str, Any]:
    name = chosen_range(request)
    past = history.history(found, name, request.now)
    return {
        "product": found,
        "range": name,
        "range_label": range_labels()[name],
        "history": past,
        "facts": past.price_facts,
        "figures_version": version(request, *_facts_of_figures(found, request.now)),
    }


def _changes(request: PageRequest, found: Product) -> dict[str, Any]:
    about = _about(request)
    since = history.starts_at(found, chosen_range(request), request.now)
    before = chosen_before(request)
    moments = timeline.product_moments(request.user, found, about, since=since, before=before)
    return {
        "product": found,
        "moments": moments,
        "dropped": _dropped(found, since) if about is About.PRODUCT and before is None else None,
        "moment_rows": moment_rows(moments),
        "follows": before is not None and wants_region(request),
        "about": about.value,
        "abouts": _about_labels(),
        "about_label": _about_labels()[about.value],
    }


def _dropped(found: Product, since: datetime) -> Doubt | None:
    """The last reading that was not confirmed, if it came since then."""
    dropped = found.reading_not_confirmed
    return dropped if dropped and dropped.seen_at >= since else None


def _facts_of_header(found: Product, now: datetime) -> tuple[Any, ...]:
    """What the header hangs on: every check, and whatever is asked of the checks, moves one of these."""
    asked = found.next_check_at, found.limits, found.priority, found.asked_at
    return found.pk, found.checked_at, *asked, _is_pending(found, now), found.muted_until  # type: ignore[attr-defined]


def _facts_of_history(found: Product, now: datetime) -> tuple[Any, ...]:
    """What the history hangs on; a check that tells nothing new is no reason to draw all anew."""
    return found.pk, found.changed_at, found.failing_since, found.doubted_at, found.dropped


def _facts_of_figures(found: Product, now: datetime) -> tuple[Any, ...]:
    """What the figures beside the chart hang on: every check, as the header does, and the minute while prices stand."""
    minute = history.seconds(now) // 60 if history.goes_on(found, now) else None
    return *_facts_of_history(found, now), found.data_time, minute


def _is_pending(found: Product, now: datetime) -> bool:
    """A check is due or under way: the page asks again until it has ended."""
    is_due = found.next_check_at is not None and found.next_check_at <= now
    return is_due or bool(found.is_claimed)  # type: ignore[attr-defined]


def _about(request: PageRequest) -> About:
    wanted = request.GET.get("about", "")
    return About(wanted) if wanted in About else About.PRODUCT


def _about_labels() -> dict[str, str]:
    return {About.PRODUCT.value: _("Product"), About.SALES.value: _("Sales"), About.SHOP.value: _("Shop")}


#: The regions that HTMX may ask for, by the element it swaps, and what each of them shows.
REGIONS = {"header": _header, "history": _history, "figures": _figures, "changes": _changes}
#: What the versions of the regions hang on, where that is not what the header hangs on.
FACTS = {"history": _facts_of_history, "figures": _facts_of_figures}
