"""A server that misbehaves as a test wants, and its clients."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from monitor.provider.client import Client, ClientConfig
from tests.provider.wire import Wire, wire

type MakeClient = Callable[..., Client]

#: Unlike any honest text, and full of characters that URLs escape.
KEY = "canary-Key/0123+456"
SECRET = "canary Secret&789=äö"


@pytest.fixture
def server() -> Iterator[Wire]:
    with wire() as running:
        yield running


@pytest.fixture
def make_client(server: Wire) -> MakeClient:
    """Creates clients of the server, or of another `url`."""

    def make(url: str = "", **config: Any) -> Client:
        settings: dict[str, Any] = {"key": KEY, "secret": SECRET, "timeout": 5.0} | config
        return Client(ClientConfig(url or server.url, **settings))

    return make


@pytest.fixture
def client(make_client: MakeClient) -> Client:
    return make_client()
