"""HTTP calls to addresses that people have typed. None of them leads into the network of this machine.

All addresses of a host are checked before one of them is called, and the connection goes to that address, whatever a
name server says later. One deadline bounds the whole call, whatever the other end sends. No redirect is followed, no
proxy of the environment is used, and no body is decoded.
"""

import ipaddress
import re
import socket
import ssl
import string
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from http.client import HTTPConnection, HTTPException, HTTPSConnection, IncompleteRead
from threading import Timer
from urllib.parse import quote, urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

MOST_BODY_BYTES = 64 * 1024
#: Of a host with more addresses, the others are checked too, but not called.
MOST_ADDRESSES_TRIED = 3
LONGEST_PAUSE = timedelta(days=1)

_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
#: IPv6 addresses that carry an address of IPv4 in their last 4 bytes.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
#: Global by their registration, but answered within a cloud (Azure's platform) or by the nearest relay of 6to4.
_NEARBY = (ipaddress.ip_network("168.63.129.16/32"), ipaddress.ip_network("192.88.99.0/24"))
_HEADERS = {"User-Agent": "Stallwatch", "Connection": "close"}
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


class CallError(Exception):
    """`fault` says why. No error holds the address: its path and query may hold secrets."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class NotAllowedError(CallError):
    """The address must not be called. To try again does not help."""


class UnreachableError(CallError):
    """The host did not answer as an HTTP server in time: a later attempt may succeed."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered: the HTTP status, and at most `MOST_BODY_BYTES` of the body as they were sent."""

    status: int
    body: bytes = b""
    #: How long the server asks to wait, from 0 to `LONGEST_PAUSE`; None if it does not say.
    retry_after: timedelta | None = None


def is_public(address: str) -> bool:
    """Whether an IP address is of the public internet, and not of this machine, its network, or its cloud."""
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
    """As `is_public`, but the addresses of these networks are allowed too. Raises ValueError for what is no network,
    such as 10.1.0.0/16."""
    own = [ipaddress.ip_network(network) for network in networks]

    def is_allowed(address: str) -> bool:
        ip = ipaddress.ip_address(address)
        return any(ip in network for network in own) or is_public(address)

    return is_allowed


def addresses_of(host: str, port: int) -> list[str]:
    """The addresses of a host, by the system's resolver."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def public_certificates() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)


@dataclass(frozen=True, slots=True)
class Poster:
    """Posts to addresses that people have typed, and only to hosts of the public internet, by https.

    An address that is allowed without being public is of the operator's own network: there also http and any port are
    allowed. Any number of threads may use one. Creating one is slow: it reads all certificates.
    """

    resolve: Callable[[str, int], list[str]] = addresses_of
    is_allowed: Callable[[str], bool] = is_public
    tls: ssl.SSLContext = field(default_factory=public_certificates)
    ports: frozenset[int] = frozenset({443, 8443})
    #: For the whole call, and for its part until the host accepts the connection.
    seconds: float = 10.0
    connect_seconds: float = 4.0

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Posts the body and returns the answer, whatever its status.

        Raises NotAllowedError and UnreachableError. Raises ValueError for a header with a line break.
        """
        deadline = time.monotonic() + self.seconds
        target = _target(url)
        try:
            with self._connection(target, deadline) as connection:
                connection.request("POST", target.path, body, {**_HEADERS, **headers})
                answer = _answer(connection)
            # An answer that was ended by the deadline looks like one that the server has ended.
            _seconds_until(deadline)
        except (OSError, HTTPException) as error:
            late = TimeoutError() if time.monotonic() >= deadline else error
            raise UnreachableError(_fault(late)) from None
        return answer

    @contextmanager
    def _connection(self, target: "_Target", deadline: float) -> Iterator[HTTPConnection]:
        addresses = self._checked_addresses(target, deadline)[:MOST_ADDRESSES_TRIED]
        seconds = min(self.connect_seconds, _seconds_until(deadline))
        with _connected(addresses, target.port, seconds) as plain, _ended_at(deadline, plain):
            # The timer alone bounds the rest: a server may think longer than it may take to accept.
            plain.settimeout(None)
            # Head and body are sent one after the other: the second must not wait until the first is acknowledged.
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not target.is_tls:
                connection = HTTPConnection(target.host, target.port)
                connection.sock = plain
                yield connection
                return
            with self.tls.wrap_socket(plain, server_hostname=target.host) as encrypted:
                connection = HTTPSConnection(target.host, target.port, context=self.tls)
                connection.sock = encrypted
                yield connection

    def _checked_addresses(self, target: "_Target", deadline: float) -> list[str]:
        """The addresses of the host, each of them allowed. Raises NotAllowedError and OSError."""
        # A thread that waits for a name server cannot be ended: it ends alone.
        pool = ThreadPoolExecutor(1, thread_name_prefix="resolver")
        resolved = pool.submit(self.resolve, target.host, target.port)
        pool.shutdown(wait=False)
        addresses = resolved.result(_seconds_until(deadline))
        if not addresses or not all(map(self.is_allowed, addresses)):
            raise NotAllowedError(Fault.NOT_PUBLIC)
        if any(map(is_public, addresses)):
            if not target.is_tls:
                raise NotAllowedError(Fault.NO_TLS_ASKED)
            if target.port not in self.ports:
                raise NotAllowedError(Fault.PORT)
        return addresses


