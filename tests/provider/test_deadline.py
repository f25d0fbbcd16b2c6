"""The time limit holds for the whole call, however the time is spent."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import pytest

from monitor.provider.client import Client
from monitor.provider.codes import Billing, Outcome
from monitor.provider.errors import CallTimeout
from tests.provider.conftest import MakeClient
from tests.provider.wire import NUM_IID, Wire, http, sample

LIMIT = 0.4


@pytest.fixture
def client(make_client: MakeClient) -> Client:
    return make_client(timeout=LIMIT)


@contextmanager
def times_out(billing: Billing = Billing.POSSIBLY) -> Iterator[None]:
    """The block raises CallTimeout at the limit."""
    started = time.monotonic()
    with pytest.raises(CallTimeout) as caught:
        yield
    took = time.monotonic() - started
    # A busy machine is late, but every drip here lasts longer.
    assert LIMIT <= took < LIMIT + 3
    assert caught.value.billing is billing
    assert caught.value.outcome is Outcome.TIMEOUT


def single_bytes(data: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in data]


OK = b"HTTP/1.1 200 OK\r\n"
WHOLE = http(sample())
DRIPS = {
    "nothing": [],
    "headers": [b"HTTP/1.1 ", b"200 ", b"OK\r\n", *[b"X-Drip: 1\r\n"] * 50],
    "a header by single bytes": single_bytes(WHOLE[:60]),
    "interim responses": [b"HTTP/1.1 100 Continue\r\n\r\n"] * 50,
    "a body": [WHOLE[:200], *single_bytes(WHOLE[200:260])],
    "a body in chunks": [OK + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\n \r\n"] * 50],
    "a body without a length": [OK + b"\r\n", *[b" "] * 50],
    "a compressed body": [
        OK + b"Content-Encoding: gzip\r\nContent-Length: 500\r\n\r\n\x1f\x8b\x08",
        *[b"\0"] * 50,
    ],
}


@pytest.mark.parametrize("parts", DRIPS.values(), ids=DRIPS)
def test_a_response_that_drips(server: Wire, client: Client, parts: list[bytes]) -> None:
    server.script = server.drip(*parts)

    with times_out():
        client.observe(NUM_IID)


def test_a_drip_on_a_connection_that_was_fast_before(server: Wire, client: Client) -> None:
    fast, slow = server.send(WHOLE), server.drip(*single_bytes(WHOLE[:60]))
    server.script = lambda connection, number: (fast if number == 1 else slow)(connection, number)
    client.observe(NUM_IID)

    with times_out():
        client.observe(NUM_IID)
    assert server.connections == 1


def test_a_handshake_that_never_comes(server: Wire, make_client: MakeClient) -> None:
    """The server waits for the end of a request, which a TLS handshake does not contain."""
    client = make_client(server.url.replace("http:", "https:"), timeout=LIMIT)

    with times_out(Billing.NOT_BILLED):
        client.observe(NUM_IID)
    assert server.requests == []


def test_a_resolver_that_does_not_answer(make_client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def hang(*_args: object, **_options: object) -> NoReturn:
        answered.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        with times_out(Billing.NOT_BILLED):
            make_client("http://gateway.test", timeout=LIMIT).observe(NUM_IID)
    finally:
        answered.set()


def test_a_host_whose_first_address_is_silent(
    server: Wire, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full backlog answers no further connection, as a router that drops packets."""
    full = socket.create_server(("127.0.0.2", 0), backlog=0)
    waiting = [socket.socket() for _ in range(8)]
    for sock in waiting:
        sock.setblocking(False)
        sock.connect_ex(full.getsockname())
    family = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    addresses = [(*family, full.getsockname()), (*family, ("127.0.0.1", server.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: addresses)

    assert make_client("http://gateway.test", timeout=1.0).observe(NUM_IID).num_iid == NUM_IID
    for sock in [*waiting, full]:
        sock.close()


def test_the_next_call_works_after_a_timeout(server: Wire, client: Client) -> None:
    slow, fast = server.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfalse"[:40]), server.send(http(sample()))
    server.script = lambda connection, number: (slow if number == 1 else fast)(connection, number)
    with times_out():
        client.observe(NUM_IID)

    assert client.observe(NUM_IID).num_iid == NUM_IID
    assert server.connections == 2
