"""A mail server's stand-in: real SMTP in a process of its own, which takes everything and keeps nothing."""

import asyncio
import ctypes
import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import ClassVar

_SPAWN = multiprocessing.get_context("spawn")
_END = b"\r\n.\r\n"
_ANSWERS = {b"EHLO": b"250-bench\r\n250 8BITMIME\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


class Taken(ctypes.Structure):
    """What the server alone writes: the messages that it took, and their bytes."""

    _fields_: ClassVar = [("messages", ctypes.c_longlong), ("size", ctypes.c_longlong)]
    messages: int
    size: int


@contextmanager
def mailbox() -> Iterator[tuple[str, Taken]]:
    """Serve until the block ends: the URL to send to, and what has arrived."""
    taken = _SPAWN.RawValue(Taken)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = _SPAWN.Process(target=_run, args=(listener, taken), daemon=True)
        process.start()
        try:
            yield f"smtp://127.0.0.1:{listener.getsockname()[1]}?timeout=10", taken
        finally:
            process.terminate()
            process.join(5)


def _run(listener: socket.socket, taken: Taken) -> None:
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(listener, taken))


async def _serve(listener: socket.socket, taken: Taken) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 bench\r\n")
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while line := await reader.readline():
                verb = line[:4].upper()
                writer.write(_ANSWERS.get(verb, b"250 fine\r\n"))
                if verb == b"DATA":
                    message = await reader.readuntil(_END)
                    taken.messages += 1
                    taken.size += len(message)
                    writer.write(b"250 taken\r\n")
        writer.close()

    server = await asyncio.start_server(talk, sock=listener, limit=2**24)
    async with server:
        await server.serve_forever()
