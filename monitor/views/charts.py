"""The points of the charts, as JSON. Times are seconds; those of a line are told as steps from one to the next."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.http import JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from monitor import formatting
from monitor.dashboard import history
from monitor.dashboard.facts import readable_scale
from monitor.dashboard.history import History, seconds
from monitor.dashboard.series import Dot, Held, joined, points
from monitor.models import Alert, Outage, Product
from monitor.provider.observation import Status
from monitor.views.pages import PageRequest, signed_in
from monitor.views.product import chosen_range, found_product

#: Replies from the provider's cache that are marked on a line: of more, the newest.
MOST_CACHED = 60


@signed_in
@require_GET
def product(request: PageRequest, num_iid: str) -> JsonResponse:
    """A product's lines in a range: prices in fen, units sold; a `null` breaks a line where nothing is known."""
    found = found_product(request, num_iid)
    past = history.history(found, chosen_range(request), request.now)
    watches = history.watched_by(request.user, found)
    told = {
        **frame(past.start, past.end),
        **_prices(past),
        **_sales(past),
        "statuses": statuses(past.spans),
        "outages": failures(past.outages, past.start),
        "cached": [state.data_time for state in past.states if state.from_cache][-MOST_CACHED:],
        "last": _last(found, past),
        "events": [
            (seconds(change.first_seen_after), str(change.get_field_display()))
            for change in history.events(found, past.start)
        ],
        "alerts": [_alert(alert) for alert in history.alerts(request.user, found, past.start)],
        "targets": [(price, formatting.money(price)) for price in history.target_prices(watches)],
        "words": _words(),
    }
    return JsonResponse(told)


def frame(start: datetime, end: datetime) -> dict[str, Any]:
    """What every chart needs: from when to when, on whose clock and in which language."""
    return {
        "start": seconds(start),
        "end": seconds(end),
        "zone": timezone.get_current_timezone_name(),
        "language": get_language() or "en",
    }


def line(spans: Sequence[Held[int]], start: datetime) -> list[list[int | None]]:
    """The steps of time from `start` from point to point, and the value of each."""
    return _packed(points(spans), seconds(start))


def _packed(dots: Iterable[Dot], start: int) -> list[list[int | None]]:
    steps: list[int | None] = []
    told: list[int | None] = []
    for at, value in dots:
        steps.append(at - start)
        told.append(value)
        start = at
    return [steps, told]


def _prices(past: History) -> dict[str, Any]:
    price, low, high = (past.held(name) for name in ("price", "sku_min_price", "sku_max_price"))
    varies = any(span != other for span, other in zip(low, high, strict=False)) or len(low) != len(high)
    return {
        "price": line(price, past.start),
        "list_price": line(past.held("list_price"), past.start),
        "sku_low": line(low if varies else [], past.start),
        "sku_high": line(high if varies else [], past.start),
        "scale": readable_scale(price),
    }


def _sales(past: History) -> dict[str, Any]:
    """Sales by their lower bound, with the words for those that the platform rounds."""
    language = get_language() or "en"
    rounded = {(state.sales, state.sales_step) for state in past.states if state.sales_step and state.sales_step > 1}
    words = {str(sales): formatting.sales(sales, step or 1, language) for sales, step in rounded}
    return {"sales": line(past.held("sales"), past.start), "sales_text": words}


def statuses(spans: Iterable[Held[Any]]) -> list[tuple[int, int, str, str]]:
    """From when to when a product was known to be what, and whether that is good."""
    language = get_language() or "en"
    return [
        (span.start, span.end, _tone(span.value), formatting.field_value("status", span.value or None, language))
        for span in joined((span.value.status or "", span.start, span.end) for span in spans)
    ]


def _tone(status: str) -> str:
    return {Status.ON_SALE.value: "good", "": "calm"}.get(status, "away")


def failures(outages: Iterable[Outage], start: datetime) -> list[tuple[int, int, str]]:
    """From when to when checks failed, and why."""
    return [
        (
            seconds(max(outage.began_at, start)),
            seconds(outage.ended_at),
            f"{outage.get_outcome_display()} {outage.code}".strip(),
        )
        for outage in outages
    ]


def _last(found: Product, past: History) -> dict[str, Any] | None:
    """The last reply, if it lies in the range and checks go well: the end of the line."""
    if found.data_time is None or found.data_time < past.start:
        return None
    return {"at": seconds(found.data_time), "price": found.price, "cached": found.from_cache}


def _alert(alert: Alert) -> dict[str, Any]:
    language = get_language() or "en"
    after = formatting.one_line(formatting.field_value(alert.field, alert.after, language), 40)
    return {
        "at": seconds(alert.data_time),
        "text": f"{alert.get_field_display()} {after}",
        "price": alert.after if alert.field == "price" else None,
        "url": reverse("monitor:alert", args=[alert.pk]),
    }


def _words() -> dict[str, str]:
    return {
        "price": _("Price"),
        "list_price": _("List price"),
        "sku": _("SKU prices"),
        "sales": _("Sold"),
        "outage": _("Checks failed"),
        "silence": _("Not checked"),
        "since": _("since %(time)s"),
        "cached": _("from the provider's cache"),
        "last": _("last answer"),
        "target": _("Target"),
        "alert": _("Alert"),
    }
