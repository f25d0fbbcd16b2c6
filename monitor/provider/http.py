"""One HTTP call out: an adapter for `requests`, and the rules for addresses that people type.

The timeouts of `requests` are for each read alone, so a server that sends a byte a second would
never time out. Here one deadline bounds the whole call, with name server, connection, TLS, head and
body, and one size the body.

An adapter follows no redirect, has no cookies and uses no proxy. Each call has its own connection:
a kept one may have been dropped silently, and a call on it would time out, and may be billed.
"""

import io
import ipaddress
import re
import socket
import ssl
import string
import time
from collections.abc import Callable, Container, Iterable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from errno import errorcode
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Thread
from typing import Any, NamedTuple, Self, cast
from urllib.parse import quote, urlsplit

import urllib3
from requests import PreparedRequest, RequestException, Response
from requests.structures import CaseInsensitiveDict
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_encoding_from_headers

type Resolve = Callable[[str, int], list[str]]

#: Of a host with more addresses, the others are checked too, but not called.
MOST_ADDRESSES_TRIED = 3
#: Of an answer to a post.
MOST_BODY_BYTES = 64 * 1024
LONGEST_PAUSE = timedelta(days=1)
HTTPS_PORTS = frozenset({443, 8443})

_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
#: IPv6 addresses that carry an address of IPv4 in their last 4 bytes.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
#: Global by their registration, but answered within a cloud (Azure's platform) or by the nearest
#: relay of 6to4.
_NEARBY = (ipaddress.ip_network("168.63.129.16/32"), ipaddress.ip_network("192.88.99.0/24"))
#: Of each call.
HEADERS = {"User-Agent": "Stallwatch", "Connection": "close"}
#: `urlsplit` would silently remove some of them.
_SPACES_AND_CONTROLS = re.compile(r"[\x00-\x20\x7f-\x9f]")


class Fault(Enum):
    """Why a call was not made, or had no answer. `monitor.text.faults` has the words."""

    NOT_PUBLIC = auto()
    NO_TLS_ASKED = auto()
    PORT = auto()
    UNREADABLE = auto()
    CREDENTIALS = auto()
    LATE = auto()
    UNKNOWN_HOST = auto()
    UNTRUSTED = auto()
    NO_TLS = auto()
    CLOSED = auto()
    BROKEN = auto()
    NO_HTTP = auto()
    INCOMPLETE = auto()
    TOO_LARGE = auto()


class CallError(RequestException):
    """`fault` says why. No error holds the address: its path and query may hold secrets."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class NotAllowedError(CallError):
    """The address must not be called. To try again does not help."""


class UnreachableError(CallError):
    """The host did not answer as an HTTP server in time: a later attempt may succeed.

    `detail` is the short name of the system's error, or why a certificate is not trusted. If
    `is_sent`, the server may have the request."""

    def __init__(self, fault: Fault, detail: str = "", *, is_sent: bool = False) -> None:
        super().__init__(fault)
        self.detail, self.is_sent = detail, is_sent


def addresses_of(host: str, port: int) -> list[str]:
    """Return the addresses of a host, by the system's resolver."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(eq=False, kw_only=True)