@dataclass(frozen=True, slots=True)
class _Target:
    """The parts of a URL, in ASCII."""

    is_tls: bool
    host: str
    port: int
    #: With the query; both may hold secrets.
    path: str = field(repr=False)


def _target(url: str) -> _Target:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii").removesuffix(".")
        port = (443 if parts.scheme == "https" else 80) if parts.port is None else parts.port
        path = quote(f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", safe=string.punctuation)
    except ValueError:
        raise NotAllowedError(Fault.UNREADABLE) from None
    if parts.scheme not in ("https", "http"):
        raise NotAllowedError(Fault.NO_TLS_ASKED)
    if not host or _SPACES_AND_CONTROLS.search(url):
        raise NotAllowedError(Fault.UNREADABLE)
    if "@" in parts.netloc:
        raise NotAllowedError(Fault.CREDENTIALS)
    return _Target(parts.scheme == "https", host, port, path)


def _connected(addresses: Sequence[str], port: int, seconds: float) -> socket.socket:
    """A connection to the first of the addresses that accepts one, each within its share of the time."""
    share = seconds / len(addresses)
    for address in addresses[:-1]:
        with suppress(OSError):
            return socket.create_connection((address, port), share)
    return socket.create_connection((addresses[-1], port), share)


@contextmanager
def _ended_at(deadline: float, connection: socket.socket) -> Iterator[None]:
    """Ends the connection at the deadline: the timeout of a socket is for each of its reads alone."""
    # TLS takes the socket over; its copy remains ours.
    with connection.dup() as copy:
        timer = Timer(_seconds_until(deadline), _shut, [copy])
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


def _shut(connection: socket.socket) -> None:
    # The other end may have closed it meanwhile.
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _answer(connection: HTTPConnection) -> Reply:
    with connection.getresponse() as response:
        body = bytearray()
        # After a chunk of negative size, `read` would take all that comes.
        while len(body) < MOST_BODY_BYTES and (part := response.read1(MOST_BODY_BYTES - len(body))):
            body += part
        if len(body) < MOST_BODY_BYTES and response.length:
            raise IncompleteRead(bytes(body), response.length)
        if response.status < 200:
            raise HTTPException("no final answer")
        return Reply(response.status, bytes(body[:MOST_BODY_BYTES]), _pause(response.getheader("Retry-After")))


def _pause(retry_after: str | None) -> timedelta | None:
    """Reads a `Retry-After` header: seconds, or a date (RFC 9110, 10.2.3)."""
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


def _fault(error: Exception) -> Fault:
    match error:
        case TimeoutError():
            return Fault.LATE
        case socket.gaierror():
            return Fault.UNKNOWN_HOST
        case ssl.SSLCertVerificationError():
            return Fault.UNTRUSTED
        case ssl.SSLError():
            return Fault.NO_TLS
        case ConnectionRefusedError():
            return Fault.CLOSED
        case OSError():
            return Fault.BROKEN
        case _:
            return Fault.NO_HTTP


def _seconds_until(deadline: float) -> float:
    """Raises TimeoutError when there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds
