"""A stand-in for the provider: a process of its own that fills in a template, so it is never the
bottleneck."""

import asyncio
import ctypes
import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import ClassVar

from tests.bench import reply

_SPAWN = multiprocessing.get_context("spawn")


class Board(ctypes.Structure):
    """Shared with the server's process: `round` chooses its replies, and it counts those that it
    `finished`."""

    _fields_: ClassVar = [("finished", ctypes.c_longlong), ("round", ctypes.c_longlong)]
    finished: int
    round: int


class Provider:
    """A running server."""

    def __init__(self, port: int, board: Board) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.board = board


@contextmanager
def provider() -> Iterator[Provider]:
    """Serve until the block ends."""
    board = _SPAWN.RawValue(Board)
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        process = _SPAWN.Process(target=_run, args=(listener, board), daemon=True)
        process.start()
        try:
            yield Provider(listener.getsockname()[1], board)
        finally:
            process.terminate()
            process.join(5)


def _run(listener: socket.socket, board: Board) -> None:
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(listener, board))


async def _serve(listener: socket.socket, board: Board) -> None:
    template = reply.template()
    server = await asyncio.get_running_loop().create_server(
        lambda: _Connection(template, board), sock=listener
    )
    async with server:
        await server.serve_forever()


class _Connection(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, template: bytes, board: Board) -> None:
        self._template, self._board, self._request = template, board, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._request += data
        if self._request.endswith(b"\r\n\r\n"):
            num_iid = self._request.partition(b"num_iid=")[2][:19]
            self._request = b""
            self._board.finished += 1
            self.transport.write(self._template % reply.values(num_iid, self._board.round))
