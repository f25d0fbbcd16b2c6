"""Chat platforms: group robots of Feishu, DingTalk and WeCom, and apps on a phone.

Each takes one JSON message at an address that ends with a token. Most answer 200 to refused
messages, so only a code in the answer tells whether a message was accepted."""

import base64
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import orjson
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.provider.http import Reply
from monitor.telling.channels.markdown import (
    LONGEST_LINE,
    LONGEST_TITLE,
    MOST_LINES,
    buttons,
    card_paragraphs,
    fitting,
    plain,
    unpainted,
    url,
    whole_text,
)
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
from monitor.telling.entries import MailEntry
from monitor.text.formatting import Text, one_line

type Shown = Sequence[MailEntry]
#: From a message's content, the entries that fit, and words about the others.
type WriteMessage = Callable[[Content, Shown, str], dict[str, Any]]
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

#: Long runs with a digit in a platform's words: some platforms repeat the key that they refuse.
_SECRETS = re.compile(r"(?<![\w-])(?=[\w-]*\d)[\w-]{16,}", re.ASCII)


def typed_address(
    pattern: str,
    example: str,
    to_url: Callable[[str], str] = str,
    *,
    is_signed: bool = False,
) -> Callable[[str, str], ChannelTarget]:
    """Return the `read_target` of a kind: `to_url` makes its address of the group `key` of
    `pattern` in what a user has copied."""

    def read_target(address: str, secret: str) -> ChannelTarget:
        match = re.fullmatch(pattern, address.strip(), re.DOTALL)
        if match is None:
            raise BadTargetError(_("It must look like %(example)s") % {"example": example})
        return ChannelTarget(to_url(match["key"]), secret.strip() if is_signed else "")

    return read_target


def as_typed(target: ChannelTarget, now: datetime) -> tuple[str, dict[str, str]]:
    """Return an address that is called as it is, of which the body holds nothing."""
    return target.url, {}


def writing(
    message: WriteMessage, most_bytes: int, address: Address = as_typed
) -> Callable[[ChannelTarget, Content, datetime], Post]:
    """Return the `write` of a kind. `most_bytes` are those of the whole body."""

    def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
        called, keys = address(target, now)

        def body(shown: Shown, more: str) -> bytes:
            # Without escapes such as \u4e00, which WeCom refuses.
            return orjson.dumps({**keys, **message(content, shown, more)})

        return Post(called, fitting(content, body, most_bytes), JSON)

    return write


def judge_by(
    codes: Sequence[str],
    words: Sequence[str],
    refusals: Mapping[int, Text],
    pauses: Mapping[int, timedelta] | None = None,
    *,
    success: int = 0,
) -> Callable[[Reply], SendVerdict]:
    """Return the `judge` of a kind whose answers have a code and words under the first of these
    names."""

    def judge(reply: Reply) -> SendVerdict:
        answer = read_answer(reply)
        code, said = (
            next((answer[name] for name in names if name in answer), None)
            for names in (codes, words)
        )
        return verdict(reply, code, said, refusals, pauses or {}, success=success)

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
    pauses: Mapping[int, timedelta],
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
    wait = reply.retry_after or pauses.get(code)
    return SendVerdict(SendOutcome.LATER, answer, kept, wait=wait)


def _title(content: Content) -> str:
    return plain(content.title, LONGEST_TITLE)


