"""Bark, an app for iPhones: https://bark.day.app/#/tutorial. Messages are plain text."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.telling.channels.markdown import LONGEST_TITLE, fitting, plain, unpainted, whole_text
from monitor.telling.channels.parts import ChannelTarget, Content, Post, PostSpec
from monitor.telling.channels.robots import JSON, KEY_GONE, SERVER, judge_by, typed_address
from monitor.telling.entries import MailEntry

#: Apple takes 4,096 bytes with all that the server of Bark adds.
MOST_BYTES = 3000
_ADDRESS = re.compile(rf"(?P<key>{SERVER}/[A-Za-z0-9]{{16,64}})(?:/.*)?", re.DOTALL)
_EXAMPLE = "https://api.day.app/AbCdEfGh12345678"


def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
    """Write the call of a message. A tap on it opens the only entry's alert, or all alerts."""
    server, _slash, key = target.url.rpartition("/")
    title = plain(content.title, LONGEST_TITLE)
    tap = content.entries[0].link if len(content.entries) == 1 else content.inbox

    def body(shown: Sequence[MailEntry], more: str) -> bytes:
        text = whole_text(content, shown, more, unpainted, has_links=False) or gettext("Stallwatch")
        message = {
            "title": title,
            "body": text,
            "url": tap,
            "group": "Stallwatch",
            "device_key": key,
        }
        return orjson.dumps(message)

    return Post(f"{server}/push", fitting(content, body, MOST_BYTES), JSON)


SPEC = PostSpec(
    "bark",
    timedelta(seconds=1),
    typed_address(_ADDRESS, _EXAMPLE),
    write,
    # 400: no device has this key.
    judge_by("code", "message", {400: KEY_GONE}, success=200),
    where=_("In the app: copy the address on its first page."),
    example=_EXAMPLE,
)
