"""Commands, called as `manage.py` calls them."""

import json
from collections.abc import Callable, Iterator
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from tests.servers import ProviderServer, provider_server

# Models are imported in the fixtures: pytest reads this file before Django is set up when it is given this folder.
if TYPE_CHECKING:
    from monitor.models import User

type Rows = list[dict[str, Any]]


@pytest.fixture
def provider(settings: Settings) -> Iterator[ProviderServer]:
    """A local provider that the settings point to; the process's client and threads are made anew for it."""
    from monitor.checking import fetch

    with provider_server() as server:
        settings.PROVIDER_URL = server.url
        settings.PROVIDER_KEY, settings.PROVIDER_SECRET = "canary-key", "canary-secret"
        settings.PROVIDER_TIMEOUT = 2.0
        settings.PROVIDER_CONCURRENCY = 4
        settings.PROVIDER_SANDBOX = False
        fetch.forget()
        yield server
        fetch.forget()


@pytest.fixture
def merchant(db: None) -> "User":
    from monitor.models import User

    return User.objects.create_user("merchant@example.com", "a-password")


@pytest.fixture
def rows() -> Callable[..., Rows]:
    """Call a command with `--json` and read what it wrote, line by line."""

    def call(name: str, *arguments: str) -> Rows:
        out = StringIO()
        call_command(name, *arguments, "--json", stdout=out)
        return [json.loads(line) for line in out.getvalue().splitlines()]

    return call


@pytest.fixture
def said() -> Callable[..., tuple[str, str]]:
    """Call a command and return what it wrote to standard output and to standard error."""

    def call(name: str, *arguments: str) -> tuple[str, str]:
        out, err = StringIO(), StringIO()
        call_command(name, *arguments, stdout=out, stderr=err)
        return out.getvalue(), err.getvalue()

    return call
