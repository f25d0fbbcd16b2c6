"""Calls that get no response, or one that is no valid HTTP."""

import shutil
import socket
import ssl
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.provider.client import Client
from monitor.provider.codes import Action, Billing, Outcome
from monitor.provider.errors import BadReply, NetworkError
from tests.provider.conftest import MakeClient
from tests.provider.wire import NUM_IID, Wire, chunked, http, sample, wire


def reset(connection: socket.socket) -> None:
    """Makes the connection end by a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_a_provider_that_refuses_connections(make_client: MakeClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(NetworkError, match="it refuses connections") as caught:
        make_client(f"http://127.0.0.1:{port}").observe(NUM_IID)
    assert caught.value.outcome is Outcome.NETWORK
    assert caught.value.action is Action.RETRY
    assert caught.value.billing is Billing.NOT_BILLED


def test_a_host_that_does_not_exist(make_client: MakeClient) -> None:
    with pytest.raises(NetworkError, match="host name cannot be resolved") as caught:
        make_client("http://nowhere.invalid").observe(NUM_IID)
    assert caught.value.billing is Billing.NOT_BILLED


def test_an_invalid_host_name(make_client: MakeClient) -> None:
    with pytest.raises(NetworkError):
        make_client(f"http://{'a' * 70}..test").observe(NUM_IID)


def test_a_connection_closed_without_an_answer(server: Wire, client: Client) -> None:
    server.script = lambda _connection, _number: False

    with pytest.raises(NetworkError, match="broke") as caught:
        client.observe(NUM_IID)
    assert caught.value.billing is Billing.POSSIBLY


def test_a_reset_before_the_answer(server: Wire, client: Client) -> None:
    server.script = lambda connection, _number: reset(connection)

    with pytest.raises(NetworkError, match="ECONNRESET"):
        client.observe(NUM_IID)


def test_a_reset_within_the_answer(server: Wire, client: Client) -> None:
    def script(connection: socket.socket, _number: int) -> None:
        connection.sendall(http(sample())[:3000])
        # The client must read the data before the reset, which drops unread data.
        server.stopped.wait(0.1)
        reset(connection)

    server.script = script
    with pytest.raises(NetworkError, match="ECONNRESET"):
        client.observe(NUM_IID)


def test_a_call_is_not_repeated_after_a_reset_of_a_kept_connection(server: Wire, client: Client) -> None:
    """Calls are counted before they are made: only the provider would count one that the client repeats."""
    kept = server.send(http(sample()))
    server.script = lambda connection, number: kept(connection, number) if number == 1 else reset(connection)
    client.observe(NUM_IID)

    with pytest.raises(NetworkError):
        client.observe(NUM_IID)
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [201, 204, 400, 401, 403, 404, 429, 500, 502, 503, 504])
def test_a_status_other_than_200(server: Wire, client: Client, status: int) -> None:
    server.answer(http(sample(), status))

    with pytest.raises(NetworkError, match=f"HTTP {status}") as caught:
        client.observe(NUM_IID)
    assert caught.value.code == f"http-{status}"
    assert caught.value.billing is Billing.POSSIBLY


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server: Wire, client: Client, status: int) -> None:
    with wire() as elsewhere:
        server.answer(http(b"", status, f"Location: {elsewhere.url}/?key=x"))

        with pytest.raises(BadReply, match="redirect") as caught:
            client.observe(NUM_IID)
        assert caught.value.code == f"http-{status}"
        assert elsewhere.connections == 0
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        http(sample(), length=999_999),
        http(sample())[:3000],
        http(sample(), 200, "Content-Encoding: gzip")[:3000],
        chunked(b'{"item"', end=b""),
        chunked(b'{"item"', end=b"400\r\nabc"),
        chunked(b'{"item"', end=b"-1\r\n"),
        chunked(b'{"item"', end=b"zz\r\n"),
        b"HTTP/1.1 200 OK\r\n\r\n" + http(sample()).partition(b"\r\n\r\n")[2][:3000],
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 20O OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Header: 1\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-Header: " + b"x" * 70_000 + b"\r\n\r\n",
        http(b"\x1f\x8b\x08\0garbage", 200, "Content-Encoding: gzip"),
        http(sample(), 200, "Content-Encoding: br"),
        http(b"", 200, "Content-Encoding: gzip"),
    ],
)
def test_a_response_that_is_cut_short_or_no_http(server: Wire, client: Client, answer: bytes) -> None:
    def script(connection: socket.socket, _number: int) -> None:
        connection.sendall(answer)

    server.script = script
    with pytest.raises(BadReply) as caught:
        client.observe(NUM_IID)
    assert caught.value.outcome is Outcome.BAD_REPLY
    assert caught.value.billing is Billing.POSSIBLY


def test_a_chunked_response_and_one_that_ends_with_the_connection(server: Wire, client: Client) -> None:
    body = http(sample()).partition(b"\r\n\r\n")[2]
    server.answer(chunked(body[:1000], body[1000:1001], body[1001:]))
    assert client.observe(NUM_IID).num_iid == NUM_IID
    assert client.observe(NUM_IID).num_iid == NUM_IID
    assert server.connections == 1

    def until_the_end(connection: socket.socket, _number: int) -> None:
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + body)

    server.script = until_the_end
    assert client.observe(NUM_IID).num_iid == NUM_IID


BODY = http(sample()).partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n" + http(sample()),
        b"HTTP/1.1 200 OK\nContent-Length: %d\n\n" % len(BODY) + BODY,
        chunked(BODY).replace(b"\r\n", b"\r\nContent-Length: 5\r\n", 1),
        chunked(BODY).replace(b"%x\r\n" % len(BODY), b"%x  \r\n" % len(BODY), 1),
    ],
    ids=["interim", "bare line feeds", "chunks and a length", "blanks after a chunk's length"],
)
def test_an_unusual_response_is_read(server: Wire, client: Client, answer: bytes) -> None:
    server.answer(answer)

    for _ in range(2):
        assert client.observe(NUM_IID).num_iid == NUM_IID
    assert server.connections == 1


@pytest.mark.parametrize("rest", [b"garbage", http({"error": "of another call"})], ids=["garbage", "response"])
def test_bytes_after_a_response_do_not_reach_the_next_call(server: Wire, client: Client, rest: bytes) -> None:
    server.answer(http(sample()) + rest, http(sample()))

    for _ in range(2):
        assert client.observe(NUM_IID).num_iid == NUM_IID
    assert server.connections == 2


@pytest.mark.parametrize(
    "answer",
    [http(sample(), 200, "Connection: close"), http(sample()).replace(b"HTTP/1.1", b"HTTP/1.0", 1)],
    ids=["Connection: close", "HTTP/1.0"],
)
def test_a_connection_that_the_provider_will_close_is_not_kept(server: Wire, client: Client, answer: bytes) -> None:
    server.answer(answer)

    for _ in range(2):
        assert client.observe(NUM_IID).num_iid == NUM_IID
    assert server.connections == 2


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a self-signed certificate for 127.0.0.1 and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("makes its certificate with the openssl command")
    folder = tmp_path_factory.mktemp("tls")
    subject = ["-subj", "/CN=gateway", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[Wire]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    with wire(context) as running:
        yield running


def test_a_self_signed_certificate(tls_server: Wire, make_client: MakeClient) -> None:
    with pytest.raises(NetworkError, match="certificate is not to be trusted") as caught:
        make_client(tls_server.url).observe(NUM_IID)
    assert caught.value.billing is Billing.NOT_BILLED
    assert tls_server.requests == []


def test_a_certificate_for_another_host(tls_server: Wire, make_client: MakeClient, certificate: Path) -> None:
    client = make_client(f"https://localhost:{tls_server.port}", ca_bundle=str(certificate / "certificate.pem"))

    with pytest.raises(NetworkError, match="certificate is not to be trusted"):
        client.observe(NUM_IID)
    assert tls_server.requests == []


def test_a_trusted_certificate_and_a_kept_tls_connection(
    tls_server: Wire, make_client: MakeClient, certificate: Path
) -> None:
    client = make_client(tls_server.url, ca_bundle=str(certificate / "certificate.pem"))

    for _ in range(5):
        assert client.observe(NUM_IID).num_iid == NUM_IID
    assert tls_server.connections == 1


def test_a_server_that_speaks_no_tls(server: Wire, make_client: MakeClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # Sends plain text before it gets a request.
        def greet() -> None:
            connection, _address = listener.accept()
            with connection:
                connection.sendall(b"220 ready\r\n" * 10)
                connection.recv(1000)

        server._start(greet)
        with pytest.raises(NetworkError, match="TLS failed"):
            make_client(f"https://127.0.0.1:{listener.getsockname()[1]}").observe(NUM_IID)
