"""The points of the charts, as JSON. Times are seconds; those of a line are told as steps from one to the next."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import orjson
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from monitor.history import reads as history
from monitor.history.facts import readable_scale
from monitor.history.reads import ProductHistory, seconds
from monitor.history.series import Held, points
from monitor.models import Alert, Outage, Product
from monitor.models.choices import reason_in_words
from monitor.pages.shared.answers import PageRequest, signed_in
from monitor.pages.shared.found import found_product
from monitor.pages.shared.ranges import chosen_range
from monitor.provider.observation import Status
from monitor.text import formatting

#: Replies from the provider's cache that are marked on a line: of more, the newest.
MOST_CACHED = 60


@signed_in
@require_safe
def product(request: PageRequest, num_iid: str) -> HttpResponse:
    """A product's lines in a range: prices in fen, units sold; a `null` breaks a line where nothing is known."""
    found = found_product(request, num_iid)
    past = history.history(found, chosen_range(request), request.now)
    told = {
        **frame(past.start, past.end),
        **_prices(past),
        **_sales(past),
        "statuses": statuses(past.statuses),
        "outages": failures(past.outages, past.start),
        "cached": [state.data_time for state in past.states if state.from_cache][-MOST_CACHED:],
        "last": _last(found, past),
        "events": [
            (seconds(change.first_seen_after), str(change.get_field_display()))
            for change in history.events(found, past.start)
        ],
        "alerts": [_alert(alert) for alert in history.alerts(request.user, found, past.start)],
        "targets": [(price, formatting.money(price)) for price in history.target_prices(request.user, found)],
        "words": _words(),
    }
    return as_json(told)


def as_json(told: Mapping[str, Any]) -> HttpResponse:
    """What a chart is drawn from, written in a tenth of the time that `JsonResponse` takes."""
    return HttpResponse(orjson.dumps(told), content_type="application/json")


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
    dots = points(spans)
    times = [seconds(start), *(at for at, _ in dots)]
    return [[at - before for before, at in pairwise(times)], [value for _, value in dots]]


def _prices(past: ProductHistory) -> dict[str, Any]:
    price, low, high = (past.held(name) for name in ("price", "sku_min_price", "sku_max_price"))
    varies = low != high
    return {
        "price": line(price, past.start),
        "list_price": line(past.held("list_price"), past.start),
        "sku_low": line(low if varies else [], past.start),
        "sku_high": line(high if varies else [], past.start),
        "scale": readable_scale(price),
    }


def _sales(past: ProductHistory) -> dict[str, Any]:
    """Sales by their lower bound, with the words for those drawn that the platform rounds."""
    language = get_language() or "en"
    drawn = line(past.held("sales"), past.start)
    rounded = {sales: step for sales, step in _steps_of(drawn[1], past).items() if step and step > 1}
    words = {str(sales): formatting.sales(sales, step, language) for sales, step in rounded.items()}
    return {"sales": drawn, "sales_text": words}


def _steps_of(drawn: Iterable[int | None], past: ProductHistory) -> dict[int, int | None]:
    """To what some sales were rounded when they were last told."""
    wanted = set(drawn)
    return {sales: state.sales_step for state in past.states if (sales := state.sales) is not None and sales in wanted}


def statuses(spans: Iterable[Held[str]]) -> list[tuple[int, int, str, str]]:
    """From when to when a product was known to be what, and whether that is good."""
    language = get_language() or "en"
    return [
        (start, end, _tone(status), formatting.field_value("status", status or None, language))
        for status, start, end in spans
    ]


def _tone(status: str) -> str:
    return {Status.ON_SALE.value: "good", "": "calm"}.get(status, "away")


def failures(outages: Iterable[Outage], start: datetime) -> list[tuple[int, int, str]]:
    """From when to when checks failed, and why."""
    return [
        (
            seconds(max(outage.began_at, start)),
            seconds(outage.ended_at),
            f"{reason_in_words(outage.outcome, outage.code)} {outage.code}".strip(),
        )
        for outage in outages
    ]


def _last(found: Product, past: ProductHistory) -> dict[str, Any] | None:
    """The last reply, if it lies in the range and checks go well: the end of the line."""
    if found.data_time is None or found.data_time < past.start:
        return None
    return {"at": seconds(found.data_time), "price": found.current_price, "cached": found.from_cache}


def _alert(alert: Alert) -> dict[str, Any]:
    language = get_language() or "en"
    after = formatting.one_line(formatting.field_value(alert.field, alert.after, language), 40)
    return {
        "at": seconds(alert.data_time),
        "text": f"{alert.get_field_display()} {after}",
        "price": alert.after if alert.field == "price" else None,
        "url": reverse("monitor:alert", args=[alert.pk]),
    }


def words_of_all() -> dict[str, str]:
    """What every chart of prices says of a time at which there is no single price to tell."""
    return {
        "outage": _("Checks failed"),
        "silence": _("Not checked"),
        "dense": _("many changes here: zoom in"),
    }


def _words() -> dict[str, str]:
    return {
        "price": _("Price"),
        "list_price": _("List price"),
        "sku": _("SKU prices"),
        "sales": _("Sold"),
        **words_of_all(),
        "since": _("since %(time)s"),
        "cached": _("from the provider's cache"),
        "last": _("last answer"),
        "target": _("Target"),
        "alert": _("Alert"),
        "trial": _("Would have fired"),
    }
