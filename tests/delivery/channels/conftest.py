"""Messages of these tests are in English, with links to one site."""

from collections.abc import Iterator

import pytest
from django.utils import translation
from pytest_django.fixtures import Settings

from tests.delivery.channels.contents import SITE


@pytest.fixture(autouse=True)
def _english_site(settings: Settings) -> Iterator[None]:
    settings.SITE_URL = SITE
    with translation.override("en"):
        yield
