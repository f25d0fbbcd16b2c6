"""Lists as CSV files: the columns of a list, for the chosen rows or for all that its filters
match."""

from collections.abc import Sequence
from datetime import datetime
from html import unescape
from itertools import chain
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import label_for_field, lookup_field
from django.db.models import Model, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from monitor import audit
from monitor.models import AuditKind
from monitor.pages.shared.sheets import Cell, csv_answer, for_reader, of_today

#: For more rows use the tools of the database.
MOST_ROWS = 100_000


@admin.action(description=_("Download as CSV"), permissions=["view"])
def download_csv(page: Any, request: HttpRequest, queryset: QuerySet[Any]) -> StreamingHttpResponse:
    """Return the columns of the list."""
    columns = [name for name in page.get_list_display(request) if name != "action_checkbox"]
    audit.record(AuditKind.EXPORTED, model=page.opts.label_lower, what="CSV")
    head: Sequence[Cell] = [str(label_for_field(name, page.model, page)) for name in columns]

    def line(row: Model) -> list[Cell]:
        return [_cell(page, row, name) for name in columns]

    response = csv_answer(
        chain([head], map(for_reader(line), queryset[:MOST_ROWS].iterator(chunk_size=500)))
    )
    name = of_today(page.opts.model_name, timezone.now())
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _cell(page: Any, row: Model, name: str) -> Cell:
    field, _attribute, value = lookup_field(name, row, page)
    if getattr(field, "choices", None):
        value = getattr(row, f"get_{name}_display")()
    if value is None or isinstance(value, int):
        return None if value is None else int(value)
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
    return unescape(strip_tags(value)) if isinstance(value, SafeString) else str(value)
