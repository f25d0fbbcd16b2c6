"""`EMAIL_URL=file:...`: a file for each message, for a person to open."""

import email
import email.policy
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from monitor.delivery.outbox import SendReport, send_due
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

    assert send_due(story.now) == SendReport(sent=2)

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

    assert send_due(story.now) == SendReport(retried=2)
    in_the_way.unlink()
    story.now = Email.objects.latest("next_attempt_at").next_attempt_at
    assert send_due(story.now) == SendReport(sent=2)
