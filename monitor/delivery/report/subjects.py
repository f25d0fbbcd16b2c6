"""The one line that most readers see of a mail: the most important thing first, within what a phone shows."""

from collections.abc import Sequence

from django.utils.translation import gettext

from monitor.delivery.entries import MailEntry
from monitor.text import formatting
from monitor.text.formatting import one_line

#: Fewer than 60 characters: what a phone shows in two lines.
LONGEST_SUBJECT = 59
#: Of a name, however little room is left.
_SHORTEST_NAME = 8


def subject(told: Sequence[MailEntry], period: str = "") -> str:
    """What the first of `told` says, of which product, and how many more there are, under a digest's `period`."""
    first = told[0]
    room = LONGEST_SUBJECT - len(_subject(first, "", len(told), period))
    return one_line(
        _subject(first, one_line(first.name, max(room, _SHORTEST_NAME)), len(told), period), LONGEST_SUBJECT
    )


def under(period: str, what: str) -> str:
    """'Daily · Price down 12.5%'."""
    return f"{period} · {what}" if period else what


def _subject(first: MailEntry, name: str, count: int, period: str) -> str:
    what = first.headline
    if first.is_number and first.before != formatting.NOT_TOLD:
        what = f"{what} · {first.before} → {first.after}"
    what = gettext("%(what)s: %(name)s") % {"what": under(period, what), "name": name}
    if count > 1:
        what = gettext("%(what)s (+%(more)d)") % {"what": what, "more": count - 1}
    return what