class Adapter:
    """Makes calls of `requests`, and raises only `CallError`. Any number of threads may use one.

    A body that is longer than `most_bytes`, decompressed, is an error; with `cuts` it is cut there.
    Of a status that is not one of `statuses`, no body is read. With `is_allowed`, each address of a
    host must be allowed, and a public host is called by https and on one of `ports` only."""

    most_bytes: int
    cuts: bool = False
    statuses: Container[int] = range(1000)
    resolve: Resolve = addresses_of
    is_allowed: Callable[[str], bool] | None = None
    ports: Container[int] = HTTPS_PORTS

    def send(
        self,
        request: PreparedRequest,
        timeout: float | tuple[float, float],
        verify: bool | str = True,
    ) -> Response:
        """Make one call. `timeout` is its seconds, or a pair: until a connection is accepted, and
        of the whole call.

        `verify` may name a file of certificates to trust in place of the public ones.
        """
        connect_seconds, seconds = timeout if isinstance(timeout, tuple) else (timeout, timeout)
        deadline = time.monotonic() + seconds
        route = _Route.of(str(request.url))
        try:
            connection = self._opened(route, connect_seconds, deadline, verify)
        except CallError:
            raise
        except (OSError, UnicodeError) as error:
            raise _unreachable(error) from None
        return self._exchange(connection, request)

    def _opened(
        self, route: "_Route", seconds: float, deadline: float, verify: bool | str
    ) -> "_Connection":
        """Connect to the first address that accepts a connection, each within its share of the
        time."""
        tls = (
            certificates(verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH)
            if route.is_tls
            else None
        )
        addresses = self._addresses(route, deadline)[:MOST_ADDRESSES_TRIED]
        share = min(seconds, _seconds_until(deadline)) / len(addresses)
        for address in addresses[:-1]:
            with suppress(OSError):
                return _Connection(route, address, share, tls, deadline)
        return _Connection(route, addresses[-1], share, tls, deadline)

    def _addresses(self, route: "_Route", deadline: float) -> list[str]:
        """Return the addresses to connect to. Raises NotAllowedError, OSError and UnicodeError."""
        addresses = _resolved(self.resolve, route.host, route.port, deadline)
        if self.is_allowed is None:
            return addresses
        if not addresses or not all(map(self.is_allowed, addresses)):
            raise NotAllowedError(Fault.NOT_PUBLIC)
        if any(map(is_public, addresses)):
            if not route.is_tls:
                raise NotAllowedError(Fault.NO_TLS_ASKED)
            if route.port not in self.ports:
                raise NotAllowedError(Fault.PORT)
        return addresses

    def _exchange(self, connection: "_Connection", request: PreparedRequest) -> Response:
        """Send the request, read the answer and close the connection."""
        answer = None
        try:
            connection.request(
                str(request.method), request.path_url, request.body, dict(request.headers)
            )
            answer = connection.getresponse()
            return _response(request, answer, self._body(answer))
        except (OSError, HTTPException, urllib3.exceptions.HTTPError, _TooLargeError) as error:
            raise _unreachable(error, is_sent=True, has_head=answer is not None) from None
        finally:
            if answer is not None:
                answer.close()
            connection.close()

    def _body(self, answer: HTTPResponse) -> bytes:
        if answer.status < 200:
            raise HTTPException("no final answer")
        if answer.status not in self.statuses:
            return b""
        headers = urllib3.HTTPHeaderDict(answer.getheaders())
        raw = urllib3.HTTPResponse(answer, headers, answer.status, preload_content=False)
        body = raw.read(self.most_bytes + 1, decode_content=True)
        if len(body) > self.most_bytes and not self.cuts:
            raise _TooLargeError
        return body[: self.most_bytes]


class _TooLargeError(Exception):
    """More bytes than an answer may have."""


class _Route(NamedTuple):
    """What a connection leads to."""

    is_tls: bool
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Self:
        parts = urlsplit(url)
        is_tls = parts.scheme == "https"
        return cls(
            is_tls,
            parts.hostname or "",
            (443 if is_tls else 80) if parts.port is None else parts.port,
        )


class _Connection(HTTPConnection):
    """A connection to one address of a host. Raises OSError if there is none to be had."""

    #: What it would print contains secrets.
    debuglevel = 0
    sock: "_Socket"

    def __init__(
        self,
        route: _Route,
        address: str,
        seconds: float,
        tls: ssl.SSLContext | None,
        deadline: float,
    ) -> None:
        super().__init__(address, route.port, timeout=seconds)
        with ExitStack() as unless_open:
            unless_open.callback(self.close)
            self.connect()
            self.sock.settimeout(_seconds_until(deadline))
            if tls:
                self.sock = cast(_TlsSocket, tls.wrap_socket(self.sock, server_hostname=route.host))
            else:
                self.sock = _Socket(fileno=self.sock.detach())
            unless_open.pop_all()
        # Until then only the body takes memory: Python bounds each line of a head, and their count.
        self.sock.deadline = deadline
        # From here on they are for the `Host` header.
        self.host, self.default_port = route.host, 443 if tls else 80


class _Socket(socket.socket):
    """A socket whose waits end at the deadline of a call, whatever the other end sends."""

    deadline = 0.0

    def recv_into(self, *args: Any, **options: Any) -> int:
        self.settimeout(_seconds_until(self.deadline))
        return int(super().recv_into(*args, **options))

    def sendall(self, data: Any, flags: int = 0) -> None:
        with memoryview(data) as view:
            sent = 0
            while sent < len(view):
                self.settimeout(_seconds_until(self.deadline))
                sent += self.send(view[sent:], flags)


class _TlsSocket(_Socket, ssl.SSLSocket):
    """The same, encrypted."""


@cache
def certificates(file: str) -> ssl.SSLContext:
    """Trust the certificates of a file. To read all public ones is slow."""
    context = ssl.create_default_context(cafile=file)
    context.sslsocket_class = _TlsSocket
    return context


def _resolved(resolve: Resolve, host: str, port: int, deadline: float) -> list[str]:
    """Return the host's addresses. A resolver has no timeout, so a thread waits for it, which ends
    alone."""
    answer: Future[list[str]] = Future()

    def ask() -> None:
        try:
            answer.set_result(resolve(host, port))
        except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
            answer.set_exception(error)

    Thread(target=ask, name="resolver", daemon=True).start()
    return answer.result(_seconds_until(deadline))


