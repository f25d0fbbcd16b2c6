"""Tables as files for spreadsheets: CSV, sent while it is written, and Excel workbooks."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import batched
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from monitor import audit
from monitor.history.moves import Move
from monitor.models import AuditKind
from monitor.text import formatting

BOM = "\ufeff"
#: Lines that are sent together: each piece is compressed, framed and written on its own.
LINES = 200
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

type Cell = str | int | Decimal | datetime | None


def csv_answer(rows: Iterable[Sequence[Cell]]) -> StreamingHttpResponse:
    """CSV for Excel: UTF-8 with a byte order mark, and no text that Excel takes for a formula."""
    return StreamingHttpResponse(_csv_lines(rows), content_type="text/csv; charset=utf-8")


def xlsx_answer(rows: Iterable[Sequence[Cell]], title: str) -> HttpResponse:
    """A workbook with one sheet, whose first row stays in view."""
    book, file = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for row in rows:
        sheet.append([_xlsx_cell(sheet, value) for value in row])
    book.save(file)
    return HttpResponse(file.getvalue(), content_type=_XLSX)


def attached[Answer: HttpResponseBase](answer: Answer, about: Any, name: str, ending: str, row: Any = None) -> Answer:
    """Makes the answer a file of this name, and writes the download to the audit log."""
    audit.record(AuditKind.EXPORTED, about=about, row=row, what=ending.upper())
    answer["Content-Disposition"] = f'attachment; filename="stallwatch-{name}.{ending}"'
    return answer


def of_today(name: str, now: datetime) -> str:
    return f"{name}-{timezone.localdate(now):%Y%m%d}"


def percent(way: Move | None) -> Decimal | None:
    """A move in percent of its beginning, with its sign, rounded to a tenth."""
    if way is None or way.percent is None:
        return None
    return (way.percent if way.after > way.before else -way.percent).quantize(Decimal("0.1"))


def yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else Decimal(fen).scaleb(-2)


def on_clock(when: datetime | None, zone: Any) -> datetime | None:
    """Whole seconds without a zone: spreadsheets know none."""
    return None if when is None else when.astimezone(zone).replace(tzinfo=None, microsecond=0)


def _csv_lines(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    yield BOM
    for batch in batched(rows, LINES):
        buffer = io.StringIO()
        csv.writer(buffer).writerows(
            [formatting.csv_text(value) if isinstance(value, str) else value for value in row] for row in batch
        )
        yield buffer.getvalue()


def _xlsx_cell(sheet: Any, value: Cell) -> Any:
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value=value)
    # openpyxl takes text that begins with '=' for a formula.
    cell.data_type = "s"
    return cell
