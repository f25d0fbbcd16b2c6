"""PushDeer, an app for iPhones and Android: https://www.pushdeer.com."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from monitor.delivery.channels.markdown import LONGEST_TITLE, plain, with_text
from monitor.delivery.channels.parts import (
    ChannelTarget,
    Content,
    Post,
    PostSpec,
    SendOutcome,
    SendVerdict,
)
from monitor.delivery.channels.robots import JSON, KEY_GONE, SERVER, read_answer, read_key, verdict
from monitor.http import Reply

MOST_BYTES = 20_000
_ADDRESS = re.compile(
    rf"(?P<key>(?:{SERVER}/message/push\?pushkey=)?PDU[A-Za-z0-9]{{8,100}})(?:&\S*)?"
)
_EXAMPLE = "PDU1234TAbCdEfGh…"
_UNAUTHORIZED = 80403


def read_target(address: str, secret: str) -> ChannelTarget:
    """Read an address or a key. A key alone is one of the public server."""
    key = read_key(address, _ADDRESS, _EXAMPLE)
    return ChannelTarget(
        key if "?" in key else f"https://api2.pushdeer.com/message/push?pushkey={key}"
    )


def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
    title = plain(content.title, LONGEST_TITLE)
    message = {"text": title, "type": "markdown"}
    return Post(target.url, with_text(content, message, "desp", MOST_BYTES), JSON)


def judge(reply: Reply) -> SendVerdict:
    """PushDeer answers code 0 to unknown keys too, but then there is no result for any device."""
    answer = read_answer(reply)
    said = verdict(reply, answer.get("code"), answer.get("error"), {_UNAUTHORIZED: KEY_GONE}, {})
    content = answer.get("content")
    if said.outcome is SendOutcome.SENT and not (
        isinstance(content, dict) and content.get("result")
    ):
        return replace(said, outcome=SendOutcome.REFUSED, advice=KEY_GONE)
    return said


SPEC = PostSpec(
    "pushdeer",
    timedelta(seconds=6),
    read_target,
    write,
    judge,
    where=_("In the app: the key on the page “Key”."),
    example=_EXAMPLE,
    asks_key=True,
    is_rare=True,
)
