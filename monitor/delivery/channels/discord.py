"""Discord's webhooks: https://discord.com/developers/docs/resources/webhook#execute-webhook."""

import re
from datetime import datetime, timedelta

import orjson
from django.utils.translation import gettext_lazy as _

from monitor.delivery.channels.markdown import LONGEST_TITLE, fitting, plain, unpainted, whole_text
from monitor.delivery.channels.parts import ChannelTarget, Content, Post, PostSpec, SendVerdict
from monitor.delivery.channels.robots import (
    HOOK_GONE,
    JSON,
    SERVER,
    read_answer,
    typed_address,
    verdict,
)
from monitor.http import Reply

#: A description has '4096 characters', none of which has less than a byte.
MOST_BYTES = 4096
_ADDRESS = re.compile(rf"(?P<key>{SERVER}/api/webhooks/\d{{15,25}}/[A-Za-z0-9_-]{{20,100}})")
_EXAMPLE = "https://discord.com/api/webhooks/123456789012345678/…"
#: Unknown channel, unknown webhook, invalid webhook token.
_REFUSALS = dict.fromkeys((10003, 10015, 50027), HOOK_GONE)
_GREEN, _RED, _BLUE = 0x2DA44E, 0xD1242F, 0x0969DA
_COLOURS = {"rise": _RED, "bad": _RED, "fall": _GREEN, "good": _GREEN}


def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
    """Return an embed, in which links may have words. With `wait` Discord answers only once it has
    stored the message."""
    text = fitting(
        content,
        lambda shown, more: whole_text(content, shown, more, unpainted).encode(),
        MOST_BYTES,
    )
    tone = content.entries[0].first.tone if content.entries else ""
    embed = {
        "title": plain(content.title, LONGEST_TITLE),
        "description": text.decode(),
        "color": _COLOURS.get(tone, _BLUE),
    }
    message = {"embeds": [embed], "allowed_mentions": {"parse": []}}
    return Post(f"{target.url}?wait=true", orjson.dumps(message), JSON)


def judge(reply: Reply) -> SendVerdict:
    """Return what an answer means. A stored message is answered with itself, an error with a
    code."""
    answer = read_answer(reply)
    code = reply.status if "id" in answer else answer.get("code")
    return verdict(reply, code, answer.get("message"), _REFUSALS, {}, success=200)


SPEC = PostSpec(
    "discord",
    timedelta(seconds=2),
    typed_address(_ADDRESS, _EXAMPLE),
    write,
    judge,
    where=_("The channel's settings → Integrations → Webhooks → Copy Webhook URL."),
    example=_EXAMPLE,
    is_rare=True,
)
