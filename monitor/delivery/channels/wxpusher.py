"""WxPusher, which forwards to WeChat and to its own app: https://wxpusher.zjiecode.com/docs/spt.html."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson
from django.utils.translation import gettext_lazy as _

from monitor.delivery.channels.markdown import LONGEST_TITLE, fitting, plain, unpainted, whole_text
from monitor.delivery.channels.parts import ChannelSpec, ChannelTarget, Content, Post, SendVerdict
from monitor.delivery.channels.robots import JSON, KEY_GONE, read_answer, read_key, verdict
from monitor.delivery.entries import MailEntry
from monitor.outgoing import Reply

#: 'content: at most 40,000 characters'
MOST_BYTES = 40_000
_START = "https://wxpusher.zjiecode.com/api/send/message/"
_ADDRESS = re.compile(rf"(?:{re.escape(_START)})?(?P<key>SPT_[A-Za-z0-9]{{8,100}})(?:/.*)?", re.DOTALL)
_EXAMPLE = "SPT_AbCdEfGh12345678"
_SUCCESS, _UNAUTHORIZED = 1000, 1002
_MARKDOWN = 3


def read_target(address: str, secret: str) -> ChannelTarget:
    return ChannelTarget(_START + read_key(address, _ADDRESS, _EXAMPLE))


def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
    start, _slash, key = target.url.rpartition("/")
    title = plain(content.title, LONGEST_TITLE)

    def body(shown: Sequence[MailEntry], more: str) -> bytes:
        text = whole_text(content, shown, more, unpainted, "  \n")
        return orjson.dumps({"spt": key, "summary": title, "content": text, "contentType": _MARKDOWN})

    return Post(f"{start}/simple-push", fitting(content, body, MOST_BYTES), JSON)


def judge(reply: Reply) -> SendVerdict:
    """Its code 1001 says anything from a wrong text to too many messages, so it is tried again."""
    answer = read_answer(reply)
    refusals = {_UNAUTHORIZED: KEY_GONE}
    return verdict(reply, answer.get("code"), answer.get("msg"), refusals, {}, success=_SUCCESS)


SPEC = ChannelSpec(
    "wxpusher",
    timedelta(seconds=6),
    read_target,
    write,
    judge,
    where=_("Scan the code on wxpusher.zjiecode.com/docs/spt.html and copy the SPT."),
    example=_EXAMPLE,
)
