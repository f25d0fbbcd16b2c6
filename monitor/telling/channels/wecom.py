"""WeCom's group robots: https://developer.work.weixin.qq.com/document/path/99110."""

import re
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.telling.channels.markdown import LONGEST_LINE, MOST_LINES, buttons, plain, titled_text
from monitor.telling.channels.parts import ChannelTarget, Content, Post, PostSpec
from monitor.telling.channels.robots import (
    GONE,
    JSON,
    SERVER,
    STOPPED,
    TOKEN,
    judge_by,
    typed_address,
)
from monitor.telling.entries import MailEntry

#: Of the markdown, not of the whole body.
MOST_BYTES = 4096
_ADDRESS = re.compile(rf"(?P<key>{SERVER}/cgi-bin/webhook/send\?key={TOKEN})(?:[&#].*)?", re.DOTALL)
_EXAMPLE = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…"
_COLOURS = {"rise": "warning", "bad": "warning", "fall": "info", "good": "info", "quiet": "comment"}
_REFUSALS = {93000: GONE, 93004: STOPPED, 93008: GONE}
#: 20 messages a minute for each robot.
_PAUSES = dict.fromkeys((45009, 45033), timedelta(minutes=1))


def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
    """Return a card with a picture for one entry that has one, else markdown. WeCom refuses `\\u`
    escapes in JSON."""
    if len(content.entries) == 1 and content.entries[0].picture:
        message: dict[str, Any] = {
            "msgtype": "template_card",
            "template_card": _card(content, content.entries[0]),
        }
    else:
        message = {
            "msgtype": "markdown",
            "markdown": {"content": titled_text(content, MOST_BYTES, "### {}", _paint)},
        }
    return Post(target.url, orjson.dumps(message), JSON)


def _card(content: Content, entry: MailEntry) -> dict[str, Any]:
    """`main_title`, `card_image` and `card_action` must be there; the lists have at most 4 and 3
    items.

    The whole card leads to the evidence, so the first of the buttons is left out.
    """
    lines: list[dict[str, str]] = [
        {
            "title": plain(line.text, LONGEST_LINE),
            **({"desc": plain(line.path, LONGEST_LINE)} if line.path else {}),
        }
        for line in entry.lines[:MOST_LINES]
    ]
    path = entry.lines[len(lines) - 1].path
    lines[-1]["desc"] = plain(" · ".join(filter(None, [path, *entry.facts])), LONGEST_LINE)
    return {
        "card_type": "news_notice",
        "source": {"desc": gettext("Stallwatch")},
        "main_title": {
            "title": plain(entry.first.headline, LONGEST_LINE),
            "desc": plain(entry.name),
        },
        "card_image": {"url": entry.picture, "aspect_ratio": 1.3},
        "vertical_content_list": lines,
        "jump_list": [
            {"type": 1, "title": words, "url": address} for words, address in buttons(content)[1:]
        ],
        "card_action": {"type": 1, "url": entry.link},
    }


def _paint(text: str, tone: str) -> str:
    return f'<font color="{_COLOURS[tone]}">{text}</font>' if tone else text


SPEC = PostSpec(
    "wecom",
    timedelta(seconds=6),
    typed_address(_ADDRESS, _EXAMPLE),
    write,
    judge_by("errcode", "errmsg", _REFUSALS, _PAUSES),
    where=_("The group's settings → Message push → Add."),
    example=_EXAMPLE,
)
