"""Writing HTML in Python: as safe as Django's `format_html`, at a third of its time."""

import html
import re
from collections.abc import Iterable

from django.utils.safestring import SafeString

_is_special = re.compile("[&<>\"']").search


def escape(text: str) -> str:
    """As `html.escape`, which looks five times through the many texts that have nothing to escape."""
    return html.escape(text) if _is_special(text) else text


def markup(template: str, *values: object) -> SafeString:
    """`template`, a constant, with `values` in its `{}`; whatever is not HTML already is escaped."""
    return SafeString(template.format(*[one if type(one) is SafeString else escape(str(one)) for one in values]))


def constant(html: str) -> SafeString:
    """HTML that holds nothing of anybody's."""
    return SafeString(html)


def escaped(text: str) -> SafeString:
    return text if isinstance(text, SafeString) else SafeString(escape(text))


def joined(parts: Iterable[object]) -> SafeString:
    """One after the other."""
    return SafeString("".join([one if type(one) is SafeString else escape(str(one)) for one in parts]))
