"""No reply takes more memory than the largest allowed one."""

import gzip
import socket
import tracemalloc
import zlib

import pytest

from monitor.provider.client import Client
from monitor.provider.errors import BadReply
from monitor.provider.limits import MAX_BODY_BYTES
from tests.provider.wire import NUM_IID, Wire, chunked, http, sample

MEGABYTE = 1024 * 1024


def padded(size: int) -> bytes:
    """The sample after blanks, `size` bytes together."""
    body = http(sample()).partition(b"\r\n\r\n")[2]
    return b" " * (size - len(body)) + body


def bomb(megabytes: int) -> bytes:
    """Compresses `megabytes` of blanks to about a thousandth."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([squeeze.compress(b" " * MEGABYTE) for _ in range(megabytes)]) + squeeze.flush()


def test_a_reply_of_four_megabytes_is_read(server: Wire, client: Client) -> None:
    server.answer(http(padded(MAX_BODY_BYTES)))

    assert client.observe(NUM_IID).num_iid == NUM_IID


@pytest.mark.parametrize(
    "answer",
    [
        http(padded(MAX_BODY_BYTES + 1)),
        chunked(*[b" " * MEGABYTE] * 4, b" "),
        http(gzip.compress(padded(MAX_BODY_BYTES + 1)), 200, "Content-Encoding: gzip"),
        http(b"", length=10**30),
        http(b" " * MEGABYTE * 5, 200, "Transfer-Encoding: chunked"),
    ],
    ids=["told", "chunked", "compressed", "claimed", "unframed"],
)
def test_a_larger_reply_is_refused(server: Wire, client: Client, answer: bytes) -> None:
    server.answer(answer)

    with pytest.raises(BadReply):
        client.observe(NUM_IID)


@pytest.mark.parametrize(
    ("head", "fault"),
    [(b"\r\n", "larger"), (b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", "damaged")],
    ids=["until the end", "chunk of negative length"],
)
def test_a_reply_without_a_length_is_cut_off(server: Wire, client: Client, head: bytes, fault: str) -> None:
    sent = 0

    def flood(connection: socket.socket, _number: int) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head)
        for _ in range(100):
            connection.sendall(b" " * MEGABYTE)
            sent += 1

    server.script = flood
    with pytest.raises(BadReply, match=fault):
        client.observe(NUM_IID)
    server.settled()
    assert sent < 50


@pytest.mark.parametrize("header", ["Content-Encoding: gzip", "Content-Encoding: x-gzip"])
def test_a_gzip_bomb_is_refused_in_little_memory(server: Wire, client: Client, header: str) -> None:
    answer = http(bomb(150), 200, header)
    server.answer(answer)

    tracemalloc.start()
    try:
        with pytest.raises(BadReply, match="larger"):
            client.observe(NUM_IID)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12 * MEGABYTE


def test_a_bomb_of_many_members_is_refused(server: Wire, client: Client) -> None:
    server.answer(http(gzip.compress(b" " * MEGABYTE) * 6, 200, "Content-Encoding: gzip"))

    with pytest.raises(BadReply, match="larger"):
        client.observe(NUM_IID)


@pytest.mark.parametrize(
    ("encoding", "squeeze"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("gzip", lambda body: gzip.compress(body[:5000]) + gzip.compress(body[5000:])),
        ("gzip", lambda body: gzip.compress(body) + b"trailing rubbish"),
    ],
    ids=["gzip", "upper", "deflate", "members", "rubbish"],
)
def test_compressed_replies_are_read(server: Wire, client: Client, encoding: str, squeeze: object) -> None:
    body = http(sample()).partition(b"\r\n\r\n")[2]
    server.answer(http(squeeze(body), 200, f"Content-Encoding: {encoding}"))  # type: ignore[operator]

    assert client.observe(NUM_IID).num_iid == NUM_IID
    assert client.observe(NUM_IID).num_iid == NUM_IID
    assert server.connections == 1
