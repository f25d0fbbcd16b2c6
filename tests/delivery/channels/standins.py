"""The platforms on this machine: HTTP servers that check requests as the platforms document, and
answer like them."""

import base64
import hmac
import json
import os
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPMessage
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from monitor.delivery.channels.parts import Post
from monitor.http import Reply
from tests.listening import HERE, QuietHandler, listening

TOKEN = "0123456789abcdef-token"
#: How far a signature's time may be off: an hour for robots, five minutes for webhooks. A push may
#: be signed for a day.
_HOUR, _FIVE_MINUTES, _DAY = 3600, 300, 24 * 3600


class RefusedError(Exception):
    """A refusal, with the platform's code and words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(code, words)
        self.code, self.words = code, words


class StandIn:
    """A group or a receiver. `accepted` are the bodies it took; `answers`, status and body, come
    before its own."""

    path = "/"

    def __init__(self) -> None:
        self.base = ""
        self.accepted: list[Any] = []
        self.answers: deque[tuple[int, bytes]] = deque()

    @property
    def url(self) -> str:
        return self.base + self.path

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        raise NotImplementedError


class Group(StandIn):
    """A group with one robot. It has at most a signing secret and keywords; `robots` is empty when
    it was removed."""

    def __init__(
        self, secret: str = "", keywords: Sequence[str] = (), *, is_removed: bool = False
    ) -> None:
        super().__init__()
        self.secret, self.keywords, self.is_removed = secret, keywords, is_removed

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        try:
            message = self.check(path, headers, body)
        except RefusedError as refusal:
            return 200, json.dumps(self.envelope(refusal.code, refusal.words)).encode()
        self.accepted.append(message)
        return 200, json.dumps(self.envelope(0, "ok")).encode()

    def check(self, path: str, headers: Mapping[str, str], body: bytes) -> Any:
        """Return the message. Raises `RefusedError`."""
        raise NotImplementedError

    def envelope(self, code: int, words: str) -> dict[str, Any]:
        return {"errcode": code, "errmsg": words}

    def has_keyword(self, body: bytes) -> bool:
        return not self.keywords or any(word in body.decode() for word in self.keywords)


class FeishuGroup(Group):
    path = f"/open-apis/bot/v2/hook/{TOKEN}"

    def envelope(self, code: int, words: str) -> dict[str, Any]:
        old = {"StatusCode": 0, "StatusMessage": "success"} if code == 0 else {}
        return {"code": code, "data": {}, "msg": words, **old}

    def check(self, path: str, headers: Mapping[str, str], body: bytes) -> Any:
        if path != self.path or self.is_removed:
            raise RefusedError(19001, "param invalid: incoming webhook access token invalid")
        message = _json(body, len(body) <= 20 * 1024, RefusedError(9499, "Bad Request"))
        if self.secret and not self._is_signed(message):
            raise RefusedError(
                19021, "sign match fail or timestamp is not within one hour from current time"
            )
        if not self.has_keyword(body):
            raise RefusedError(19024, "Key Words Not Found")
        if message.get("msg_type") != "interactive" or not _is_feishu_card(message["card"]):
            raise RefusedError(9499, "Bad Request")
        return message

    def _is_signed(self, message: Any) -> bool:
        timestamp = message.get("timestamp")
        if not isinstance(timestamp, str) or abs(int(timestamp) - time.time()) > _HOUR:
            return False
        key = f"{timestamp}\n{self.secret}".encode()
        return bool(
            message["sign"] == base64.b64encode(hmac.new(key, digestmod="sha256").digest()).decode()
        )


class DingTalkGroup(Group):
    path = f"/robot/send?access_token={TOKEN}"

    def check(self, path: str, headers: Mapping[str, str], body: bytes) -> Any:
        query = parse_qs(urlsplit(path).query)
        if query.get("access_token") != [TOKEN] or self.is_removed:
            raise RefusedError(300005, "token is not exist")
        if "utf-8" not in headers.get("Content-Type", ""):
            raise RefusedError(43004, "无效的HTTP HEADER Content-Type")
        message = _json(
            body, len(body) <= 20_000, RefusedError(460101, "message too long, exceed 20000 bytes")
        )
        if self.secret and not self._is_signed(query):
            raise RefusedError(310000, "sign not match")
        if not self.has_keyword(body):
            raise RefusedError(310000, "keywords not in content")
        card = message.get("actionCard", {})
        is_card = (
            message.get("msgtype") == "actionCard"
            and card["title"]
            and card["text"]
            and card["btns"]
        )
        if not is_card or any(set(button) != {"title", "actionURL"} for button in card["btns"]):
            raise RefusedError(400105, "不支持的消息类型")
        return message

    def _is_signed(self, query: Mapping[str, list[str]]) -> bool:
        [timestamp], [signature] = query.get("timestamp", [""]), query.get("sign", [""])
        if not timestamp or abs(int(timestamp) / 1000 - time.time()) > _HOUR:
            return False
        digest = hmac.new(
            self.secret.encode(), f"{timestamp}\n{self.secret}".encode(), "sha256"
        ).digest()
        return signature == base64.b64encode(digest).decode()


class WeComGroup(Group):
    path = f"/cgi-bin/webhook/send?key={TOKEN}"

    def check(self, path: str, headers: Mapping[str, str], body: bytes) -> Any:
        if path != self.path or self.is_removed:
            raise RefusedError(93000, "invalid webhook url, hint: [17556], from ip: 127.0.0.1")
        if rb"\u" in body:
            raise RefusedError(40033, "invalid charset")
        message = _json(body, True, RefusedError(40058, "invalid Request Parameter"))
        match message.get("msgtype"):
            case "markdown":
                if len(message["markdown"]["content"].encode()) > 4096:
                    raise RefusedError(
                        40058, "markdown.content exceed max length 4096. invalid Request Parameter"
                    )
            case "template_card":
                if not _is_wecom_card(message["template_card"]):
                    raise RefusedError(40058, "invalid Request Parameter")
            case _:
                raise RefusedError(40008, "invalid message type")
        return message


class AppServer(StandIn):
    """A phone app with one key; `is_removed`: it knows the key no more."""

    def __init__(self, *, is_removed: bool = False) -> None:
        super().__init__()
        self.is_removed = is_removed

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        message = json.loads(body)
        status, answer = self.reply(path, message)
        if self.is_success(status, answer):
            self.accepted.append(message)
        return status, json.dumps(answer).encode()

    def reply(self, path: str, message: Any) -> tuple[int, dict[str, Any]]:
        raise NotImplementedError

    def is_success(self, status: int, answer: Mapping[str, Any]) -> bool:
        return status == 200 and answer["code"] in (0, 200, 1000)


class BarkPhone(AppServer):
    path = f"/{TOKEN}"

    def reply(self, path: str, message: Any) -> tuple[int, dict[str, Any]]:
        assert path == "/push"
        if self.is_removed or message["device_key"] != TOKEN:
            words = (
                f"failed to get device token: failed to get [{message['device_key']}] device "
                "token from database"
            )
            return 400, {"code": 400, "message": words}
        if not message["body"] or len(json.dumps(message, ensure_ascii=False).encode()) > 3500:
            return 500, {"code": 500, "message": "push failed: PayloadTooLarge"}
        return 200, {"code": 200, "message": "success", "timestamp": 1794362400}


class ServerChan(AppServer):
    path = f"/{TOKEN}.send"
    left = 5

    def reply(self, path: str, message: Any) -> tuple[int, dict[str, Any]]:
        if self.is_removed or path != self.path:
            return 400, {
                "message": "[AUTH]错误的Key",
                "code": 40001,
                "info": "错误的Key",
                "args": [None],
                "scode": 461,
            }
        if (
            not message["title"]
            or len(message["title"]) > 32
            or len(message["desp"].encode()) > 32 * 1024
        ):
            return 400, {"message": "[INPUT]title 不能为空", "code": 20001, "scode": 460}
        if not self.left:
            return 400, {"message": "[AUTH]超过当天的发送次数限制[5]", "code": 40001, "scode": 471}
        self.left -= 1
        return 200, {
            "code": 0,
            "message": "",
            "data": {"pushid": "1", "readkey": "x", "error": "SUCCESS", "errno": 0},
        }


class PushDeerPhone(AppServer):
    path = f"/message/push?pushkey={TOKEN}"

    def reply(self, path: str, message: Any) -> tuple[int, dict[str, Any]]:
        if not message["text"] or message["type"] != "markdown":
            return 200, {"code": 80501, "error": "The text field is required."}
        is_known = path == self.path and not self.is_removed
        return 200, {
            "code": 0,
            "content": {"result": ['{"counts":1,"logs":[],"success":"ok"}'] if is_known else False},
        }

    def is_success(self, status: int, answer: Mapping[str, Any]) -> bool:
        return super().is_success(status, answer) and bool(answer["content"]["result"])


class WxPusher(AppServer):
    path = f"/api/send/message/{TOKEN}"

    def reply(self, path: str, message: Any) -> tuple[int, dict[str, Any]]:
        assert path == "/api/send/message/simple-push"
        if self.is_removed or message["spt"] != TOKEN:
            return 200, {
                "code": 1002,
                "msg": f"未认证：{message['spt']}",
                "data": None,
                "success": False,
            }
        if len(message["summary"]) > 100 or not message["content"] or message["contentType"] != 3:
            return 200, {"code": 1001, "msg": "业务异常错误", "data": None, "success": False}
        return 200, {
            "code": 1000,
            "msg": "处理成功",
            "data": [{"sendRecordId": 1}],
            "success": True,
        }


class TelegramChat(AppServer):
    path = f"/bot123456:{TOKEN}/sendMessage?chat_id=-1001"

    def reply(self, path: str, message: Any) -> tuple[int, dict[str, Any]]:
        if path != self.path.partition("?")[0]:
            return 404, {"ok": False, "error_code": 404, "description": "Not Found"}
        if self.is_removed or message["chat_id"] != "-1001":
            words = "Bad Request: chat not found"
        elif (
            any(message["text"].count(mark) % 2 for mark in "*_`")
            or message["parse_mode"] != "Markdown"
        ):
            words = "Bad Request: can't parse entities"
        elif len(message["text"]) > 4096:
            words = "Bad Request: message is too long"
        else:
            return 200, {"ok": True, "result": {"message_id": 1}}
        return 400, {"ok": False, "error_code": 400, "description": words}

    def is_success(self, status: int, answer: Mapping[str, Any]) -> bool:
        return answer["ok"] is True


class SlackChannel(AppServer):
    path = f"/services/T0123ABCD/B0123ABCD/{TOKEN}"

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        message = json.loads(body)
        if path != self.path or self.is_removed:
            return 404, b"no_service"
        if (
            not message["text"]
            or len(message["text"]) > 4000
            or re.search(r"<(?!https://[^<>|\s]+\|)|&(?!amp;)", body.decode())
        ):
            return 400, b"invalid_payload"
        self.accepted.append(message)
        return 200, b"ok"


class DiscordChannel(AppServer):
    path = f"/api/webhooks/123456789012345678/{TOKEN}"

    def reply(self, path: str, message: Any) -> tuple[int, dict[str, Any]]:
        [embed] = message["embeds"]
        if path != f"{self.path}?wait=true" or self.is_removed:
            return 404, {"message": "Unknown Webhook", "code": 10015}
        if (
            len(embed["title"]) > 256
            or len(embed["description"]) > 4096
            or message["allowed_mentions"]["parse"]
        ):
            return 400, {"message": "Invalid Form Body", "code": 50035, "errors": {}}
        return 200, {
            "id": "1294362400123456789",
            "type": 0,
            "content": "",
            "embeds": message["embeds"],
        }

    def is_success(self, status: int, answer: Mapping[str, Any]) -> bool:
        return status == 200


PHONES: dict[str, Callable[..., AppServer]] = {
    "bark": BarkPhone,
    "serverchan": ServerChan,
    "wxpusher": WxPusher,
    "pushdeer": PushDeerPhone,
    "telegram": TelegramChat,
    "slack": SlackChannel,
    "discord": DiscordChannel,
}
GROUPS: dict[str, Callable[..., Group]] = {
    "feishu": FeishuGroup,
    "dingtalk": DingTalkGroup,
    "wecom": WeComGroup,
}
PLATFORMS: dict[str, Callable[..., StandIn]] = {**GROUPS, **PHONES}


class Receiver(StandIn):
    """A merchant's program. It knows one of the secrets, and takes each message once."""

    path = "/hooks/stallwatch"

    def __init__(self, secret: str) -> None:
        super().__init__()
        self.secret = secret
        self.ids: list[str] = []

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        uid, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "0")
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        digest = hmac.new(key, f"{uid}.{timestamp}.{body.decode()}".encode(), "sha256").digest()
        signature = f"v1,{base64.b64encode(digest).decode()}"
        is_now = abs(int(timestamp) - time.time()) < _FIVE_MINUTES
        if not is_now or signature not in headers.get("webhook-signature", "").split(" "):
            return 401, b"wrong signature"
        if uid not in self.ids:
            self.ids.append(uid)
            self.accepted.append(json.loads(body))
        return 204, b""


