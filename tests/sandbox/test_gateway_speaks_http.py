import json
from collections.abc import Iterator
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import Client as Browser
from pytest_django import Settings

from monitor.provider.client import Client, ClientConfig
from monitor.provider.errors import NotFound
from monitor.provider.sandbox import views
from tests.provider.listening import HERE, listening
from tests.sandbox.conftest import STEADY

KEY, SECRET = "the-key", "the-secret"
ADDRESS = f"/douyin/item_get_app/?key={KEY}&secret={SECRET}&num_iid={STEADY}"


class ThreadingServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class SecretiveHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Write nothing: every line would contain the key."""


@pytest.fixture(autouse=True)
def _account(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ROOT_URLCONF = "monitor.provider.sandbox.views"
    settings.ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
    settings.PROVIDER_KEY, settings.PROVIDER_SECRET, settings.PROVIDER_DAILY_CALLS = KEY, SECRET, 3
    views.billed_calls.clear()
    monkeypatch.setattr("monitor.provider.sandbox.protocol.FAILING_SHARE", 0)


@pytest.fixture
def address() -> Iterator[str]:
    """The URL of the sandbox, over real HTTP."""
    with listening(
        make_server(*HERE, get_wsgi_application(), ThreadingServer, SecretiveHandler)
    ) as url:
        yield url


def test_the_client_reads_products_and_not_found_replies(address: str) -> None:
    caller = Client(ClientConfig(url=address, key=KEY, secret=SECRET))
    observation = caller.observe(STEADY, cache="no")
    assert observation.price
    assert observation.quota
    assert observation.quota.cap == 3
    with pytest.raises(NotFound):
        caller.observe("7000000000000002000", cache="no")


@pytest.mark.parametrize(
    "wrong", [{"key": "guess"}, {"secret": "guess"}, {"key": ""}, {"key": "密钥"}]
)
def test_a_wrong_key_or_secret_is_refused_with_the_key_repeated(
    client: Browser, wrong: dict[str, str]
) -> None:
    reply = client.get(
        "/douyin/item_get_app/", {"key": KEY, "secret": SECRET, "num_iid": STEADY} | wrong
    ).json()
    assert reply["error_code"] == "4005"
    assert wrong.get("key", KEY) in reply["reason"]
    assert SECRET not in str(reply)


def test_it_counts_billed_calls_up_to_the_daily_limit(client: Browser) -> None:
    free = ADDRESS.replace(STEADY, "7000000000000004002")
    replies = [client.get(address).json() for address in (ADDRESS, free, ADDRESS, ADDRESS, ADDRESS)]
    assert [reply["error_code"] for reply in replies] == ["0000", "4002", "0000", "0000", "4013"]
    assert [reply["api_info"] for reply in replies] == [
        f"today:{count} max:3" for count in (0, 1, 1, 2, 3)
    ]


def test_it_escapes_chinese_unless_asked_for_readable_text(client: Browser) -> None:
    escaped, readable = (
        client.get(ADDRESS).content,
        client.get(f"{ADDRESS}&result_type=jsonu").content,
    )
    assert escaped.isascii()
    assert "岫云织".encode() in readable
    assert json.loads(escaped)["item"] == json.loads(readable)["item"]
