"""A stand-in for the provider: one process, one thread, replies from a template, so it is never the bottleneck."""

import ctypes
import multiprocessing
import select
import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.synchronize import Event
from typing import ClassVar

from tests.bench import reply

_SPAWN = multiprocessing.get_context("spawn")
_NUM_IID = b"num_iid="
_LONGEST_REQUEST = 16_384


class Board(ctypes.Structure):
    """Shared with the server's process. Only the server writes `started` and `finished`."""

    _fields_: ClassVar = [
        ("started", ctypes.c_longlong),
        ("finished", ctypes.c_longlong),
        ("round", ctypes.c_longlong),
        ("latency", ctypes.c_double),
    ]
    started: int
    finished: int
    round: int
    latency: float


class Provider:
    """A running server. `board.round` chooses its replies, `board.latency` the seconds that each takes."""

    def __init__(self, port: int, board: Board) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.board = board


@contextmanager
def provider() -> Iterator[Provider]:
    """Serves until the block ends."""
    board = _SPAWN.RawValue(Board)
    stopped = _SPAWN.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        process = _SPAWN.Process(target=_serve, args=(listener, board, stopped), daemon=True)
        process.start()
        try:
            yield Provider(listener.getsockname()[1], board)
        finally:
            stopped.set()
            process.join(5)
            process.kill()


def _serve(listener: socket.socket, board: Board, stopped: Event) -> None:
    with suppress(KeyboardInterrupt):
        _Loop(listener, board).run(stopped)


class _Loop:
    def __init__(self, listener: socket.socket, board: Board) -> None:
        self._listener = listener
        self._board = board
        self._template = reply.template()
        self._poll = select.epoll()
        self._open: dict[int, socket.socket] = {}
        self._halves: dict[int, bytes] = {}
        self._waiting: deque[tuple[float, int, bytes]] = deque()

    def run(self, stopped: Event) -> None:
        self._listener.setblocking(False)
        self._poll.register(self._listener, select.EPOLLIN)
        while not stopped.is_set():
            for number, _ in self._poll.poll(self._patience()):
                if number == self._listener.fileno():
                    self._accept()
                else:
                    self._read(number)
            self._send_due()

    def _patience(self) -> float:
        """Seconds until a reply is due, or until the next check whether to stop."""
        return max(0.0, self._waiting[0][0] - time.monotonic()) if self._waiting else 0.1

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A connection has one open call, so a whole reply always fits.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * reply.SIZE)
        self._open[connection.fileno()] = connection
        self._poll.register(connection, select.EPOLLIN)

    def _read(self, number: int) -> None:
        try:
            request = self._open[number].recv(_LONGEST_REQUEST)
        except ConnectionError:
            request = b""
        if not request:
            self._open.pop(number).close()
            self._halves.pop(number, None)
            return
        if number in self._halves:
            request = self._halves.pop(number) + request
        if not request.endswith(b"\r\n\r\n"):
            self._halves[number] = request
            return
        self._board.started += 1
        num_iid = request.partition(_NUM_IID)[2][:19]
        answer = self._template % reply.values(num_iid, self._board.round)
        if self._board.latency:
            self._waiting.append((time.monotonic() + self._board.latency, number, answer))
        else:
            self._send(number, answer)

    def _send_due(self) -> None:
        while self._waiting and self._waiting[0][0] <= time.monotonic():
            _, number, answer = self._waiting.popleft()
            self._send(number, answer)

    def _send(self, number: int, answer: bytes) -> None:
        self._board.finished += 1
        if number not in self._open:
            return
        try:
            count = self._open[number].send(answer)
        except ConnectionError:
            return
        assert count == len(answer)
