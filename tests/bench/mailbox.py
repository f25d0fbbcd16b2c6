"""A stand-in for a mail server: real SMTP in its own process, which accepts everything and keeps
nothing."""

import asyncio
import ctypes
import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import ClassVar

_SPAWN = multiprocessing.get_context("spawn")
_END = b"\r\n.\r\n"
_ANSWERS = {
    b"EHLO": b"250-bench\r\n250 8BITMIME\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}


class Arrivals(ctypes.Structure):
    """The number of accepted messages and their bytes. Only the server writes it."""

    _fields_: ClassVar = [("messages", ctypes.c_longlong), ("size", ctypes.c_longlong)]
    messages: int
    size: int


@contextmanager
def mailbox() -> Iterator[tuple[str, Arrivals]]:
    """Serve until the block ends; yield the URL to send to, and what has arrived."""
    arrivals = _SPAWN.RawValue(Arrivals)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = _SPAWN.Process(target=_run, args=(listener, arrivals), daemon=True)
        process.start()
        try:
            yield f"smtp://127.0.0.1:{listener.getsockname()[1]}?timeout=10", arrivals
        finally:
            process.terminate()
            process.join(5)


def _run(listener: socket.socket, arrivals: Arrivals) -> None:
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(listener, arrivals))


async def _serve(listener: socket.socket, arrivals: Arrivals) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 bench\r\n")
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while line := await reader.readline():
                verb = line[:4].upper()
                writer.write(_ANSWERS.get(verb, b"250 fine\r\n"))
                if verb == b"DATA":
                    message = await reader.readuntil(_END)
                    arrivals.messages += 1
                    arrivals.size += len(message)
                    writer.write(b"250 taken\r\n")
        writer.close()

    server = await asyncio.start_server(talk, sock=listener, limit=2**24)
    async with server:
        await server.serve_forever()
