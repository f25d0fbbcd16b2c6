"""WeCom's group robots: https://developer.work.weixin.qq.com/document/path/99110."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.delivery.channels.markdown import (
    LONGEST_LINE,
    LONGEST_TITLE,
    MOST_LINES,
    buttons,
    fitting,
    plain,
    whole_text,
)
from monitor.delivery.channels.parts import ChannelSpec, ChannelTarget, Content, Post, SendVerdict
from monitor.delivery.channels.robots import GONE, JSON, STOPPED, WECOM, read_address, read_answer, verdict
from monitor.delivery.entries import MailEntry
from monitor.outgoing import Reply

#: Of the markdown, not of the whole body.
MOST_BYTES = 4096
_COLOURS = {"rise": "warning", "bad": "warning", "fall": "info", "good": "info", "quiet": "comment"}
_REFUSALS = {93000: GONE, 93004: STOPPED, 93008: GONE}
#: 20 messages a minute for each robot.
_PAUSES = dict.fromkeys((45009, 45033), timedelta(minutes=1))


def read_target(address: str, secret: str) -> ChannelTarget:
    """WeCom has no signatures: only the address is secret."""
    return ChannelTarget(read_address(address, WECOM))


def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
    """A card with a picture for one entry that has one, else markdown. WeCom refuses `\\u` escapes in JSON."""
    if len(content.entries) == 1 and content.entries[0].picture:
        message: dict[str, Any] = {"msgtype": "template_card", "template_card": _card(content, content.entries[0])}
    else:
        markdown = fitting(content, lambda shown, more: _markdown(content, shown, more).encode(), MOST_BYTES)
        message = {"msgtype": "markdown", "markdown": {"content": markdown.decode()}}
    return Post(target.url, orjson.dumps(message), JSON)


def judge(reply: Reply) -> SendVerdict:
    answer = read_answer(reply)
    return verdict(reply, answer.get("errcode"), answer.get("errmsg"), _REFUSALS, _PAUSES)


def _card(content: Content, entry: MailEntry) -> dict[str, Any]:
    """`main_title`, `card_image` and `card_action` must be there; the lists have at most 4 and 3 items.

    The whole card leads to the evidence, so the first of the buttons is left out.
    """
    lines: list[dict[str, str]] = [
        {"title": plain(f"{line.chain or line.headline} {line.move if line.chain else ''}", LONGEST_LINE)}
        for line in entry.lines[:MOST_LINES]
    ]
    lines[-1]["desc"] = plain(" · ".join(entry.facts), LONGEST_LINE)
    return {
        "card_type": "news_notice",
        "source": {"desc": gettext("Stallwatch")},
        "main_title": {"title": plain(entry.first.headline, LONGEST_LINE), "desc": plain(entry.name)},
        "card_image": {"url": entry.picture, "aspect_ratio": 1.3},
        "vertical_content_list": lines,
        "jump_list": [{"type": 1, "title": words, "url": address} for words, address in buttons(content)[1:]],
        "card_action": {"type": 1, "url": entry.link},
    }


def _markdown(content: Content, shown: Sequence[MailEntry], more: str) -> str:
    return f"### {plain(content.title, LONGEST_TITLE)}\n\n{whole_text(content, shown, more, _paint)}"


def _paint(text: str, tone: str) -> str:
    return f'<font color="{_COLOURS[tone]}">{text}</font>' if tone else text


SPEC = ChannelSpec(
    "wecom",
    timedelta(seconds=6),
    read_target,
    write,
    judge,
    where=_("The group's settings → Message push → Add."),
    example="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…",
)
