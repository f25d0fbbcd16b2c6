"""Entries and rows as HTML and as text, which say the same.

A digest has dozens of them: as templates they would take longer than all else that it needs. What the classes look like
is in `templates/emails/mail.css`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from monitor.delivery.entries import Entry
from monitor.delivery.report.sparkline import HEIGHT, WIDTH
from monitor.markup import constant, joined, markup

_CARD = (
    '<tr><td class="cell"><table class="card" role="presentation" width="100%" cellspacing="0" cellpadding="0"'
    ' border="0">{}</table></td></tr>\n'
)
_FACT = '{} <span class="text">{}</span><br>'
_RULE = '{} <span class="text">{}</span> · <a class="link" href="{}">{}</a><br>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is told in a line or two: a product or shop, and from what to what it went."""

    name: str
    link: str
    before: str
    after: str
    move: str
    tone: str
    headline: str = ""
    note: str = ""

    @classmethod
    def of(cls, entry: Entry) -> "Row":
        return cls(
            name=entry.name,
            link=entry.link,
            before=entry.before,
            after=entry.after,
            move=entry.move,
            tone=entry.tone,
            headline=entry.headline,
        )


def words() -> Mapping[str, str]:
    """What every entry says, looked up once for all."""
    return {
        "colon": pgettext("between a label and its value", ": "),
        "rule": gettext("Rule"),
        "change": gettext("Change this rule"),
        "page": gettext("Its page"),
        "alert": gettext("The alert"),
        "see": gettext("See the alert"),
        "picture": gettext("Product picture"),
    }


def cards(entries: Iterable[Entry], words: Mapping[str, str]) -> SafeString:
    """Rows of the mail's own table, one for each entry."""
    return joined(
        markup(_CARD, markup("<tr>{}{}</tr>", _picture(entry, words), _told(entry, words))) for entry in entries
    )


def cards_as_text(entries: Iterable[Entry], words: Mapping[str, str]) -> str:
    return "\n".join(_as_text(entry, words) for entry in entries)


def rows(told: Sequence[Row]) -> SafeString:
    """One row of the mail's own table, with a card of lines; nothing for none."""
    lines = joined(_row(row, "row line" if number else "row") for number, row in enumerate(told))
    return markup(_CARD, lines) if told else constant("")


def rows_as_text(told: Iterable[Row]) -> str:
    return "\n".join("\n".join(filter(None, (row.headline, row.name, _values(row), row.link))) + "\n" for row in told)


def _picture(entry: Entry, words: Mapping[str, str]) -> SafeString:
    if not entry.picture:
        return constant("")
    return markup(
        '<td class="side" width="64" valign="top"><img class="picture" src="{}" width="64" height="64" alt="{}"></td>',
        entry.picture,
        words["picture"],
    )


def _told(entry: Entry, words: Mapping[str, str]) -> SafeString:
    facts = [markup(_FACT, label, value) for label, value in entry.facts]
    facts += [markup(_RULE, words["rule"], rule, where, words["change"]) for rule, where in entry.rules]
    return markup(
        '<td class="inside" valign="top"><div class="what {}">{}</div>'
        '<div class="name"><a class="link plain" href="{}">{}</a></div>{}{}<div class="facts quiet">{}</div>'
        '<a class="link tap" href="{}">{}</a></td>',
        entry.tone,
        entry.headline,
        entry.about,
        entry.name,
        _moved(entry),
        _line(entry),
        joined(facts),
        entry.link,
        words["see"],
    )


def _moved(entry: Entry) -> SafeString:
    if entry.before == entry.after:
        return constant("")
    shown = '<span class="figures">{} → {}</span>' if entry.is_number else "{} → <strong>{}</strong>"
    values = markup(shown, entry.before, entry.after)
    return markup('<div class="values">{}{}</div>', values, _move(entry.move, entry.tone))


def _move(move: str, tone: str) -> SafeString:
    return markup(' <span class="nowrap {}">{}</span>', tone, move) if move else constant("")


def _line(entry: Entry) -> SafeString:
    line = entry.sparkline
    if line is None:
        return constant("")
    shown = '<div class="spark"><img src="cid:{}" width="{}" height="{}" alt="{}"></div>'
    return markup(shown, line.name, WIDTH, HEIGHT, line.words)


def _row(row: Row, css: str) -> SafeString:
    headline = markup('<span class="what {}">{}</span><br>', row.tone, row.headline) if row.headline else constant("")
    note = markup(' <span class="small quiet">{}</span>', row.note) if row.note else constant("")
    values = markup("{} → <strong>{}</strong>", row.before, row.after) if row.before != row.after else constant("")
    return markup(
        '<tr><td class="{}">{}<a class="link plain" href="{}">{}</a><br>{}{}{}</td></tr>\n',
        css,
        headline,
        row.link,
        row.name,
        values,
        _move(row.move, row.tone),
        note,
    )


def _as_text(entry: Entry, words: Mapping[str, str]) -> str:
    colon = words["colon"]
    lines = [entry.headline, entry.name]
    if entry.before != entry.after:
        lines.append(f"{entry.before} → {entry.after}  {entry.move}".rstrip())
    lines += [f"{label}{colon}{value}" for label, value in entry.facts]
    for rule, where in entry.rules:
        lines += [f"{words['rule']}{colon}{rule}", f"{words['change']}{colon}{where}"]
    lines += [f"{words['page']}{colon}{entry.about}", f"{words['alert']}{colon}{entry.link}", ""]
    return "\n".join(lines)


def _values(row: Row) -> str:
    values = f"{row.before} → {row.after}" if row.before != row.after else ""
    return "  ".join(filter(None, (values, row.move, f"({row.note})" if row.note else "")))
