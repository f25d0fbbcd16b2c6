"""Stored values as the admin shows them. All foreign text among them stays text: the template escapes it."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language

from monitor.changes import CONTENT_FIELDS, Json
from monitor.models import Watchlist
from monitor.models.changes import FIELD_CHOICES
from monitor.text.formatting import NOT_TOLD, field_value, one_line, sales, score

#: Titles and values in a table are cut to this many characters; a row's own page shows them whole.
SHORT = 60
FIELD_WORDS = dict(FIELD_CHOICES)


def short(text: str | None) -> str:
    """Foreign text for a cell of a table."""
    return one_line(text, SHORT) if text else NOT_TOLD


def list_and_owner(watchlist: Watchlist) -> str:
    """A watchlist's name with whose it is."""
    return f"{short(watchlist.name)} – {watchlist.owner}"


def in_words(field: str, value: Json, *, whole: bool = False) -> str:
    """A stored value of a change, in the reader's language."""
    return one_line(field_value(field, value, _language()), None if whole else SHORT)


def told_sales(told: Any) -> str:
    """The sales of a product or snapshot as the record shows them."""
    return sales(told.sales, told.sales_step or 1, _language())


def told_score(told: Any, name: str) -> str:
    """One score of a shop with its scale and its place against the category's average."""
    value, gap = getattr(told, f"{name}_score"), getattr(told, f"get_{name}_gap_display")()
    if value is None:
        return NOT_TOLD
    return f"{score(value)} / {told.score_scale}" + (f" ({gap})" if gap else "")


def content_in_words(content: Mapping[str, Json] | None) -> str:
    """The parts of a product's page that were told, one a line: the template makes paragraphs of lines."""
    told = content or {}
    parts = (
        f"{FIELD_WORDS[name]}: {in_words(name, told[name], whole=True)}" for name in CONTENT_FIELDS if name in told
    )
    return "\n".join(parts) or NOT_TOLD


def _language() -> str:
    return get_language() or "en"
