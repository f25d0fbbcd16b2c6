"""Commands, called as `manage.py` calls them."""

import json
from collections.abc import Callable, Iterator
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from tests.servers import ProviderServer, used_provider

# Models are imported in the fixtures: pytest reads this file before Django is set up when it is given this folder.
if TYPE_CHECKING:
    from monitor.models import User

type Rows = list[dict[str, Any]]


@pytest.fixture
def provider(settings: Settings) -> Iterator[ProviderServer]:
    settings.PROVIDER_TIMEOUT = 2.0
    settings.PROVIDER_CONCURRENCY = 4
    settings.PROVIDER_SANDBOX = False
    with used_provider(settings) as server:
        yield server


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
