"""Entries in the markdown of chat platforms, in which foreign text stays text.

The dialects differ, and few of them document an escape. So each character that is markup in one of
them becomes its full-width twin, which is markup in none."""

from collections.abc import Callable, Sequence
from urllib.parse import quote

from django.utils.translation import gettext, ngettext

from monitor.telling.channels.parts import Content
from monitor.telling.entries import MailEntry
from monitor.text.formatting import one_line, without_web_addresses

#: Colours a text by a line's tone, or by 'quiet'.
type Paint = Callable[[str, str], str]

LONGEST_TITLE = 100
#: Characters of a line. With `MOST_LINES`, an entry stays below WeCom's 4,096 bytes.
LONGEST_LINE = 80
MOST_LINES = 4
#: More make a card too long for a chat.
MOST_ENTRIES = 20
_TWINS = {ord(character): ord(character) + 0xFEE0 for character in r"\`*_~#|<>[]&@"}
#: What an address keeps. A bracket would end a link.
_PLAIN_IN_URL = "/:?&=#%+~!,;$@"


def plain(text: str, longest: int | None = None) -> str:
    """Foreign text on one line, without markup, mentions and web addresses: clients make these
    clickable, too."""
    return without_web_addresses(one_line(text, longest)).translate(_TWINS)


def url(address: str) -> str:
    """Return an address as it stands in markdown."""
    return quote(address, safe=_PLAIN_IN_URL)


def link(words: str, address: str) -> str:
    return f"[{plain(words, LONGEST_LINE)}]({url(address)})"


def unpainted(text: str, tone: str) -> str:
    return text


def whole_text(
    content: Content,
    shown: Sequence[MailEntry],
    more: str,
    paint: Paint,
    line_end: str = "\n",
    *,
    has_links: bool = True,
) -> str:
    """Return a message without its title, for platforms whose messages have no buttons. Without
    links it is plain text."""
    paragraphs = [" · ".join(map(plain, content.sums))] if len(content.entries) > 1 else []
    for entry in shown:
        if has_links:
            lines = entry_lines(entry, paint, has_links=True)
        else:
            lines = [plain(entry.name), *what_happened(entry, paint)]
        paragraphs.append(line_end.join(lines))
    footer = (
        f"{link(gettext('See all alerts'), content.inbox)} · {gettext('Stallwatch')}"
        if has_links
        else ""
    )
    return "\n\n".join(filter(None, [*paragraphs, more, footer]))


def card_paragraphs(
    content: Content, shown: Sequence[MailEntry], paint: Paint, line_end: str = "\n"
) -> list[str]:
    """Return the sums, and the entries under their names in bold. An only entry has buttons instead
    of links."""
    has_links = len(content.entries) > 1
    paragraphs = [" · ".join(map(plain, content.sums))] if has_links else []
    for entry in shown:
        name, *lines = entry_lines(entry, paint, has_links=has_links)
        paragraphs.append(line_end.join([f"**{name}**", *lines]))
    return paragraphs


def entry_lines(entry: MailEntry, paint: Paint, *, has_links: bool) -> list[str]:
    """Return the name as a link, what happened, and the facts, with links to the evidence unless
    the card has buttons."""
    *lines, facts = what_happened(entry, paint)
    links = [link(words, address) for words, address in entry_links(entry)] if has_links else []
    return [link(entry.name, entry.about), *lines, " · ".join([facts, *links])]


def what_happened(entry: MailEntry, paint: Paint) -> list[str]:
    """Return a line for each of the most important fields, with its steps below it, and one of
    facts. They contain no links."""
    lines = []
    for line in entry.lines[:MOST_LINES]:
        move = paint(plain(line.move), line.tone) if line.chain and line.move else ""
        values = plain(line.chain or line.headline, LONGEST_LINE)
        lines.append(
            " ".join(filter(None, (values, move, plain(line.steps.reason if line.chain else ""))))
        )
        lines += [paint(plain(line.path, LONGEST_LINE), "quiet")] if line.path else []
    return [*lines, paint(plain(" · ".join(entry.facts), LONGEST_LINE), "quiet")]


def entry_links(entry: MailEntry) -> list[tuple[str, str]]:
    """Return words and addresses of links: the alert, the product on Douyin, and the page that
    mutes the product."""
    links = [
        (gettext("Evidence"), entry.link),
        (gettext("Douyin"), entry.on_douyin),
        (gettext("Mute for a day"), entry.mute),
    ]
    return [(words, address) for words, address in links if address]


def buttons(content: Content) -> list[tuple[str, str]]:
    """Return words and addresses of links: those of the only entry, and all alerts."""
    only = entry_links(content.entries[0]) if len(content.entries) == 1 else []
    return [*only, (gettext("See all alerts"), content.inbox)]


def fitting(
    content: Content, write: Callable[[Sequence[MailEntry], str], bytes], most_bytes: int
) -> bytes:
    """Return what `write` makes of as many whole entries as fit. It also gets 'and 3 more' for the
    others, or ''."""
    shown = min(len(content.entries), MOST_ENTRIES)
    while (
        len(written := write(content.entries[:shown], _more(content, shown))) > most_bytes and shown
    ):
        shown -= 1
    return written


def _more(content: Content, shown: int) -> str:
    hidden = len(content.entries) - shown
    return (
        ngettext("and %(hidden)s more", "and %(hidden)s more", hidden) % {"hidden": hidden}
        if hidden
        else ""
    )
