"""Slack's incoming webhooks: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks."""

import re
from datetime import datetime, timedelta

import orjson
from django.utils.translation import gettext_lazy as _

from monitor.delivery.channels.markdown import LONGEST_TITLE, fitting, plain, unpainted, whole_text
from monitor.delivery.channels.parts import ChannelSpec, ChannelTarget, Content, Post, SendVerdict
from monitor.delivery.channels.robots import HOOK_GONE, JSON, read_key, verdict
from monitor.outgoing import Reply

#: 'Limit the text to 4,000 characters', none of which has less than a byte.
MOST_BYTES = 4000
_ADDRESS = re.compile(r"https://hooks\.slack\.com/services/(?P<key>T[A-Z0-9]{5,20}/B[A-Z0-9]{5,20}/[A-Za-z0-9]{16,60})")
_EXAMPLE = "https://hooks.slack.com/services/T…/B…/…"
_REFUSALS = dict.fromkeys((403, 404, 410), HOOK_GONE)
_LINK = re.compile(r"\[([^\[\]]*)\]\(([^()]*)\)")
#: 'no_service', 'channel_is_archived'
_ERROR = re.compile(r"[a-z_]{4,60}")


def read_target(address: str, secret: str) -> ChannelTarget:
    return ChannelTarget(f"https://hooks.slack.com/services/{read_key(address, _ADDRESS, _EXAMPLE)}")


def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
    """In Slack's own markup. Its blocks of standard markdown are not for webhooks, and its buttons need an app."""
    title = plain(content.title, LONGEST_TITLE)
    text = fitting(
        content,
        lambda shown, more: _LINK.sub(
            r"<\2|\1>", f"*{title}*\n\n{whole_text(content, shown, more, unpainted)}"
        ).encode(),
        MOST_BYTES,
    )
    message = {"text": text.decode(), "unfurl_links": False, "unfurl_media": False}
    return Post(target.url, orjson.dumps(message), JSON)


def judge(reply: Reply) -> SendVerdict:
    """Slack answers with one word: 'ok', or the name of an error. Anything else is of a server in between."""
    word = reply.body.decode(errors="replace").strip()
    is_slack = word == "ok" if reply.status == 200 else _ERROR.fullmatch(word)
    return verdict(reply, reply.status if is_slack else None, word, _REFUSALS, {}, success=200)


SPEC = ChannelSpec(
    "slack",
    timedelta(seconds=1),
    read_target,
    write,
    judge,
    where=_("An app's settings on api.slack.com → Incoming Webhooks → Add New Webhook."),
    example=_EXAMPLE,
)
