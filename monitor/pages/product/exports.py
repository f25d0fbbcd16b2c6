"""A product's history as files: CSV and XLSX for a table, JSON lines for programs."""

from collections.abc import Iterator
from datetime import datetime
from itertools import batched, chain
from typing import Any

import orjson
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from monitor.history.reads import starts_at
from monitor.models import Product
from monitor.pages.product import export_rows as exports
from monitor.pages.shared.answers import PageRequest, find_product, signed_in
from monitor.pages.shared.ranges import chosen_range
from monitor.pages.shared.sheets import (
    LINES,
    Cell,
    attached,
    csv_answer,
    for_reader,
    on_clock,
    xlsx_answer,
    yuan,
)
from monitor.text import formatting
from monitor.text.clock import EPOCH


@signed_in("GET", is_file=True)
def as_table(request: PageRequest, num_iid: str, ending: str) -> HttpResponseBase:
    """Send the states, as CSV or as a workbook."""
    product = find_product(request, num_iid)
    rows = _table(product, request)
    answer = xlsx_answer(rows, _("History")) if ending == "xlsx" else csv_answer(rows)
    return _attached(answer, product, request, ending)


@signed_in("GET", is_file=True)
def as_json(request: PageRequest, num_iid: str) -> HttpResponseBase:
    """Send snapshots, changes and outages, one JSON object a line."""
    product = find_product(request, num_iid)
    events = exports.events(product, _since(product, request))
    lines = (
        orjson.dumps(
            {"type": event.kind, **event.values},
            option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z,
        )
        for event in events
    )
    pieces = (b"".join(batch) for batch in batched(lines, LINES))
    return _attached(
        StreamingHttpResponse(pieces, content_type="application/x-ndjson"),
        product,
        request,
        "jsonl",
    )


def _attached[Response: HttpResponseBase](
    response: Response, product: Product, request: PageRequest, ending: str
) -> Response:
    return attached(
        response, product.num_iid, f"{product.num_iid}-{chosen_range(request)}", ending, row=product
    )


def _since(product: Product, request: PageRequest) -> datetime:
    """Return when the range begins. 'all' includes outages before the first data."""
    return (
        EPOCH
        if chosen_range(request) == "all"
        else starts_at(product, chosen_range(request), request.now)
    )


def _table(product: Product, request: PageRequest) -> Iterator[list[Cell]]:
    """Return a heading, then a row for each state: prices in yuan, times on the user's clock."""
    zone = timezone.get_current_timezone()
    head: list[Cell] = [
        *(
            _("Product ID"),
            _("Data time") + f" ({zone})",
            _("Price"),
            _("List price"),
            _("Lowest SKU price"),
        ),
        *(_("Highest SKU price"), _("Sold"), _("Sales rounded to"), _("Status"), _("Title")),
        *(_("State before last seen"), _("From the provider's cache"), _("Request ID")),
    ]

    def cells(row: dict[str, Any]) -> list[Cell]:
        return [
            product.num_iid,
            on_clock(row["data_time"]),
            *(
                yuan(row[name])
                for name in ("price", "list_price", "sku_min_price", "sku_max_price")
            ),
            row["sales"],
            row["sales_step"],
            formatting.field_value("status", row["status"], get_language() or "en"),
            formatting.one_line(row["title"] or ""),
            on_clock(row["last_seen_before"]),
            _("yes") if row["from_cache"] else "",
            formatting.one_line(row["request_id"]),
        ]

    return chain(
        [head], map(for_reader(cells), exports.snapshots(product, _since(product, request)))
    )
