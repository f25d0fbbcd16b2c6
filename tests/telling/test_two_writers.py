"""Concurrent writers of mails: a user's new alerts share one mail, and no digest is written
twice."""

from datetime import timedelta

import pytest

from monitor.models import Channel, Membership, Message, MessageAlert, Rule, User
from monitor.people import channels
from monitor.people.timing.waiting import follow_times
from monitor.telling import compose
from monitor.telling.compose import write_messages
from tests.polling.story import START, Story
from tests.telling.test_two_senders import at_once

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def add_members(story: Story, number: int, how: str) -> None:
    """Add members to the story's list; they and the owner have chosen `how` for their mails."""
    users = [User.objects.create_user(f"member{n}@example.com") for n in range(number)]
    Membership.objects.bulk_create(
        Membership(watchlist=story.watchlist, user=user) for user in users
    )
    for user in (story.user, *users):
        choose(user, how, story)


def choose(user: User, how: str, story: Story) -> None:
    mailbox = user.mailbox
    mailbox.how = how
    channels.change(mailbox, {}, story.now)


@pytest.mark.django_db(transaction=True)
def test_concurrent_writers_write_each_digest_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "BATCH", 7)
    add_members(Story(), 19, "daily")
    assert sum(map(int, map(str, at_once(lambda: write_messages(START + HOUR), 4)))) <= 20
    write_messages(START + HOUR)  # Users whom all four skipped.
    assert Message.objects.count() == Message.objects.values("recipient").distinct().count() == 20
    assert set(Channel.objects.values_list("next_digest_at", flat=True)) == {START + DAY + HOUR}


@pytest.mark.django_db(transaction=True)
def test_concurrent_writers_put_a_users_alerts_into_one_mail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compose, "BATCH", 2)
    story = Story()
    add_members(story, 3, "daily")
    Rule.objects.update(cooldown=timedelta(0))  # No alert collects others.
    story.hears(after=timedelta(0))
    for step in range(12):
        story.hears(price=6300 - step, after=timedelta(minutes=1))
    at_once(lambda: write_messages(story.now), 4)
    write_messages(story.now)
    assert [email.alerts.count() for email in Message.objects.all()] == [12] * 4


@pytest.mark.django_db(transaction=True)
def test_a_change_of_settings_while_alerts_are_written_loses_and_doubles_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compose, "BATCH", 1)
    story = Story()
    Rule.objects.update(cooldown=timedelta(0))
    story.hears(after=timedelta(0))
    for step in range(8):
        story.hears(price=6300 - step, after=timedelta(minutes=1))
    hows = iter(("daily", "weekly", "hourly", "daily"))

    def write_or_choose() -> None:
        choose(User.objects.get(), next(hows), story)
        write_messages(story.now)

    at_once(write_or_choose, 4)
    write_messages(story.now)
    follow_times(story.user, story.now)
    assert MessageAlert.objects.count() == 8
    email = Message.objects.get()
    assert (
        email.period
        == {"daily": "day", "weekly": "week", "hourly": "hour"}[User.objects.get().mailbox.how]
    )
