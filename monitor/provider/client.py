"""One call to the provider: a request and its reply, within one deadline and one size. Raises only ProviderError.

`requests` makes the call through an adapter of our own. A `Session` would add redirects and cookies, which no call may
have, and the timeouts of its usual adapter apply to each read alone: a slowly dripping reply would never time out. The
connections here hold the whole call to its deadline.

Never repeats a call: the budget counts each call before it is made.
"""

import os
import select
import socket
import ssl
import time
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from errno import errorcode
from io import BytesIO
from threading import Thread
from typing import Any
from urllib.parse import quote, urlencode

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from monitor.provider.body import Payload, read_body
from monitor.provider.codes import Billing
from monitor.provider.config import ITEM_APIS, ClientConfig
from monitor.provider.errors import BadReply, CallTimeout, NetworkError, ProviderError
from monitor.provider.limits import MAX_BODY_BYTES
from monitor.provider.observation import Observation
from monitor.provider.parse import parse_item
from monitor.provider.redaction import Redactor
from monitor.provider.text import clean

__all__ = ["Client", "ClientConfig"]

# Routers drop idle connections silently. A call on a dropped one would time out, and may be billed.
_MAX_IDLE_SECONDS = 50.0
_MAX_BYTES_RECEIVED = MAX_BODY_BYTES + 256 * 1024
_MAX_BYTES_AT_ONCE = 64 * 1024
_TIMEOUT_TOLERANCE_SECONDS = 0.01
_HEADERS = {"User-Agent": "Stallwatch", "Accept": "application/json", "Accept-Encoding": "gzip"}
_HEADERS_READ = {b"content-encoding", b"content-length", b"transfer-encoding"}
_GZIP_OR_DEFLATE = zlib.MAX_WBITS | 32


def utc_now() -> datetime:
    return datetime.now(UTC)


