"""Short links of share texts are followed to the product, and to nowhere else, over real TLS
connections."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from monitor.provider import short_links
from monitor.provider.short_links import Follower
from tests.provider.certificates import Certificate, self_signed
from tests.provider.wire import Wire, http, wire

ID = "3514453298386183303"
PRODUCT = f"https://haohuo.jinritemai.com/ecommerce/trade/detail/index.html?id={ID}&origin_type=604"
CODE = "iJK8abcd"
type Follow = Callable[[str], str]


def to(location: str, status: int = 302) -> bytes:
    return http(b"", status, f"Location: {location}")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(
        tmp_path_factory.mktemp("tls"), "v.douyin.com", "www.iesdouyin.com", "haohuo.jinritemai.com"
    )


@pytest.fixture
def douyin(certificate: Certificate) -> Iterator[Wire]:
    with wire(certificate.of_server()) as running:
        yield running


@pytest.fixture
def follower(douyin: Wire, certificate: Certificate) -> Follower:
    return Follower(
        douyin.port, lambda host, port: ["127.0.0.1"], lambda address: True, str(certificate.file)
    )


def test_it_reads_the_product_from_the_redirect_and_does_not_open_its_page(
    douyin: Wire, follower: Follower
) -> None:
    douyin.answer(to(PRODUCT))
    assert follower.product_of(CODE) == ID
    (request,) = douyin.requests
    assert request.splitlines()[0] == f"GET /{CODE}/ HTTP/1.1"
    names = {line.partition(":")[0] for line in request.splitlines()[1:] if line}
    assert names == {
        "Host",
        "Accept-Encoding",
        "User-Agent",
        "Connection",
    }  # No cookies, and no referrer.
    assert "User-Agent: Stallwatch\r\n" in request


def test_it_follows_relative_and_listed_redirects_for_three_hops(
    douyin: Wire, follower: Follower
) -> None:
    douyin.answer(to("/share/1"), to("https://www.iesdouyin.com/share/goods?x=1"), to(PRODUCT, 301))
    assert follower.product_of(CODE) == ID
    hosts = [request.partition("Host: ")[2].partition(":")[0] for request in douyin.requests]
    assert hosts == ["v.douyin.com", "v.douyin.com", "www.iesdouyin.com"]
    douyin.answer(to(f"https://v.douyin.com/{CODE}/"))
    assert follower.product_of(CODE) == ""
    assert len(douyin.requests) == 6


@pytest.mark.parametrize(
    "location",
    [
        f"https://evil.test/?id={ID}",
        f"https://v.douyin.com@evil.test/?id={ID}",
        f"https://v.douyin.com.evil.test/?id={ID}",
        "http://v.douyin.com/abcd/",
        "https://v.douyin.com:8443/abcd/",
        "https://v.douyin.com:x/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[",
        "file:///etc/passwd",
        "衬衫",
        "",
        "\x01\x02",
        "/a b\tc",
    ],
)
def test_it_follows_no_redirect_to_another_host_port_or_scheme(
    douyin: Wire, follower: Follower, location: str
) -> None:
    douyin.script = Wire.send(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n".encode())
    assert follower.product_of(CODE) == ""
    assert len(douyin.requests) == 1


@pytest.mark.parametrize("answer", [http(b"gone", 404), http(b"<html>"), http(b"", 302)])
def test_a_link_that_does_not_redirect_leads_to_no_product(
    douyin: Wire, follower: Follower, answer: bytes
) -> None:
    douyin.answer(answer)
    assert follower.product_of(CODE) == ""


@pytest.mark.parametrize("answer", [http(b"", 503), http(b"", 429), b"", b"rubbish\r\n\r\n"])
def test_a_server_in_trouble_is_asked_again_later(
    douyin: Wire, follower: Follower, answer: bytes
) -> None:
    def script(connection: socket.socket, _number: int) -> None:
        connection.sendall(answer)

    douyin.script = script
    assert follower.product_of(CODE) is None


def test_many_links_share_one_deadline_and_some_may_fail(
    douyin: Wire, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_links, "SECONDS_IN_ALL", 1.0)

    def script(connection: socket.socket, number: int) -> None:
        if "/slow" in douyin.requests[number - 1]:
            douyin.stopped.wait(20)
        connection.sendall(to(PRODUCT))

    douyin.script = script
    began = time.monotonic()
    assert follower.products_of(["good", *(f"slow{number}" for number in range(20))]) == {
        "good": ID
    }
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["1.2.3.4", "10.0.0.1"], []])
def test_it_connects_to_no_address_of_this_network(douyin: Wire, addresses: list[str]) -> None:
    assert Follower(douyin.port, lambda host, port: addresses).product_of(CODE) is None
    assert douyin.connections == 0
