"""Checks against a provider on this machine."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.servers import ProviderServer, used_provider


@pytest.fixture
def provider(settings: Settings) -> Iterator[ProviderServer]:
    settings.PROVIDER_TIMEOUT = 2.0
    settings.PROVIDER_CONCURRENCY = 4
    with used_provider(settings) as server:
        yield server
