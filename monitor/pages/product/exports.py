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
from monitor.pages.shared.sheets import LINES, Cell, attached, csv_answer, on_clock, xlsx_answer, yuan
from monitor.text import formatting


@signed_in("GET")
def as_csv(request: PageRequest, num_iid: str) -> HttpResponseBase:
    """The states as CSV."""
    product = find_product(request, num_iid)
    return _attached(csv_answer(_table(product, request)), product, request, "csv")


@signed_in("GET")
def as_json(request: PageRequest, num_iid: str) -> HttpResponseBase:
    """Snapshots, changes and outages, one JSON object a line."""
    product = find_product(request, num_iid)
    events = exports.events(product, _since(product, request))
    lines = (
        orjson.dumps({"type": event.kind, **event.values}, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)
        for event in events
    )
    pieces = (b"".join(batch) for batch in batched(lines, LINES))
    return _attached(StreamingHttpResponse(pieces, content_type="application/x-ndjson"), product, request, "jsonl")


@signed_in("GET")
def as_xlsx(request: PageRequest, num_iid: str) -> HttpResponseBase:
    """The states as a workbook."""
    product = find_product(request, num_iid)
    return _attached(xlsx_answer(_table(product, request), _("History")), product, request, "xlsx")


def _attached[Response: HttpResponseBase](
    response: Response, product: Product, request: PageRequest, ending: str
) -> Response:
    return attached(response, product.num_iid, f"{product.num_iid}-{chosen_range(request)}", ending, row=product)


def _since(product: Product, request: PageRequest) -> datetime | None:
    return None if chosen_range(request) == "all" else starts_at(product, chosen_range(request), request.now)


def _table(product: Product, request: PageRequest) -> Iterator[list[Cell]]:
    """A heading, then a row for each state: prices in yuan, times on the user's clock.

    Rows are made while they are sent, when the user's language and zone are no longer active: both are read here.
    """
    zone = timezone.get_current_timezone()
    language = get_language() or "en"
    yes = _("yes")
    head: list[Cell] = [
        *(_("Product ID"), _("Data time") + f" ({zone})", _("Price"), _("List price"), _("Lowest SKU price")),
        *(_("Highest SKU price"), _("Sold"), _("Sales rounded to"), _("Status"), _("Title")),
        *(_("State before last seen"), _("From the provider's cache"), _("Request ID")),
    ]

    def cells(row: dict[str, Any]) -> list[Cell]:
        return [
            product.num_iid,
            on_clock(row["data_time"], zone),
            *(yuan(row[name]) for name in ("price", "list_price", "sku_min_price", "sku_max_price")),
            row["sales"],
            row["sales_step"],
            formatting.field_value("status", row["status"], language),
            formatting.one_line(row["title"] or ""),
            on_clock(row["last_seen_before"], zone),
            yes if row["from_cache"] else "",
            formatting.one_line(row["request_id"]),
        ]

    return chain([head], map(cells, exports.snapshots(product, _since(product, request))))
