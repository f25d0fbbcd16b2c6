"""One product: its page, the points of its charts, its changes, and a check at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from monitor import formatting
from monitor.dashboard import history
from monitor.dashboard.history import DEFAULT_RANGE, RANGES, TABLE_ROWS, About, History
from monitor.dashboard.series import Held, Point, absences, points
from monitor.models import Change, Product, Watch, Watchlist
from monitor.views.pages import PageRequest, page, signed_in
from monitor.watchlists.requests import check_now

#: The regions that HTMX may ask for, by the element it swaps.
REGIONS = ("header", "history", "changes")
#: The event that tells the page's other regions that a check has ended.
CHECKED = "product-checked"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@signed_in
@require_GET
def product(request: PageRequest, num_iid: str) -> HttpResponse:
    """The page; HTMX may ask for the header or the history alone."""
    found = _product(request, num_iid)
    region = request.htmx.target if request.htmx.target in REGIONS else "header"
    response = page(request, "product.html", _context(request, found), region=region)
    if region == "header" and request.htmx and not _is_pending(found, request.now):
        response["HX-Trigger"] = CHECKED
    return response


@signed_in
@require_GET
def series(request: PageRequest, num_iid: str) -> HttpResponse:
    """The points of the charts in a range: times in milliseconds, prices in fen, `null` where nothing is known."""
    found = _product(request, num_iid)
    past = history.history(found, _range(request), request.now)
    return JsonResponse(_series(past, history.events(found, past.start)))


@signed_in
@require_GET
def changes(request: PageRequest, num_iid: str) -> HttpResponse:
    """More of the timeline: the changes before a moment."""
    found = _product(request, num_iid)
    context = _context(request, found)
    return page(request, "product.html", context, region="moments")


@signed_in
@require_POST
def check(request: PageRequest, num_iid: str) -> HttpResponse:
    """Make the product due at once: one paid call, so only those may ask for it who may edit a list it is on."""
    found = _product(request, num_iid)
    lists = Watchlist.objects.editable_by(request.user)
    if not Watch.objects.filter(product=found, watchlist__in=lists).exists():
        raise Http404
    check_now(Product.objects.filter(pk=found.pk), request.now)
    if not request.htmx:
        return redirect("monitor:product", num_iid)
    found.refresh_from_db()
    return page(request, "product.html", _context(request, found), region="header")


def _product(request: PageRequest, num_iid: str) -> Product:
    try:
        return history.product_for(request.user, num_iid)
    except Product.DoesNotExist:
        raise Http404 from None


def _context(request: PageRequest, found: Product) -> dict[str, Any]:
    name = _range(request)
    past = history.history(found, name, request.now)
    about = _about(request)
    watches = history.watched_by(request.user, found)
    return {
        "product": found,
        "range": name,
        "ranges": _range_labels(),
        "range_label": _range_labels()[name],
        "history": past,
        "rows": past.states[: -TABLE_ROWS - 1 : -1],
        "hidden_rows": max(0, len(past.states) - TABLE_ROWS),
        "moments": history.moments(found, about, since=past.start, before=_before(request)),
        "about": about.value,
        "abouts": _about_labels(),
        "about_label": _about_labels()[about.value],
        "nav": "products",
        "watches": watches,
        "can_edit": any(one.editable for one in watches),
        "is_paused": found.next_check_at is None,
        "is_pending": _is_pending(found, request.now),
    }


def _is_pending(found: Product, now: datetime) -> bool:
    """A check is due or under way: the page asks again until it has ended."""
    return found.next_check_at is not None and (found.lease is not None or found.next_check_at <= now)


def _range(request: PageRequest) -> str:
    name = request.GET.get("range", DEFAULT_RANGE)
    return name if name in RANGES else DEFAULT_RANGE


def _about(request: PageRequest) -> About:
    wanted = request.GET.get("about", "")
    return About(wanted) if wanted in About else About.PRODUCT


def _about_labels() -> dict[str, str]:
    return {About.PRODUCT.value: _("Product"), About.SALES.value: _("Sales"), About.SHOP.value: _("Shop")}


def _range_labels() -> dict[str, str]:
    return {"24h": _("24 h"), "7d": _("7 days"), "30d": _("30 days"), "90d": _("90 days"), "all": _("All")}


def _before(request: PageRequest) -> datetime | None:
    """The moment in microseconds from which on the timeline has been shown already."""
    text = request.GET.get("before", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        return None
    return EPOCH + timedelta(microseconds=int(text))


# The charts


def _series(past: History, events: list[Change]) -> dict[str, Any]:
    language = get_language() or "en"
    return {
        "start": _milliseconds(past.start),
        "end": _milliseconds(past.end),
        "zone": timezone.get_current_timezone_name(),
        "language": language,
        "price": _drawn(past.held("price")),
        "list_price": _drawn(past.held("list_price")),
        "sales": _drawn(past.held("sales")),
        "sales_text": _sales_text(past.spans, language),
        "outages": [
            {
                "start": _milliseconds(max(outage.began_at, past.start)),
                "end": _milliseconds(outage.ended_at),
                "text": f"{outage.get_outcome_display()} {outage.code}".strip(),
            }
            for outage in past.outages
        ],
        "absences": [
            {
                "start": _milliseconds(span.start),
                "end": _milliseconds(span.end),
                "text": formatting.field_value("status", span.value, language),
            }
            for span in absences(past.spans)
        ],
        "events": [
            {"at": _milliseconds(change.first_seen_after), "text": str(change.get_field_display())} for change in events
        ],
        "words": {
            "price": _("Price"),
            "list_price": _("List price"),
            "sales": _("Sold"),
            "outage": _("Checks failed"),
        },
    }


def _sales_text(spans: list[Held[Any]], language: str) -> dict[str, str]:
    """Sales as the provider rounds them, by their lower bound."""
    return {
        str(span.value.sales): formatting.sales(span.value.sales, span.value.sales_step or 1, language)
        for span in spans
        if span.value.sales is not None
    }


def _drawn(spans: list[Held[int]]) -> list[list[int | None]]:
    return [_pair(point) for point in points(spans)]


def _pair(point: Point) -> list[int | None]:
    at, value = point
    return [_milliseconds(at), value]


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
