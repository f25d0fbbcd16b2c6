"""A mail server for each test, and the settings for it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from config import services
from tests.polling.story import Story
from tests.telling.mailserver import MailServer, mail_server


@pytest.fixture(autouse=True)
def _few_mails_wait(request: pytest.FixtureRequest) -> None:
    """Mails are sent at once, except in tests of sending times: those use `mails_wait`."""
    if "mails_wait" not in request.fixturenames:
        request.getfixturevalue("mails_do_not_wait")


@pytest.fixture(autouse=True)
def _site(settings: Settings) -> None:
    settings.SITE_URL = "https://watch.example.org"


@pytest.fixture(autouse=True)
def _lists_alert_on_any_change(alerts_on_any_change: None) -> None:
    """Tests of what is mailed need alerts, also of lists beside the story's."""


@pytest.fixture
def mails_wait() -> None:
    """The first alert of a mail waits for others, as outside of tests."""


@pytest.fixture
def story() -> Story:
    """A product that was checked once, at the start."""
    story = Story()
    story.hears(after=timedelta(0))
    return story


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    """A mail server that receives all mail of the test."""
    settings.DEFAULT_FROM_EMAIL = "看摊 <stallwatch@watch.example.org>"
    with mail_server() as server:
        use_mailer(settings, f"smtp://127.0.0.1:{server.port}?timeout=5")
        yield server


def use_mailer(settings: Settings, url: str) -> None:
    """Send all mail to the server, or the folder, at `url`."""
    settings.MAILERS = {"default": services.mailer(url, Path())}
