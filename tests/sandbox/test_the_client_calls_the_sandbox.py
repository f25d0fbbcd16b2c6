from collections.abc import Iterator
from socketserver import ThreadingMixIn
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from pytest_django import Settings

from monitor.provider.client import Client, ClientConfig
from monitor.provider.errors import ApiError, NotFound
from monitor.sandbox.world import World
from tests.sandbox.conftest import KEY, SECRET


class ThreadingServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: every line would hold the key."""


@pytest.fixture
def address(settings: Settings) -> Iterator[str]:
    """Where the sandbox listens, over real HTTP."""
    settings.ROOT_URLCONF = "monitor.sandbox.urls"
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    settings.PROVIDER_KEY, settings.PROVIDER_SECRET, settings.PROVIDER_DAILY_CALLS = KEY, SECRET, 11_000
    application = get_wsgi_application()
    with make_server("127.0.0.1", 0, application, ThreadingServer, QuietHandler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def client(address: str, key: str = KEY) -> Client:
    return Client(ClientConfig(url=address, key=key, secret=SECRET))


def test_it_observes_products_over_http(address: str, world: World) -> None:
    caller, seen = client(address), {}
    for num_iid in world.products()[:30]:
        try:
            observation = caller.observe(num_iid, cache="no")
        except ApiError:
            continue
        seen[num_iid] = world.state(num_iid, observation.data_time), observation
    caller.close()
    assert len(seen) >= 25
    for state, observation in seen.values():
        assert state
        assert observation.price == state.prices.price
        assert observation.quota
        assert observation.quota.cap == 11_000


def test_it_is_told_of_unknown_products(address: str) -> None:
    caller = client(address)
    # One of them may fail by chance at this minute, not all.
    told = []
    for num_iid in ("3000000000000000001", "3000000000000000002", "3000000000000000003"):
        with pytest.raises(ApiError) as error:
            caller.observe(num_iid, cache="yes")
        told.append(type(error.value))
    caller.close()
    assert NotFound in told


def test_a_wrong_key_is_refused_and_not_repeated_in_the_error(address: str, world: World) -> None:
    caller = client(address, key="a-key-nobody-has")
    with pytest.raises(ApiError) as error:
        caller.observe(world.products()[0])
    caller.close()
    assert error.value.code == "4005"
    assert "a-key-nobody-has" not in str(error.value)
