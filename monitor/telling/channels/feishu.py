"""Feishu's custom robots, and Lark's:
https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot."""

import base64
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.provider.http import Reply
from monitor.telling.channels.markdown import (
    LONGEST_TITLE,
    buttons,
    card_paragraphs,
    fitting,
    plain,
)
from monitor.telling.channels.parts import ChannelTarget, Content, Post, PostSpec, SendVerdict
from monitor.telling.channels.robots import (
    GONE,
    JSON,
    SERVER,
    TOKEN,
    read_answer,
    typed_address,
    verdict,
)
from monitor.telling.entries import MailEntry

#: 'The request body must not exceed 20 KB.'
MOST_BYTES = 20_000
_ADDRESS = re.compile(rf"(?P<key>{SERVER}/open-apis/bot/v2/hook/{TOKEN})(?:[&?#/].*)?", re.DOTALL)
_EXAMPLE = "https://open.feishu.cn/open-apis/bot/v2/hook/…"
_HEADERS = {"rise": "red", "bad": "red", "fall": "green", "good": "green"}
_COLOURS = {**_HEADERS, "quiet": "grey"}
_REFUSALS = {
    19001: GONE,
    19021: _(
        "The signature does not match: copy the signing secret again from the robot's settings."
    ),
    19022: _(
        "The robot accepts other IP addresses only: remove its IP list, or add this server's "
        "address."
    ),
    19024: _("The robot requires a keyword: set “Stallwatch”, or use a signing secret instead."),
}
#: 100 messages a minute and 5 a second for each robot, and a limit for all robots that is reached
#: at full hours.
_PAUSES = dict.fromkeys((11232, 99991400), timedelta(minutes=1))


def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
    """Return an interactive card. Pictures would need an upload by an app, so it has none."""
    timestamp = str(int(now.timestamp()))
    signed = (
        {"timestamp": timestamp, "sign": sign(timestamp, target.secret)} if target.secret else {}
    )

    def body(shown: Sequence[MailEntry], more: str) -> bytes:
        return orjson.dumps(
            {**signed, "msg_type": "interactive", "card": _card(content, shown, more)}
        )

    return Post(target.url, fitting(content, body, MOST_BYTES), JSON)


def sign(timestamp: str, secret: str) -> str:
    """Return the signature. The timestamp, in seconds, and the secret are the key; the signed text
    is empty."""
    return base64.b64encode(hmac.digest(f"{timestamp}\n{secret}".encode(), b"", "sha256")).decode()


def judge(reply: Reply) -> SendVerdict:
    """Old robots name the code `StatusCode` alone, newer ones give both names."""
    answer = read_answer(reply)
    code = answer.get("code", answer.get("StatusCode"))
    return verdict(reply, code, answer.get("msg", answer.get("StatusMessage")), _REFUSALS, _PAUSES)


def _card(content: Content, shown: Sequence[MailEntry], more: str) -> dict[str, Any]:
    tone = content.entries[0].first.tone if content.entries else ""
    texts = [*card_paragraphs(content, shown, _paint), more]
    return {
        "config": {"wide_screen_mode": True},
        "header": {
            "template": _HEADERS.get(tone, "blue"),
            "title": _text(plain(content.title, LONGEST_TITLE)),
        },
        "elements": [
            *(
                {"tag": "div", "text": {"tag": "lark_md", "content": text}}
                for text in texts
                if text
            ),
            {
                "tag": "action",
                "actions": [_button(words, address) for words, address in buttons(content)],
            },
            {"tag": "note", "elements": [_text(gettext("Stallwatch"))]},
        ],
    }


def _paint(text: str, tone: str) -> str:
    return f"<font color='{_COLOURS[tone]}'>{text}</font>" if tone else text


def _button(words: str, address: str) -> dict[str, Any]:
    return {"tag": "button", "type": "default", "text": _text(words), "url": address}


def _text(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}


SPEC = PostSpec(
    "feishu",
    timedelta(seconds=1),
    typed_address(_ADDRESS, _EXAMPLE, is_signed=True),
    write,
    judge,
    where=_("The group's settings → Bots → Custom bot."),
    example=_EXAMPLE,
    is_signed=True,
)
