"""Waiting mails, when their recipient changes settings, reads the alerts or leaves."""

from collections import Counter

import pytest
from pytest_django.fixtures import Settings

from monitor.judging.mail_times import GATHER
from monitor.models import Alert, Channel, ChannelChoice, Message, User
from monitor.models.usage import quota_reset
from monitor.people.channels import want
from monitor.telling.carriers import Mails
from monitor.telling.compose import write_messages
from monitor.telling.outbox import claim, send_due
from monitor.watching.inbox import mark_read
from monitor.watching.services import create_watchlist
from tests.polling.story import Story
from tests.telling.mailserver import MailServer, part
from tests.telling.mornings import DAY, HOUR, MINUTE, MORNING, plan, waiting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_wait")]


def test_new_settings_move_waiting_mails(story: Story) -> None:
    plan(story, "weekly")
    story.hears(price=6300, after=MINUTE)
    write_messages(story.now)
    for how, fields, due, kind in (
        ("daily", {}, MORNING + HOUR, "digest"),
        ("daily", {"digest_hour": 12}, MORNING + 4 * HOUR, "digest"),
        ("daily", {"time_zone": "Asia/Tokyo"}, MORNING + 3 * HOUR, "digest"),
        ("daily", {"quiet_from": 8, "quiet_to": 20}, MORNING + 11 * HOUR, "digest"),
        ("at_once", {}, MORNING + 11 * HOUR, "alerts"),
        ("at_once", {"quiet_from": None, "quiet_to": None}, story.now + GATHER, "alerts"),
        ("hourly", {}, MORNING + HOUR, "digest"),
    ):
        plan(story, how, **fields)
        assert waiting() == [("merchant", kind, due, 1)], (how, fields)
    assert Channel.objects.mail().get().next_digest_at is None


def test_a_claimed_mail_is_not_moved(story: Story) -> None:
    story.hears(price=6300)
    write_messages(story.now)
    (email,) = claim(story.now + GATHER, Mails, 9)
    plan(story, "daily")
    assert Message.objects.get().uid == email.uid


def test_a_list_that_is_switched_on_again_keeps_its_choice(story: Story) -> None:
    plan(story, "at_once", {story.watchlist.pk: "daily"})
    story.hears(price=6300, after=MINUTE)
    write_messages(story.now)
    for wanted in (False, False, True, True):
        want(story.user.mailbox, {story.watchlist.pk: wanted}, story.now)
        assert waiting() == [("merchant", "digest", MORNING + HOUR, 1)]
        assert (Channel.objects.mail().get().next_digest_at is None) is not wanted
    assert ChannelChoice.objects.get().how == "daily"


def test_alerts_read_while_they_wait_are_mailed_in_digests_only(
    server: MailServer, story: Story
) -> None:
    plan(story, quiet_from=7, quiet_to=9)
    story.hears(price=6300, after=MINUTE)
    write_messages(story.now)
    mark_read(story.user, Alert.objects.all(), story.now + MINUTE)
    story.hears(price=6000, after=MINUTE)
    assert send_due(MORNING + HOUR) == Counter(sent=1)
    assert "¥60.00" in part(server.messages[0], "plain")
    assert "1 条提醒" in part(server.messages[0], "plain")

    story.hears(price=5500, after=DAY)
    write_messages(story.now)
    mark_read(story.user, Alert.objects.all(), story.now + MINUTE)
    assert send_due(MORNING + DAY + HOUR) == Counter(dropped=1)

    story.now = MORNING + 2 * DAY
    plan(story, "daily")
    story.hears(price=5000, after=MINUTE)
    write_messages(story.now)
    mark_read(story.user, Alert.objects.all(), story.now + MINUTE)
    assert send_due(MORNING + 2 * DAY + HOUR) == Counter(sent=1)
    assert "¥50.00" in part(server.messages[-1], "plain")


def test_a_retried_mail_is_the_same_even_if_its_alerts_were_read(
    server: MailServer, story: Story
) -> None:
    server.data_answers.append("451 later")
    story.hears(price=6300, after=MINUTE)
    write_messages(story.now)
    assert send_due(story.now + GATHER) == Counter(pending=1)
    mark_read(story.user, Alert.objects.all(), story.now + HOUR)
    assert send_due(story.now + DAY) == Counter(sent=1)


def test_mails_beyond_the_allowance_wait_for_the_next_day_in_one_mail(
    story: Story, settings: Settings
) -> None:
    settings.PERSON_MESSAGES = 2
    create_watchlist(User.objects.create_user("another@example.com"), "Theirs")
    for price in (6300, 6100):
        story.hears(price=price, after=HOUR)
        send_due(story.now)
        send_due(story.now + GATHER)
    for price in (6000, 5000):
        story.hears(price=price, after=HOUR)
        write_messages(story.now)
    assert waiting() == [("merchant", "alerts", quota_reset(story.now), 2)], "nothing is lost"
    assert Message.objects.filter(status=Message.Status.SENT).count() == 2
