"""Chat platforms: group robots of Feishu, DingTalk and WeCom, and apps on a phone.

Each takes one JSON message at an address that ends with a token. Most answer 200 to refused
messages, so only a code in the answer tells whether a message was accepted."""

import base64
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import orjson
from django.utils.translation import gettext_lazy as _

from monitor.provider.http import Reply
from monitor.telling.channels.parts import (
    JSON,
    LONGEST_ANSWER,
    BadTargetError,
    ChannelTarget,
    Content,
    Post,
    PostSpec,
    SendOutcome,
    SendVerdict,
    status_line,
)
from monitor.telling.channels.texts import (
    LONGEST_TITLE,
    buttons,
    fitting,
    markdown,
    notification,
    plain,
)
from monitor.telling.entries import MailEntry
from monitor.text.formatting import Text, one_line

type Judge = Callable[[Reply], SendVerdict]
#: From a message's content, the entries that fit, and words about the others.
type WriteMessage = Callable[[Content, Sequence[MailEntry], str], dict[str, Any]]
#: Returns what is called at a time, and what the body holds of the address.
type Address = Callable[[ChannelTarget, datetime], tuple[str, dict[str, str]]]

#: Any server, up to the platform's own path: also of a company's own, or a relay. The call checks
#: it, as every address that people type.
SERVER = r"https?://[^\s/?#@\\]+(?:/[\w.~-]+)*?"
TOKEN = r"[A-Za-z0-9_-]{8,200}(?![A-Za-z0-9_-])"  # noqa: S105 - A pattern.
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)

GONE = _("The robot or its group no longer exists: add a robot again and enter its new address.")
STOPPED = _("The robot is switched off: switch it on in the group's settings.")
KEY_GONE = _("The platform does not know this key any more: copy it again and enter it here.")

#: Names of the code in answers, and of the words beside it: the first that there is counts. Only
#: ServerChan's `scode` tells a wrong key from too many messages. Old robots of Feishu have the last
#: of the names alone.
_CODES = ("scode", "errcode", "code", "StatusCode")
_WORDS = ("msg", "errmsg", "message", "StatusMessage")
#: Long runs with a digit in a platform's words: some platforms repeat the key that they refuse.
_SECRETS = re.compile(r"(?<![\w-])(?=[\w-]*\d)[\w-]{16,}", re.ASCII)


def platform(
    kind: str,
    gap: timedelta,
    pattern: str,
    message: WriteMessage,
    judge: Judge,
    *,
    most_bytes: int,
    example: str,
    to_url: Callable[[str], str] = str,
    address: Address = lambda target, now: (target.url, {}),
    is_signed: bool = False,
    **told: Any,
) -> PostSpec:
    """Return the spec of a kind. `to_url` makes its address of the group `key` of `pattern` in what
    a user has copied. `most_bytes` are those of the whole body. `told` are further fields of the
    spec."""

    def read_target(typed: str, secret: str) -> ChannelTarget:
        match = re.fullmatch(pattern, typed.strip(), re.DOTALL)
        if match is None:
            raise BadTargetError(_("It must look like %(example)s") % {"example": example})
        return ChannelTarget(to_url(match["key"]), secret.strip() if is_signed else "")

    def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
        called, keys = address(target, now)

        def body(shown: Sequence[MailEntry], more: str) -> bytes:
            # Without escapes such as \u4e00, which WeCom refuses.
            return orjson.dumps({**keys, **message(content, shown, more)})

        return Post(called, fitting(content, body, most_bytes), JSON)

    return PostSpec(
        kind, gap, read_target, write, judge, example=example, is_signed=is_signed, **told
    )


def in_markdown(message: Callable[[str, str], dict[str, Any]]) -> WriteMessage:
    """Return the writer of a message that is made of a title and a text in markdown."""
    return lambda content, shown, more: message(
        plain(content.title, LONGEST_TITLE), markdown(content, shown, more)
    )


def as_card(message: Callable[[str, str, Content], dict[str, Any]]) -> WriteMessage:
    """Return the writer of a card: a title, a text in markdown, and `buttons` of the content."""
    return lambda content, shown, more: message(
        plain(content.title, LONGEST_TITLE),
        markdown(content, shown, more, has_buttons=True),
        content,
    )


