"""Text as the provider tells it, made fit to store and to show on one line."""

import re
from typing import cast

from monitor.provider.limits import MAX_URL

type Flags = list[str]

#: Hosts that serve the platform's pictures; a picture from anywhere else is not shown.
IMAGE_HOSTS = ("ecombdimg.com", "byteimg.com", "douyinpic.com", "alicdn.com")

# Cleaning 4 MB of spaces costs a tenth of a second; no name is kept beyond a few hundred characters.
_LONGEST_READ = 20_000
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_LINE_BREAKS = (0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029)
# Bidirectional controls let a name rewrite the sentence it stands in; the others are invisible.
_INVISIBLE = (0x061C, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A), 0xFEFF)
# NUL is among the controls: PostgreSQL refuses it.
_CLEANED: dict[int, str | None] = (
    dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), *_INVISIBLE))
    | dict.fromkeys(range(0xD800, 0xE000), _REPLACEMENT)
    | dict.fromkeys(_LINE_BREAKS, " ")
)

# The host is spelled out because 'evil.test\.alicdn.com' and 'img.alicdn.com@evil.test' end or begin well.
_IMAGE_URL = re.compile(
    r"https://((?:[a-z0-9-]+\.)*(?:" + "|".join(map(re.escape, IMAGE_HOSTS)) + r"))(?::443)?"
    r"(/[!#-&(-;=?-\[\]_a-z~]*)?",
    re.IGNORECASE | re.ASCII,
)


def is_untold(value: object) -> bool:
    """Whether the provider's ways of saying nothing: null, an empty text, list or object."""
    return value is None or value == "" or value == [] or value == {}


def clean(text: str) -> str:
    """One line: no control or bidirectional characters, lone surrogates replaced, blanks collapsed and stripped."""
    if not text.isprintable():
        text = text.translate(_CLEANED)
    return " ".join(text.split())


def line(value: object, field: str, limit: int, flags: Flags) -> str | None:
    """`value` as one clean line of at most `limit` characters; `None` when it is not told or not text."""
    if type(value) is not str:
        if not is_untold(value):
            flags.append(f"{field}:unreadable")
        return None
    # A record has a hundred texts, and nearly all are a clean word.
    if len(value) <= limit and value.isprintable() and " " not in value:
        return value or None
    text = clean(value if len(value) <= _LONGEST_READ else value[:_LONGEST_READ])
    if len(text) > limit or len(value) > _LONGEST_READ:
        flags.append(f"{field}:cut")
        text = text[:limit].rstrip()
    return text or None


def lines(values: list[object], field: str, limit: int, flags: Flags) -> list[str]:
    """Those of `values` that tell a clean line, each as `line` has it."""
    if all(type(value) is str for value in values):
        # Names of provinces are most of a record's texts, and all at once they are looked at faster.
        told = cast(list[str], values)
        together = "".join(told)
        if together.isprintable() and " " not in together and max(map(len, told), default=0) <= limit:
            return [text for text in told if text]
    return [text for value in values if (text := line(value, field, limit, flags))]


def identifier(value: object, field: str, limit: int, flags: Flags) -> str | None:
    """An identifier, text or whole number, as text. One that is too long is not told: cut, it would name another."""
    text = str(value) if type(value) is int and abs(value) < 10**19 else value
    if type(text) is not str:
        if not is_untold(value):
            flags.append(f"{field}:unreadable")
        return None
    text = clean(text[: limit + 1])
    if len(text) > limit:
        flags.append(f"{field}:too_long")
        return None
    return text or None


def image_url(value: object, field: str, flags: Flags) -> str | None:
    """An address that may stand in a page's `src`: https, a host of `IMAGE_HOSTS`, no user, no other port."""
    if type(value) is str and len(value) <= MAX_URL:
        told = value.strip()
        if told.startswith("//"):
            told = "https:" + told
        if not told:
            return None
        if len(told) <= MAX_URL and (match := _IMAGE_URL.fullmatch(told)):
            return f"https://{match[1].lower()}{match[2] or '/'}"
    elif is_untold(value):
        return None
    flags.append(f"{field}:not_allowed")
    return None
