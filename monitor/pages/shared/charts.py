"""The points of the charts as JSON. Times are Unix seconds; each time of a line is the difference from the last one."""

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

from monitor.history import reads as history
from monitor.history.facts import readable_scale
from monitor.history.reads import ProductHistory, seconds
from monitor.history.series import Held, calm, points
from monitor.models import Alert, Outage, Product
from monitor.models.choices import reason_in_words
from monitor.pages.shared.answers import PageRequest, find_product, signed_in
from monitor.pages.shared.ranges import chosen_range
from monitor.pages.shared.words import after, value_in_words
from monitor.provider.observation import Status
from monitor.text import formatting

TONES = {Status.ON_SALE.value: "good", "": "calm"}


@signed_in("GET")
def product(request: PageRequest, num_iid: str) -> HttpResponse:
    """A product's lines in a range: prices in fen, units sold; `null` breaks a line where nothing is known."""
    product = find_product(request, num_iid)
    past = history.history(product, chosen_range(request), request.now)
    data = {
        **frame(past.start, past.end),
        **_prices(past),
        **_sales(past),
        "statuses": statuses(past.statuses),
        "outages": failures(past.outages, past.start),
        "last": _last(product, past),
        "events": [
            (seconds(change.first_seen_after), str(change.get_field_display()))
            for change in history.events(product, past.start)
        ],
        "alerts": [_alert(alert) for alert in history.alerts(request.user, product, past.start)],
        "targets": [(price, formatting.money(price)) for price in history.target_prices(request.user, product)],
        "words": _words(),
    }
    return as_json(data)


def as_json(data: Mapping[str, Any]) -> HttpResponse:
    """The data of a chart. Takes a tenth of the time of `JsonResponse`."""
    return HttpResponse(orjson.dumps(data), content_type="application/json")


def frame(start: datetime, end: datetime) -> dict[str, Any]:
    """What every chart needs: its start and end, the user's time zone and language."""
    return {
        "start": seconds(start),
        "end": seconds(end),
        "zone": timezone.get_current_timezone_name(),
        "language": get_language() or "en",
    }


def line(spans: Sequence[Held[int]], start: datetime) -> list[list[int | None]]:
    """The time steps from `start` to each point, and the values."""
    dots = points(spans)
    times = [seconds(start), *(at for at, _ in dots)]
    return [[at - before for before, at in pairwise(times)], [value for _, value in dots]]


def calm_line(spans: Sequence[Held[int]], start: datetime, end: datetime) -> dict[str, Any]:
    """A price line; where it swings too often to be drawn, its median, and a band of the lowest and highest prices."""
    calmed = calm(spans, seconds(start), seconds(end))
    lows, highs = ([Held(value[side], *when) for value, *when in calmed.band] for side in (0, 1))
    return {"price": line(calmed.line, start), "low": line(lows, start), "high": line(highs, start)}


def _prices(past: ProductHistory) -> dict[str, Any]:
    price, low, high = (past.held(name) for name in ("price", "sku_min_price", "sku_max_price"))
    varies = low != high
    return {
        **calm_line(price, past.start, past.end),
        "list_price": line(past.held("list_price"), past.start),
        "sku_low": line(low if varies else [], past.start),
        "sku_high": line(high if varies else [], past.start),
        "scale": readable_scale(price),
    }


def _sales(past: ProductHistory) -> dict[str, Any]:
    """Sales by their lower bound, with words for the values that the platform rounds."""
    language = get_language() or "en"
    times, values = line(past.held("sales"), past.start)
    steps = {state.sales: state.sales_step for state in past.states if state.sales is not None}
    words = {
        str(sales): formatting.sales(sales, step, language)
        for sales in values
        if sales is not None and (step := steps.get(sales)) and step > 1
    }
    return {"sales": [times, values], "sales_text": words}


def statuses(spans: Iterable[Held[str]]) -> list[tuple[int, int, str, str]]:
    """The start and end of each status, its tone and its words."""
    return [
        (start, end, TONES.get(status, "away"), value_in_words("status", status or None))
        for status, start, end in spans
    ]


def failures(outages: Iterable[Outage], start: datetime) -> list[tuple[int, int, str]]:
    """The start and end of each outage, and its reason."""
    return [
        (
            seconds(max(outage.began_at, start)),
            seconds(outage.ended_at),
            f"{reason_in_words(outage.outcome, outage.code)} {outage.code}".strip(),
        )
        for outage in outages
    ]


def _last(product: Product, past: ProductHistory) -> dict[str, Any] | None:
    """The last reply, if it lies in the range: the end of the line."""
    if product.data_time is None or product.data_time < past.start:
        return None
    return {"at": seconds(product.data_time), "price": product.current_price}


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "at": seconds(alert.data_time),
        "text": f"{alert.get_field_display()} {formatting.one_line(after(alert), 40)}",
        "price": alert.after if alert.field == "price" else None,
        "url": reverse("monitor:alert", args=[alert.pk]),
    }


def words_of_all() -> dict[str, str]:
    """Words of all price charts, for times without a single known price."""
    return {
        "outage": _("Checks failed"),
        "silence": _("Not checked"),
    }


def _words() -> dict[str, str]:
    return {
        "price": _("Price"),
        "list_price": _("List price"),
        "sku": _("SKU prices"),
        "sales": _("Sold"),
        **words_of_all(),
        "since": _("since %(time)s"),
        "last": _("last check"),
        "target": _("Target"),
        "alert": _("Alert"),
        "trial": _("Would have alerted"),
    }
