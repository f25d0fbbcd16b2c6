"""A reply's bytes as the JSON object they hold. Nothing of the body ever stands in a message."""

import json
import math
import re
from contextlib import suppress

import orjson

from monitor.provider.errors import BadReply

type Payload = dict[str, object]

_BOM = b"\xef\xbb\xbf"
# Texts are matched whole, so that only a comma outside them is taken for one too many. Possessive, hence linear.
_TEXT_OR_LAST_COMMA = re.compile(r'("[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z))|,(?=\s*+[}\]])', re.DOTALL)
_WIDEST_INTEGER = 20


def read_body(body: bytes) -> Payload | BadReply:
    """The object in `body`, or the error to raise: empty, HTML, null, a list, nested without end.

    A strict reader comes first. A tolerant one takes byte order marks, GBK, NaN, lone surrogates, control characters
    and last commas. A number that JSON cannot tell exactly (NaN, Infinity, 1e999, 5,000 digits) is read as NaN, which
    no reader of a field believes. The error is returned, so that its traceback leads through no frame with the body.
    """
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
                _tolerant(text) or _tolerant(_TEXT_OR_LAST_COMMA.sub(r"\1", text)) or BadReply("the reply is not JSON")
            )
        case "":
            return BadReply("the reply is empty")
        case "<":
            return BadReply("the reply is a web page")
        case _:
            return BadReply("the reply is not a JSON object")


def _tolerant(text: str) -> Payload | None:
    """The object in `text`, which begins with its bracket; `None` when even a tolerant reader cannot find one."""
    with suppress(ValueError, RecursionError):
        payload: Payload = json.loads(
            text, strict=False, parse_constant=lambda _: math.nan, parse_int=_integer, parse_float=_float
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
    """UTF-8, else GBK, which the provider sends under a header that says UTF-8."""
    with suppress(UnicodeDecodeError):
        return body.decode("utf-8", "surrogatepass")
    if not _looks_like_utf8(body):
        with suppress(UnicodeDecodeError):
            return body.decode("gb18030")
    return None


def _looks_like_utf8(body: bytes) -> bool:
    """Whether most of what is not ASCII reads as UTF-8: a damaged reply, which as GBK would be told as gibberish."""
    text = body.decode("utf-8", "replace")
    damaged = text.count("\N{REPLACEMENT CHARACTER}")
    return sum(character >= "\u0800" for character in text) - damaged > damaged