class PushService(StandIn):
    """A push service with one subscribed browser, whose messages it decrypts. Its subscription is
    bound to the first key that signs for it. `clock` is the time in seconds."""

    path = "/push/0123456789abcdef-token"

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self.clock = clock
        self.key, self.auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        self.signer = ""
        self.is_gone = False
        self.headers: list[Mapping[str, str]] = []

    @property
    def subscription(self) -> dict[str, Any]:
        """What the browser gives to the page."""
        keys = {"p256dh": _urlsafe(point_of(self.key.public_key())), "auth": _urlsafe(self.auth)}
        return {"endpoint": self.url, "expirationTime": None, "keys": keys}

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        if self.is_gone or path != self.path:
            return 410, b"unsubscribed"
        if not headers.get("TTL", "").isdecimal() or headers.get("Content-Encoding") != "aes128gcm":
            return 400, b"bad request"
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", headers["Topic"]) or headers["Urgency"] not in (
            "high",
            "normal",
        ):
            return 400, b"bad request"
        if len(body) > 4096:
            return 413, b"payload too large"
        if not self._is_signed(headers.get("Authorization", "")):
            return 403, b"invalid credentials"
        self.headers.append(headers)
        self.accepted.append(json.loads(decrypted(body, self.key, self.auth)))
        return 201, b""

    def _is_signed(self, header: str) -> bool:
        match = re.fullmatch(r"vapid t=([\w.-]+), k=([\w-]+)", header)
        if match is None or self.signer not in ("", match[2]):
            return False
        signer = ec.EllipticCurvePublicKey.from_encoded_point(
            ec.SECP256R1(), from_urlsafe(match[2])
        )
        try:
            claims = jwt.decode(
                match[1], signer, ["ES256"], {"verify_exp": False}, audience=self.base
            )
        except jwt.InvalidTokenError:
            return False
        self.signer = match[2]
        return bool(
            0 < claims["exp"] - self.clock() <= _DAY and claims["sub"].startswith("mailto:")
        )


