"""When digests are sent, with what, and to whom."""

import pytest

from monitor.judging.mail_times import GATHER
from monitor.models import Channel, Message, User, Watchlist
from monitor.people.channels import want
from monitor.telling.compose import write_messages
from tests.polling.story import Story
from tests.telling.mailserver import MailServer
from tests.telling.mornings import (
    DAY,
    HOUR,
    MINUTE,
    MORNING,
    another_list,
    every,
    plan,
    send_at,
    waiting,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_wait")]


def test_an_hourly_digest_is_sent_at_full_hours_if_there_are_alerts(
    server: MailServer, story: Story
) -> None:
    plan(story, "hourly")
    story.hears(price=6300, after=10 * MINUTE)
    write_messages(story.now)
    story.hears(price=6000, after=40 * MINUTE)
    assert send_at(story, every(10 * MINUTE, 2 * HOUR, 50 * MINUTE)) == [MORNING + HOUR]
    email = Message.objects.get()
    assert (email.kind, email.alerts.count()) == ("digest", 2)
    assert email.context == {
        "period": "hour",
        "since": "2026-11-11T00:00:00+00:00",
        "until": "2026-11-11T01:00:00+00:00",
    }


def test_a_daily_digest_is_sent_every_day_even_without_changes(
    server: MailServer, story: Story
) -> None:
    plan(story, "daily", digest_hour=10)
    story.hears(price=6300, after=MINUTE)
    days = send_at(story, every(6 * HOUR, 3 * DAY, 2 * HOUR + MINUTE))
    assert [now - MORNING for now in days] == [
        2 * HOUR + MINUTE,
        DAY + 2 * HOUR + MINUTE,
        2 * DAY + 2 * HOUR + MINUTE,
    ]
    assert [email.alerts.count() for email in Message.objects.order_by("pk")] == [1, 0, 0]
    assert Message.objects.latest("pk").context == {
        "period": "day",
        "since": "2026-11-12T02:00:00+00:00",
        "until": "2026-11-13T02:00:00+00:00",
    }
    assert Channel.objects.mail().get().next_digest_at == MORNING + 3 * DAY + 2 * HOUR


def test_each_list_is_mailed_as_chosen_for_it(story: Story) -> None:
    hows = ("", "at_once", "hourly", "daily", "weekly", "off")
    lists = [another_list(story, f"List {how}") for how in hows]
    plan(story, "hourly", {watchlist.pk: how for watchlist, how in zip(lists, hows, strict=True)})
    story.now += 5 * MINUTE
    story.hears(price=6300, after=MINUTE)
    write_messages(story.now)
    assert waiting() == [
        ("merchant", "alerts", story.now + GATHER, 1),
        (
            "merchant",
            "digest",
            MORNING + HOUR,
            3,
        ),  # The first list, the list without a choice and the hourly one.
        ("merchant", "digest", MORNING + HOUR, 1),
        ("merchant", "digest", MORNING + 5 * DAY + HOUR, 1),
    ]


def test_after_an_outage_one_digest_covers_all_that_was_missed(story: Story) -> None:
    plan(story, "daily")
    story.hears(price=6300, after=30 * HOUR)
    assert write_messages(MORNING + 4 * DAY) == 1
    email = Message.objects.get()
    assert email.context["since"] == "2026-11-10T01:00:00+00:00"
    assert email.context["until"] == "2026-11-14T01:00:00+00:00"
    assert email.alerts.count() == 1
    assert Channel.objects.mail().get().next_digest_at == MORNING + 4 * DAY + HOUR


@pytest.mark.parametrize("without", ["mail", "account", "lists", "any list's mail"])
def test_no_empty_digest_is_sent_to_users_without(story: Story, without: str) -> None:
    plan(story, "daily")
    match without:
        case "mail":
            Channel.objects.mail().update(is_paused=True)
        case "account":
            User.objects.update(is_active=False)
        case "lists":
            Watchlist.objects.update(deleted_at=story.now)
        case _:
            want(story.user.mailbox, {story.watchlist.pk: False}, story.now)
    assert write_messages(MORNING + HOUR) == 0
    assert Channel.objects.mail().get().next_digest_at == MORNING + DAY + HOUR
