"""Checks against a provider on this machine."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from monitor.checking import fetch
from tests.servers import ProviderServer, provider_server


@pytest.fixture
def provider(settings: Settings) -> Iterator[ProviderServer]:
    """A local provider that the settings point to; the process's client and threads are made anew for it."""
    with provider_server() as server:
        settings.PROVIDER_URL = server.url
        settings.PROVIDER_KEY, settings.PROVIDER_SECRET = "canary-key", "canary-secret"
        settings.PROVIDER_TIMEOUT = 2.0
        settings.PROVIDER_CONCURRENCY = 4
        fetch.forget()
        yield server
        fetch.forget()
