"""Changes of a product or shop, ready to be shown: texts, values, tables or pictures before and
after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst

from monitor.judging.changes import Json
from monitor.models import Change
from monitor.models.changes import FIELD_CHOICES
from monitor.provider.text import image_url
from monitor.showing.history.diffs import ContentDiff, Piece, list_diff, table_diff, text_diff
from monitor.showing.history.swings import LogEntry, LogSwing, Moment
from monitor.showing.history.timeline import TimelinePage
from monitor.showing.reads.words import freight_text, promise_text, value_in_words
from monitor.text.formatting import one_line

TEXTS = frozenset({"title", "name", "company_name"})
TABLES = frozenset({"specification", "attributes"})
LISTS: Mapping[str, Callable[[Any], str]] = {
    "freight": freight_text,
    "service_promises": promise_text,
}
FIELD_ICONS = {
    "price": "coin",
    "list_price": "tag",
    "sku_range": "tag",
    "status": "package",
    "sales": "chart-line",
    "images": "photo",
    "freight": "truck",
    "service_promises": "shield-check",
}


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change with its differences: in a text, among values, in a table, or in the pictures before
    and after. With none of these the page shows one value beside the other."""

    change: Change
    text: list[Piece] | None = None
    values: list[Piece] | None = None
    table: list[ContentDiff] | None = None
    #: Before and after: addresses, and whether the other side has the picture, too.
    pictures: tuple[list[dict[str, Any]], list[dict[str, Any]]] | None = None

    @classmethod
    def of(cls, change: Change) -> ChangeRow:
        """Return the row of a change. A value of an unexpected shape is shown as it is stored."""
        try:
            return cls(change, **_difference(change.field, change.before, change.after))
        except (TypeError, ValueError, KeyError, AttributeError):
            return cls(change)

    @property
    def icon(self) -> str:
        return field_icon(self.change.field)


@dataclass(frozen=True, slots=True)
class SwingRow:
    """A value that changed often in one day: its lowest and highest in words, or the first and the
    last of a value that only rose or fell."""

    swing: LogSwing
    field: str
    values: tuple[str, str]

    @classmethod
    def of(cls, swing: LogSwing) -> SwingRow:
        values = [one_line(value_in_words(swing.field, value)) for value in (swing.low, swing.high)]
        if swing.direction == "fall":
            values.reverse()
        return cls(swing, capfirst(str(dict(FIELD_CHOICES)[swing.field])), (values[0], values[1]))

    @property
    def icon(self) -> str:
        return field_icon(self.swing.field)


type MomentRow = tuple[Moment, list[ChangeRow]]


def moment_rows(moments: TimelinePage[Moment]) -> list[MomentRow]:
    """Return the moments of one page of a timeline, each with its changes."""
    return [_moment_row(moment) for moment in moments.shown]


def log_rows(
    log: TimelinePage[LogEntry],
) -> list[tuple[LogEntry, list[ChangeRow] | list[SwingRow]]]:
    """Return the entries of one page of a log, each with its changes or its swings."""
    return [
        (
            entry,
            _moment_row(entry.moment)[1]
            if entry.moment
            else [SwingRow.of(swing) for swing in entry.swings],
        )
        for entry in log.shown
    ]


def _moment_row(moment: Moment) -> MomentRow:
    return moment, [ChangeRow.of(change) for change in moment.shown_changes]


def field_icon(field: str) -> str:
    return FIELD_ICONS.get(
        field, "star" if field.endswith(("_score", "_gap", "_scale")) else "pencil"
    )


def _difference(field: str, before: Json, after: Json) -> dict[str, Any]:
    """Return the field of `ChangeRow` that holds the differences; empty for a field that is one
    value. Values of an unexpected shape raise various errors."""
    if field in TEXTS and isinstance(before, str) and isinstance(after, str):
        return {"text": text_diff(one_line(before), one_line(after))}
    if field in TABLES:
        return {"table": table_diff(before, after)}
    if field == "images":
        old, new = _addresses(before), _addresses(after)
        sides = ((old, new), (new, old))
        return {
            "pictures": tuple(
                [{"url": url, "stayed": url in others} for url in urls] for urls, others in sides
            )
        }
    if in_words := LISTS.get(field):
        old, new = (
            [one_line(in_words(entry)) for entry in _list(value)] for value in (before, after)
        )
        return {"values": list_diff(old, new)}
    return {}


def _addresses(images: Json) -> list[str]:
    """Return the addresses that may be shown."""
    return [url for image in _list(images) if (url := image_url(image, "images", []))]


def _list(value: Json) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("Expected a list.")
    return value
