"""Messages as texts: the markdown of chat platforms, and notifications. Foreign text stays text.

The dialects of markdown differ, and few of them document an escape. So each character that is
markup in one of them becomes its full-width twin, which is markup in none."""

from collections.abc import Callable, Sequence
from urllib.parse import quote

from django.utils.translation import gettext, ngettext

from monitor.telling.channels.parts import Content
from monitor.telling.entries import MailEntry
from monitor.text.formatting import one_line, without_web_addresses

LONGEST_TITLE = 100
#: Characters of a line. With `MOST_LINES`, an entry stays below WeCom's 4,096 bytes.
LONGEST_LINE = 80
MOST_LINES = 4
#: More make a message too long for a chat.
MOST_ENTRIES = 20
#: Two blanks keep the end of a line in all dialects.
_LINE_END = "  \n"
_TWINS = {ord(character): ord(character) + 0xFEE0 for character in r"\`*_~#|<>[]&@"}
#: What an address keeps. A bracket would end a link.
_PLAIN_IN_URL = "/:?&=#%+~!,;$@"


def plain(text: str, longest: int | None = None) -> str:
    """Foreign text on one line, without markup, mentions and web addresses: clients make these
    clickable, too."""
    return without_web_addresses(one_line(text, longest)).translate(_TWINS)


def markdown(
    content: Content, shown: Sequence[MailEntry], more: str, *, has_buttons: bool = False
) -> str:
    """Return a message without its title: a paragraph for each entry, with its links. `buttons`
    stand for those of an only entry, and for the link to all alerts."""
    has_links = not (has_buttons and len(content.entries) == 1)
    entries = [_LINE_END.join(_entry_lines(entry, has_links=has_links)) for entry in shown]
    all_alerts = "" if has_buttons else _link(gettext("See all alerts"), content.inbox)
    footer = " · ".join(filter(None, [all_alerts, gettext("Stallwatch")]))
    return "\n\n".join(filter(None, [*entries, more, footer]))


def buttons(content: Content) -> list[tuple[str, str]]:
    """Return words and addresses: the links of an only entry, and all alerts."""
    links = _links(content.entries[0]) if len(content.entries) == 1 else []
    return [*links, (gettext("See all alerts"), content.inbox)]


def notification(content: Content, shown: Sequence[MailEntry], more: str) -> dict[str, str]:
    """Return a message as plain text, and the address that a tap on it opens. An only entry has all
    its lines, one among others a single one."""
    only = content.entries[0] if len(content.entries) == 1 else None
    lines = []
    for entry in shown:
        lines += (
            [entry.name, *_what_happened(entry)] if only else [f"{entry.name}: {entry.first.text}"]
        )
    body = [without_web_addresses(line, LONGEST_TITLE) for line in lines]
    return {
        "title": without_web_addresses(content.title, LONGEST_TITLE),
        "body": "\n".join(filter(None, [*body, more])) or gettext("Stallwatch"),
        "url": only.link if only else content.inbox,
    }


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


def _entry_lines(entry: MailEntry, *, has_links: bool) -> list[str]:
    """Return the name as a link, what happened, and the facts with the entry's links."""
    *lines, facts = (plain(line, LONGEST_LINE) for line in _what_happened(entry))
    links = [_link(*link) for link in _links(entry)] if has_links else []
    return [_link(entry.name, entry.about), *lines, " · ".join([facts, *links])]


def _links(entry: MailEntry) -> list[tuple[str, str]]:
    """Return words and addresses: the alert, the product on Douyin, and the page that mutes the
    product."""
    links = [
        (gettext("Evidence"), entry.link),
        (gettext("Douyin"), entry.on_douyin),
        (gettext("Mute for a day"), entry.mute),
    ]
    return [(words, address) for words, address in links if address]


def _what_happened(entry: MailEntry) -> list[str]:
    """Return a line for each of the most important fields, with its steps below it, and one of
    facts."""
    lines = [text for line in entry.lines[:MOST_LINES] for text in (line.text, line.path) if text]
    return [*lines, " · ".join(entry.facts)]


def _link(words: str, address: str) -> str:
    return f"[{plain(words, LONGEST_LINE)}]({quote(address, safe=_PLAIN_IN_URL)})"


def _more(content: Content, shown: int) -> str:
    hidden = len(content.entries) - shown
    return (
        ngettext("and %(hidden)s more", "and %(hidden)s more", hidden) % {"hidden": hidden}
        if hidden
        else ""
    )
