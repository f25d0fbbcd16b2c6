"""The platforms on this machine: HTTP servers that check requests as the platforms document, and
answer like them."""

import base64
import hmac
import json
import os
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPMessage
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import http_ece
import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from monitor.provider.http import Reply
from monitor.telling.channels.parts import Post
from tests.provider.listening import HERE, QuietHandler, listening

TOKEN = "0123456789abcdef-token"
#: How far a signature's time may be off: an hour for robots. A push may be signed
#: for a day.
HOUR, _DAY = 3600, 24 * 3600


class StandIn:
    """A group or an app. `accepted` are the bodies it took; `answers`, status and body, come
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


@dataclass(frozen=True)
class Protocol:
    """What a platform documents: the path of an address, the path that is called if it is another,
    what its body must hold of the address, and its answers."""

    path: str
    sent: str
    gone: tuple[int, str]
    most_bytes: int
    called: str = ""
    key: str = ""
    unsigned: str = ""
    no_keyword: str = ""


PROTOCOLS = {
    "feishu": Protocol(
        f"/open-apis/bot/v2/hook/{TOKEN}",
        '{"code":0,"data":{},"msg":"success","StatusCode":0,"StatusMessage":"success"}',
        (200, '{"code":19001,"data":{},"msg":"incoming webhook access token invalid"}'),
        20 * 1024,
        unsigned='{"code":19021,"msg":"sign match fail"}',
        no_keyword='{"code":19024,"msg":"Key Words Not Found"}',
    ),
    "dingtalk": Protocol(
        f"/robot/send?access_token={TOKEN}",
        '{"errcode":0,"errmsg":"ok"}',
        (200, '{"errcode":300005,"errmsg":"token is not exist"}'),
        20_000,
        unsigned='{"errcode":310000,"errmsg":"sign not match"}',
        no_keyword='{"errcode":310000,"errmsg":"keywords not in content"}',
    ),
    "wecom": Protocol(
        f"/cgi-bin/webhook/send?key={TOKEN}",
        '{"errcode":0,"errmsg":"ok"}',
        (200, '{"errcode":93000,"errmsg":"invalid webhook url, from ip: 127.0.0.1"}'),
        # Of 4,096 the markdown may have, the rest is around it.
        4096 + 80,
    ),
    "bark": Protocol(
        f"/{TOKEN}",
        '{"code":200,"message":"success"}',
        (400, f'{{"code":400,"message":"failed to get [{TOKEN}] device token"}}'),
        3500,
        called="/push",
        key=TOKEN,
    ),
    "serverchan": Protocol(
        f"/{TOKEN}.send",
        '{"code":0,"message":"","data":{"error":"SUCCESS","errno":0}}',
        (400, '{"message":"[AUTH]错误的Key","code":40001,"scode":461}'),
        32 * 1024,
    ),
    "wxpusher": Protocol(
        f"/api/send/message/{TOKEN}",
        '{"code":1000,"msg":"处理成功","success":true}',
        (200, f'{{"code":1002,"msg":"未认证：{TOKEN}","data":null,"success":false}}'),
        40_000,
        called="/api/send/message/simple-push",
        key=TOKEN,
    ),
    "telegram": Protocol(
        f"/bot123456:{TOKEN}/sendMessage?chat_id=-1001",
        '{"ok":true,"result":{"message_id":1}}',
        (400, '{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}'),
        4096 + 200,
    ),
}
ROBOTS = ("feishu", "dingtalk", "wecom")


class Platform(StandIn):
    """A group's robot, or an app: it has at most a signing secret and a keyword, and knows its key
    until it `is_removed`."""

    def __init__(
        self, kind: str, secret: str = "", keyword: str = "", *, is_removed: bool = False
    ) -> None:
        super().__init__()
        self.kind, self.protocol = kind, PROTOCOLS[kind]
        self.path = self.protocol.path
        self.secret, self.keyword, self.is_removed = secret, keyword, is_removed

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        status, answer = self._judged(path, body)
        if answer == self.protocol.sent:
            self.accepted.append(json.loads(body))
        return status, answer.encode()

    def _judged(self, path: str, body: bytes) -> tuple[int, str]:
        protocol = self.protocol
        # Only DingTalk's signature stands behind the key.
        is_called = path.partition("&")[0] == (protocol.called or protocol.path)
        if self.is_removed or not is_called or protocol.key not in body.decode():
            return protocol.gone
        if len(body) > protocol.most_bytes:
            return 413, "too large"
        if self.secret and not self._is_signed(path, json.loads(body)):
            return 200, protocol.unsigned
        if self.keyword not in body.decode():
            return 200, protocol.no_keyword
        return 200, protocol.sent

    def _is_signed(self, path: str, message: Any) -> bool:
        if self.kind == "feishu":
            timestamp, signature = message.get("timestamp", "0"), message.get("sign")
            seconds, key, text = float(timestamp), f"{timestamp}\n{self.secret}", ""
        else:
            query = {name: value for name, [value] in parse_qs(urlsplit(path).query).items()}
            timestamp, signature = query.get("timestamp", "0"), query.get("sign")
            seconds, key, text = int(timestamp) / 1000, self.secret, f"{timestamp}\n{self.secret}"
        digest = hmac.digest(key.encode(), text.encode(), "sha256")
        is_now = abs(seconds - time.time()) < HOUR
        return is_now and signature == base64.b64encode(digest).decode()


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
        self.accepted.append(json.loads(self.decrypted(body)))
        return 201, b""

    def decrypted(self, body: bytes) -> bytes:
        return bytes(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth))

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


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


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