def decrypted(body: bytes, key: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """Return the text of one record, as RFC 8291 describes it."""
    salt, end = body[:16], 21 + body[20]
    sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), body[21:end])
    info = b"WebPush: info\0" + point_of(key.public_key()) + body[21:end]
    secret = _derived(auth, key.exchange(ec.ECDH(), sender), info, 32)
    content_key = _derived(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(salt, secret, b"Content-Encoding: nonce\0", 12)
    text, delimiter, padding = (
        AESGCM(content_key).decrypt(nonce, body[end:], None).rpartition(b"\2")
    )
    assert delimiter
    assert not padding.strip(b"\0")
    return text


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _urlsafe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def from_urlsafe(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


@contextmanager
def serving[S: StandIn](stand_in: S) -> Iterator[S]:
    """Serve until the block ends."""

    class Handler(QuietHandler):
        protocol_version = "HTTP/1.1"
        headers: HTTPMessage

        def do_POST(self) -> None:  # noqa: N802 # The server looks for this name.
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if stand_in.answers:
                status, answer = stand_in.answers.popleft()
            else:
                status, answer = stand_in.answer(self.path, dict(self.headers), body)
            self.send(status, answer, {"Content-Type": "application/json"})

    with listening(ThreadingHTTPServer(HERE, Handler)) as stand_in.base:
        yield stand_in


def send(post: Post) -> Reply:
    response = requests.post(
        post.url, post.body, headers=dict(post.headers), timeout=5, allow_redirects=False
    )
    return Reply(response.status_code, response.content)


def _json(body: bytes, is_short: bool, refusal: RefusedError) -> Any:
    if not is_short:
        raise refusal
    try:
        return json.loads(body)
    except ValueError:
        raise refusal from None


def _is_feishu_card(card: Any) -> bool:
    tags = {"div", "action", "note", "hr"}
    elements = card["elements"]
    is_complete = (
        card["header"]["title"]["tag"] == "plain_text" and card["header"]["template"] and elements
    )
    texts = [element["text"] for element in elements if element["tag"] == "div"]
    return bool(
        is_complete
        and all(element["tag"] in tags for element in elements)
        and all(text["tag"] == "lark_md" and text["content"] for text in texts)
    )


def _is_wecom_card(card: Any) -> bool:
    return bool(
        card["card_type"] == "news_notice"
        and card["main_title"]["title"]
        and card["card_image"]["url"]
        and card["card_action"]["type"] == 1
        and card["card_action"]["url"]
        and 1.3 <= card["card_image"]["aspect_ratio"] <= 2.25
        and len(card["vertical_content_list"]) <= 4
        and all(item["title"] for item in card["vertical_content_list"])
        and len(card["jump_list"]) <= 3
    )
