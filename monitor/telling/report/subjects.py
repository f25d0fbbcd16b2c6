"""Subjects of e-mails: the most important first, short enough for a phone."""

from collections.abc import Sequence

from django.utils.translation import gettext

from monitor.telling.entries import MailEntry
from monitor.text.formatting import one_line

#: What a phone shows in two lines.
LONGEST_SUBJECT = 59
#: Characters of a name that are always kept.
_SHORTEST_NAME = 8


def subject(entries: Sequence[MailEntry], period: str = "") -> str:
    """Return the first of `entries` and the number of alerts, after a digest's `period`."""
    first, count = entries[0], sum(len(entry.alerts) for entry in entries)
    room = LONGEST_SUBJECT - len(_subject(first, "", count, period))
    name = one_line(first.name, max(room, _SHORTEST_NAME))
    return one_line(_subject(first, name, count, period), LONGEST_SUBJECT)


def under(period: str, text: str) -> str:
    """'Daily · Price down 12.5%'."""
    return f"{period} · {text}" if period else text


def _subject(first: MailEntry, name: str, count: int, period: str) -> str:
    text = first.first.headline
    if count == 1 and first.first.numbers:
        text = f"{text} · {first.first.numbers}"
    text = gettext("%(what)s: %(name)s") % {"what": under(period, text), "name": name}
    return (
        gettext("%(what)s (%(count)d alerts)") % {"what": text, "count": count}
        if count > 1
        else text
    )
