"""ServerChan, which forwards to WeChat (https://sct.ftqq.com) or to its own app
(https://sc3.ft07.com)."""

import re
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from monitor.provider.http import Reply
from monitor.telling.channels.markdown import plain, with_text
from monitor.telling.channels.parts import ChannelTarget, Content, Post, PostSpec, SendVerdict
from monitor.telling.channels.robots import JSON, KEY_GONE, read_answer, read_key, verdict

#: 'desp: at most 32 KB'
MOST_BYTES = 32_000
LONGEST_TITLE = 32
_ADDRESS = re.compile(
    r"(?:https://(?:sctapi\.ftqq\.com|\d+\.push\.ft07\.com/send)/)?"
    r"(?P<key>SCT[A-Za-z0-9]{8,100}|sctp\d{1,12}t[A-Za-z0-9]{8,100})(?:\.send\S*)?"
)
_EXAMPLE = "SCT12345TAbCdEfGh… / sctp1234tabcdefgh…"
#: Keys of the app's service name the user, whose number is in the name of the host.
_USER = re.compile(r"sctp(\d+)t")
#: The free service takes 5 messages a day.
_PAUSES = {471: timedelta(hours=1)}


def read_target(address: str, secret: str) -> ChannelTarget:
    key = read_key(address, _ADDRESS, _EXAMPLE)
    user = _USER.match(key)
    host = f"{user[1]}.push.ft07.com/send" if user else "sctapi.ftqq.com"
    return ChannelTarget(f"https://{host}/{key}.send")


def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
    title = plain(content.title, LONGEST_TITLE)
    message = {"title": title, "noip": 1}
    return Post(target.url, with_text(content, message, "desp", MOST_BYTES), JSON)


def judge(reply: Reply) -> SendVerdict:
    """`code` is the same for a wrong key and for too many messages; only `scode` tells them
    apart."""
    answer = read_answer(reply)
    code = answer.get("code")
    return verdict(
        reply,
        answer.get("scode", code) if code else code,
        answer.get("message"),
        {461: KEY_GONE},
        _PAUSES,
    )


SPEC = PostSpec(
    "serverchan",
    timedelta(minutes=1),
    read_target,
    write,
    judge,
    where=_("The SendKey on sct.ftqq.com (WeChat) or sc3.ft07.com (app)."),
    example=_EXAMPLE,
    asks_key=True,
    ending=lambda target: f"…{target.url.removesuffix('.send')[-4:]}",
)
