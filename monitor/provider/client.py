"""One call to the provider: a request sent, its reply read within one deadline and one size. Raises only ProviderError.

The call goes over `http.client`. A `Session` of `requests` takes 3.5 times its CPU, which the budget of a whole check
does not have (`tests/bench`); its deadline would hold for each read alone, so a reply that drips would run on.

No call is ever repeated here: the budget counts each call before it is made.
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
from contextlib import suppress
from datetime import UTC, datetime
from errno import errorcode
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from monitor.provider.body import Payload, read_body
from monitor.provider.codes import Billing
from monitor.provider.config import ClientConfig, check_cache
from monitor.provider.errors import BadReply, CallTimeout, NetworkError, ProviderError
from monitor.provider.limits import MAX_BODY_BYTES
from monitor.provider.observation import Observation, SearchHit
from monitor.provider.parse import parse_item, parse_search
from monitor.provider.redaction import Redactor
from monitor.provider.text import clean

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["Client", "ClientConfig"]

#: The calls that tell of one product, raw as the app has it and normalised.
ITEM_APIS = ("item_get_app", "item_get")

# Routers forget idle connections without notice. A call on a forgotten one would time out, perhaps billed.
_MAX_IDLE_SECONDS = 50.0
_MAX_BYTES_RECEIVED = MAX_BODY_BYTES + 256 * 1024
_MAX_GZIP_MEMBERS = 100
_HEADERS = {"User-Agent": "Stallwatch", "Accept": "application/json", "Accept-Encoding": "gzip"}


def utc_now() -> datetime:
    return datetime.now(UTC)


class Client:
    """Calls the provider for one account. Any number of threads may use it; connections are kept between calls."""

    def __init__(self, config: ClientConfig) -> None:
        parts = config.split_url()
        self._config = config
        self._redactor = Redactor(config.key, config.secret)
        self._path = quote(f"{parts.path.rstrip('/')}/{config.platform}", safe="/:%")
        self._credentials = urlencode({"key": config.key, "secret": config.secret})
        self._headers = {"Host": parts.netloc, **_HEADERS}
        self._tls = _tls_context(config.ca_bundle) if parts.scheme == "https" else None
        self._address = parts.hostname or "", parts.port or (443 if self._tls else 80)
        # A thread takes a connection for one call, so there are as many as there are calls at a time.
        self._idle: deque[_Connection] = deque()

    def __repr__(self) -> str:
        return f"Client({self._config!r})"

    def close(self) -> None:
        """Close the idle connections. The client works on, with new ones."""
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
        """Call and parse: what the provider tells of a product now. Raises ProviderError."""
        if api not in ITEM_APIS:
            raise ValueError(f"api is one of {', '.join(ITEM_APIS)}")
        payload = self._ask(api, {"num_iid": num_iid}, cache)
        return parse_item(payload, num_iid, now(), self._redactor.text)

    def search(self, *, q: str = "", shop_id: str = "", page: int = 1, sort: str = "") -> tuple[SearchHit, ...]:
        """A page of a shop's products, or of those found by words. Raises ProviderError, NotFound if there are none."""
        api, asked = ("item_search_shop", {"shopid": shop_id}) if shop_id else ("item_search", {"q": q})
        asked |= {"page": str(page)} | ({"sort": sort} if sort else {})
        return parse_search(self._ask(api, asked), self._redactor.text)

    def _ask(self, api: str, asked: Mapping[str, str], cache: str | None = None) -> Payload:
        # Errors are raised only here: no frame of their traceback holds the request or the body, and none has a cause.
        answer = self._answer(self._target(api, asked, cache))
        if isinstance(answer, ProviderError):
            raise answer from None
        return answer

    def _target(self, api: str, asked: Mapping[str, str], cache: str | None) -> str:
        """The path and query of a request. Key and secret stand in it."""
        config = self._config
        parameters = {
            **asked,
            "cache": config.cache if cache is None else check_cache(cache),
            "result_type": "json",
            "lang": config.lang,
        }
        # Words to search for may hold half a character, which no URL can.
        return f"{self._path}/{api}/?{self._credentials}&{urlencode(parameters, errors='replace')}"

    def _answer(self, target: str) -> Payload | ProviderError:
        content = self._fetch(target)
        if isinstance(content, ProviderError):
            return content
        payload = read_body(content)
        if not isinstance(payload, ProviderError) and self._redactor.occurs_in(content):
            return self._redactor.payload(payload)
        return payload

    def _fetch(self, target: str) -> bytes | ProviderError:
        """The content of the reply, or the error to raise."""
        connection = self._take_connection()
        is_sent = False
        try:
            connection.open(time.monotonic() + self._config.timeout)
            is_sent = True
            connection.request("GET", target, headers=self._headers)
            with connection.getresponse() as response:
                content = _read(response) if response.status == 200 else _refusal(response.status)
        except (OSError, HTTPException, ValueError, zlib.error, _TooLarge) as error:
            connection.close()
            return _no_answer(error) if is_sent else _no_connection(error)
        if isinstance(content, ProviderError):
            connection.close()
        connection.idle_since = time.monotonic()
        self._idle.append(connection)
        return content

    def _take_connection(self) -> "_Connection":
        with suppress(IndexError):
            return self._idle.pop()
        return _Connection(self._address, self._tls)


class _TooLarge(Exception):
    """More bytes than any real reply has."""


class _Socket(socket.socket):
    """A socket that waits until its call's deadline, and receives no more than a reply may have.

    `http.client` and `ssl` receive by `recv_into`, head and body alike. Each time the wait is what is left of the call.
    """

    deadline = 0.0
    bytes_left = 0

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(_seconds_until(self.deadline))
        received = super().recv_into(buffer, nbytes or 0, flags)
        self.bytes_left -= received
        if self.bytes_left < 0:
            raise _TooLarge
        return received