def _seconds_until(deadline: float) -> float:
    """Return the seconds that are left. Raises TimeoutError when there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _response(request: PreparedRequest, answer: HTTPResponse, body: bytes) -> Response:
    response = Response()
    response.request, response.url = request, str(request.url)
    response.status_code, response.reason = answer.status, answer.reason
    response.headers = CaseInsensitiveDict(answer.getheaders())
    response.encoding = get_encoding_from_headers(response.headers)
    response.raw = io.BytesIO(body)
    return response


def _unreachable(
    error: Exception, *, is_sent: bool = False, has_head: bool = False
) -> UnreachableError:
    # `urllib3` wraps what goes wrong while a body is read.
    cause = error.__cause__ if isinstance(error, urllib3.exceptions.HTTPError) else error
    detail = ""
    match cause:
        case TimeoutError():
            fault = Fault.LATE
        case socket.gaierror() | UnicodeError():
            fault = Fault.UNKNOWN_HOST
        case ssl.SSLCertVerificationError():
            fault, detail = Fault.UNTRUSTED, cause.verify_message
        case ssl.SSLError():
            fault = Fault.NO_TLS
        case ConnectionRefusedError():
            fault = Fault.CLOSED
        case OSError():
            # Only its name: its text might contain anything.
            fault, detail = Fault.BROKEN, errorcode.get(cause.errno or 0, type(cause).__name__)
        case _TooLargeError():
            fault = Fault.TOO_LARGE
        case _:
            fault = Fault.INCOMPLETE if has_head else Fault.NO_HTTP
    return UnreachableError(fault, detail, is_sent=is_sent)


def is_public(address: str) -> bool:
    """Return whether an IP address is of the public internet, and not of this machine, its network,
    or its cloud."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if (inner := ip.ipv4_mapped or ip.sixtofour) is not None:
            ip = inner
        elif ip in _TRANSLATED:
            ip = ipaddress.IPv4Address(ip.packed[-4:])
        elif ip not in _GLOBAL_UNICAST:
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NEARBY)


def allowing(networks: Iterable[str]) -> Callable[[str], bool]:
    """Return a check as `is_public` that also allows the addresses of these networks, such as
    10.1.0.0/16.

    Raises ValueError for what is no network.
    """
    own = [ipaddress.ip_network(network) for network in networks]

    def is_allowed(address: str) -> bool:
        ip = ipaddress.ip_address(address)
        return any(ip in network for network in own) or is_public(address)

    return is_allowed


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered: the HTTP status, and at most `MOST_BODY_BYTES` of the body."""

    status: int
    body: bytes = b""
    #: How long the server asks to wait, from 0 to `LONGEST_PAUSE`; None if it does not say.
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Poster:
    """Posts to addresses that people have typed, and only to hosts of the public internet, by
    https.

    An address that is allowed without being public is of the operator's own network: there also
    http and any port are allowed. Any number of threads may use one."""

    resolve: Resolve = addresses_of
    is_allowed: Callable[[str], bool] = is_public
    verify: bool | str = True
    ports: Container[int] = HTTPS_PORTS
    #: For the whole call, and for its part until the host accepts the connection.
    seconds: float = 10.0
    connect_seconds: float = 4.0

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Post the body and return the answer, whatever its status.

        Raises NotAllowedError and UnreachableError. Raises ValueError for a header with a line
        break."""
        request = PreparedRequest()
        request.method, request.url, request.body = "POST", _in_ascii(url), body
        request.headers = CaseInsensitiveDict({**HEADERS, **headers})
        adapter = Adapter(
            most_bytes=MOST_BODY_BYTES,
            cuts=True,
            resolve=self.resolve,
            is_allowed=self.is_allowed,
            ports=self.ports,
        )
        response = adapter.send(
            request, timeout=(self.connect_seconds, self.seconds), verify=self.verify
        )
        return Reply(
            response.status_code, response.content, _pause(response.headers.get("Retry-After"))
        )


def _in_ascii(url: str) -> str:
    """Return a typed URL in ASCII. Raises NotAllowedError for one of another form."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii").removesuffix(".")
        port = "" if parts.port is None else f":{parts.port}"
        path = quote(
            f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", safe=string.punctuation
        )
    except ValueError:
        raise NotAllowedError(Fault.UNREADABLE) from None
    if parts.scheme not in ("https", "http"):
        raise NotAllowedError(Fault.NO_TLS_ASKED)
    if not host or _SPACES_AND_CONTROLS.search(url):
        raise NotAllowedError(Fault.UNREADABLE)
    if "@" in parts.netloc:
        raise NotAllowedError(Fault.CREDENTIALS)
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{path}"


def _pause(retry_after: str | None) -> timedelta | None:
    """Read a `Retry-After` header: seconds, or a date (RFC 9110, 10.2.3)."""
    if retry_after is None:
        return None
    try:
        if retry_after.isdecimal():
            pause = timedelta(seconds=int(retry_after))
        else:
            pause = parsedate_to_datetime(retry_after) - datetime.now(UTC)
    except (OverflowError, TypeError, ValueError):
        return None
    return min(max(pause, timedelta(0)), LONGEST_PAUSE)
