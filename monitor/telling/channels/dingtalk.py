"""DingTalk's custom robots: https://open.dingtalk.com/document/robots/custom-robot-access."""

import base64
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote_plus

import orjson
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.telling.channels.markdown import (
    LONGEST_TITLE,
    buttons,
    card_paragraphs,
    fitting,
    plain,
    unpainted,
    url,
)
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

#: 'message too long, exceed 20000 bytes'
MOST_BYTES = 20_000
_ADDRESS = re.compile(rf"(?P<key>{SERVER}/robot/send\?access_token={TOKEN})(?:[&#].*)?", re.DOTALL)
_EXAMPLE = "https://oapi.dingtalk.com/robot/send?access_token=…"
_REFUSALS = {
    # A wrong keyword, signature and IP address have one code.
    310000: _(
        "Check the robot's security settings: the keyword “Stallwatch”, the signing secret "
        "and the IP list."
    ),
    300001: GONE,
    300005: GONE,
    400013: GONE,
    400101: GONE,
    400102: STOPPED,
    400106: GONE,
}
#: After 20 messages in a minute.
_PAUSES = dict.fromkeys((90030, 130101, 410100), timedelta(minutes=10))


def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
    """Return a card with buttons. Its markdown has no colours that DingTalk documents."""
    title = plain(content.title, LONGEST_TITLE)
    actions = [{"title": words, "actionURL": address} for words, address in buttons(content)]

    def body(shown: Sequence[MailEntry], more: str) -> bytes:
        text = _text(title, content, shown, more)
        card = {"title": title, "text": text, "btnOrientation": "0", "btns": actions}
        return orjson.dumps({"msgtype": "actionCard", "actionCard": card})

    return Post(_signed(target, now), fitting(content, body, MOST_BYTES), JSON)


def sign(timestamp: str, secret: str) -> str:
    """Return the signature. The secret is the key, and also in the signed text, after the timestamp
    in milliseconds."""
    return base64.b64encode(
        hmac.digest(secret.encode(), f"{timestamp}\n{secret}".encode(), "sha256")
    ).decode()


def _signed(target: ChannelTarget, now: datetime) -> str:
    if not target.secret:
        return target.url
    timestamp = str(int(now.timestamp() * 1000))
    return f"{target.url}&timestamp={timestamp}&sign={quote_plus(sign(timestamp, target.secret))}"


def _text(title: str, content: Content, shown: Sequence[MailEntry], more: str) -> str:
    """Return the text of a card. It ends with the product's name, a keyword that fits all
    messages."""
    picture = shown[0].picture if shown and len(content.entries) == 1 else ""
    # Two blanks before a line's end keep it.
    paragraphs = card_paragraphs(content, shown, unpainted, "  \n")
    heading = [f"### {title}", f"![]({url(picture)})" if picture else ""]
    return "\n\n".join(filter(None, [*heading, *paragraphs, more, gettext("Stallwatch")]))


SPEC = PostSpec(
    "dingtalk",
    timedelta(seconds=6),
    typed_address(_ADDRESS, _EXAMPLE, is_signed=True),
    write,
    judge_by("errcode", "errmsg", _REFUSALS, _PAUSES),
    where=_("The group's settings → Robots → Custom."),
    example=_EXAMPLE,
    is_signed=True,
)
