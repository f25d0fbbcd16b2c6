"""A slow mail server, and a backlog."""

from collections import Counter
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from monitor.models import Attempt, Message
from monitor.polling.shutdown import stopping
from monitor.telling import outbox
from monitor.telling.outbox import send_due
from tests.telling.conftest import use_mailer
from tests.telling.mailserver import MailServer
from tests.telling.stories import fallen

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_a_greeting_after_the_timeout_counts_as_no_attempt(
    server: MailServer, settings: Settings
) -> None:
    use_mailer(settings, f"smtp://127.0.0.1:{server.port}?timeout=1")
    server.greets_after = 1.5
    story = fallen(recipients=3)

    assert send_due(story.now) == Counter(pending=3)
    assert not Attempt.objects.exists()

    server.greets_after = 0
    assert send_due(story.now + MINUTE) == Counter(sent=3)


def test_a_pass_ends_in_time_and_the_next_one_begins_with_what_people_wait_for(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers_after = 0.4
    story = fallen(recipients=8)
    monkeypatch.setattr(outbox, "PASS_SECONDS", 1)
    counts = send_due(story.now)
    assert 2 <= counts["sent"] < 8
    assert counts["pending"] == 8 - counts["sent"]
    assert not Message.objects.filter(lease__isnull=False).exists()

    reset = Message.to(story.user, story.now, kind=Message.Kind.PASSWORD_RESET)
    reset.save()
    monkeypatch.setattr(outbox, "PASS_SECONDS", 60)
    assert send_due(story.now) == Counter(sent=9 - counts["sent"])
    assert reset.uid in server.messages[counts["sent"]]["Message-ID"]
    assert Attempt.objects.count() == 9


def test_a_worker_that_is_told_to_end_begins_no_mail(server: MailServer) -> None:
    story = fallen(recipients=3)
    stopping.set()
    try:
        assert send_due(story.now) == Counter()
    finally:
        stopping.clear()
    assert send_due(story.now) == Counter(sent=3)
