"""HTTP calls end in time and within their size, follow no redirect, and those to typed addresses
reach the public internet only, over real connections."""

import errno
import gzip
import socket
import struct
import threading
import time
import traceback
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

from monitor.provider.http import (
    LONGEST_PAUSE,
    MOST_BODY_BYTES,
    Adapter,
    CallError,
    Fault,
    NotAllowedError,
    Poster,
    Reply,
    UnreachableError,
    allowing,
    is_public,
)
from tests.provider.certificates import Certificate, self_signed
from tests.provider.wire import Script, Wire, chunked, http, sample, wire

HOST = "hooks.example.org"
PATH = "/hook/s3cret?key=s3cret"
HEAD = b"HTTP/1.1 200 OK\r\n"
PUBLIC = "1.2.4.8"
MEGABYTE = 1024 * 1024
#: What the public internet does not answer to, as Python, the operating system or a cloud reads it.
NOT_PUBLIC = """127.0.0.1 0.0.0.0 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.100.100.200
    224.0.0.1 255.255.255.255 198.18.0.1 192.0.0.192 192.88.99.1 168.63.129.16 240.0.0.1
    ::1 :: fe80::1 fe80::1%eth0 fd00:ec2::254 fec0::1 ff02::1 2001:db8::1 5f00::1
    ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:168.63.129.16 ::127.0.0.1 ::ffff:0:127.0.0.1
    2002:7f00:1:: 2001:0:7f00:1:: 64:ff9b::a00:1 64:ff9b::7f00:1 64:ff9b:1::7f00:1"""
#: Hosts of this network, also in characters that become ASCII, and as an old resolver reads them.
HERE = "10.0.0.1 [::1] [::ffff:127.0.0.1] LocalHost localhost. １２７.0.0.1 127。0。0。1 ⓛocalhost"
SPELLINGS = "2130706433 0x7f000001 0x7f.1 0177.0.0.1 127.1 012.1.2.3 0"
BODY = http(sample()).partition(b"\r\n\r\n")[2]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("tls"), HOST, "xn--53u703b.example.org")


@pytest.fixture
def server(certificate: Certificate) -> Iterator[Wire]:
    with wire(certificate.of_server()) as running:
        running.answer(http({"code": 0}))
        yield running


@pytest.fixture
def caller(certificate: Certificate) -> Poster:
    """For every name it finds the servers of this machine, which are the operator's own."""
    return Poster(resolving("127.0.0.1"), allowing(["127.0.0.0/8"]), str(certificate.file))


@pytest.fixture
def plain() -> Iterator[Wire]:
    with wire() as running:
        yield running


@pytest.fixture
def reader() -> Adapter:
    """Reads a body of 4 MB if the status is 200."""
    return Adapter(most_bytes=4 * MEGABYTE, statuses={200})


def resolving(*addresses: str) -> Callable[[str, int], list[str]]:
    return lambda host, port: list(addresses)


def unresolved(host: str, port: int) -> list[str]:
    raise AssertionError(f"{host} was resolved")


def address_of(server: Wire, host: str = HOST) -> str:
    return f"https://{host}:{server.port}{PATH}"


def refusal(caller: Poster, url: str) -> Fault:
    with pytest.raises(NotAllowedError) as caught:
        caller.post(url, b"{}", {})
    return fault_of(caught.value)


def failure(caller: Poster, url: str, body: bytes = b"{}") -> Fault:
    with pytest.raises(UnreachableError) as caught:
        caller.post(url, body, {})
    return fault_of(caught.value)


def ask(adapter: Adapter, url: str, seconds: float = 5.0, **options: Any) -> requests.Response:
    return adapter.send(requests.Request("GET", url).prepare(), timeout=seconds, **options)


def fault_of(error: CallError) -> Fault:
    """Return the fault of an error that tells no secret, nor does its traceback."""
    assert "s3cret" not in "".join(traceback.format_exception(error))
    return error.fault