def _signature(key: str, text: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()


# Feishu, and Lark: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot

_FEISHU_EXAMPLE = "https://open.feishu.cn/open-apis/bot/v2/hook/…"
_FEISHU_HEADERS = {"rise": "red", "bad": "red", "fall": "green", "good": "green"}
_FEISHU_COLOURS = {**_FEISHU_HEADERS, "quiet": "grey"}
_FEISHU_REFUSALS = {
    19001: GONE,
    19021: _(
        "The signature does not match: copy the signing secret again from the robot's settings."
    ),
    19022: _(
        "The robot accepts other IP addresses only: remove its IP list, or add this server's "
        "address."
    ),
    19024: _("The robot requires a keyword: set “Stallwatch”, or use a signing secret instead."),
}


def _feishu_address(target: ChannelTarget, now: datetime) -> tuple[str, dict[str, str]]:
    """Sign with the timestamp, in seconds, and the secret as the key; the signed text is empty."""
    if not target.secret:
        return target.url, {}
    timestamp = str(int(now.timestamp()))
    sign = _signature(f"{timestamp}\n{target.secret}", "")
    return target.url, {"timestamp": timestamp, "sign": sign}


def _feishu_message(content: Content, shown: Shown, more: str) -> dict[str, Any]:
    """Return an interactive card. Pictures would need an upload by an app, so it has none."""
    tone = content.entries[0].first.tone if content.entries else ""
    texts = filter(None, [*card_paragraphs(content, shown, _feishu_paint), more])
    actions = [
        {"tag": "button", "type": "default", "text": _feishu_text(words), "url": address}
        for words, address in buttons(content)
    ]
    card = {
        "config": {"wide_screen_mode": True},
        "header": {
            "template": _FEISHU_HEADERS.get(tone, "blue"),
            "title": _feishu_text(_title(content)),
        },
        "elements": [
            *({"tag": "div", "text": {"tag": "lark_md", "content": text}} for text in texts),
            {"tag": "action", "actions": actions},
            {"tag": "note", "elements": [_feishu_text(gettext("Stallwatch"))]},
        ],
    }
    return {"msg_type": "interactive", "card": card}


def _feishu_text(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}


def _feishu_paint(text: str, tone: str) -> str:
    return f"<font color='{_FEISHU_COLOURS[tone]}'>{text}</font>" if tone else text


FEISHU = PostSpec(
    "feishu",
    SECOND,
    typed_address(
        rf"(?P<key>{SERVER}/open-apis/bot/v2/hook/{TOKEN})(?:[&?#/].*)?",
        _FEISHU_EXAMPLE,
        is_signed=True,
    ),
    # 'The request body must not exceed 20 KB.'
    writing(_feishu_message, 20_000, _feishu_address),
    judge_by(
        # Old robots have the second names alone.
        ("code", "StatusCode"),
        ("msg", "StatusMessage"),
        _FEISHU_REFUSALS,
        # 100 messages a minute and 5 a second for each robot, and a limit for all robots that is
        # reached at full hours.
        dict.fromkeys((11232, 99991400), MINUTE),
    ),
    where=_("The group's settings → Bots → Custom bot."),
    example=_FEISHU_EXAMPLE,
    is_signed=True,
)

# DingTalk: https://open.dingtalk.com/document/robots/custom-robot-access

_DINGTALK_EXAMPLE = "https://oapi.dingtalk.com/robot/send?access_token=…"
_DINGTALK_REFUSALS = {
    # A wrong keyword, signature and IP address have one code.
    310000: _(
        "Check the robot's security settings: the keyword “Stallwatch”, the signing secret "
        "and the IP list."
    ),
    **dict.fromkeys((300001, 300005, 400013, 400101, 400106), GONE),
    400102: STOPPED,
}


def _dingtalk_address(target: ChannelTarget, now: datetime) -> tuple[str, dict[str, str]]:
    """Sign with the secret as the key; the signed text is the timestamp, in milliseconds, and the
    secret."""
    if not target.secret:
        return target.url, {}
    timestamp = str(int(now.timestamp() * 1000))
    sign = quote_plus(_signature(target.secret, f"{timestamp}\n{target.secret}"))
    return f"{target.url}&timestamp={timestamp}&sign={sign}", {}


def _dingtalk_message(content: Content, shown: Shown, more: str) -> dict[str, Any]:
    """Return a card with buttons. Its markdown has no colours that DingTalk documents. It ends with
    the product's name, a keyword that fits all messages."""
    title = _title(content)
    picture = shown[0].picture if shown and len(content.entries) == 1 else ""
    # Two blanks before a line's end keep it.
    paragraphs = card_paragraphs(content, shown, unpainted, "  \n")
    heading = [f"### {title}", f"![]({url(picture)})" if picture else ""]
    text = "\n\n".join(filter(None, [*heading, *paragraphs, more, gettext("Stallwatch")]))
    actions = [{"title": words, "actionURL": address} for words, address in buttons(content)]
    card = {"title": title, "text": text, "btnOrientation": "0", "btns": actions}
    return {"msgtype": "actionCard", "actionCard": card}


DINGTALK = PostSpec(
    "dingtalk",
    6 * SECOND,
    typed_address(
        rf"(?P<key>{SERVER}/robot/send\?access_token={TOKEN})(?:[&#].*)?",
        _DINGTALK_EXAMPLE,
        is_signed=True,
    ),
    # 'message too long, exceed 20000 bytes'
    writing(_dingtalk_message, 20_000, _dingtalk_address),
    judge_by(
        ("errcode",),
        ("errmsg",),
        _DINGTALK_REFUSALS,
        # After 20 messages in a minute.
        dict.fromkeys((90030, 130101, 410100), 10 * MINUTE),
    ),
    where=_("The group's settings → Robots → Custom."),
    example=_DINGTALK_EXAMPLE,
    is_signed=True,
)

# WeCom: https://developer.work.weixin.qq.com/document/path/99110

_WECOM_EXAMPLE = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…"
_WECOM_COLOURS = {
    **dict.fromkeys(("rise", "bad"), "warning"),
    **dict.fromkeys(("fall", "good"), "info"),
    "quiet": "comment",
}


def _wecom_message(content: Content, shown: Shown, more: str) -> dict[str, Any]:
    """Return a card with a picture for one entry that has one, else markdown."""
    if len(content.entries) == 1 and content.entries[0].picture:
        return {
            "msgtype": "template_card",
            "template_card": _wecom_card(content, content.entries[0]),
        }
    text = f"### {_title(content)}\n\n{whole_text(content, shown, more, _wecom_paint)}"
    return {"msgtype": "markdown", "markdown": {"content": text}}


def _wecom_card(content: Content, entry: MailEntry) -> dict[str, Any]:
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


def _wecom_paint(text: str, tone: str) -> str:
    return f'<font color="{_WECOM_COLOURS[tone]}">{text}</font>' if tone else text


WECOM = PostSpec(
    "wecom",
    6 * SECOND,
    typed_address(
        rf"(?P<key>{SERVER}/cgi-bin/webhook/send\?key={TOKEN})(?:[&#].*)?", _WECOM_EXAMPLE
    ),
    # The markdown may have 4,096 bytes.
    writing(_wecom_message, 4096),
    judge_by(
        ("errcode",),
        ("errmsg",),
        {93000: GONE, 93004: STOPPED, 93008: GONE},
        # 20 messages a minute for each robot.
        dict.fromkeys((45009, 45033), MINUTE),
    ),
    where=_("The group's settings → Message push → Add."),
    example=_WECOM_EXAMPLE,
)

# Bark, an app for iPhones: https://bark.day.app/#/tutorial

_BARK_EXAMPLE = "https://api.day.app/AbCdEfGh12345678"


def _bark_address(target: ChannelTarget, now: datetime) -> tuple[str, dict[str, str]]:
    server, _slash, key = target.url.rpartition("/")
    return f"{server}/push", {"device_key": key}


def _bark_message(content: Content, shown: Shown, more: str) -> dict[str, Any]:
    """Return plain text. A tap on it opens the only entry's alert, or all alerts."""
    text = whole_text(content, shown, more, unpainted, has_links=False)
    return {
        "title": _title(content),
        "body": text or gettext("Stallwatch"),
        "url": content.entries[0].link if len(content.entries) == 1 else content.inbox,
        "group": "Stallwatch",
    }


BARK = PostSpec(
    "bark",
    SECOND,
    typed_address(rf"(?P<key>{SERVER}/[A-Za-z0-9]{{16,64}})(?:/.*)?", _BARK_EXAMPLE),
    # Apple takes 4,096 bytes with all that the server of Bark adds.
    writing(_bark_message, 3000, _bark_address),
    # 400: no device has this key.
    judge_by(("code",), ("message",), {400: KEY_GONE}, success=200),
    where=_("In the app: copy the address on its first page."),
    example=_BARK_EXAMPLE,
)

# ServerChan forwards to WeChat (https://sct.ftqq.com) or to its own app (https://sc3.ft07.com)

_SERVERCHAN_EXAMPLE = "SCT12345TAbCdEfGh… / sctp1234tabcdefgh…"


def _serverchan_url(key: str) -> str:
    """Keys of the app's service name the user, whose number is in the name of the host."""
    user = re.match(r"sctp(\d+)t", key)
    host = f"{user[1]}.push.ft07.com/send" if user else "sctapi.ftqq.com"
    return f"https://{host}/{key}.send"


def _serverchan_message(content: Content, shown: Shown, more: str) -> dict[str, Any]:
    text = whole_text(content, shown, more, unpainted, "  \n")
    return {"title": plain(content.title, 32), "noip": 1, "desp": text}


SERVERCHAN = PostSpec(
    "serverchan",
    MINUTE,
    typed_address(
        r"(?:https://(?:sctapi\.ftqq\.com|\d+\.push\.ft07\.com/send)/)?"
        r"(?P<key>SCT[A-Za-z0-9]{8,100}|sctp\d{1,12}t[A-Za-z0-9]{8,100})(?:\.send\S*)?",
        _SERVERCHAN_EXAMPLE,
        _serverchan_url,
    ),
    # 'desp: at most 32 KB'
    writing(_serverchan_message, 32_000),
    # `code` is the same for a wrong key and for too many messages; only `scode` tells them apart.
    # The free service takes 5 messages a day.
    judge_by(("scode", "code"), ("message",), {461: KEY_GONE}, {471: 60 * MINUTE}),
    where=_("The SendKey on sct.ftqq.com (WeChat) or sc3.ft07.com (app)."),
    example=_SERVERCHAN_EXAMPLE,
    asks_key=True,
    ending=lambda target: f"…{target.url.removesuffix('.send')[-4:]}",
)

# WxPusher forwards to WeChat and to its own app: https://wxpusher.zjiecode.com/docs/spt.html

_WXPUSHER_EXAMPLE = "SPT_AbCdEfGh12345678"
_WXPUSHER_START = "https://wxpusher.zjiecode.com/api/send/message/"
_WXPUSHER_MARKDOWN = 3


def _wxpusher_address(target: ChannelTarget, now: datetime) -> tuple[str, dict[str, str]]:
    start, _slash, key = target.url.rpartition("/")
    return f"{start}/simple-push", {"spt": key}


def _wxpusher_message(content: Content, shown: Shown, more: str) -> dict[str, Any]:
    text = whole_text(content, shown, more, unpainted, "  \n")
    return {"summary": _title(content), "contentType": _WXPUSHER_MARKDOWN, "content": text}


WXPUSHER = PostSpec(
    "wxpusher",
    6 * SECOND,
    typed_address(
        rf"(?:{re.escape(_WXPUSHER_START)})?(?P<key>SPT_[A-Za-z0-9]{{8,100}})(?:/.*)?",
        _WXPUSHER_EXAMPLE,
        lambda key: _WXPUSHER_START + key,
    ),
    # 'content: at most 40,000 characters'
    writing(_wxpusher_message, 40_000, _wxpusher_address),
    # 1002: unauthorized. 1001 may be a wrong text or too many messages: it is tried again.
    judge_by(("code",), ("msg",), {1002: KEY_GONE}, success=1000),
    where=_("Scan the code on wxpusher.zjiecode.com/docs/spt.html and copy the SPT."),
    example=_WXPUSHER_EXAMPLE,
    asks_key=True,
)

# Telegram's bots: https://core.telegram.org/bots/api#sendmessage

_TELEGRAM_EXAMPLE = "https://api.telegram.org/bot123456:ABC…/sendMessage?chat_id=123456"
_BOT_GONE = _("The bot's token is not valid any more: copy it again from @BotFather.")
_CHAT_GONE = _(
    "The bot cannot write to this chat: add it to the chat again, or enter the chat's new ID."
)
_TELEGRAM_REFUSALS = {401: _BOT_GONE, 403: _CHAT_GONE, 404: _BOT_GONE}


def _telegram_address(target: ChannelTarget, now: datetime) -> tuple[str, dict[str, str]]:
    called, _start, chat = target.url.partition("?chat_id=")
    return called, {"chat_id": chat}


def _telegram_message(content: Content, shown: Shown, more: str) -> dict[str, Any]:
    """Write Telegram's first markdown, in which texts of `plain` need no escape."""
    return {
        "text": f"*{_title(content)}*\n\n{whole_text(content, shown, more, unpainted)}",
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
    said = verdict(reply, code, words, refusals, {})
    parameters = answer.get("parameters")
    seconds = parameters.get("retry_after") if isinstance(parameters, Mapping) else None
    if said.wait or type(seconds) is not int:
        return said
    return replace(said, wait=timedelta(seconds=min(max(seconds, 0), 86_400)))


TELEGRAM = PostSpec(
    "telegram",
    4 * SECOND,
    typed_address(
        rf"(?P<key>{SERVER}/bot\d{{5,20}}:[A-Za-z0-9_-]{{20,100}}"
        r"/sendMessage\?chat_id=(?:-?\d{1,20}|@[A-Za-z0-9_]{4,40}))",
        _TELEGRAM_EXAMPLE,
    ),
    # 'text: 1-4096 characters', none of which has less than a byte.
    writing(_telegram_message, 4096, _telegram_address),
    _telegram_judge,
    where=_("A bot's token from @BotFather, and the ID of the chat with it."),
    example=_TELEGRAM_EXAMPLE,
    asks_key=True,
)

SPECS = (FEISHU, DINGTALK, WECOM, BARK, SERVERCHAN, WXPUSHER, TELEGRAM)
