"""The limits of one call: the moment by which it must have ended, and the bytes that its reply may have.

The time limits of `requests` and `urllib3` hold between two bytes, so a reply that drips runs on for minutes. Here
every wait gets what is left of the whole call.
"""

import io
import socket
import time
from collections.abc import Buffer

from monitor.provider.limits import MAX_BODY_BYTES

_READ_SIZE = 64 * 1024
_MAX_BYTES = MAX_BODY_BYTES + 256 * 1024


class TooLarge(Exception):
    """More bytes than any real reply has."""


class Call:
    """One call in progress. `sent` says whether the provider may know of it, and hence bill it."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self.sent = False

    def remaining(self) -> float:
        """Seconds left. Raises TimeoutError when there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class Wire(io.RawIOBase):
    """A socket as one response reads it: until the call's end, and no more bytes than a reply may have."""

    def __init__(self, sock: socket.socket, call: Call) -> None:
        self._socket = sock
        # Keeps the socket open where http.client closes it before the last response is read.
        self._raw = sock.makefile("rb", buffering=0)
        self._call = call
        self._left = _MAX_BYTES

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What `HTTPResponse` asks of the socket that it takes, and all it ever does."""
        return io.BufferedReader(self, _READ_SIZE)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int | None:
        self._socket.settimeout(self._call.remaining())
        read = self._raw.readinto(buffer)
        self._left -= read or 0
        if self._left < 0:
            raise TooLarge
        return read

    def close(self) -> None:
        self._raw.close()
        super().close()