class Client:
    """Calls the provider for one account. Any number of threads may use it; connections are kept between calls."""

    def __init__(self, config: ClientConfig) -> None:
        parts = config.split_url()
        self._config = config
        self._redactor = Redactor(config.key, config.secret)
        path = quote(f"{parts.path.rstrip('/')}/{config.platform}", safe="/:%")
        self._base = f"{parts.scheme}://{parts.netloc}{path}"
        constants = {"key": config.key, "secret": config.secret, "result_type": "json", "lang": config.lang}
        self._constants = urlencode(constants)
        self._headers = CaseInsensitiveDict({"Host": parts.netloc, **_HEADERS})
        is_tls = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if is_tls else 80)
        self._tls: ssl.SSLContext | None = None
        if is_tls:
            self._tls = ssl.create_default_context(cafile=config.ca_bundle or DEFAULT_CA_BUNDLE_PATH)
        self._idle: deque[_Connection] = deque()

    def __repr__(self) -> str:
        return f"Client({self._config!r})"

    def close(self) -> None:
        """Close the idle connections. Later calls open new ones."""
        while self._idle:
            self._idle.pop().close()

    def observe(
        self,
        num_iid: str,
        *,
        api: str = "item_get_app",
        cache: str | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> Observation:
        """Call the provider and parse what it says of a product now. Raises ProviderError."""
        if api not in ITEM_APIS:
            raise ValueError(f"api is one of {', '.join(ITEM_APIS)}")
        answer = self._ask(api, {"num_iid": num_iid, "cache": cache or self._config.cache})
        # Errors are raised only here: no frame of their traceback holds the request or the body, and none has a cause.
        if isinstance(answer, ProviderError):
            raise answer from None
        return parse_item(answer, num_iid, now(), self._redactor.text)

    def _ask(self, api: str, query: Mapping[str, str]) -> Payload | ProviderError:
        content = self._fetch(f"{self._base}/{api}/?{self._constants}&{urlencode(query)}")
        if isinstance(content, ProviderError):
            return content
        payload = read_body(content)
        if not isinstance(payload, ProviderError) and self._redactor.occurs_in(content):
            return self._redactor.payload(payload)
        return payload

    def _fetch(self, url: str) -> bytes | ProviderError:
        """The content of the reply, or the error to raise. The URL contains key and secret."""
        request = PreparedRequest()
        request.method, request.url, request.headers = "GET", url, self._headers
        try:
            connection = self._connection()
        except (OSError, UnicodeError) as error:
            return _no_connection(error)
        try:
            response = connection.send(request)
        except (OSError, HttpParserError, zlib.error, _Damaged, _TooLarge) as error:
            return _no_answer(error)
        finally:
            if connection.is_kept:
                self._idle.append(connection)
            else:
                connection.close()
        return response.content if response.status_code == 200 else _refusal(response.status_code)

    def _connection(self) -> "_Connection":
        """A kept connection, or a new one."""
        deadline = time.monotonic() + self._config.timeout
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable:
                connection.deadline = deadline
                return connection
            connection.close()
        return _Connection(self._host, self._port, self._tls, deadline)


class RemoteDisconnected(ConnectionError):
    """The provider closed the connection without an answer. The error shows this name."""


class _Damaged(Exception):
    """The reply ends too early, or its chunks are wrong."""


class _TooLarge(Exception):
    """More bytes than any real reply has."""


class _Connection(BaseAdapter):
    """Makes calls of `requests` over one connection. `httptools` parses the replies and calls the methods `on_...`.

    In eight threads a call by a `Session` of `requests` takes 550 µs of CPU, and a call here 90.
    """

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, deadline: float) -> None:
        """Connect to the host's first address that answers, each within its share of the time."""
        super().__init__()
        self.deadline = deadline
        addresses = _resolve(host, port, deadline)
        self._sock = socket.create_connection((host, port), _seconds_until(deadline) / len(addresses))
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self._set_timeout()
            self._sock = tls.wrap_socket(self._sock, server_hostname=host)
        self._process = os.getpid()
        self._parser = HttpResponseParser(self)
        # Some gateways send such replies, and most HTTP clients read them.
        self._parser.set_dangerous_leniencies(
            lenient_chunked_length=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )

    @property
    def is_usable(self) -> bool:
        """Whether the connection is open at the other end, young enough, and of this process."""
        if self._process != os.getpid() or time.monotonic() - self._used_at > _MAX_IDLE_SECONDS:
            return False
        # Between calls nothing comes from the provider but the end of the connection.
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        self._sock.close()

    def send(self, request: PreparedRequest, *_args: Any, **_options: Any) -> Response:
        """Send a request and return the reply, with its body if the status is 200. The call may be billed.

        Raises what sockets, `httptools` and `zlib` raise, `_Damaged` and `_TooLarge`.
        """
        self._used_at = time.monotonic()
        self._status, self._is_complete, self.is_kept = 0, False, False
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        headers = "".join([f"{name}: {value}\r\n" for name, value in request.headers.items()])
        self._set_timeout()
        self._sock.sendall(f"GET {request.path_url} HTTP/1.1\r\n{headers}\r\n".encode("ascii"))
        self._receive()
        response = Response()
        response.status_code = self._status
        response.raw = BytesIO(self._content() if self._status == 200 else b"")
        return response

    def _content(self) -> bytes:
        # A kept connection keeps no reply: it has personal data in it.
        body, self._body = b"".join(self._body), []
        if len(body) > MAX_BODY_BYTES:
            raise _TooLarge
        is_packed = self._headers.get(b"content-encoding", b"identity").lower() != b"identity"
        return _unpacked(body) if is_packed else body

    def _receive(self) -> None:
        """Receive the reply. If its status is not 200, its head is enough."""
        left = _MAX_BYTES_RECEIVED
        while not self._is_complete and self._status in {0, 200}:
            self._set_timeout()
            received = self._sock.recv(_MAX_BYTES_AT_ONCE)
            if not received:
                if left == _MAX_BYTES_RECEIVED:
                    raise RemoteDisconnected
                # Without a length the body ends with the connection.
                if not self._status or {b"content-length", b"transfer-encoding"} & self._headers.keys():
                    raise _Damaged
                return
            left -= len(received)
            if left < 0:
                raise _TooLarge
            self._parse(received)

    def _parse(self, received: bytes) -> None:
        """Parse what was received. Bytes after the reply's end are an error too; then the connection is not kept."""
        try:
            self._parser.feed_data(received)
        except (HttpParserError, HttpParserUpgrade):
            self.is_kept = False
            if self._status == 0:
                raise
            if self._status == 200 and not self._is_complete:
                raise _Damaged from None

    def _set_timeout(self) -> None:
        """Set the socket's timeout to what is left of the call, if it differs: that is a system call."""
        left = _seconds_until(self.deadline)
        if abs((self._sock.gettimeout() or 0.0) - left) > _TIMEOUT_TOLERANCE_SECONDS:
            self._sock.settimeout(left)

    def on_message_begin(self) -> None:
        if self._is_complete:
            raise ValueError("a second reply")

    def on_header(self, name: bytes, value: bytes) -> None:
        if (name := name.lower()) in _HEADERS_READ:
            self._headers[name] = value

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status != 100:  # '100 Continue' comes before a reply.
            self._status = status

    def on_body(self, part: bytes) -> None:
        if self._status == 200:
            self._body.append(part)

    def on_message_complete(self) -> None:
        if self._status:
            self._is_complete, self.is_kept = True, self._parser.should_keep_alive()


