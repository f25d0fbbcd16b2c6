"""One kept connection to the provider, on which nothing can take longer than a deadline.

The time limits of `requests` and `urllib3` hold between two bytes, so a reply that drips runs on for minutes. Here
every wait gets what is left of the whole call. It is also three times cheaper: no pool, session, cookie or redirect.
"""

import io
import os
import select
import socket
import ssl
import time
from collections.abc import Buffer
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from queue import Empty, SimpleQueue
from threading import Thread
from typing import cast

from monitor.provider.limits import MAX_BODY_BYTES
from monitor.provider.proxy import Proxy
from monitor.provider.request import Request

_READ_SIZE = 64 * 1024
_MAX_BYTES = MAX_BODY_BYTES + 256 * 1024
# Routers forget idle connections without a word; a call on a forgotten one would run into its deadline, perhaps billed.
_MAX_IDLE_SECONDS = 50.0


type _Address = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]


class TooLarge(Exception):
    """More bytes than any real reply has."""


class Deadline:
    """The moment by which a whole call must have ended."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left. Raises TimeoutError when there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the provider is, and how it is reached."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    proxy: Proxy | None = None


class Connection:
    """An open connection. Sending a request and reading its response are for one thread at a time."""

    def __init__(self, origin: Origin, deadline: Deadline) -> None:
        self._process = os.getpid()
        self._idle_since = 0.0
        self._socket = _open(origin, deadline)

    def send(self, request: Request, deadline: Deadline) -> HTTPResponse:
        """Send a request and read its response up to the body."""
        self._socket.settimeout(deadline.remaining())
        self._socket.sendall(request.wire())
        return _begin(self._socket, "GET", deadline)

    def rest(self) -> None:
        """The last response is read to its end: the next request may come."""
        self._idle_since = time.monotonic()

    def is_usable(self) -> bool:
        """Whether the connection, idle until now, still leads to the provider, as far as one can know."""
        if self._process != os.getpid() or time.monotonic() - self._idle_since > _MAX_IDLE_SECONDS:
            return False
        # Nothing is due on an idle connection, so anything to read is its end or rubbish.
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        self._socket.close()


class _Wire:
    """A socket as `HTTPResponse` sees it, for one response."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._socket = sock
        self._deadline = deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._socket, self._deadline), _READ_SIZE)


class _TimedReader(io.RawIOBase):
    """Reads a socket until the deadline, and no more bytes than a reply may have."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._socket = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = deadline
        self._left = _MAX_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int | None:
        self._socket.settimeout(self._deadline.remaining())
        read = self._raw.readinto(buffer)
        self._left -= read or 0
        if self._left < 0:
            raise TooLarge
        return read

    def close(self) -> None:
        self._raw.close()
        super().close()


def _begin(sock: socket.socket, method: str, deadline: Deadline) -> HTTPResponse:
    # HTTPResponse takes a socket, of which it only ever calls makefile.
    response = HTTPResponse(cast(socket.socket, _Wire(sock, deadline)), method=method)
    try:
        response.begin()
    except BaseException:
        response.close()
        raise
    return response


def _open(origin: Origin, deadline: Deadline) -> socket.socket:
    """A connected socket, through the proxy if there is one, with TLS if there is any."""
    via = origin.proxy or origin
    sock = _connect(via.host, via.port, deadline)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if origin.tls is None:
            return sock
        if origin.proxy is not None:
            _tunnel(sock, origin, origin.proxy, deadline)
        sock.settimeout(deadline.remaining())
        return origin.tls.wrap_socket(sock, server_hostname=origin.host)
    except BaseException:
        sock.close()
        raise


def _connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """The first address of the host that answers. Each has its share of the time, lest a silent one take it all."""
    failure = OSError("no address")
    addresses = _addresses(host, port, deadline)
    for position, (family, kind, protocol, _name, address) in enumerate(addresses):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(deadline.remaining() / (len(addresses) - position))
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


def _addresses(host: str, port: int, deadline: Deadline) -> list[_Address]:
    """The host's addresses. The resolver has no time limit to set, so it is waited for from outside."""
    answer: SimpleQueue[list[_Address] | OSError] = SimpleQueue()

    def resolve() -> None:
        try:
            answer.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except OSError as error:
            answer.put(error)
        except UnicodeError:
            answer.put(socket.gaierror("not a host name"))

    Thread(target=resolve, name="resolver", daemon=True).start()
    try:
        found = answer.get(timeout=deadline.remaining())
    except Empty:
        raise TimeoutError from None
    if isinstance(found, OSError):
        raise found
    return found


def _tunnel(sock: socket.socket, origin: Origin, proxy: Proxy, deadline: Deadline) -> None:
    """Have the proxy connect to the provider; from then on only the two of them can read what is said."""
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    sock.settimeout(deadline.remaining())
    sock.sendall(f"CONNECT {host}:{origin.port} HTTP/1.1\r\nHost: {host}:{origin.port}\r\n{proxy.header}\r\n".encode())
    response = _begin(sock, "CONNECT", deadline)
    response.close()
    if response.status != 200:
        raise HTTPException