def judge_by(
    refusals: Mapping[int, Text],
    pauses: Mapping[int, timedelta] | None = None,
    *,
    success: int = 0,
) -> Judge:
    """Return the `judge` of a kind whose answers have a code and words under one of the usual
    names."""

    def judge(reply: Reply) -> SendVerdict:
        answer = read_answer(reply)
        code, words = (
            next((answer[name] for name in names if name in answer), None)
            for names in (_CODES, _WORDS)
        )
        return verdict(reply, code, words, refusals, pauses, success=success)

    return judge


def read_answer(reply: Reply) -> dict[str, object]:
    """Return the JSON object in a reply; empty if there is none."""
    with suppress(orjson.JSONDecodeError):
        answer = orjson.loads(reply.body)
        if isinstance(answer, dict):
            return answer
    return {}


def verdict(
    reply: Reply,
    code: object,
    words: object,
    refusals: Mapping[int, Text],
    pauses: Mapping[int, timedelta] | None = None,
    *,
    success: int = 0,
) -> SendVerdict:
    """Return what a platform's answer means. `code` and `words` are from its body and may be of any
    type.

    `refusals` are the codes that the owner must act on, with advice. After those in `pauses` the
    platform accepts nothing for some time. All other answers, even unreadable ones, may change by
    themselves."""
    if type(code) is not int:
        return SendVerdict(
            SendOutcome.LATER, status_line(reply.status), reply.status, wait=reply.retry_after
        )
    answer = one_line(_SECRETS.sub("…", words), LONGEST_ANSWER) if isinstance(words, str) else ""
    # What a column of the ledger can hold: some platforms say -1 when they are busy.
    kept = code if code in range(2**31) else None
    if code == success and 200 <= reply.status < 300:
        return SendVerdict(SendOutcome.SENT, answer, kept)
    if code in refusals:
        return SendVerdict(SendOutcome.REFUSED, answer, kept, refusals[code])
    wait = reply.retry_after or (pauses or {}).get(code)
    return SendVerdict(SendOutcome.LATER, answer, kept, wait=wait)


def _signature(key: str, text: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()


# Feishu, and Lark: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot


def _feishu_address(target: ChannelTarget, now: datetime) -> tuple[str, dict[str, str]]:
    """Sign with the timestamp, in seconds, and the secret as the key; the signed text is empty."""
    if not target.secret:
        return target.url, {}
    timestamp = str(int(now.timestamp()))
    sign = _signature(f"{timestamp}\n{target.secret}", "")
    return target.url, {"timestamp": timestamp, "sign": sign}


#: The colour of a card's header by the tone of its first entry.
_FEISHU_COLOURS = {"rise": "red", "bad": "red", "fall": "green", "good": "green"}


@as_card
def _feishu_message(title: str, text: str, content: Content) -> dict[str, Any]:
    """Return an interactive card. Pictures would need an upload by an app, so it has none."""
    tone = content.entries[0].first.tone if content.entries else ""
    actions = [
        {"tag": "button", "type": "default", "text": _feishu_text(words), "url": address}
        for words, address in buttons(content)
    ]
    card = {
        "config": {"wide_screen_mode": True},
        "header": {"template": _FEISHU_COLOURS.get(tone, "blue"), "title": _feishu_text(title)},
        "elements": [
            {"tag": "div", "text": {"tag": "lark_md", "content": text}},
            {"tag": "action", "actions": actions},
        ],
    }
    return {"msg_type": "interactive", "card": card}


def _feishu_text(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}


FEISHU = platform(
    "feishu",
    SECOND,
    rf"(?P<key>{SERVER}/open-apis/bot/v2/hook/{TOKEN})(?:[&?#/].*)?",
    _feishu_message,
    judge_by(
        {
            19001: GONE,
            19021: _(
                "The signature does not match: copy the signing secret again from the robot's "
                "settings."
            ),
            19022: _(
                "The robot accepts other IP addresses only: remove its IP list, or add this "
                "server's address."
            ),
            19024: _(
                "The robot requires a keyword: set “Stallwatch”, or use a signing secret instead."
            ),
        },
        # 100 messages a minute and 5 a second for each robot, and a limit for all robots that is
        # reached at full hours.
        dict.fromkeys((11232, 99991400), MINUTE),
    ),
    # 'The request body must not exceed 20 KB.'
    most_bytes=20_000,
    address=_feishu_address,
    is_signed=True,
    where=_("The group's settings → Bots → Custom bot."),
    example="https://open.feishu.cn/open-apis/bot/v2/hook/…",
)

# DingTalk: https://open.dingtalk.com/document/robots/custom-robot-access


def _dingtalk_address(target: ChannelTarget, now: datetime) -> tuple[str, dict[str, str]]:
    """Sign with the secret as the key; the signed text is the timestamp, in milliseconds, and the
    secret."""
    if not target.secret:
        return target.url, {}
    timestamp = str(int(now.timestamp() * 1000))
    sign = quote_plus(_signature(target.secret, f"{timestamp}\n{target.secret}"))
    return f"{target.url}&timestamp={timestamp}&sign={sign}", {}


@as_card
def _dingtalk_message(title: str, text: str, content: Content) -> dict[str, Any]:
    """Return a card whose `title` is only in the list of chats."""
    actions = [{"title": words, "actionURL": address} for words, address in buttons(content)]
    card = {
        "title": title,
        "text": f"### {title}\n\n{text}",
        "btnOrientation": "0",
        "btns": actions,
    }
    return {"msgtype": "actionCard", "actionCard": card}


DINGTALK = platform(
    "dingtalk",
    6 * SECOND,
    rf"(?P<key>{SERVER}/robot/send\?access_token={TOKEN})(?:[&#].*)?",
    _dingtalk_message,
    judge_by(
        {
            # A wrong keyword, signature and IP address have one code.
            310000: _(
                "Check the robot's security settings: the keyword “Stallwatch”, the signing secret "
                "and the IP list."
            ),
            **dict.fromkeys((300001, 300005, 400013, 400101, 400106), GONE),
            400102: STOPPED,
        },
        # After 20 messages in a minute.
        dict.fromkeys((90030, 130101, 410100), 10 * MINUTE),
    ),
    # 'message too long, exceed 20000 bytes'
    most_bytes=20_000,
    address=_dingtalk_address,
    is_signed=True,
    where=_("The group's settings → Robots → Custom."),
    example="https://oapi.dingtalk.com/robot/send?access_token=…",
)

# WeCom: https://developer.work.weixin.qq.com/document/path/99110


@in_markdown
def _wecom_message(title: str, text: str) -> dict[str, Any]:
    return {"msgtype": "markdown", "markdown": {"content": f"### {title}\n\n{text}"}}


WECOM = platform(
    "wecom",
    6 * SECOND,
    rf"(?P<key>{SERVER}/cgi-bin/webhook/send\?key={TOKEN})(?:[&#].*)?",
    _wecom_message,
    judge_by(
        {93000: GONE, 93004: STOPPED, 93008: GONE},
        # 20 messages a minute for each robot.
        dict.fromkeys((45009, 45033), MINUTE),
    ),
    # The markdown may have 4,096 bytes.
    most_bytes=4096,
    where=_("The group's settings → Message push → Add."),
    example="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…",
)

# Bark, an app for iPhones: https://bark.day.app/#/tutorial


def _bark_address(target: ChannelTarget, now: datetime) -> tuple[str, dict[str, str]]:
    server, _slash, key = target.url.rpartition("/")
    return f"{server}/push", {"device_key": key}


def _bark_message(content: Content, shown: Sequence[MailEntry], more: str) -> dict[str, Any]:
    return {**notification(content, shown, more), "group": "Stallwatch"}


BARK = platform(
    "bark",
    SECOND,
    rf"(?P<key>{SERVER}/[A-Za-z0-9]{{16,64}})(?:/.*)?",
    _bark_message,
    # 400: no device has this key.
    judge_by({400: KEY_GONE}, success=200),
    # Apple takes 4,096 bytes with all that the server of Bark adds.
    most_bytes=3000,
    address=_bark_address,
    where=_("In the app: copy the address on its first page."),
    example="https://api.day.app/AbCdEfGh12345678",
)

# ServerChan forwards to WeChat (https://sct.ftqq.com) or to its own app (https://sc3.ft07.com)

_LONGEST_SERVERCHAN_TITLE = 32


def _serverchan_url(key: str) -> str:
    """Keys of the app's service name the user, whose number is in the name of the host."""
    user = re.match(r"sctp(\d+)t", key)
    host = f"{user[1]}.push.ft07.com/send" if user else "sctapi.ftqq.com"
    return f"https://{host}/{key}.send"


@in_markdown
def _serverchan_message(title: str, text: str) -> dict[str, Any]:
    return {"title": one_line(title, _LONGEST_SERVERCHAN_TITLE), "noip": 1, "desp": text}


SERVERCHAN = platform(
    "serverchan",
    MINUTE,
    r"(?:https://(?:sctapi\.ftqq\.com|\d+\.push\.ft07\.com/send)/)?"
    r"(?P<key>SCT[A-Za-z0-9]{8,100}|sctp\d{1,12}t[A-Za-z0-9]{8,100})(?:\.send\S*)?",
    _serverchan_message,
    # The free service takes 5 messages a day.
    judge_by({461: KEY_GONE}, {471: 60 * MINUTE}),
    # 'desp: at most 32 KB'
    most_bytes=32_000,
    to_url=_serverchan_url,
    where=_("The SendKey on sct.ftqq.com (WeChat) or sc3.ft07.com (app)."),
    example="SCT12345TAbCdEfGh… / sctp1234tabcdefgh…",
    asks_key=True,
    ending=lambda target: f"…{target.url.removesuffix('.send')[-4:]}",
)

# WxPusher forwards to WeChat and to its own app: https://wxpusher.zjiecode.com/docs/spt.html

_WXPUSHER_START = "https://wxpusher.zjiecode.com/api/send/message/"
_WXPUSHER_MARKDOWN = 3


def _wxpusher_address(target: ChannelTarget, now: datetime) -> tuple[str, dict[str, str]]:
    start, _slash, key = target.url.rpartition("/")
    return f"{start}/simple-push", {"spt": key}


@in_markdown
def _wxpusher_message(title: str, text: str) -> dict[str, Any]:
    return {"summary": title, "contentType": _WXPUSHER_MARKDOWN, "content": text}


WXPUSHER = platform(
    "wxpusher",
    6 * SECOND,
    rf"(?:{re.escape(_WXPUSHER_START)})?(?P<key>SPT_[A-Za-z0-9]{{8,100}})(?:/.*)?",
    _wxpusher_message,
    # 1002: unauthorized. 1001 may be a wrong text or too many messages: it is tried again.
    judge_by({1002: KEY_GONE}, success=1000),
    # 'content: at most 40,000 characters'
    most_bytes=40_000,
    to_url=lambda key: _WXPUSHER_START + key,
    address=_wxpusher_address,
    where=_("Scan the code on wxpusher.zjiecode.com/docs/spt.html and copy the SPT."),
    example="SPT_AbCdEfGh12345678",
    asks_key=True,
)

# Telegram's bots: https://core.telegram.org/bots/api#sendmessage

_BOT_GONE = _("The bot's token is not valid any more: copy it again from @BotFather.")
_CHAT_GONE = _(
    "The bot cannot write to this chat: add it to the chat again, or enter the chat's new ID."
)
_TELEGRAM_REFUSALS = {401: _BOT_GONE, 403: _CHAT_GONE, 404: _BOT_GONE}


@in_markdown
def _telegram_message(title: str, text: str) -> dict[str, Any]:
    """Write Telegram's first markdown, in which texts of `plain` need no escape."""
    return {
        "text": f"*{title}*\n\n{text}",
        "parse_mode": "Markdown",
        "link_preview_options": {"is_disabled": True},
    }


def _telegram_judge(reply: Reply) -> SendVerdict:
    """Code 400 is about the chat or about the text, and only a chat can be mended by its owner."""
    answer = read_answer(reply)
    code = 0 if answer.get("ok") is True else answer.get("error_code")
    words = answer.get("description")
    is_about_chat = "chat" in str(words)
    refusals = {**_TELEGRAM_REFUSALS, **({400: _CHAT_GONE} if is_about_chat else {})}
    return verdict(reply, code, words, refusals)


TELEGRAM = platform(
    "telegram",
    4 * SECOND,
    rf"(?P<key>{SERVER}/bot\d{{5,20}}:[A-Za-z0-9_-]{{20,100}}"
    r"/sendMessage\?chat_id=(?:-?\d{1,20}|@[A-Za-z0-9_]{4,40}))",
    _telegram_message,
    _telegram_judge,
    # 'text: 1-4096 characters', none of which has less than a byte.
    most_bytes=4096,
    where=_("A bot's token from @BotFather, and the ID of the chat with it."),
    example="https://api.telegram.org/bot123456:ABC…/sendMessage?chat_id=123456",
    asks_key=True,
)

SPECS = (FEISHU, DINGTALK, WECOM, BARK, SERVERCHAN, WXPUSHER, TELEGRAM)
