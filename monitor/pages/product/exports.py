"""A product's history as files: CSV and XLSX for a table, JSON lines for programs."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import IO, Any

import orjson
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from monitor.history.reads import starts_at
from monitor.models import Product
from monitor.pages.product import export_rows as exports
from monitor.pages.shared.answers import PageRequest, signed_in
from monitor.pages.shared.found import found_product
from monitor.pages.shared.ranges import chosen_range
from monitor.text import formatting

BOM = "\ufeff"
#: So many characters or bytes are sent at once: each piece is compressed, framed and written on its own.
PIECE = 16 * 1024

type Cell = str | int | Decimal | datetime | None


@signed_in
@require_safe
def as_csv(request: PageRequest, num_iid: str) -> HttpResponseBase:
    """The states as CSV that Excel opens as it is: UTF-8 with its mark, no text taken for a formula."""
    found = found_product(request, num_iid)
    lines = _csv_lines(_table(found, request))
    return _attached(StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8"), found, request, "csv")


@signed_in
@require_safe
def as_json(request: PageRequest, num_iid: str) -> HttpResponseBase:
    """Snapshots, changes and outages, a JSON object a line: what `manage.py history --json` gives."""
    found = found_product(request, num_iid)
    events = exports.events(found, _since(found, request))
    lines = (
        orjson.dumps({"type": event.kind, **event.values}, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)
        for event in events
    )
    pieces = _in_pieces(lines)
    return _attached(StreamingHttpResponse(pieces, content_type="application/x-ndjson"), found, request, "jsonl")


@signed_in
@require_safe
def as_xlsx(request: PageRequest, num_iid: str) -> HttpResponseBase:
    """The states as a workbook, with prices as numbers and times as times."""
    found = found_product(request, num_iid)
    file = io.BytesIO()
    _write_workbook(file, _table(found, request))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _attached(HttpResponse(file.getvalue(), content_type=kind), found, request, "xlsx")


def _attached[Response: HttpResponseBase](
    response: Response, found: Product, request: PageRequest, ending: str
) -> Response:
    name = f"stallwatch-{found.num_iid}-{chosen_range(request)}.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _in_pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    piece = bytearray()
    for line in lines:
        piece += line
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def _since(found: Product, request: PageRequest) -> datetime | None:
    return None if chosen_range(request) == "all" else starts_at(found, chosen_range(request), request.now)


def _table(found: Product, request: PageRequest) -> Iterator[list[Cell]]:
    """A heading, then a row for each state: prices in yuan, times on the user's clock.

    Rows are made while they are sent, when language and zone are no longer the user's: both are read here.
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
            found.num_iid,
            _on_clock(row["data_time"], zone),
            *(_yuan(row[name]) for name in ("price", "list_price", "sku_min_price", "sku_max_price")),
            row["sales"],
            row["sales_step"],
            formatting.field_value("status", row["status"], language),
            formatting.one_line(row["title"] or ""),
            _on_clock(row["last_seen_before"], zone),
            yes if row["from_cache"] else "",
            formatting.one_line(row["request_id"]),
        ]

    return chain([head], map(cells, exports.snapshots(found, _since(found, request))))


def _yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else Decimal(fen).scaleb(-2)


def _on_clock(when: datetime | None, zone: Any) -> datetime | None:
    """Without its zone, which no spreadsheet knows, and in whole seconds."""
    return None if when is None else when.astimezone(zone).replace(tzinfo=None, microsecond=0)


# CSV


def _csv_lines(rows: Iterable[list[Cell]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write(BOM)
    for row in rows:
        writer.writerow([_csv_cell(value) for value in row])
        if buffer.tell() >= PIECE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _csv_cell(value: Cell) -> str:
    if value is None:
        return ""
    return formatting.csv_text(value) if isinstance(value, str) else str(value)


# XLSX


def _write_workbook(file: IO[bytes], rows: Iterable[list[Cell]]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("History"))
    sheet.freeze_panes = "A2"
    for row in rows:
        sheet.append([_xlsx_cell(sheet, value) for value in row])
    book.save(file)


def _xlsx_cell(sheet: Any, value: Cell) -> Any:
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value=value)
    # Text stays text, whatever it begins with: openpyxl takes '=' for a formula.
    cell.data_type = "s"
    return cell
