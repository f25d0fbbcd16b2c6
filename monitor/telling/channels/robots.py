"""What chat platforms share: an address that ends with a token, and an answer with a code in its
body.

Most answer 200 to refused messages, so only the code tells whether a message was accepted.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta

import orjson
from django.utils.translation import gettext_lazy as _

from monitor.provider.http import Reply
from monitor.telling.channels.parts import (
    LONGEST_ANSWER,
    BadTargetError,
    ChannelTarget,
    SendOutcome,
    SendVerdict,
    status_line,
)
from monitor.text.formatting import Text, one_line

#: Any server, up to the platform's own path: also of a company's own, or a relay. The call checks
#: it, as every address that people type.
SERVER = r"https?://[^\s/?#@\\]+(?:/[\w.~-]+)*?"
TOKEN = r"[A-Za-z0-9_-]{8,200}(?![A-Za-z0-9_-])"  # noqa: S105 - A pattern.

JSON = {"Content-Type": "application/json; charset=utf-8"}

GONE = _("The robot or its group no longer exists: add a robot again and enter its new address.")
STOPPED = _("The robot is switched off: switch it on in the group's settings.")
KEY_GONE = _("The platform does not know this key any more: copy it again and enter it here.")

#: Long runs with a digit in a platform's words: some platforms repeat the key that they refuse.
_SECRETS = re.compile(r"(?<![\w-])(?=[\w-]*\d)[\w-]{16,}", re.ASCII)


def typed_address(
    pattern: re.Pattern[str], example: str, *, is_signed: bool = False
) -> Callable[[str, str], ChannelTarget]:
    """Return the `read_target` of a kind that uses addresses as they are typed."""

    def read_target(address: str, secret: str) -> ChannelTarget:
        return ChannelTarget(
            read_key(address, pattern, example), secret.strip() if is_signed else ""
        )

    return read_target


def read_key(typed: str, pattern: re.Pattern[str], example: str) -> str:
    """Return the group `key` of `pattern` in what a user has copied. Raises `BadTargetError`."""
    match = pattern.fullmatch(typed.strip())
    if match is None:
        raise BadTargetError(_("It must look like %(example)s") % {"example": example})
    return match["key"]


def read_answer(reply: Reply) -> dict[str, object]:
    """Return the JSON object in a reply; empty if there is none."""
    with suppress(orjson.JSONDecodeError):
        answer = orjson.loads(reply.body)
        if isinstance(answer, dict):
            return answer
    return {}


def judge_by(
    code: str,
    words: str,
    refusals: Mapping[int, Text],
    pauses: Mapping[int, timedelta] | None = None,
    *,
    success: int = 0,
) -> Callable[[Reply], SendVerdict]:
    """Return the `judge` of a kind whose answers have a code and words under these names."""

    def judge(reply: Reply) -> SendVerdict:
        answer = read_answer(reply)
        said = answer.get(code), answer.get(words)
        return verdict(reply, *said, refusals, pauses or {}, success=success)

    return judge


def verdict(
    reply: Reply,
    code: object,
    words: object,
    refusals: Mapping[int, Text],
    pauses: Mapping[int, timedelta],
    *,
    success: int = 0,
) -> SendVerdict:
    """Return what a platform's answer means. `code` and `words` are from its body and may be of any
    type.

    `refusals` are the codes that the owner must act on, with advice. After those in `pauses` the
    platform accepts nothing for some time. All other answers, even unreadable ones, may change by
    themselves."""
    if type(code) is not int:
        return SendVerdict(
            SendOutcome.LATER, status_line(reply.status), reply.status, wait=reply.retry_after
        )
    answer = one_line(_SECRETS.sub("…", words), LONGEST_ANSWER) if isinstance(words, str) else ""
    # What a column of the ledger can hold: some platforms say -1 when they are busy.
    kept = code if code in range(2**31) else None
    if code == success and 200 <= reply.status < 300:
        return SendVerdict(SendOutcome.SENT, answer, kept)
    if code in refusals:
        return SendVerdict(SendOutcome.REFUSED, answer, kept, refusals[code])
    wait = reply.retry_after or pauses.get(code)
    is_about_text = not wait and code != 429 and reply.status < 500
    return SendVerdict(
        SendOutcome.LATER,
        answer,
        kept,
        wait=wait,
        goes_first=timedelta(0) if is_about_text else None,
    )
