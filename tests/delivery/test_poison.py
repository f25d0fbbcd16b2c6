"""Rows that can never become a message are set aside with the reason; the others go out."""

from collections import Counter

import pytest

from monitor.delivery import outbox
from monitor.delivery.compose import write_emails
from monitor.delivery.outbox import send_due, wait_after
from monitor.delivery.report import alerts
from monitor.models import Alert, Email, Membership, User
from monitor.timing.plans import zone_of
from tests.delivery.mailserver import MailServer
from tests.story import Story

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Story:
    """Two unsent e-mails, to the owner and to a member of his list."""
    story = Story()
    member = User.objects.create_user("member@example.com")
    Membership.objects.create(watchlist=story.watchlist, user=member)
    story.hears()
    story.hears(price=6300)
    write_emails(story.now)
    return story


@pytest.mark.parametrize(
    "fields",
    [
        {"address": "merchant@example.com\r\nBcc: all@evil.test"},
        {"address": "one@example.com, two@example.com"},
        {"address": "käufer@example.com"},
        {"message_id": "x@y>\r\nBcc: all@evil.test"},
        {"kind": "polling_stopped"},
        {"kind": "no such kind"},
    ],
    ids=lambda fields: "-".join(fields),
)
def test_it_sets_a_poison_row_aside_and_sends_the_others(
    server: MailServer, story: Story, fields: dict[str, str]
) -> None:
    Email.objects.filter(recipient=story.user).update(**fields)

    report = send_due(story.now)

    poison = Email.objects.get(recipient=story.user)
    assert server.recipients == ["member@example.com"]
    assert report == Counter(sent=1, failed=1)
    assert (poison.status, poison.attempts, poison.lease) == ("failed", 1, None)
    assert poison.answer
    assert "\n" not in poison.answer


def test_it_tells_of_a_rule_whose_kind_there_is_no_longer(server: MailServer, story: Story) -> None:
    Alert.objects.update(rule_as_it_was={"kind": "unheard of", "threshold": 5})

    assert send_due(story.now) == Counter(sent=2)


def test_a_fault_of_the_program_fails_no_email_at_once(
    server: MailServer, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*args: object) -> object:
        raise AttributeError("a bad release")

    with monkeypatch.context() as patch:
        patch.setattr(alerts, "entries", faulty)
        assert send_due(story.now) == Counter(pending=2)
    assert set(Email.objects.values_list("answer", flat=True)) == {"AttributeError: a bad release"}

    assert send_due(story.now + wait_after(1)) == Counter(sent=2)


def test_beside_a_row_that_cannot_be_read_what_is_urgent_still_passes_quiet_hours(
    server: MailServer, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(emails: object) -> object:
        raise ValueError("one of them")

    hour = story.now.astimezone(zone_of(story.user)).hour
    User.objects.update(quiet_from=hour, quiet_to=hour + 2)
    Alert.objects.update(rule_as_it_was={"kind": "price_changed", "is_urgent": True})
    monkeypatch.setattr(outbox, "read", faulty)

    assert send_due(story.now) == Counter(sent=2)


def test_it_sends_nothing_to_those_who_no_longer_want_or_may_have_it(server: MailServer, story: Story) -> None:
    User.objects.filter(pk=story.user.pk).update(receives_mail=False)
    Membership.objects.all().delete()

    assert send_due(story.now) == Counter(dropped=2)
    assert server.raw == []


def test_it_sends_nothing_about_what_was_deleted(server: MailServer, story: Story) -> None:
    story.watchlist.delete()

    assert send_due(story.now) == Counter(dropped=2)
    assert server.raw == []