@contextmanager
def within(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


# What arrives, and what comes back


def test_a_message_arrives_as_it_was_given(caller: Poster, server: Wire) -> None:
    headers = {"Content-Type": "application/json", "webhook-id": "m1"}
    answer = caller.post(address_of(server), '{"text": "售价"}'.encode(), headers)
    assert answer == Reply(200, b'{"code": 0}', None)
    (request,) = server.requests
    head, _, body = request.partition("\r\n\r\n")
    assert body == '{"text": "售价"}'
    assert head.splitlines() == [
        f"POST {PATH} HTTP/1.1",
        f"Host: {HOST}:{server.port}",
        "Accept-Encoding: identity",
        "Content-Length: 18",
        "User-Agent: Stallwatch",
        "Connection: close",
        "Content-Type: application/json",
        "webhook-id: m1",
    ]


def test_a_name_and_a_path_in_chinese_are_called_in_ascii(caller: Poster, server: Wire) -> None:
    resolved = []

    def resolve(host: str, port: int) -> list[str]:
        resolved.append(host)
        return ["127.0.0.1"]

    url = f"https://看摊.example.org.:{server.port}/钩子/%2F?名=a+b&c[]=%20#part"
    assert replace(caller, resolve=resolve).post(url, b"", {}).status == 200
    line, host = server.requests[0].splitlines()[:2]
    assert line == "POST /%E9%92%A9%E5%AD%90/%2F?%E5%90%8D=a+b&c[]=%20 HTTP/1.1"
    assert host == f"Host: xn--53u703b.example.org:{server.port}"
    assert resolved == ["xn--53u703b.example.org"]


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.3", "127.0.0.1"]]
)
def test_the_first_address_is_called_that_accepts(
    caller: Poster, server: Wire, addresses: list[str]
) -> None:
    several = replace(caller, resolve=resolving(*addresses))
    assert several.post(address_of(server), b"{}", {}).status == 200


@pytest.mark.parametrize("status", [204, 302, 307, 404, 503])
def test_every_status_is_an_answer_and_a_redirect_is_not_followed(
    caller: Poster, server: Wire, status: int
) -> None:
    with wire() as intranet:
        server.answer(http(b"", status, f"Location: http://127.0.0.1:{intranet.port}/"))
        assert caller.post(address_of(server), b"{}", {}) == Reply(status, b"", None)
        assert (len(server.requests), intranet.connections) == (1, 0)


PAUSES = {
    "120": timedelta(minutes=2),
    "99999999": LONGEST_PAUSE,
    "Fri, 31 Dec 2999 23:59:59 GMT": LONGEST_PAUSE,
    "Fri, 31 Dec 1999 23:59:59 GMT": timedelta(0),
    "-5": None,
    "soon": None,
    "Fri, 31 Dec 2999 23:59:59 -0000": None,
    "9" * 5000: None,
}


def test_it_reads_how_long_the_server_asks_to_wait(caller: Poster, server: Wire) -> None:
    for header, pause in PAUSES.items():
        server.answer(http(b"", 429, f"Retry-After: {header}"))
        assert caller.post(address_of(server), b"{}", {}).retry_after == pause, header


# Which addresses are called


def test_it_tells_public_addresses_from_others() -> None:
    public = f"{PUBLIC} 2400:3200::1 ::ffff:1.2.4.8 64:ff9b::102:408 2002:102:408::"
    assert not [*filter(is_public, NOT_PUBLIC.split())]
    assert all(map(is_public, public.split()))


@pytest.mark.parametrize("host", HERE.split())
def test_no_host_of_this_network_is_called(
    certificate: Certificate, server: Wire, host: str
) -> None:
    caller = Poster(verify=str(certificate.file), ports=frozenset({server.port}))
    assert refusal(caller, address_of(server, host)) is Fault.NOT_PUBLIC
    assert server.connections == 0


