"""A change as people see it: words against words, pictures beside pictures, tables row by row."""

from collections.abc import Callable, Mapping
from typing import Any

from django import template
from django.utils.text import capfirst
from django.utils.translation import get_language

from monitor import formatting
from monitor.changes import Json
from monitor.dashboard.diffs import list_diff, table_diff, text_diff
from monitor.models import Alert, Change
from monitor.models.changes import FIELD_CHOICES
from monitor.provider.text import image_url
from monitor.templatetags.stallwatch import promise_text

register = template.Library()

TEXTS = frozenset({"title", "name", "company_name"})
TABLES = frozenset({"specification", "attributes"})


@register.inclusion_tag("parts/change.html")
def change_row(change: Change | Alert) -> dict[str, Any]:
    """One change, shown as its field is best understood; what has an odd shape is shown as it is stored."""
    try:
        shown = _shown(change.field, change.before, change.after)
    except (TypeError, ValueError, KeyError, AttributeError):
        shown = {}
    return {"change": change, "alert_id": getattr(change, "alert_id", None), **shown}


@register.filter
def score_name(field: str) -> str:
    """What one of a shop's three scores is called."""
    return capfirst(str(dict(FIELD_CHOICES)[field]))


def _shown(field: str, before: Json, after: Json) -> dict[str, Any]:
    if field in TEXTS and isinstance(before, str) and isinstance(after, str):
        return {"text": text_diff(formatting.one_line(before), formatting.one_line(after))}
    if field in TABLES:
        return {"table": table_diff(before, after)}
    if field == "images":
        return {"pictures": [_pictures(before, after), _pictures(after, before)]}
    if write := _LISTS.get(field):
        return {"list": list_diff(_written(before, write), _written(after, write))}
    return {}


def _written(told: Json, write: Callable[[Any], str]) -> list[str]:
    if not isinstance(told, list):
        raise TypeError("A list is wanted.")
    return [formatting.one_line(write(entry)) for entry in told]


def _freight(rule: Mapping[str, Json]) -> str:
    return formatting.field_value("freight", [dict(rule)], get_language() or "en")


_LISTS: Mapping[str, Callable[[Any], str]] = {"freight": _freight, "service_promises": promise_text}


def _pictures(told: Json, other: Json) -> list[tuple[str, bool]]:
    """The addresses of pictures that may be shown, each with whether the other side has it too."""
    return [(url, url in _addresses(other)) for url in _addresses(told)]


def _addresses(told: Json) -> list[str]:
    if not isinstance(told, list):
        raise TypeError("A list is wanted.")
    return [url for value in told if (url := image_url(value, "images", []))]
