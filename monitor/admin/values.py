"""Stored values as the admin shows them, as plain text: the template escapes it."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext

from monitor.changes import CONTENT_FIELDS, Json
from monitor.models import Watchlist
from monitor.models.changes import FIELD_CHOICES
from monitor.reads.words import value_in_words
from monitor.text.formatting import NOT_TOLD, money, one_line, sales, score

#: Titles and values in a list are cut to this many characters; a row's own page shows them whole.
SHORT = 60
FIELD_WORDS = dict(FIELD_CHOICES)


def short(text: str | None) -> str:
    """Foreign text for a cell of a list."""
    return one_line(text, SHORT) if text else NOT_TOLD


def answer_in_words(answer: str) -> str:
    """Return a server's answer as it is; an answer that Stallwatch wrote in its place, in the
    reader's language."""
    return gettext(answer) if answer else ""


def list_and_owner(watchlist: Watchlist) -> str:
    return f"{short(watchlist.name)} – {watchlist.owner}"


def in_words(field: str, value: Json, *, whole: bool = False) -> str:
    """Return a stored value of a change, in the user's language."""
    return one_line(value_in_words(field, value), None if whole else SHORT)


def sales_in_words(row: Any) -> str:
    """Return the sales of a product or snapshot, rounded as the provider rounds them."""
    return sales(row.sales, row.sales_step or 1, get_language() or "en")


def sku_prices_in_words(row: Any) -> str:
    return f"{money(row.sku_min_price)} – {money(row.sku_max_price)}"


def score_in_words(row: Any, name: str) -> str:
    """Return one score of a shop, its scale, and how it compares with the category's average."""
    value, gap = getattr(row, f"{name}_score"), getattr(row, f"get_{name}_gap_display")()
    if value is None:
        return NOT_TOLD
    return f"{score(value)} / {row.score_scale}" + (f" ({gap})" if gap else "")


def content_in_words(row: Any) -> str:
    """Return the known content of a product or snapshot, one part a line."""
    content: Mapping[str, Json] = row.content or {}
    known = (name for name in CONTENT_FIELDS if name in content)
    return (
        "\n".join(
            f"{FIELD_WORDS[name]}: {in_words(name, content[name], whole=True)}" for name in known
        )
        or NOT_TOLD
    )