@pytest.mark.parametrize("host", SPELLINGS.split())
def test_no_other_spelling_of_such_an_address_is_called(
    caller: Poster, server: Wire, host: str
) -> None:
    def resolve(host: str, port: int) -> list[str]:
        # As a resolver reads it: the tests' own resolver knows no such spellings.
        return [socket.inet_ntoa(socket.inet_aton(host))]

    public_only = replace(
        caller, resolve=resolve, is_allowed=is_public, ports=frozenset({server.port})
    )
    assert refusal(public_only, address_of(server, host)) is Fault.NOT_PUBLIC
    assert server.connections == 0


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        [PUBLIC, "10.0.0.1"],
        [PUBLIC, "127.0.0.1"],
        ["127.0.0.1", PUBLIC],
        [*[PUBLIC] * 9, "::1"],
        [],
    ],
)
def test_no_name_is_called_that_has_an_address_of_this_network(
    caller: Poster, server: Wire, addresses: list[str]
) -> None:
    public_only = replace(
        caller, resolve=resolving(*addresses), is_allowed=is_public, ports=frozenset({server.port})
    )
    assert refusal(public_only, address_of(server)) is Fault.NOT_PUBLIC
    assert server.connections == 0


def test_the_checked_address_is_the_one_that_is_called(caller: Poster, server: Wire) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    rebinding = replace(caller, resolve=lambda host, port: next(answers))
    assert rebinding.post(address_of(server), b"{}", {}).status == 200
    assert list(answers) == [["10.0.0.1"]]


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The addresses to which connections are attempted, without success."""
    seen: list[tuple[str, int]] = []

    def connect(_socket: socket.socket, address: tuple[str, int]) -> None:
        seen.append(address)
        raise OSError(errno.ENETUNREACH, "the tests have no internet")

    monkeypatch.setattr(socket.socket, "connect", connect)
    return seen


@pytest.mark.parametrize(("port", "called"), [("", 443), (":443", 443), (":8443", 8443)])
def test_a_public_host_is_called_on_the_ports_of_https(
    caller: Poster, attempts: list[tuple[str, int]], port: str, called: int
) -> None:
    failure(replace(caller, resolve=resolving(PUBLIC)), f"https://{HOST}{port}{PATH}")
    assert attempts == [(PUBLIC, called)]


def test_a_public_host_is_called_on_no_other_port(caller: Poster) -> None:
    public = replace(caller, resolve=resolving(PUBLIC))
    for port in (0, 22, 80, 6379, 65535):
        assert refusal(public, f"https://{HOST}:{port}{PATH}") is Fault.PORT


def test_a_public_host_is_called_by_https_only(caller: Poster) -> None:
    public = replace(caller, resolve=resolving(PUBLIC))
    for port in ("", ":80", ":443"):
        assert refusal(public, f"http://{HOST}{port}{PATH}") is Fault.NO_TLS_ASKED


# An operator's own networks


def test_a_host_of_an_own_network_is_called_by_http_too(caller: Poster) -> None:
    with wire() as intranet:
        intranet.answer(http({"code": 0}))
        url = f"http://intranet.example.org:{intranet.port}/hook"
        assert caller.post(url, b"{}", {}) == Reply(200, b'{"code": 0}', None)
        assert refusal(replace(caller, is_allowed=is_public), url) is Fault.NOT_PUBLIC
        assert refusal(replace(caller, resolve=resolving("10.0.0.1")), url) is Fault.NOT_PUBLIC
        mixed = replace(caller, resolve=resolving("127.0.0.1", PUBLIC))
        assert refusal(mixed, url) is Fault.NO_TLS_ASKED
        assert intranet.connections == 1


# Addresses that cannot be meant well


#: In words of one line; the others have blanks.
ODD_FORMS = f"""
    https:// https:///s3cret https:{HOST}/s3cret //{HOST}/s3cret {HOST}/s3cret s3cret
    ftp://{HOST}/s3cret gopher://{HOST}:70/s3cret file:///etc/s3cret javascript:s3cret
    ws://{HOST}/s3cret httpsx://{HOST}/s3cret unix://{HOST}/s3cret data:,s3cret
    https://s3cret@{HOST}/ https://u:s3cret@{HOST}/ https://@{HOST}/s3cret https://{HOST}\\@s3cret/
    https://[::1/s3cret https://[s3cret]/ https://a..b/s3cret https://./s3cret https://.b/s3cret
    https://{"a" * 64}.org/s3cret https://{HOST}:99999/s3cret https://{HOST}:x/s3cret
    https://{HOST}:-1/s3cret https://127.0.0.1:443:80/s3cret"""
