"""Rows that cannot become a message fail with a reason; the others are sent."""

from collections import Counter

import pytest

from monitor.models import Alert, Message
from monitor.telling.attempts import wait_after
from monitor.telling.compose import write_messages
from monitor.telling.outbox import send_due
from monitor.telling.report import alerts
from tests.polling.story import Story
from tests.telling.mailserver import MailServer
from tests.telling.stories import drop

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Story:
    """Two unsent mails, to the owner and to a member of their list."""
    story = drop(recipients=2)
    write_messages(story.now)
    return story


@pytest.mark.parametrize(
    "fields",
    [
        {"address": "merchant@example.com\r\nBcc: all@evil.test"},
        {"address": "one@example.com, two@example.com"},
        {"address": "käufer@example.com"},
        {"uid": "x@y>\r\nBcc: all@evil.test"},
        {"kind": "no such kind"},
    ],
    ids=lambda fields: "-".join(fields),
)
def test_a_bad_row_fails_and_the_others_are_sent(
    server: MailServer, story: Story, fields: dict[str, str]
) -> None:
    Message.objects.filter(recipient=story.user).update(**fields)

    report = send_due(story.now)

    bad = Message.objects.get(recipient=story.user)
    assert server.recipients == ["member0@example.com"]
    assert report == Counter(sent=1, failed=1)
    assert (bad.status, bad.attempts, bad.lease) == ("failed", 1, None)
    assert bad.answer
    assert "\n" not in bad.answer


def test_an_alert_of_an_unknown_kind_of_rule_is_mailed(server: MailServer, story: Story) -> None:
    Alert.objects.update(rule_as_it_was={"kind": "unheard of", "threshold": 5})

    assert send_due(story.now) == Counter(sent=2)


def test_an_error_in_the_program_is_retried(
    server: MailServer, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*args: object) -> object:
        raise AttributeError("a bad release")

    with monkeypatch.context() as patch:
        patch.setattr(alerts, "entries", faulty)
        assert send_due(story.now) == Counter(pending=2)
    assert set(Message.objects.values_list("answer", flat=True)) == {
        "AttributeError: a bad release"
    }

    assert send_due(story.now + wait_after(1)) == Counter(sent=2)


def test_mails_of_a_deleted_list_are_dropped(server: MailServer, story: Story) -> None:
    story.watchlist.delete()

    assert send_due(story.now) == Counter(dropped=2)
    assert server.raw == []
