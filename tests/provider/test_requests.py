"""The requests to the provider, and their connections."""

import os
import socket
import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from monitor.provider import client as client_module
from monitor.provider.client import Client, ClientConfig
from monitor.provider.errors import WrongProduct
from monitor.provider.observation import Quota
from tests.provider.conftest import KEY, SECRET, MakeClient
from tests.provider.wire import NUM_IID, Wire, http, sample, wire
from tests.threads import at_once


def test_the_request_is_as_the_provider_documents_it(server: Wire, client: Client) -> None:
    observation = client.observe(NUM_IID)

    assert server.requests[0].startswith("GET /douyin/item_get_app/?")
    assert server.queries == [
        {"key": KEY, "secret": SECRET, "num_iid": NUM_IID, "cache": "no", "result_type": "json", "lang": "cn"}
    ]
    assert (observation.request_id, observation.from_cache) == ("gw-1.6256900b565d8", True)
    assert observation.data_time == datetime(2022, 4, 12, 0, 51, 14, tzinfo=UTC)
    assert observation.quota == Quota(0, 11_000)


def test_api_cache_and_language_are_options(server: Wire, make_client: MakeClient) -> None:
    make_client(lang="en").observe(NUM_IID, api="item_get", cache="yes")

    assert server.requests[0].startswith("GET /douyin/item_get/?")
    assert {"num_iid": NUM_IID, "cache": "yes", "lang": "en"}.items() <= server.queries[0].items()


def test_the_path_and_the_platform_are_in_the_request(server: Wire, make_client: MakeClient) -> None:
    make_client(f"{server.url}/gateway/", platform="taobao").observe(NUM_IID)

    assert server.requests[0].startswith("GET /gateway/taobao/item_get_app/?key=")
    assert f"Host: 127.0.0.1:{server.port}\r\n" in server.requests[0]


def test_it_cannot_be_made_to_send_a_second_request(server: Wire, make_client: MakeClient) -> None:
    with pytest.raises(WrongProduct):
        make_client(lang="cn HTTP/1.1\r\nX-Evil: 2").observe("1\r\nX-Evil: 1\r\n\r\nGET /")

    assert len(server.requests) == 1
    assert "\r\nX-Evil" not in server.requests[0]


def test_it_calls_again_on_the_same_connection(server: Wire, client: Client) -> None:
    for _ in range(20):
        client.observe(NUM_IID)

    assert (len(server.requests), server.connections) == (20, 1)


def test_threads_share_no_connection_and_open_no_more_than_there_are_threads(server: Wire, client: Client) -> None:
    """Each thread calls for its own products and must get its own replies."""
    start, lock = threading.Barrier(8), threading.Lock()
    mixed_up: list[str] = []

    def answer(sock: socket.socket, number: int) -> bool:
        with lock:  # A request has its own number only if no other comes in between.
            payload = sample()
            payload["item"]["product_id"] = server.queries[number - 1]["num_iid"]
            sock.sendall(http(payload))
            return True

    def ask(first: int) -> None:
        start.wait()
        for number in range(first, first + 10):
            try:
                client.observe(str(number))
            except WrongProduct:
                mixed_up.append(str(number))

    server.script = answer
    at_once(*(partial(ask, 100 * position) for position in range(1, 9)))

    assert len(server.requests) == 80
    assert server.connections <= 8
    assert mixed_up == []


def test_it_opens_a_new_connection_when_the_provider_closed_the_idle_one(server: Wire, client: Client) -> None:
    def once(sock: socket.socket, _number: int) -> bool:
        sock.sendall(http(sample()))
        return False

    server.script = once
    for _ in range(3):
        client.observe(NUM_IID)
        server.settled()

    assert (len(server.requests), server.connections) == (3, 3)


def test_it_does_not_use_a_connection_that_was_idle_for_long(
    server: Wire, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.observe(NUM_IID)
    monkeypatch.setattr(client_module, "_MAX_IDLE_SECONDS", 0)
    client.observe(NUM_IID)

    assert server.connections == 2


def test_a_forked_worker_does_not_use_its_parents_connection(
    server: Wire, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.observe(NUM_IID)
    child = os.getpid() + 1
    monkeypatch.setattr(os, "getpid", lambda: child)
    client.observe(NUM_IID)
    client.observe(NUM_IID)

    assert server.connections == 2


def test_it_closes_its_connections_and_works_on(server: Wire, client: Client) -> None:
    client.observe(NUM_IID)
    client.close()
    client.observe(NUM_IID)

    assert server.connections == 2


def test_it_ignores_proxies_and_netrc_of_the_environment(
    server: Wire, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password known\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    client.observe(NUM_IID)

    assert "authorization" not in server.requests[0].lower()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://gateway.test"},
        {"url": "https://"},
        {"url": "https://user:word@gateway.test"},
        {"url": "https://gateway.test/?key=1"},
        {"url": "https://gateway.test/a b"},
        {"url": "https://gateway.test:http"},
        {"url": "https://[::1"},
        {"platform": "douyin/../x"},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"cache": "maybe"},
    ],
)
def test_it_refuses_a_configuration_that_cannot_work(wrong: dict[str, object]) -> None:
    settings = {"url": "https://gateway.test", "key": KEY, "secret": SECRET} | wrong
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - which setting is wrong, the cases say
        ClientConfig(**settings)  # type: ignore[arg-type]
    assert "word" not in str(caught.value).replace("a word of", "")


def test_it_observes_only_products(client: Client) -> None:
    with pytest.raises(ValueError, match="item_get_app, item_get"):
        client.observe(NUM_IID, api="item_search")


def test_without_a_data_time_the_given_clock_counts(server: Wire, client: Client) -> None:
    payload = sample()
    payload["secache_time"] = payload["item"]["current_time"] = 0
    server.answer(payload)
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    assert client.observe(NUM_IID, now=lambda: moment).data_time == moment


def test_a_second_server_is_not_reached_by_mistake(make_client: MakeClient, server: Wire) -> None:
    with wire() as other:
        make_client().observe(NUM_IID)
        make_client(other.url).observe(NUM_IID)
        assert (server.connections, other.connections) == (1, 1)
