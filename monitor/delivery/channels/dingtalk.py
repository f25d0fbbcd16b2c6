"""DingTalk's custom robots: https://open.dingtalk.com/document/robots/custom-robot-access."""

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote_plus

import orjson
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.delivery.channels.markdown import LONGEST_TITLE, buttons, entry_lines, fitting, plain, unpainted, url
from monitor.delivery.channels.parts import ChannelSpec, ChannelTarget, Content, Post, SendVerdict
from monitor.delivery.channels.robots import DINGTALK, GONE, JSON, STOPPED, read_address, read_answer, verdict
from monitor.delivery.entries import MailEntry
from monitor.outgoing import Reply

#: 'message too long, exceed 20000 bytes'
MOST_BYTES = 20_000
_REFUSALS = {
    # A wrong keyword, signature and IP address have one code.
    310000: _("Check the robot's security settings: the keyword “Stallwatch”, the signing secret and the IP list."),
    300001: GONE,
    300005: GONE,
    400013: GONE,
    400101: GONE,
    400102: STOPPED,
    400106: GONE,
}
#: After 20 messages in a minute.
_PAUSES = dict.fromkeys((130101, 410100), timedelta(minutes=10))


def read_target(address: str, secret: str) -> ChannelTarget:
    return ChannelTarget(read_address(address, DINGTALK), secret.strip())


def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
    """A card with buttons. Its markdown has no colours that DingTalk documents."""
    title = plain(content.title, LONGEST_TITLE)
    actions = [{"title": words, "actionURL": address} for words, address in buttons(content)]

    def body(shown: Sequence[MailEntry], more: str) -> bytes:
        text = _text(title, content, shown, more)
        card = {"title": title, "text": text, "btnOrientation": "0", "btns": actions}
        return orjson.dumps({"msgtype": "actionCard", "actionCard": card})

    return Post(_signed(target, now), fitting(content, body, MOST_BYTES), JSON)


def sign(timestamp: str, secret: str) -> str:
    """The secret is the key. It is also in the signed text, after the timestamp in milliseconds."""
    return base64.b64encode(hmac.digest(secret.encode(), f"{timestamp}\n{secret}".encode(), "sha256")).decode()


def judge(reply: Reply) -> SendVerdict:
    answer = read_answer(reply)
    return verdict(reply, answer.get("errcode"), answer.get("errmsg"), _REFUSALS, _PAUSES)


def _signed(target: ChannelTarget, now: datetime) -> str:
    if not target.secret:
        return target.url
    timestamp = str(int(now.timestamp() * 1000))
    return f"{target.url}&timestamp={timestamp}&sign={quote_plus(sign(timestamp, target.secret))}"


def _text(title: str, content: Content, shown: Sequence[MailEntry], more: str) -> str:
    """Ends with the product's name, a keyword that fits all messages."""
    has_links = len(content.entries) > 1
    picture = "" if has_links or not shown else shown[0].picture
    paragraphs = [f"### {title}", f"![]({url(picture)})" if picture else ""]
    if has_links:
        paragraphs.append(" · ".join(map(plain, content.sums)))
    for entry in shown:
        name, *lines = entry_lines(entry, unpainted, has_links=has_links)
        # Two blanks before a line's end keep it.
        paragraphs.append("  \n".join([f"**{name}**", *lines]))
    return "\n\n".join(filter(None, [*paragraphs, more, gettext("Stallwatch")]))


SPEC = ChannelSpec(
    "dingtalk",
    timedelta(seconds=6),
    read_target,
    write,
    judge,
    where=_("The group's settings → Robots → Custom."),
    example="https://oapi.dingtalk.com/robot/send?access_token=…",
    is_signed=True,
)
