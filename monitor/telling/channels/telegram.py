"""Telegram's bots: https://core.telegram.org/bots/api#sendmessage."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import orjson
from django.utils.translation import gettext_lazy as _

from monitor.provider.http import Reply
from monitor.telling.channels.markdown import titled_text
from monitor.telling.channels.parts import ChannelTarget, Content, Post, PostSpec, SendVerdict
from monitor.telling.channels.robots import JSON, SERVER, read_answer, typed_address, verdict

#: 'text: 1-4096 characters', none of which has less than a byte.
MOST_BYTES = 4096
_ADDRESS = re.compile(
    rf"(?P<key>{SERVER}/bot\d{{5,20}}:[A-Za-z0-9_-]{{20,100}}"
    r"/sendMessage\?chat_id=(?:-?\d{1,20}|@[A-Za-z0-9_]{4,40}))"
)
_EXAMPLE = "https://api.telegram.org/bot123456:ABC…/sendMessage?chat_id=123456"
_BOT_GONE = _("The bot's token is not valid any more: copy it again from @BotFather.")
_CHAT_GONE = _(
    "The bot cannot write to this chat: add it to the chat again, or enter the chat's new ID."
)
_REFUSALS = {401: _BOT_GONE, 403: _CHAT_GONE, 404: _BOT_GONE}


def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
    """Write a message in Telegram's first markdown, in which texts of `plain` need no escape."""
    url, _start, chat = target.url.partition("?chat_id=")
    message = {
        "chat_id": chat,
        "text": titled_text(content, MOST_BYTES),
        "parse_mode": "Markdown",
        "link_preview_options": {"is_disabled": True},
    }
    return Post(url, orjson.dumps(message), JSON)


def judge(reply: Reply) -> SendVerdict:
    """Code 400 is about the chat or about the text, and only a chat can be mended by its owner."""
    answer = read_answer(reply)
    code = 0 if answer.get("ok") is True else answer.get("error_code")
    words = answer.get("description")
    refusals = {**_REFUSALS, 400: _CHAT_GONE} if "chat" in str(words) else _REFUSALS
    said = verdict(reply, code, words, refusals, {})
    return replace(said, wait=said.wait or _pause(answer.get("parameters")))


def _pause(parameters: object) -> timedelta | None:
    seconds = parameters.get("retry_after") if isinstance(parameters, Mapping) else None
    return timedelta(seconds=min(max(seconds, 0), 86_400)) if type(seconds) is int else None


SPEC = PostSpec(
    "telegram",
    timedelta(seconds=4),
    typed_address(_ADDRESS, _EXAMPLE),
    write,
    judge,
    where=_("A bot's token from @BotFather, and the ID of the chat with it."),
    example=_EXAMPLE,
    asks_key=True,
)
