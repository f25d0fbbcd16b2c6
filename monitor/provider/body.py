"""A reply's bytes as the JSON object they hold. Nothing of the body ever stands in a message."""

import json
import math
import re

import orjson

from monitor.provider.errors import BadReply

type Payload = dict[str, object]

_BOM = b"\xef\xbb\xbf"
# Texts are matched whole, so that only a comma outside them is taken for one too many. Possessive, hence linear.
_TEXT_OR_LAST_COMMA = re.compile(r'("[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z))|,(?=\s*+[}\]])', re.DOTALL)
_WIDEST_INTEGER = 20


def read_body(body: bytes) -> Payload | BadReply:
    """The object in `body`, or the error to raise: empty, HTML, null, a list, nested without end.

    The error is returned, so that its traceback does not lead through a frame that holds the body. A number that JSON
    cannot tell exactly (NaN, Infinity, 1e999, 5,000 digits) is read as NaN, which no reader of a field believes.
    """
    read = _strict(body)
    if type(read) is not dict:
        read = _second_try(body)
    if type(read) is dict:
        return read
    return BadReply(read if type(read) is str else "the reply is not JSON")


def _strict(body: bytes) -> object:
    """The JSON value in `body`, or `None` when it is not plain JSON.

    The decoder's exceptions hold the body; they end here, so that none hangs on the one that leaves.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _second_try(body: bytes) -> object:
    """What a strict reader refuses: byte order marks, GBK, NaN, lone surrogates, control characters, last commas.

    A text says why it cannot be read as an object.
    """
    text = _decoded(body.removeprefix(_BOM))
    if text is None:
        return "the reply is neither UTF-8 nor GBK"
    match text.lstrip()[:1]:
        case "{":
            return _tolerant(text) or _tolerant(_TEXT_OR_LAST_COMMA.sub(r"\1", text))
        case "":
            return "the reply is empty"
        case "<":
            return "the reply is a web page"
        case _:
            return "the reply is not a JSON object"


def _tolerant(text: str) -> object:
    """The JSON value in `text`, or `None` when even a tolerant reader cannot find one."""
    try:
        return json.loads(text, strict=False, parse_constant=_nan, parse_int=_integer, parse_float=_float)
    except (ValueError, RecursionError):
        return None


def _nan(_text: str) -> float:
    return math.nan


def _integer(text: str) -> float:
    # Python itself refuses 4,300 digits and more.
    return int(text) if len(text) <= _WIDEST_INTEGER else math.nan


def _float(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else math.nan


def _decoded(body: bytes) -> str | None:
    """UTF-8, else GBK, which the provider sends under a header that says UTF-8."""
    text = _decode(body, "utf-8", "surrogatepass")
    if text is not None or _looks_like_utf8(body):
        return text
    return _decode(body, "gb18030", "strict")


def _decode(body: bytes, encoding: str, errors: str) -> str | None:
    try:
        return body.decode(encoding, errors)
    except UnicodeDecodeError:
        return None


def _looks_like_utf8(body: bytes) -> bool:
    """Whether most of what is not ASCII reads as UTF-8: a damaged reply, which as GBK would be told as gibberish."""
    text = body.decode("utf-8", "replace")
    damaged = text.count("\N{REPLACEMENT CHARACTER}")
    return sum(character >= "\u0800" for character in text) - damaged > damaged
