"""Changes of a product or shop, ready to be shown: texts, values, tables or pictures before and
after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from monitor.judging.changes import Json
from monitor.models import Change
from monitor.pages.shared.answers import PageRequest, wants_region
from monitor.pages.shared.ranges import chosen_moment
from monitor.provider.text import image_url
from monitor.showing.history.diffs import ContentDiff, Piece, list_diff, table_diff, text_diff
from monitor.showing.history.timeline import moments_of
from monitor.showing.reads.words import freight_text, promise_text
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
        field = self.change.field
        is_of_shop = field.endswith(("_score", "_gap", "_scale"))
        return FIELD_ICONS.get(field, "star" if is_of_shop else "pencil")


def timeline(request: PageRequest, changes: QuerySet[Change], since: datetime) -> dict[str, Any]:
    """Return the context of a page of the timeline of `changes`: its moments, each with its rows.
    One query."""
    before = chosen_moment(request)
    moments = moments_of(changes, request.user, since=since, before=before)
    return {
        "moments": moments,
        "moment_rows": [
            (moment, [ChangeRow.of(change) for change in moment.shown_changes])
            for moment in moments.shown
        ],
        "is_continued": before is not None and wants_region(request),
    }


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
