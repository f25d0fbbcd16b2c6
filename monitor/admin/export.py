"""Lists as CSV files: the columns of a list, for the chosen rows or for all that its filters match."""

import csv
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from html import unescape
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import label_for_field, lookup_field
from django.db.models import Model, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from monitor import audit
from monitor.models import AuditKind
from monitor.text.formatting import csv_text

#: For more rows use the tools of the database.
MOST_ROWS = 100_000


class ExportLine:
    """A file for `csv.writer` that returns each line."""

    def write(self, line: str) -> str:
        return line


@admin.action(description=_("Download as CSV"), permissions=["view"])
def download_csv(page: Any, request: HttpRequest, queryset: QuerySet[Any]) -> StreamingHttpResponse:
    """The columns of the list. Spreadsheets need the byte order mark to read Chinese."""
    columns = [name for name in page.get_list_display(request) if name != "action_checkbox"]
    audit.record(AuditKind.EXPORTED, model=page.opts.label_lower, what="CSV")
    name = f"{page.opts.model_name}-{timezone.localdate():%Y%m%d}.csv"
    # The lines are written when the middleware has already reset the user's language and time zone.
    language, zone = (
        translation.override(translation.get_language()),
        timezone.override(timezone.get_current_timezone()),
    )
    return StreamingHttpResponse(
        _lines(page, queryset[:MOST_ROWS], columns, language, zone),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _lines(page: Any, rows: QuerySet[Any], columns: Sequence[str], language: Any, zone: Any) -> Iterator[str]:
    write: Callable[[Sequence[str]], str] = csv.writer(ExportLine()).writerow
    with language, zone:
        yield "\ufeff" + write([str(label_for_field(name, page.model, page)) for name in columns])
        for row in rows.iterator(chunk_size=500):
            yield write([_cell(page, row, name) for name in columns])


def _cell(page: Any, row: Model, name: str) -> str:
    field, _attribute, value = lookup_field(name, row, page)
    if getattr(field, "choices", None):
        value = getattr(row, f"get_{name}_display")()
    if value is None:
        return ""
    if isinstance(value, bool | int):
        return str(int(value))
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
    return csv_text(unescape(strip_tags(value)) if isinstance(value, SafeString) else str(value))
