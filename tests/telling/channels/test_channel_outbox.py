"""Messages on channels: at least once, with one ID, one at a time, and no channel delays
another."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from pytest_django.fixtures import Settings

from monitor.models import Alert, Channel, Message, Rule
from monitor.people import channels
from monitor.telling import outbox
from monitor.telling.carriers import Posts
from monitor.telling.channels import POSTS
from monitor.telling.message import build
from monitor.telling.outbox import LEASE, LONGEST_FAILURE
from tests.polling.story import Story
from tests.telling.channels.hooks import DOWN, OK, Answer, Hook, hook
from tests.telling.channels.webhooks import add, falls, send
from tests.telling.mornings import DAY, HOUR, MINUTE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_wait")]
GONE: Answer = (410, {}, b"gone")


def test_an_alert_reaches_mail_and_channel(story: Story, webhook: Hook) -> None:
    add(story, webhook)
    falls(story, 6300)
    assert Message.objects.filter(kind=Message.Kind.ALERTS).count() == 2
    assert send(story) == Counter(sent=1)
    [(headers, body)] = webhook.calls
    message = Message.objects.get(address="")
    assert headers["webhook-id"] == message.uid
    assert [alert["id"] for alert in body["alerts"]] == [str(Alert.objects.get().pk)]
    assert (message.status, message.address) == ("sent", "")
    assert Message.objects.alert_mails().get().status == "pending", (
        "Mails have a sender of their own."
    )


def test_a_retry_has_the_same_id_and_later_alerts_a_message_of_their_own(
    story: Story, webhook: Hook
) -> None:
    channel = add(story, webhook)
    webhook.answers = [DOWN]
    falls(story, 6300)
    assert send(story) == Counter(pending=1)
    falls(story, 6200)
    falls(story, 6100)
    story.now += HOUR
    assert send(story) == Counter(sent=2)
    first, second, third = webhook.ids
    assert first == second != third
    assert [len(body["alerts"]) for _, body in webhook.calls] == [1, 1, 2]
    channel.refresh_from_db()
    assert (channel.failures, channel.failing_since) == (0, None)


def test_two_senders_send_one_message_of_a_channel_at_a_time(story: Story, webhook: Hook) -> None:
    channel = add(story, webhook)
    webhook.answers = [DOWN]
    falls(story, 6300)
    send(story)
    falls(story, 6200)
    story.now += HOUR
    assert channel.messages.due(story.now).count() == 2
    [first] = outbox.claim(story.now, Posts, 10)
    assert outbox.claim(story.now, Posts, 10) == [], "The second waits for the first."
    assert first == channel.messages.earliest("pk")


def test_a_robots_pause_is_kept_after_each_message(story: Story, webhook: Hook) -> None:
    webhook.default = (200, {}, b'{"errcode": 0}')
    channel = channels.add(
        story.user, "dingtalk", "Group", {"url": webhook.url, "secret": ""}, "…", story.now
    )
    falls(story, 6300)
    send(story)
    channel.refresh_from_db()
    assert channel.next_send_at - story.now == POSTS["dingtalk"].gap > timedelta(0)
    webhook.default = (429, {"Retry-After": "1800"}, b"")
    falls(story, 6200)
    send(story)
    story.now += HOUR / 2 - MINUTE
    assert send(story) == Counter()
    story.now += MINUTE
    send(story)
    assert len(webhook.calls) == 3


@pytest.mark.django_db(transaction=True)
def test_a_channel_that_is_mended_during_a_call_keeps_its_new_address(
    story: Story, webhook: Hook
) -> None:
    """The old address answers that it is gone, and the message goes to the new one."""
    channel = add(story, webhook)
    with hook() as new:

        def mended_meanwhile() -> Answer:
            channels.mend(channel, {"url": new.url, "secret": ""}, "…hook", story.now + MINUTE)
            assert outbox.send_due(story.now, Posts) == Counter(), "Nothing is sent twice."
            connection.close()
            return GONE

        webhook.answers = [mended_meanwhile]
        falls(story, 6300)
        assert send(story) == Counter(held=1)
        channel.refresh_from_db()
        assert channel.refused_at is None
        story.now += LEASE
        assert send(story) == Counter(sent=1)
        assert len(new.calls[0][1]["alerts"]) == len(webhook.calls[0][1]["alerts"]) == 1


def test_mending_a_channel_undoes_nothing_that_was_done_during_the_test_message(
    story: Story, webhook: Hook
) -> None:
    channel = add(story, webhook)
    meanwhile = Channel.objects.get(pk=channel.pk)
    meanwhile.is_paused = True
    channels.change(meanwhile, {}, story.now)
    channels.mend(channel, {"url": webhook.url, "secret": ""}, "…hook", story.now)
    assert Channel.objects.added().get().is_paused
    channels.remove(meanwhile)
    with pytest.raises(Channel.DoesNotExist):
        channels.mend(channel, {"url": webhook.url, "secret": ""}, "…hook", story.now)


@pytest.mark.parametrize("what_then", ["refused", "given up", "paused"])
def test_what_has_arrived_never_comes_under_another_id(
    story: Story, webhook: Hook, what_then: str
) -> None:
    channel = add(story, webhook)
    falls(story, 6300)
    assert send(story) == Counter(sent=1)
    arrived_at = channel.messages.get().sent_at
    outbox.send_again(channel, channel.messages.get().pk, story.now)
    webhook.default = GONE if what_then == "refused" else DOWN
    Channel.objects.filter(pk=channel.pk).update(is_paused=what_then == "paused")
    while channel.messages.get().status == "pending":
        send(story)
        story.now += 3 * HOUR
    webhook.default = OK
    Channel.objects.filter(pk=channel.pk).update(is_paused=False)
    channels.mend(channel, {"url": webhook.url, "secret": ""}, "…hook", story.now)
    send(story)
    message = channel.messages.get()
    assert (message.status, message.sent_at) == ("sent", arrived_at), (
        "The log of the channel says that it came."
    )
    assert set(webhook.ids) == {message.uid}
    tries = {"refused": ["sent", "refused"], "paused": ["sent"]}
    outcomes = [attempt.outcome for attempt in message.tries.order_by("pk")]
    assert outcomes == tries.get(what_then, outcomes)


def test_a_refused_channel_holds_its_alerts_and_its_owner_is_mailed_once(
    story: Story, webhook: Hook
) -> None:
    channel = add(story, webhook)
    webhook.answers = [GONE]
    falls(story, 6300)
    assert send(story) == Counter(held=1)
    for price in (6200, 6100):
        falls(story, price)
        send(story)
    assert len(webhook.calls) == 1
    assert Message.objects.filter(channel=channel).count() == 2, (
        "What fires meanwhile waits in one message."
    )
    letter = Message.objects.get(kind=Message.Kind.CHANNEL_REFUSED)
    assert letter.context["channel"] == "ERP"
    assert "请填写其他地址" in build(letter).body
    channel.refresh_from_db()
    channels.mend(channel, {"url": webhook.url, "secret": ""}, "…hook", story.now)
    story.now += MINUTE
    assert send(story)["sent"] == 2
    assert [len(body["alerts"]) for _, body in webhook.calls] == [1, 1, 2]
    assert webhook.ids[0] == webhook.ids[1]


def test_an_error_of_the_database_loses_no_answer(
    story: Story, webhook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(story, webhook)
    claims = iter([outbox.claim(story.now, Posts, 0)])
    claim = outbox.claim

    def fails_at_the_second(*args: Any) -> list[Message]:
        if next(claims, None) is None:
            raise DatabaseError("the database is locked")
        return claim(*args)

    falls(story, 6300)
    with monkeypatch.context() as locked:
        locked.setattr(outbox, "claim", fails_at_the_second)
        with pytest.raises(DatabaseError):
            send(story)
    story.now += LEASE
    assert send(story) == Counter()
    assert Message.objects.get(address="").status == "sent"
    assert len(webhook.calls) == 1


def test_a_channel_that_fails_for_days_is_used_no_longer(story: Story, webhook: Hook) -> None:
    channel = add(story, webhook)
    webhook.default = DOWN
    while story.now - channel.created_at < LONGEST_FAILURE + DAY:
        falls(story, 6300 - len(webhook.calls))
        send(story)
        story.now += 8 * HOUR
    channel.refresh_from_db()
    assert channel.refused_at is not None
    assert "failed for days" in channel.advice
    assert Message.objects.filter(kind=Message.Kind.CHANNEL_REFUSED).count() == 1


def test_urgent_alerts_wait_for_nothing_and_a_channel_may_take_only_them(
    story: Story, webhook: Hook
) -> None:
    channel = add(story, webhook)
    channel.only_urgent = True
    channels.change(channel, {}, story.now)
    falls(story, 6300)
    assert send(story) == Counter()
    Rule.objects.update(is_urgent=True)
    story.hears(price=6000)
    assert send(story) == Counter(sent=1)


def test_a_lost_key_holds_the_alerts_and_says_so(
    story: Story, webhook: Hook, settings: Settings
) -> None:
    channel = add(story, webhook)
    falls(story, 6300)
    settings.SECRET_KEY = "another key"
    assert send(story) == Counter(held=1)
    channel.refresh_from_db()
    assert "Enter it again" in channel.advice
