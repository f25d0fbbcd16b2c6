"""When alert mails: shared mails, quiet hours and urgent rules."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from monitor.judging.mail_times import GATHER
from monitor.models import Message, MessageAlert, Rule
from monitor.telling.compose import write_messages
from monitor.telling.outbox import send_due
from tests.polling.story import Story
from tests.telling.conftest import use_mailer
from tests.telling.mailserver import MailServer
from tests.telling.mornings import DAY, HOUR, MINUTE, MORNING, every, plan, send_at, waiting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_wait")]


def test_alerts_within_two_minutes_share_a_mail(server: MailServer, story: Story) -> None:
    for price, seconds in ((6300, 10), (6000, 60), (5500, 59)):
        story.hears(price=price, after=timedelta(seconds=seconds))
        assert send_due(story.now) == Counter()
    assert send_due(MORNING + timedelta(seconds=10) + GATHER) == Counter(sent=1)
    assert Message.objects.get().alerts.count() == 3

    story.hears(price=5000, after=MINUTE)
    assert send_due(story.now) == Counter()
    assert send_due(story.now + GATHER) == Counter(sent=1)
    assert MessageAlert.objects.count() == 4


def test_no_alert_joins_a_mail_that_was_claimed_or_tried(story: Story) -> None:
    changes: list[dict[str, Any]] = [{"lease": "0" * 32}, {"attempts": 1}, {"status": "sent"}]
    for number, change in enumerate(changes):
        story.hears(price=6300 - number, after=MINUTE)
        write_messages(story.now)
        Message.objects.filter(pk=Message.objects.latest("pk").pk).update(**change)
    story.hears(price=6000, after=MINUTE)
    write_messages(story.now)
    assert [email.alerts.count() for email in Message.objects.all()] == [1, 1, 1, 1]


def test_quiet_hours_hold_alerts_and_end_with_one_mail(server: MailServer, story: Story) -> None:
    plan(story, quiet_from=22, quiet_to=8)
    for number, hours in enumerate((13.98, 15, 20, 23.99)):  # From 21:59 to 07:59.
        story.now = MORNING
        story.hears(price=6300 - number, after=timedelta(hours=hours))
        write_messages(story.now)
    assert send_at(story, every(5 * HOUR, 2 * DAY, 14 * HOUR)) == [MORNING + DAY]
    assert Message.objects.get().alerts.count() == 4


@pytest.mark.parametrize("trouble", ["no server", "a refusal"])
def test_a_mail_that_failed_before_quiet_hours_waits_until_they_end(
    server: MailServer, settings: Settings, story: Story, trouble: str
) -> None:
    plan(story, quiet_from=22, quiet_to=8)
    story.hears(price=6300, after=13 * HOUR + 55 * MINUTE)  # At 21:55.
    write_messages(story.now)
    working = settings.MAILERS
    if trouble == "no server":
        use_mailer(settings, "smtp://127.0.0.1:1?timeout=1")
    else:
        server.data_answers.append("451 later")
    assert send_due(story.now + 3 * MINUTE) == Counter(pending=1)
    settings.MAILERS = working

    assert send_due(story.now + 6 * MINUTE) == Counter(pending=1)
    assert Message.objects.get().next_attempt_at == MORNING + DAY
    assert send_due(MORNING + DAY - MINUTE) == Counter()
    assert server.raw == []
    assert send_due(MORNING + DAY) == Counter(sent=1)


def test_an_urgent_alert_is_sent_in_quiet_hours_with_those_that_wait(
    server: MailServer, story: Story
) -> None:
    plan(story, quiet_from=7, quiet_to=9)
    story.hears(price=6300, after=MINUTE)
    assert send_due(story.now) == Counter()
    Rule.objects.update(is_urgent=True)
    story.hears(price=6000, after=MINUTE)
    assert send_due(story.now) == Counter(sent=1)
    assert Message.objects.get().alerts.count() == 2


def test_an_urgent_alert_does_not_send_the_digest_early(story: Story) -> None:
    plan(story, "daily")
    story.hears(price=6300, after=MINUTE)
    write_messages(story.now)
    Rule.objects.update(is_urgent=True)
    story.hears(price=6000, after=MINUTE)
    write_messages(story.now)
    assert waiting() == [
        ("merchant", "alerts", story.now, 1),
        ("merchant", "digest", MORNING + HOUR, 1),
    ]
