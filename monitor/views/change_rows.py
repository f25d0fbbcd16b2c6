"""A product's or a shop's changes as HTML: words against words, pictures beside pictures, tables row by row.

Written here and not in a template, as the rows of the products table are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext

from monitor import formatting
from monitor.changes import Json
from monitor.clock import ago, moment
from monitor.dashboard.diffs import Entry, Kind, Piece, list_diff, table_diff, text_diff
from monitor.dashboard.timeline import Moment, Moments
from monitor.marks import icon, move_mark, number_move
from monitor.markup import constant, joined, markup
from monitor.models import Change
from monitor.provider.text import image_url
from monitor.templatetags.stallwatch import promise_text

TEXTS = frozenset({"title", "name", "company_name"})
TABLES = frozenset({"specification", "attributes"})
#: Values longer than this do not stand side by side on one line.
LONGEST = 36
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
_TAGS = {Kind.SAME: constant("span"), Kind.REMOVED: constant("del"), Kind.ADDED: constant("ins")}
_FOCUS = constant(' tabindex="-1" autofocus')
_STAYED = constant(" stayed")
_VALUE = constant(' class="value"')


def moment_rows(moments: Moments, *, follows: bool) -> SafeString:
    """The moments of one page of a timeline, as items of a list. What `follows` takes the focus of the button in whose
    place it comes.
    """
    writer = _MomentWriter()
    return joined(writer.write(one, _FOCUS if follows and not place else "") for place, one in enumerate(moments.shown))


class _MomentWriter:
    """Writes the moments of a timeline, for as long as one language is active."""

    def __init__(self) -> None:
        self._words = gettext("Evidence"), gettext("Data time"), gettext("It happened"), gettext("Request ID")
        self._interval = gettext("after %(from)s and at the latest at %(to)s: within %(length)s")
        self._alert = gettext("alert")
        self._confirmed = gettext("Confirmed"), gettext("by a second reading; first read at %(at)s")

    def write(self, one: Moment, attributes: str) -> SafeString:
        seen = moment(one.first_seen_after)
        within = {"from": moment(one.last_seen_before), "to": seen, "length": formatting.duration(one.within)}
        evidence, data_time, happened, request_id = self._words
        return markup(
            '<li{}><div class="when">{} · {}</div>{}<details class="evidence"><summary>{}</summary><dl>'
            '<dt>{}</dt><dd class="num">{}</dd><dt>{}</dt><dd>{}</dd>{}<dt>{}</dt><dd>{}</dd></dl></details></li>',
            attributes,
            seen,
            ago(one.first_seen_after),
            joined(self._change(change) for change in one.told),
            evidence,
            data_time,
            seen,
            happened,
            self._interval % within,
            self._confirmation(one),
            request_id,
            one.request_id or formatting.NOT_TOLD,
        )

    def _confirmation(self, one: Moment) -> SafeString | str:
        if one.doubted_at is None:
            return ""
        name, said = self._confirmed
        return markup("<dt>{}</dt><dd>{}</dd>", name, said % {"at": moment(one.doubted_at)})

    def _change(self, change: Change) -> SafeString:
        """As its field is best understood; what has an odd shape is shown as it is stored."""
        try:
            shown = _shown(change.field, change.before, change.after)
        except (TypeError, ValueError, KeyError, AttributeError):
            shown = None
        return markup(
            '<div class="delta"><span class="what">{} {}</span>{}{}</div>',
            icon(field_icon(change.field), "s"),
            capfirst(change.get_field_display()),
            _values(change) if shown is None else shown,
            self._bell(change.alert_id),  # type: ignore[attr-defined]
        )

    def _bell(self, alert: int | None) -> SafeString | str:
        if alert is None:
            return ""
        address = reverse("monitor:alert", args=[alert])
        return markup('<a class="mark bad" href="{}">{}{}</a>', address, icon("bell"), self._alert)


def field_icon(field: str) -> str:
    return FIELD_ICONS.get(field, "star" if field.endswith(("_score", "_gap", "_scale")) else "pencil")


def _shown(field: str, before: Json, after: Json) -> SafeString | None:
    """What differs, piece by piece; None of a field that is one value. Raises what an odd shape makes raise."""
    if field in TEXTS and isinstance(before, str) and isinstance(after, str):
        pieces = text_diff(formatting.one_line(before), formatting.one_line(after))
        return markup('<span class="words">{}</span>', _pieces(pieces))
    if field in TABLES:
        return _table(table_diff(before, after))
    if field == "images":
        return _pictures(before, after)
    if write := _LISTS.get(field):
        pieces = list_diff(_written(before, write), _written(after, write))
        return markup('<span class="words">{}</span>', _pieces(pieces, apart=True))
    return None


def _pieces(pieces: Iterable[Piece], *, apart: bool = False) -> SafeString:
    """One after the other; `apart`, as values of their own."""
    css = _VALUE if apart else ""
    return joined(markup("<{}{}>{}</{}>", tag := _TAGS[one.kind], css, one.text, tag) for one in pieces)


def _table(entries: Sequence[Entry]) -> SafeString:
    if not entries:
        return markup('<dl class="diff-table"><div><dd class="quiet">{}</dd></div></dl>', gettext("in another order"))
    rows = joined(
        markup(
            "<div{}><dt>{}</dt><dd>{}</dd></div>",
            "" if one.kind is Kind.SAME else markup(' class="{}"', one.kind.value),
            formatting.one_line(one.name),
            _pieces(one.values, apart=True),
        )
        for one in entries
    )
    return markup('<dl class="diff-table">{}</dl>', rows)


def _pictures(before: Json, after: Json) -> SafeString:
    old, new = _addresses(before), _addresses(after)
    sides = (_strip(gettext("Before"), old, new), _strip(gettext("After"), new, old))
    return markup('<div class="before-after">{}</div>', joined(sides))


def _strip(label: str, urls: Sequence[str], others: Sequence[str]) -> SafeString:
    shots = joined(
        markup(
            '<span class="shot{}"><img src="{}" alt="" loading="lazy" decoding="async" referrerpolicy="no-referrer" '
            'width="64" height="64" data-picture></span>',
            _STAYED if url in others else "",
            url,
        )
        for url in urls
    )
    return markup(
        '<figure><figcaption>{} <span class="num">({})</span></figcaption><div class="strip">{}</div></figure>',
        label,
        len(urls),
        shots or markup('<span class="quiet">{}</span>', gettext("none")),
    )


def _addresses(told: Json) -> list[str]:
    """Those of pictures that may be shown."""
    if not isinstance(told, list):
        raise TypeError("A list is wanted.")
    return [url for value in told if (url := image_url(value, "images", []))]


def _written(told: Json, write: Callable[[Any], str]) -> list[str]:
    if not isinstance(told, list):
        raise TypeError("A list is wanted.")
    return [formatting.one_line(write(entry)) for entry in told]


def _freight(rule: Mapping[str, Json]) -> str:
    return formatting.field_value("freight", [dict(rule)], get_language() or "en")


_LISTS: Mapping[str, Callable[[Any], str]] = {"freight": _freight, "service_promises": promise_text}


def _values(change: Change) -> SafeString:
    """One value against the other, with by how much it moved."""
    language = get_language() or "en"
    was, now = (formatting.field_value(change.field, value, language) for value in (change.before, change.after))
    moved = number_move(change)
    return markup(
        '<span class="{}"><del>{}</del> → <ins>{}</ins></span>{}',
        "words" if max(len(was), len(now)) > LONGEST else "num",
        formatting.one_line(was),
        formatting.one_line(now),
        markup(" {}", move_mark(moved)) if moved else "",
    )
