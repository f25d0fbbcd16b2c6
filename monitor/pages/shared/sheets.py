"""Tables as files for spreadsheets: CSV, sent while it is written, and Excel workbooks."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import batched, chain
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from monitor.judging.changes import MONEY_FIELDS, Json
from monitor.models import AuditKind, Product, Shop
from monitor.people import audit
from monitor.showing.history.moves import Move
from monitor.showing.reads.words import value_in_words
from monitor.text import formatting

BOM = "\ufeff"
#: Lines that are sent together: each piece is compressed, framed and written on its own.
LINES = 200
#: In digits: an ID fits.
COLUMN_WIDTH = 22
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

UNITS_HEADS = (_("Units a day, at least"), _("Units a day"), _("Units a day, at most"))
REVENUE_HEAD = _("Est. revenue a day")

type Cell = str | int | Decimal | datetime | None


def csv_answer(rows: Iterable[Sequence[Cell]]) -> StreamingHttpResponse:
    """CSV for Excel: UTF-8 with a byte order mark, and no text that Excel takes for a formula."""
    return StreamingHttpResponse(csv_lines(rows), content_type="text/csv; charset=utf-8")


def xlsx_answer(rows: Iterable[Sequence[Cell]], title: str) -> HttpResponse:
    """Return a workbook with one sheet, whose first row stays in view."""
    book, file = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    sheet.sheet_format.defaultColWidth = COLUMN_WIDTH
    for row in rows:
        sheet.append([_xlsx_cell(sheet, value) for value in row])
    book.save(file)
    return HttpResponse(file.getvalue(), content_type=_XLSX)


def file_answer(
    rows: Iterable[Sequence[Cell]], title: Any, name: str, extension: str
) -> HttpResponseBase:
    """Return the table as a file with the extension `xlsx` or `csv`. `title` is the sheet's name,
    and in the audit log."""
    return attached(
        xlsx_answer(rows, str(title)) if extension == "xlsx" else csv_answer(rows),
        title,
        name,
        extension,
    )


def for_reader[Row](line: Callable[[Row], list[Cell]]) -> Callable[[Row], list[Cell]]:
    """`line` with the language and the time zone that are active now.

    Rows are made while they are sent, when the user's language and zone are no longer active.
    """
    language, zone = get_language() or "en", timezone.get_current_timezone()

    def line_for_reader(row: Row) -> list[Cell]:
        with override(language), timezone.override(zone):
            return line(row)

    return line_for_reader


def table[Row](
    heads: Iterable[Any], line: Callable[[Row], list[Cell]], rows: Iterable[Row]
) -> Iterator[list[Cell]]:
    """Return the `heads`, and a line for each row, in the language and the time zone that are
    active now."""
    return chain([[str(head) for head in heads]], map(for_reader(line), rows))


def names(product: Product | None, shop: Shop | None) -> list[Cell]:
    """Return the ID and the title of a product, and the name of a shop or, without one, of the
    product's shop."""
    shop = shop or (product.shop if product else None)
    return [
        product.num_iid if product else "",
        formatting.one_line(product.title or "") if product else "",
        formatting.one_line(shop.name or shop.shop_id) if shop else "",
    ]


def attached[Answer: HttpResponseBase](
    answer: Answer, about: Any, name: str, extension: str, row: Any = None
) -> Answer:
    """Make the answer a file of this name, and write the download to the audit log."""
    audit.record(AuditKind.EXPORTED, about=about, row=row, what=extension.upper())
    answer["Content-Disposition"] = f'attachment; filename="stallwatch-{name}.{extension}"'
    return answer


def of_today(name: str, now: datetime) -> str:
    return f"{name}-{timezone.localdate(now):%Y%m%d}"


def percent(way: Move | None) -> Decimal | None:
    return way.change_percent if way else None


def field_cell(field: str, value: Json) -> Cell:
    """Return a stored value of a change: a number if it is a price or a count, else in words."""
    if value is None:
        return None
    if type(value) is int and field in MONEY_FIELDS:
        return yuan(value)
    return (
        value
        if type(value) is int and field == "sales"
        else formatting.one_line(value_in_words(field, value))
    )


def hundredths(number: float | None) -> Decimal | None:
    return None if number is None else Decimal(number).quantize(Decimal("0.01"))


def units_cells(product: Product) -> Sequence[Cell]:
    """Return what a product sells a day, below `UNITS_HEADS`."""
    return hundredths(product.units_low), hundredths(product.units), hundredths(product.units_high)


def yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else Decimal(fen).scaleb(-2)


def on_clock(when: datetime | None) -> datetime | None:
    """Whole seconds without a zone, on the user's clock: spreadsheets know no zones."""
    return None if when is None else timezone.make_naive(when).replace(microsecond=0)


def csv_lines(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    yield BOM
    for batch in batched(rows, LINES):
        buffer = io.StringIO()
        csv.writer(buffer).writerows(
            [formatting.csv_text(value) if isinstance(value, str) else value for value in row]
            for row in batch
        )
        yield buffer.getvalue()


def _number_format(value: int | Decimal) -> str:
    """Return a format with commas, and with as many digits after the point as the number has."""
    digits = -int(value.as_tuple().exponent) if isinstance(value, Decimal) else 0
    return f"#,##0.{'0' * digits}" if digits > 0 else "#,##0"


def _xlsx_cell(sheet: Any, value: Any) -> Any:
    if value is None:
        return None
    cell = WriteOnlyCell(sheet, value=value)
    if not isinstance(value, str):
        cell.number_format = (
            "yyyy-mm-dd hh:mm" if isinstance(value, datetime) else _number_format(value)
        )
        return cell
    # openpyxl takes text that begins with '=' for a formula.
    cell.data_type = "s"
    return cell
