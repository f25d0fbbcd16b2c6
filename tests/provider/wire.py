"""A server whose every byte a test decides, for responses that no correct server sends."""

import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SAMPLES = Path(__file__).parent.parent / "samples"
NUM_IID = "3514453298386183303"

type Script = Callable[[socket.socket, int], bool | None]


def sample(name: str = "item_get_app.json") -> Any:
    return json.loads((SAMPLES / name).read_text("utf-8"))


def http(
    body: bytes | dict[str, Any] = b"", status: int = 200, *headers: str, length: int | None = None
) -> bytes:
    """Return a response; `length` replaces the length of the body in its header."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    length = len(content) if length is None else length
    lines = [
        f"HTTP/1.1 {status} Whatever",
        "Content-Type: application/json",
        f"Content-Length: {length}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + end


class Wire:
    """Runs `script` for each request, with its connection and its number from 1; unless true, the
    connection ends."""

    def __init__(self, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.script: Script = self.send(http(sample()))
        self.requests: list[str] = []
        self.connections = 0
        self.stopped = threading.Event()
        self._tls = tls
        self._counting = threading.Lock()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._start(self._accept)

    @staticmethod
    def send(*answers: bytes) -> Script:
        """Send the answers in order, repeat the last one, and keep the connection."""

        def script(connection: socket.socket, number: int) -> bool:
            connection.sendall(answers[min(number, len(answers)) - 1])
            return True

        return script

    def answer(self, *answers: bytes | dict[str, Any]) -> None:
        self.script = self.send(
            *(answer if isinstance(answer, bytes) else http(answer) for answer in answers)
        )

    def drip(self, *parts: bytes) -> Script:
        """Send the parts a tenth of a second apart, then nothing until the test ends."""

        def script(connection: socket.socket, _number: int) -> None:
            for part in parts:
                connection.sendall(part)
                if self.stopped.wait(0.1):
                    return
            self.stopped.wait(20)

        return script

    @property
    def queries(self) -> list[dict[str, str]]:
        """The parameters of every request."""
        return [dict(parse_qsl(urlsplit(request.split()[1]).query)) for request in self.requests]

    def settled(self) -> None:
        """Wait until the connections whose script has ended are closed."""
        for thread in self._threads[1:]:
            thread.join(5)

    def close(self) -> None:
        self.stopped.set()
        # Closing alone does not wake the thread that waits in accept.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.stopped.is_set():
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            self._start(self._serve, connection)

    def _serve(self, plain: socket.socket) -> None:
        connection = plain
        with suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(plain, server_side=True)
                self._open.append(connection)
            while request := _read_request(connection):
                with self._counting:
                    self.requests.append(request)
                    number = len(self.requests)
                if not self.script(connection, number):
                    break
        connection.close()
        plain.close()


def _read_request(connection: socket.socket) -> str:
    request = b""
    while not _is_complete(request):
        received = connection.recv(65536)
        if not received:
            return ""
        request += received
    return request.decode()


def _is_complete(request: bytes) -> bool:
    head, blank_line, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"\ncontent-length: (\d+)", head, re.IGNORECASE)
    return bool(blank_line) and len(body) >= (int(length[1]) if length else 0)


@contextmanager
def wire(tls: ssl.SSLContext | None = None) -> Iterator[Wire]:
    server = Wire(tls)
    try:
        yield server
    finally:
        server.close()
