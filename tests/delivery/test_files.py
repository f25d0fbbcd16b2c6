"""`EMAIL_URL=file:...` writes a file for each message."""

import email
import email.policy
import errno
from collections import Counter
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from monitor.delivery.outbox import send_due
from monitor.models import Message
from tests.delivery.conftest import use_mailer
from tests.delivery.mailserver import part
from tests.delivery.stories import drop
from tests.story import Story

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Story:
    return drop(recipients=2)


def test_it_writes_a_file_for_each_message(story: Story, settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "var" / "mail"
    use_mailer(settings, f"file://{folder}")

    assert send_due(story.now) == Counter(sent=2)

    files = sorted(folder.iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    messages = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
    assert {message["To"] for message in messages} == {"merchant@example.com", "member0@example.com"}
    assert {message["Message-ID"] for message in messages} == {f"<{row.uid}>" for row in Message.objects.all()}
    assert all("¥72.00 → ¥63.00" in part(message, "plain") for message in messages)


def test_it_retries_if_the_folder_cannot_be_written(story: Story, settings: Settings, tmp_path: Path) -> None:
    in_the_way = tmp_path / "mail"
    in_the_way.write_text("")
    use_mailer(settings, f"file://{in_the_way}")

    assert send_due(story.now) == Counter(pending=2)
    in_the_way.unlink()
    story.now = Message.objects.latest("next_attempt_at").next_attempt_at
    assert send_due(story.now) == Counter(sent=2)


def test_it_leaves_no_partial_file_when_the_disk_is_full(
    story: Story, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_mailer(settings, f"file://{tmp_path}")

    def write_half(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", write_half)
        assert send_due(story.now) == Counter(pending=2)
    assert list(tmp_path.iterdir()) == []
    story.now = Message.objects.latest("next_attempt_at").next_attempt_at
    assert send_due(story.now) == Counter(sent=2)
    assert [file.suffix for file in tmp_path.iterdir()] == [".eml", ".eml"]
