"""PushDeer, an app for iPhones and Android: https://www.pushdeer.com."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import orjson
from django.utils.translation import gettext_lazy as _

from monitor.delivery.channels.markdown import LONGEST_TITLE, fitting, plain, unpainted, whole_text
from monitor.delivery.channels.parts import ChannelSpec, ChannelTarget, Content, Post, SendOutcome, SendVerdict
from monitor.delivery.channels.robots import JSON, KEY_GONE, read_answer, read_key, verdict
from monitor.delivery.entries import MailEntry
from monitor.outgoing import Reply

MOST_BYTES = 20_000
_ADDRESS = re.compile(r"(?:https://api2\.pushdeer\.com/message/push\?pushkey=)?(?P<key>PDU[A-Za-z0-9]{8,100})(?:&\S*)?")
_EXAMPLE = "PDU1234TAbCdEfGh…"
_UNAUTHORIZED = 80403


def read_target(address: str, secret: str) -> ChannelTarget:
    return ChannelTarget(f"https://api2.pushdeer.com/message/push?pushkey={read_key(address, _ADDRESS, _EXAMPLE)}")


def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
    title = plain(content.title, LONGEST_TITLE)

    def body(shown: Sequence[MailEntry], more: str) -> bytes:
        text = whole_text(content, shown, more, unpainted, "  \n")
        return orjson.dumps({"text": title, "desp": text, "type": "markdown"})

    return Post(target.url, fitting(content, body, MOST_BYTES), JSON)


def judge(reply: Reply) -> SendVerdict:
    """PushDeer answers code 0 to unknown keys too, but then there is no result for any device."""
    answer = read_answer(reply)
    said = verdict(reply, answer.get("code"), answer.get("error"), {_UNAUTHORIZED: KEY_GONE}, {})
    content = answer.get("content")
    if said.outcome is SendOutcome.SENT and not (isinstance(content, dict) and content.get("result")):
        return replace(said, outcome=SendOutcome.REFUSED, advice=KEY_GONE)
    return said


SPEC = ChannelSpec(
    "pushdeer",
    timedelta(seconds=6),
    read_target,
    write,
    judge,
    where=_("In the app: the key on the page “Key”."),
    example=_EXAMPLE,
)
