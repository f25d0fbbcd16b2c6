"""WxPusher, which forwards to WeChat and to its own app:
https://wxpusher.zjiecode.com/docs/spt.html."""

import re
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from monitor.telling.channels.markdown import LONGEST_TITLE, plain, with_text
from monitor.telling.channels.parts import ChannelTarget, Content, Post, PostSpec
from monitor.telling.channels.robots import JSON, KEY_GONE, judge_by, read_key

#: 'content: at most 40,000 characters'
MOST_BYTES = 40_000
_START = "https://wxpusher.zjiecode.com/api/send/message/"
_ADDRESS = re.compile(
    rf"(?:{re.escape(_START)})?(?P<key>SPT_[A-Za-z0-9]{{8,100}})(?:/.*)?", re.DOTALL
)
_EXAMPLE = "SPT_AbCdEfGh12345678"
_SUCCESS, _UNAUTHORIZED = 1000, 1002
_MARKDOWN = 3


def read_target(address: str, secret: str) -> ChannelTarget:
    return ChannelTarget(_START + read_key(address, _ADDRESS, _EXAMPLE))


def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
    start, _slash, key = target.url.rpartition("/")
    title = plain(content.title, LONGEST_TITLE)
    message = {"spt": key, "summary": title, "contentType": _MARKDOWN}
    return Post(f"{start}/simple-push", with_text(content, message, "content", MOST_BYTES), JSON)


SPEC = PostSpec(
    "wxpusher",
    timedelta(seconds=6),
    read_target,
    write,
    # 1001 may be a wrong text or too many messages: it is tried again.
    judge_by("code", "msg", {_UNAUTHORIZED: KEY_GONE}, success=_SUCCESS),
    where=_("Scan the code on wxpusher.zjiecode.com/docs/spt.html and copy the SPT."),
    example=_EXAMPLE,
    asks_key=True,
)
