"""The running server, two assistants of a merchant, and a frozen clock."""

import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from django.db import connection

from monitor.mcp.server import make_application
from monitor.models import User
from tests.mcp import Assistant


@pytest.fixture(autouse=True)
def _frozen(time_stands_still: None) -> None:
    """All these tests happen at one moment."""


@pytest.fixture(scope="session")
def url(django_db_setup: None) -> Iterator[str]:
    """The address of the server, in a thread of this process, by which every connection is its
    own."""
    config = uvicorn.Config(
        make_application(), log_config=None, proxy_headers=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    # Threads keep no connection, so that none is left open at the end.
    with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as listening:
        patch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        server.should_exit = True
        thread.join()


@pytest.fixture
def reader(url: str, merchant: User) -> Assistant:
    """An assistant that may read."""
    return Assistant.of(merchant, url)


@pytest.fixture
def writer(url: str, merchant: User) -> Assistant:
    """An assistant that may read and change."""
    return Assistant.of(merchant, url, scope="write")
