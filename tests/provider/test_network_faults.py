"""Calls without a good answer: what is said of each, and whether it may have been billed."""

import socket
import struct
from pathlib import Path

import pytest

from monitor.provider.client import Client
from monitor.provider.codes import Action, Billing, Outcome
from monitor.provider.errors import BadReply, CallTimeout, NetworkError
from monitor.provider.limits import MAX_BODY_BYTES
from tests.provider.certificates import self_signed
from tests.provider.conftest import MakeClient
from tests.provider.wire import NUM_IID, Wire, chunked, http, sample, wire


def test_a_call_that_was_not_sent_is_not_billed(
    make_client: MakeClient, server: Wire, tmp_path: Path
) -> None:
    with wire() as closed:
        nobody = closed.url
    with wire(self_signed(tmp_path, "gateway.test").of_server()) as untrusted:
        for url, fault in {
            nobody: "it refuses connections",
            "http://nowhere.invalid": "its host name cannot be resolved",
            f"http://{'a' * 70}..test": "its host name cannot be resolved",
            untrusted.url: r"its TLS certificate is not to be trusted \(self-signed certificate\)",
        }.items():
            with pytest.raises(
                NetworkError, match=f"^the provider cannot be reached: {fault}$"
            ) as caught:
                make_client(url).observe(NUM_IID)
            assert caught.value.outcome is Outcome.NETWORK
            assert caught.value.action is Action.RETRY
            assert caught.value.billing is Billing.NOT_BILLED
        assert untrusted.requests == []
    # The server waits for the end of a request, which a TLS handshake does not contain.
    with pytest.raises(CallTimeout) as late:
        make_client(server.url.replace("http:", "https:"), timeout=0.3).observe(NUM_IID)
    assert late.value.billing is Billing.NOT_BILLED


def test_a_connection_that_breaks(server: Wire, client: Client) -> None:
    def reset(connection: socket.socket, _number: int) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    for script, name in (
        (reset, "ECONNRESET"),
        (lambda _connection, _number: False, "RemoteDisconnected"),
    ):
        server.script = script
        with pytest.raises(
            NetworkError, match=f"^the connection to the provider broke: {name}$"
        ) as caught:
            client.observe(NUM_IID)
        assert caught.value.billing is Billing.POSSIBLY
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [204, 404, 502])
def test_a_status_other_than_200(server: Wire, client: Client, status: int) -> None:
    server.answer(http(sample(), status))

    with pytest.raises(NetworkError, match=f"HTTP {status}") as caught:
        client.observe(NUM_IID)
    assert caught.value.code == f"http-{status}"
    assert caught.value.billing is Billing.POSSIBLY


@pytest.mark.parametrize("status", [302, 308])
def test_a_redirect_is_not_followed(server: Wire, client: Client, status: int) -> None:
    with wire() as elsewhere:
        server.answer(http(b"", status, f"Location: {elsewhere.url}/?key=x"))

        with pytest.raises(BadReply, match="redirect") as caught:
            client.observe(NUM_IID)
        assert caught.value.code == f"http-{status}"
        assert elsewhere.connections == 0
        assert len(server.requests) == 1


DAMAGED, NO_HTTP = "the reply is truncated or damaged", "the reply is not HTTP"


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (http(sample(), length=999_999), DAMAGED),
        (chunked(b'{"item"', end=b""), DAMAGED),
        (http(b"\x1f\x8b\x08\0garbage", 200, "Content-Encoding: gzip"), "the reply is "),
        (b"SSH-2.0-OpenSSH_9.6\r\n", NO_HTTP),
        (
            b"HTTP/1.1 200 OK\r\n\r\n" + http(sample()).partition(b"\r\n\r\n")[2][:3000],
            "the reply is ",
        ),
        (http(sample(), 200, "Content-Encoding: br"), "the reply is "),
        (http(b"", 200, "Content-Encoding: gzip"), "the reply is "),
        (http(b" " * (MAX_BODY_BYTES + 1)), "the reply is larger than any real one"),
    ],
)
def test_a_reply_that_is_cut_short_or_no_http_or_too_large(
    server: Wire, client: Client, answer: bytes, fault: str
) -> None:
    def script(connection: socket.socket, _number: int) -> None:
        connection.sendall(answer)

    server.script = script
    with pytest.raises(BadReply, match=fault) as caught:
        client.observe(NUM_IID)
    assert caught.value.outcome is Outcome.BAD_REPLY
    assert caught.value.billing is Billing.POSSIBLY