def _resolve(host: str, port: int, deadline: float) -> list[Any]:
    """The host's addresses. `getaddrinfo` has no timeout, so a separate thread waits for it."""
    answer: Future[list[Any]] = Future()

    def resolve() -> None:
        try:
            answer.set_result(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            answer.set_exception(error)

    Thread(target=resolve, name="resolver", daemon=True).start()
    return answer.result(_seconds_until(deadline))


def _seconds_until(deadline: float) -> float:
    """Raises TimeoutError when there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _unpacked(body: bytes) -> bytes:
    """A gzip or deflate body. gzip may have several members, and rubbish after them."""
    members: list[bytes] = []
    left = MAX_BODY_BYTES
    while body:
        packed = zlib.decompressobj(_GZIP_OR_DEFLATE)
        try:
            members.append(packed.decompress(body, left + 1))
        except zlib.error:
            if members:
                break
            raise
        left -= len(members[-1])
        if left < 0:
            raise _TooLarge
        if not packed.eof:
            raise _Damaged
        body = packed.unused_data
    return b"".join(members)


def _refusal(status: int) -> ProviderError:
    """The error for an HTTP status other than 200. Redirects are not followed: they would get key and secret."""
    if 300 <= status < 400:
        return BadReply(f"the provider answered with a redirect, HTTP {status}", code=f"http-{status}")
    return NetworkError(f"the provider answered with HTTP {status}", code=f"http-{status}")


def _no_connection(error: Exception) -> ProviderError:
    """The error for a call that was not sent, and cannot have been billed."""
    match error:
        case TimeoutError():
            return CallTimeout("no connection to the provider within the time limit", billing=Billing.NOT_BILLED)
        case socket.gaierror() | UnicodeError():
            reason = "its host name cannot be resolved"
        case ssl.SSLCertVerificationError() as refused:
            reason = f"its TLS certificate is not to be trusted ({clean(refused.verify_message)[:100]})"
        case ssl.SSLError():
            reason = "TLS failed"
        case ConnectionRefusedError():
            reason = "it refuses connections"
        case _:
            reason = _name(error)
    return NetworkError(f"the provider cannot be reached: {reason}", billing=Billing.NOT_BILLED)


def _no_answer(error: Exception) -> ProviderError:
    match error:
        case TimeoutError():
            return CallTimeout("the provider did not finish its answer within the time limit")
        case _Damaged() | zlib.error():
            return BadReply("the reply is truncated or damaged")
        case OSError():
            return NetworkError(f"the connection to the provider broke: {_name(error)}")
        case _TooLarge():
            return BadReply("the reply is larger than any real one")
        case _:
            return BadReply("the reply is not HTTP")


def _name(error: BaseException) -> str:
    """A system error's short name, such as ECONNRESET. Its text is not safe: it might contain anything."""
    number = error.errno if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
    return errorcode.get(number or 0, type(error).__name__)