BLANKS = ("\r\nX-Evil: 1", "\n", " x", "\t", "\0", "\x85", "\ud800")


def test_no_host_is_even_resolved_for_an_address_of_another_form(caller: Poster) -> None:
    nowhere = replace(caller, resolve=unresolved)
    with_blanks = [f"https://{HOST}/s3cret{blank}" for blank in BLANKS]
    more = ("", f" https://{HOST}/s3cret", f"https://{HOST}\r\n/s3cret", f"https://{HOST}\0.org/")
    for url in (*ODD_FORMS.split(), *with_blanks, *more):
        fault = refusal(nowhere, url)
        assert fault in {Fault.UNREADABLE, Fault.CREDENTIALS, Fault.NO_TLS_ASKED}, url


# Servers that are not what they should be


def test_a_certificate_of_another_name_is_not_trusted(caller: Poster, server: Wire) -> None:
    fault = failure(caller, address_of(server, "other.example.org"))
    assert fault is Fault.UNTRUSTED
    assert server.requests == []


NO_HTTP = [
    b"",
    b"SSH-2.0-OpenSSH_9.6\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    HEAD + b"Content-Length: 9\r\n\r\nshort",
    chunked(b"a", end=b"s3cret\r\n"),
    HEAD + b"X: s3cret\r\n" * 101 + b"\r\n",
]


@pytest.mark.parametrize("answer", NO_HTTP)
def test_an_answer_that_is_not_whole_http_may_be_tried_again(
    caller: Poster, server: Wire, answer: bytes
) -> None:
    server.script = lambda connection, number: connection.sendall(answer)
    with within(3):
        failure(caller, address_of(server))


