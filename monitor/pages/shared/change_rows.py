"""A product's or a shop's changes: words against words, pictures beside pictures, tables row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from monitor.changes import Json
from monitor.history.diffs import ContentDiff, Piece, list_diff, table_diff, text_diff
from monitor.history.timeline import Moment, Moments
from monitor.models import Change
from monitor.pages.shared.words import freight_text, promise_text
from monitor.provider.text import image_url
from monitor.text.formatting import one_line

TEXTS = frozenset({"title", "name", "company_name"})
TABLES = frozenset({"specification", "attributes"})
LISTS: Mapping[str, Callable[[Any], str]] = {"freight": freight_text, "service_promises": promise_text}
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
class Picture:
    url: str
    #: Whether it is there both before and after.
    stayed: bool


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change with what differs, as its field is best understood: in a text, among values, in a table, or in the
    pictures before and after. Where it has none of these, one value stands against the other.
    """

    change: Change
    text: list[Piece] | None = None
    values: list[Piece] | None = None
    table: list[ContentDiff] | None = None
    pictures: tuple[list[Picture], list[Picture]] | None = None

    @classmethod
    def of(cls, change: Change) -> ChangeRow:
        """What has an odd shape is shown as it is stored."""
        try:
            return cls(change, **_difference(change.field, change.before, change.after))
        except (TypeError, ValueError, KeyError, AttributeError):
            return cls(change)

    @property
    def icon(self) -> str:
        return field_icon(self.change.field)


def moment_rows(moments: Moments) -> list[tuple[Moment, list[ChangeRow]]]:
    """The moments of one page of a timeline, with the changes that each tells of."""
    return [(moment, [ChangeRow.of(change) for change in moment.shown_changes]) for moment in moments.shown]


def field_icon(field: str) -> str:
    return FIELD_ICONS.get(field, "star" if field.endswith(("_score", "_gap", "_scale")) else "pencil")


def _difference(field: str, before: Json, after: Json) -> dict[str, Any]:
    """What `ChangeRow` tells of a field, by name; nothing of a field that is one value. Raises what an odd shape makes
    raise.
    """
    if field in TEXTS and isinstance(before, str) and isinstance(after, str):
        return {"text": text_diff(one_line(before), one_line(after))}
    if field in TABLES:
        return {"table": table_diff(before, after)}
    if field == "images":
        old, new = _addresses(before), _addresses(after)
        return {"pictures": (_pictures(old, new), _pictures(new, old))}
    if in_words := LISTS.get(field):
        old, new = ([one_line(in_words(entry)) for entry in _list(told)] for told in (before, after))
        return {"values": list_diff(old, new)}
    return {}


def _pictures(urls: list[str], others: list[str]) -> list[Picture]:
    return [Picture(url, url in others) for url in urls]


def _addresses(told: Json) -> list[str]:
    """Those of pictures that may be shown."""
    return [url for value in _list(told) if (url := image_url(value, "images", []))]


def _list(told: Json) -> list[Any]:
    if not isinstance(told, list):
        raise TypeError("A list is wanted.")
    return told
