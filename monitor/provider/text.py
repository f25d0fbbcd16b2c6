"""Makes the provider's text fit to store and to show on one line."""

import re

from monitor.provider.limits import MAX_URL

type Flags = list[str]

#: Hosts of the platform's pictures. Pictures from other hosts are not shown.
IMAGE_HOSTS = ("ecombdimg.com", "byteimg.com", "douyinpic.com", "alicdn.com")
#: Where the pictures of the sandbox's products are: only its own pages can show them.
INVENTED_PICTURES = "https://sandbox.ecombdimg.com/obj/"

# Cleaning 4 MB of spaces takes 0.1 seconds, and no name keeps more than some hundred characters.
_LONGEST_READ = 20_000
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_LINE_BREAKS = (0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029)
# Bidirectional controls in a name could reorder the sentence around it; the others are invisible.
_INVISIBLE = (
    0x061C,
    0x200B,
    0x200E,
    0x200F,
    *range(0x202A, 0x202F),
    0x2060,
    *range(0x2066, 0x206A),
    0xFEFF,
)
# NUL is among the controls: PostgreSQL refuses it.
_CLEANED: dict[int, str | None] = (
    dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), *_INVISIBLE))
    | dict.fromkeys(range(0xD800, 0xE000), _REPLACEMENT)
    | dict.fromkeys(_LINE_BREAKS, " ")
)

# The host is matched in full: 'evil.test\.alicdn.com' and 'img.alicdn.com@evil.test' must fail.
_IMAGE_URL = re.compile(
    r"https://((?:[a-z0-9-]+\.)*(?:" + "|".join(map(re.escape, IMAGE_HOSTS)) + r"))(?::443)?"
    r"(/[!#-&(-;=?-\[\]_a-z~]*)?",
    re.IGNORECASE | re.ASCII,
)


def is_untold(value: object) -> bool:
    """Return whether `value` is one of the provider's empty values: null, an empty text, list or
    object."""
    return value is None or value == "" or value == [] or value == {}


def of_type[T](value: object, kind: type[T], field: str, flags: Flags) -> T | None:
    """Return `value` if it is a `kind`; else `None`, with a flag unless the value is empty."""
    if isinstance(value, kind):
        return value
    if not is_untold(value):
        flags.append(f"{field}:unreadable")
    return None


def clean(text: str) -> str:
    """Make `text` one line: no control or bidirectional characters, lone surrogates replaced,
    blanks collapsed."""
    if not text.isprintable():
        text = text.translate(_CLEANED)
    return " ".join(text.split())


def line(value: object, field: str, limit: int, flags: Flags) -> str | None:
    """Read `value` as one clean line of at most `limit` characters; `None` when it is empty or not
    text."""
    # A record has some hundred texts, and nearly all are a clean word.
    if type(value) is str and len(value) <= limit and value.isprintable() and " " not in value:
        return value or None
    raw = of_type(value, str, field, flags)
    if not raw:
        return None
    text = clean(raw[:_LONGEST_READ])
    if len(text) > limit or len(raw) > _LONGEST_READ:
        flags.append(f"{field}:cut")
        text = text[:limit].rstrip()
    return text or None


def lines(values: list[object], field: str, limit: int, flags: Flags) -> list[str]:
    """Read each of `values` with `line` and drop the empty ones."""
    return [text for value in values if (text := line(value, field, limit, flags))]


def identifier(value: object, field: str, limit: int, flags: Flags) -> str | None:
    """Read an identifier, text or whole number, as text. A too long one is dropped: cut, it would
    name another."""
    raw = of_type(
        str(value) if type(value) is int and abs(value) < 10**19 else value, str, field, flags
    )
    if raw is None:
        return None
    text = clean(raw[: limit + 1])
    if len(text) > limit:
        flags.append(f"{field}:too_long")
        return None
    return text or None


def image_url(value: object, field: str, flags: Flags) -> str | None:
    """Read an address that is safe in a page's `src`: https, a host of `IMAGE_HOSTS`, no user, no
    other port."""
    url = value.strip() if type(value) is str and len(value) <= MAX_URL else value
    if is_untold(url):
        return None
    if type(url) is str:
        url = f"https:{url}" if url.startswith("//") else url
        if len(url) <= MAX_URL and (match := _IMAGE_URL.fullmatch(url)):
            return f"https://{match[1].lower()}{match[2] or '/'}"
    flags.append(f"{field}:not_allowed")
    return None
