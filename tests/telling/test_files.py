"""`EMAIL_URL=file:...` writes a file for each message."""

import email
import email.policy
from collections import Counter
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from monitor.models import Message
from monitor.telling.outbox import send_due
from tests.story import Story
from tests.telling.conftest import use_mailer
from tests.telling.mailserver import part
from tests.telling.stories import drop

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Story:
    return drop(recipients=2)


def test_it_writes_a_file_for_each_message(
    story: Story, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "var" / "mail"
    use_mailer(settings, f"file://{folder}")

    assert send_due(story.now) == Counter(sent=2)

    files = sorted(folder.iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    messages = [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files
    ]
    assert {message["To"] for message in messages} == {
        "merchant@example.com",
        "member0@example.com",
    }
    assert {message["Message-ID"] for message in messages} == {
        f"<{row.uid}>" for row in Message.objects.all()
    }
    assert all("¥72.00 → ¥63.00" in part(message, "plain") for message in messages)
