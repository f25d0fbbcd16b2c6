"""`EMAIL_URL=file:...`: a file for each message, for a person to open."""

import email
import email.policy
import errno
import os
import time
from collections import Counter
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from monitor.delivery.outbox import send_due
from monitor.models import Email, Membership, User
from tests.delivery.conftest import use_mailer
from tests.story import Story

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Story:
    """A price that fell, on a list of two people."""
    story = Story()
    Membership.objects.create(watchlist=story.watchlist, user=User.objects.create_user("member@example.com"))
    story.hears()
    story.hears(price=6300)
    return story


def test_it_writes_each_message_into_a_file_of_its_own(story: Story, settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "var" / "mail"
    use_mailer(settings, f"file://{folder}")

    assert send_due(story.now) == Counter(sent=2)

    files = sorted(folder.iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    messages = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
    assert {message["To"] for message in messages} == {"merchant@example.com", "member@example.com"}
    assert {message["Message-ID"] for message in messages} == {f"<{one.message_id}>" for one in Email.objects.all()}
    for message in messages:
        body = message.get_body(("plain",))
        assert body is not None
        assert "¥72.00 → ¥63.00" in body.get_content()


def test_it_keeps_mail_for_a_folder_that_cannot_be_written(story: Story, settings: Settings, tmp_path: Path) -> None:
    in_the_way = tmp_path / "mail"
    in_the_way.write_text("")
    use_mailer(settings, f"file://{in_the_way}")

    assert send_due(story.now) == Counter(pending=2)
    in_the_way.unlink()
    story.now = Email.objects.latest("next_attempt_at").next_attempt_at
    assert send_due(story.now) == Counter(sent=2)


def test_it_leaves_no_half_message_when_the_disk_is_full(
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
    story.now = Email.objects.latest("next_attempt_at").next_attempt_at
    assert send_due(story.now) == Counter(sent=2)
    assert [file.suffix for file in tmp_path.iterdir()] == [".eml", ".eml"]


def test_it_removes_in_time_what_a_killed_process_had_begun(story: Story, settings: Settings, tmp_path: Path) -> None:
    use_mailer(settings, f"file://{tmp_path}")
    old, young, finished = (tmp_path / name for name in ("old.part", "young.part", "old.eml"))
    for file in (old, young, finished):
        file.write_text("half")
    for file in (old, finished):
        os.utime(file, (time.time() - 7200, time.time() - 7200))

    send_due(story.now)

    assert (old.exists(), young.exists(), finished.exists()) == (False, True, True)