def reset(connection: socket.socket, _number: int) -> None:
    """End the connection by a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


# Servers that want to hold us up, or to fill our memory


def flood(*parts: bytes) -> Script:
    """Send the first part, then the second again and again as fast as it is taken, until the
    connection ends."""
    first, again = parts

    def script(connection: socket.socket, _number: int) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(again)

    return script


DRIPS = {
    "silent": [],
    "head": [HEAD, *[b"X-Drip: 1\r\n"] * 99],
    "continue": [b"HTTP/1.1 100 Continue\r\n\r\n"] * 99,
    "body": [HEAD + b"Content-Length: 99\r\n\r\n", *[b"x"] * 98],
    "compressed": [
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 500\r\n\r\n\x1f\x8b\x08",
        *[b"\0"] * 99,
    ],
}


@pytest.mark.parametrize("parts", DRIPS.values(), ids=DRIPS)
def test_a_server_that_drips_is_left_at_the_deadline(
    caller: Poster, server: Wire, parts: list[bytes]
) -> None:
    server.script = server.drip(*parts)
    began = time.monotonic()
    assert failure(replace(caller, seconds=0.4), address_of(server)) is Fault.LATE
    assert 0.4 <= time.monotonic() - began < 2


def test_a_server_may_think_longer_than_it_may_take_to_accept(caller: Poster, server: Wire) -> None:
    server.script = server.drip(b"", b"", b"", http(b"late"))
    assert replace(caller, connect_seconds=0.1).post(address_of(server), b"{}", {}).body == b"late"


@pytest.mark.parametrize(
    "parts",
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 99),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: 1\r\n" * 99),
        (HEAD, b"X-Header: 1\r\n" * 99),
    ],
    ids=["continue", "trailers", "headers"],
)
def test_a_server_that_floods_is_left_by_the_deadline(
    caller: Poster, server: Wire, parts: tuple[bytes, bytes]
) -> None:
    server.script = flood(*parts)
    with within(2):
        failure(replace(caller, seconds=0.4), address_of(server))


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (HEAD + b"\r\n", b"x" * 10**6),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"F4240\r\n" + b"x" * 10**6 + b"\r\n"),
    ],
    ids=["no length", "chunked"],
)
def test_of_a_giant_body_only_the_beginning_is_read(
    caller: Poster, server: Wire, head: bytes, part: bytes
) -> None:
    sent = 0

    def script(connection: socket.socket, _number: int) -> None:
        nonlocal sent
        connection.sendall(head)
        for _ in range(1000):
            connection.sendall(part)
            sent += 1

    server.script = script
    with within(3):
        assert caller.post(address_of(server), b"{}", {}) == Reply(
            200, b"x" * MOST_BODY_BYTES, None
        )
        server.settled()
    assert sent < 100


def test_a_name_server_that_never_answers_is_left_at_the_deadline(caller: Poster) -> None:
    answered = threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        answered.wait(10)
        return ["127.0.0.1"]

    slow = replace(caller, resolve=resolve, seconds=0.3)
    with within(2):
        assert failure(slow, f"https://{HOST}{PATH}") is Fault.LATE
    answered.set()


@contextmanager
def raw(script: Script) -> Iterator[Wire]:
    """Serve by a server that runs its script at once for each connection: without TLS, and before
    any request."""

    class Raw(Wire):
        def _serve(self, plain: socket.socket) -> None:
            with suppress(OSError):
                script(plain, 1)
            plain.close()

    server = Raw()
    try:
        yield server
    finally:
        server.close()


def test_a_handshake_that_drips_is_left_at_the_deadline(caller: Poster) -> None:
    def script(connection: socket.socket, _number: int) -> None:
        connection.sendall(
            b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb"
        )  # The head of a long ServerHello.
        for _ in range(99):
            connection.sendall(b"\x03")
            if stopped.wait(0.05):
                return

    stopped = threading.Event()
    with raw(script) as server, within(2):
        fault = failure(replace(caller, seconds=0.4), address_of(server))
        stopped.set()
    assert fault is Fault.LATE


# Bodies


@pytest.mark.parametrize(
    "answer",
    [
        chunked(*[b" " * MEGABYTE] * 4, b" "),
        http(gzip.compress(b" " * MEGABYTE) * 6, 200, "Content-Encoding: gzip"),
    ],
    ids=["chunked", "members"],
)
def test_a_larger_body_is_refused(reader: Adapter, plain: Wire, answer: bytes) -> None:
    plain.answer(answer)
    with pytest.raises(UnreachableError) as caught:
        ask(reader, plain.url)
    assert caught.value.fault is Fault.TOO_LARGE


def test_a_gzip_bomb_is_refused_in_little_memory(reader: Adapter, plain: Wire) -> None:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join([squeeze.compress(b" " * MEGABYTE) for _ in range(150)]) + squeeze.flush()
    plain.answer(http(bomb, 200, "Content-Encoding: gzip"))
    tracemalloc.start()
    try:
        with pytest.raises(UnreachableError) as caught:
            ask(reader, plain.url, 30)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.fault is Fault.TOO_LARGE
    assert peak < 12 * MEGABYTE


def test_a_host_whose_first_address_is_silent(plain: Wire) -> None:
    with ExitStack() as stack:
        # A full backlog answers no further connection, as a router that drops packets.
        full = stack.enter_context(socket.create_server(("127.0.0.2", plain.port), backlog=0))
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        two = Adapter(most_bytes=MEGABYTE, resolve=resolving("127.0.0.2", "127.0.0.1"))
        assert ask(two, f"http://{HOST}:{plain.port}", 1.0).json() == sample()
