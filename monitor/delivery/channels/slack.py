"""Slack's incoming webhooks:
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks."""

import re
from datetime import datetime, timedelta

import orjson
from django.utils.translation import gettext_lazy as _

from monitor.delivery.channels.markdown import titled_text
from monitor.delivery.channels.parts import ChannelTarget, Content, Post, PostSpec, SendVerdict
from monitor.delivery.channels.robots import HOOK_GONE, JSON, SERVER, typed_address, verdict
from monitor.http import Reply

#: Longer ones are split: https://api.slack.com/changelog/2018-04-truncating-really-long-messages
#: asked for 'under 4,000 bytes'. Slack's links are shorter than those that they replace.
MOST_BYTES = 3999
_ADDRESS = re.compile(
    rf"(?P<key>{SERVER}/services/T[A-Z0-9]{{5,20}}/B[A-Z0-9]{{5,20}}/[A-Za-z0-9]{{16,60}})"
)
_EXAMPLE = "https://hooks.slack.com/services/T…/B…/…"
_REFUSALS = dict.fromkeys((403, 404, 410), HOOK_GONE)
_LINK = re.compile(r"\[([^\[\]]*)\]\(([^()]*)\)")
#: 'no_service', 'channel_is_archived'
_ERROR = re.compile(r"[a-z_]{4,60}")


def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
    """Write a message in Slack's own markup: webhooks are said to refuse its blocks of standard
    markdown."""
    text = _LINK.sub(r"<\2|\1>", titled_text(content, MOST_BYTES))
    message = {"text": text, "unfurl_links": False, "unfurl_media": False}
    return Post(target.url, orjson.dumps(message), JSON)


def judge(reply: Reply) -> SendVerdict:
    """Slack answers with one word: 'ok', or the name of an error. Anything else is of a server in
    between."""
    word = reply.body.decode(errors="replace").strip()
    is_slack = word == "ok" if reply.status == 200 else _ERROR.fullmatch(word)
    return verdict(reply, reply.status if is_slack else None, word, _REFUSALS, {}, success=200)


SPEC = PostSpec(
    "slack",
    timedelta(seconds=1),
    typed_address(_ADDRESS, _EXAMPLE),
    write,
    judge,
    where=_("An app's settings on api.slack.com → Incoming Webhooks → Add New Webhook."),
    example=_EXAMPLE,
    is_rare=True,
)
