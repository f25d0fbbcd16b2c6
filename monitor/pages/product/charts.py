"""The points of a product's charts."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from monitor.models import Alert, Product
from monitor.models.clock import seconds
from monitor.pages.shared.answers import PageRequest, find_product, signed_in
from monitor.pages.shared.charts import (
    as_json,
    failures,
    frame,
    line,
    simplified_line,
    statuses,
    words_of_all,
)
from monitor.pages.shared.ranges import chosen_range
from monitor.showing.history import reads as history
from monitor.showing.history.facts import readable_scale
from monitor.showing.history.reads import ProductHistory
from monitor.showing.history.sales_days import sales_days
from monitor.showing.history.steps import headline
from monitor.telling.entries import MailLine
from monitor.text import formatting


@signed_in("GET")
def series(request: PageRequest, num_iid: str) -> HttpResponse:
    """Return a product's lines in a range: prices in fen, units sold. A `null` breaks a line where
    nothing is known."""
    product = find_product(request, num_iid)
    past = history.history(product, chosen_range(request), request.now)
    data = {
        **frame(past.start, past.end),
        **_prices(past),
        **_sales(past),
        "days": [*map(tuple, sales_days(product, past.start, past.end, past.states))],
        "statuses": statuses(past.statuses),
        "outages": failures(past.outages, past.start),
        "last": _last(product, past),
        "events": [
            (seconds(change.first_seen_after), str(change.get_field_display()))
            for change in history.events(product, past.start)
        ],
        "alerts": [_alert(alert) for alert in history.alerts(request.user, product, past.start)],
        "targets": [
            (price, formatting.money(price))
            for price in history.target_prices(request.user, product)
        ],
        "words": _words(),
    }
    return as_json(data)


def _prices(past: ProductHistory) -> dict[str, Any]:
    price, low, high = (past.held(name) for name in ("price", "sku_min_price", "sku_max_price"))
    varies = low != high
    return {
        **simplified_line(price, past.start, past.end),
        "list_price": line(past.held("list_price"), past.start, past.end),
        "sku_low": line(low if varies else [], past.start, past.end),
        "sku_high": line(high if varies else [], past.start, past.end),
        "scale": readable_scale(price),
    }


def _sales(past: ProductHistory) -> dict[str, Any]:
    """Return sales by their lower bound, with words for the values that the platform rounds."""
    language = get_language() or "en"
    times, values = line(past.held("sales"), past.start, past.end)
    steps = {state.sales: state.sales_step for state in past.states if state.sales is not None}
    words = {
        str(sales): formatting.sales(sales, step, language)
        for sales in values
        if sales is not None and (step := steps.get(sales)) and step > 1
    }
    return {"sales": [times, values], "sales_text": words}


def _last(product: Product, past: ProductHistory) -> dict[str, Any] | None:
    """Return the last reply, where the line ends, if it is in the range."""
    if product.data_time is None or product.data_time < past.start:
        return None
    return {"at": seconds(product.data_time), "price": product.current_price}


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "at": seconds(alert.data_time),
        "text": f"{alert.get_field_display()} "
        f"{formatting.one_line(MailLine(headline(alert)).text, 60)}",
        "price": alert.after if alert.field == "price" else None,
        "url": reverse("monitor:alert", args=[alert.pk]),
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