class _TLSSocket(_Socket, ssl.SSLSocket):
    pass


class _Connection(HTTPConnection):
    """A connection that is kept between calls."""

    #: At 1, as someone who debugs HTTP sets it for all connections, requests would be printed with key and secret.
    debuglevel = 0
    sock: _Socket | None

    def __init__(self, address: tuple[str, int], tls: ssl.SSLContext | None) -> None:
        super().__init__(*address)
        self._tls = tls
        self._deadline = 0.0
        self._process = 0
        self.idle_since = 0.0

    def open(self, deadline: float) -> None:
        """Get ready for one call: connect, unless the connection that was kept can be used."""
        self._deadline = deadline
        if self.sock is None or not self._is_usable(self.sock):
            self.close()
            self.connect()
        assert self.sock is not None
        self.sock.deadline, self.sock.bytes_left = deadline, _MAX_BYTES_RECEIVED
        self.sock.settimeout(_seconds_until(deadline))

    def connect(self) -> None:
        """Connect to the host's first address that answers, each within its share of the time."""
        self._process = os.getpid()
        addresses = _resolve(self.host, self.port, self._deadline)
        failure = OSError("no address")
        for position, (family, kind, protocol, _name, address) in enumerate(addresses):
            plain = _Socket(family, kind, protocol)
            try:
                plain.settimeout(_seconds_until(self._deadline) / (len(addresses) - position))
                plain.connect(address)
                plain.settimeout(_seconds_until(self._deadline))
                self.sock = self._secured(plain)
            except OSError as error:
                plain.close()
                failure = error
            else:
                return
        raise failure

    def _secured(self, plain: _Socket) -> _Socket:
        if self._tls is None:
            return plain
        secured = self._tls.wrap_socket(plain, server_hostname=self.host)
        assert isinstance(secured, _TLSSocket)
        return secured

    def _is_usable(self, sock: socket.socket) -> bool:
        """Whether a kept connection belongs to this process, is young enough, and was not closed at the other end."""
        if self._process != os.getpid() or time.monotonic() - self.idle_since > _MAX_IDLE_SECONDS:
            return False
        # Before a request nothing comes but the end.
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return not poll.poll(0)


type _AddressInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]


def _resolve(host: str, port: int, deadline: float) -> list[_AddressInfo]:
    """The host's addresses. The resolver takes no time limit, so a thread of its own waits for it."""
    answer: Future[list[_AddressInfo]] = Future()

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


def _tls_context(ca_bundle: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_bundle)
    context.sslsocket_class = _TLSSocket
    return context


def _read(response: HTTPResponse) -> bytes:
    """The content, unpacked."""
    if (response.length or 0) > MAX_BODY_BYTES:
        raise _TooLarge
    content = response.read(MAX_BODY_BYTES + 1)
    if response.length:
        raise IncompleteRead(b"")
    encoding = response.getheader("Content-Encoding", "identity").strip().lower()
    if encoding != "identity":
        content = _unpack(content)
    if len(content) > MAX_BODY_BYTES:
        raise _TooLarge
    return content


def _unpack(packed: bytes) -> bytes:
    """What gzip or zlib packed, perhaps in several members, up to the first byte that is too many."""
    content = b""
    for _ in range(_MAX_GZIP_MEMBERS):
        member = zlib.decompressobj(zlib.MAX_WBITS | 32)
        try:
            content += member.decompress(packed, MAX_BODY_BYTES + 1 - len(content))
        except zlib.error:
            if content:  # Whatever follows a whole member is no part of the reply.
                return content
            raise
        if len(content) > MAX_BODY_BYTES or not member.unused_data:
            break
        packed = member.unused_data
    return content


def _refusal(status: int) -> ProviderError:
    """The error for an HTTP status other than 200. A redirect is not followed: it would carry key and secret along."""
    if 300 <= status < 400:
        return BadReply(f"the provider answered with a redirect, HTTP {status}", code=f"http-{status}")
    return NetworkError(f"the provider answered with HTTP {status}", code=f"http-{status}")


def _no_connection(error: Exception) -> ProviderError:
    """The error for a call that was not sent, and cannot have been billed."""
    match error:
        case TimeoutError():
            return CallTimeout("no connection to the provider within the time limit", billing=Billing.NOT_BILLED)
        case socket.gaierror() | UnicodeError():
            why = "its host name cannot be resolved"
        case ssl.SSLCertVerificationError():
            why = f"its TLS certificate is not to be trusted ({clean(error.verify_message)[:100]})"
        case ssl.SSLError():
            why = "TLS failed"
        case ConnectionRefusedError():
            why = "it refuses connections"
        case _:
            why = _name(error)
    return NetworkError(f"the provider cannot be reached: {why}", billing=Billing.NOT_BILLED)


def _no_answer(error: Exception) -> ProviderError:
    match error:
        case TimeoutError():
            return CallTimeout("the provider did not finish its answer within the time limit")
        case OSError():
            return NetworkError(f"the connection to the provider broke: {_name(error)}")
        case _TooLarge():
            return BadReply("the reply is larger than any real one")
        case IncompleteRead() | zlib.error():
            return BadReply("the reply is truncated or damaged")
        case _:
            return BadReply("the reply is not HTTP")


def _name(error: Exception) -> str:
    """A system error's short name, such as ECONNRESET; its text might hold anything."""
    number = error.errno if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
    return errorcode.get(number or 0, type(error).__name__)
