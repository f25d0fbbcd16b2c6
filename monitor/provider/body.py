"""Reads a reply's bytes as a JSON object. No message ever quotes the body."""

import json
import math
import re
from contextlib import suppress

import orjson

from monitor.provider.errors import BadReply

type Payload = dict[str, object]

_BOM = b"\xef\xbb\xbf"
# Matches whole strings as well, so only commas outside of strings are removed. Possessive, so it
# takes linear time.
_TEXT_OR_LAST_COMMA = re.compile(
    r'("[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z))|,(?=\s*+[}\]])', re.DOTALL
)
_WIDEST_INTEGER = 20


def read_body(body: bytes) -> Payload | BadReply:
    """Return the object in `body`, or the error to raise: empty, HTML, null, a list, nested without
    end.

    A strict parser comes first. A tolerant one accepts byte order marks, GBK, NaN, lone surrogates,
    control characters and trailing commas. A number that cannot be exact (NaN, Infinity, 1e999,
    5,000 digits) becomes NaN, which no reader of a field accepts. The error is returned, not
    raised: its traceback would hold frames with the body."""
    with suppress(orjson.JSONDecodeError):
        payload = orjson.loads(body)
        if type(payload) is dict:
            return payload
    text = _decoded(body.removeprefix(_BOM))
    if text is None:
        return BadReply("the reply is neither UTF-8 nor GBK")
    match text.lstrip()[:1]:
        case "{":
            return (
                _tolerant(text)
                or _tolerant(_TEXT_OR_LAST_COMMA.sub(r"\1", text))
                or BadReply("the reply is not JSON")
            )
        case "":
            return BadReply("the reply is empty")
        case "<":
            return BadReply("the reply is a web page")
        case _:
            return BadReply("the reply is not a JSON object")


def _tolerant(text: str) -> Payload | None:
    with suppress(ValueError, RecursionError):
        payload: Payload = json.loads(
            text,
            strict=False,
            parse_constant=lambda _: math.nan,
            parse_int=_integer,
            parse_float=_float,
        )
        return payload
    return None


def _integer(text: str) -> float:
    # Python itself refuses 4,300 digits and more.
    return int(text) if len(text) <= _WIDEST_INTEGER else math.nan


def _float(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else math.nan


def _decoded(body: bytes) -> str | None:
    """Decode UTF-8, else GBK, which the provider sometimes sends with a header that says UTF-8."""
    with suppress(UnicodeDecodeError):
        return body.decode("utf-8", "surrogatepass")
    if not _looks_like_utf8(body):
        with suppress(UnicodeDecodeError):
            return body.decode("gb18030")
    return None


def _looks_like_utf8(body: bytes) -> bool:
    """Return whether most non-ASCII text decodes as UTF-8. Such a reply is damaged, and as GBK it
    would be gibberish."""
    text = body.decode("utf-8", "replace")
    damaged = text.count("\N{REPLACEMENT CHARACTER}")
    return sum(character >= "\u0800" for character in text) - damaged > damaged
