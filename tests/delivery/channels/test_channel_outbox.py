"""Messages on channels: at least once, with one ID, one at a time, and no channel delays another."""

import json
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import timedelta
from itertools import chain
from threading import Event
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections
from pytest_django.fixtures import Settings

from monitor.accounts import channels
from monitor.delivery import channel_outbox
from monitor.delivery.channel_outbox import LEASE, LONGEST_CHANNEL_PAUSE, LONGEST_FAILURE, MOST_ATTEMPTS, MOST_FAILURES
from monitor.delivery.channels import SPECS, browser
from monitor.delivery.channels.webhook import MOST_ALERTS
from monitor.delivery.compose import write_messages
from monitor.delivery.message import build
from monitor.models import Alert, Attempt, Channel, Message, Product, Rule, User
from monitor.timing import waiting
from monitor.watchlists.services import create_watchlist
from tests.delivery.channels.hooks import OK, Answer, Hook, hook
from tests.delivery.channels.standins import PushService, serving
from tests.delivery.stories import GATHERED
from tests.factories import AlertFactory
from tests.story import Story

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("mails_wait")]
GONE: Answer = (410, {}, b"gone")
DOWN: Answer = (503, {}, b"down")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _site(settings: Settings) -> None:
    settings.SITE_URL = "https://watch.example.org"


def add(story: Story, address: Hook, name: str = "ERP", owner: User | None = None) -> Channel:
    target = {"url": address.url, "secret": ""}
    return channels.add(owner or story.user, "webhook", name, target, "…hook", story.now)


def send(story: Story) -> Counter[str]:
    return channel_outbox.send_due(story.now)


def falls(story: Story, price: int) -> None:
    story.hears(price=price)
    write_messages(story.now)
    story.now += GATHERED


def test_an_alert_reaches_mail_and_channel(story: Story, webhook: Hook) -> None:
    add(story, webhook)
    falls(story, 6300)
    assert Message.objects.filter(kind=Message.Kind.ALERTS).count() == 2
    assert send(story) == Counter(sent=1)
    [(headers, body)] = webhook.calls
    message = Message.objects.get(channel__isnull=False)
    assert headers["webhook-id"] == message.uid
    assert [alert["id"] for alert in body["alerts"]] == [str(Alert.objects.get().pk)]
    assert (message.status, message.address) == ("sent", "")
    assert Message.objects.get(channel=None, kind=Message.Kind.ALERTS).status == "pending", (
        "Mails have a sender of their own."
    )


def test_a_user_without_mails_still_gets_alerts_on_channels(story: Story, webhook: Hook) -> None:
    User.objects.update(receives_mail=False)
    add(story, webhook)
    falls(story, 6300)
    assert send(story) == Counter(sent=1)


def test_a_retry_has_the_same_id_and_later_alerts_a_message_of_their_own(story: Story, webhook: Hook) -> None:
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
    [first] = channel_outbox.claim(story.now, 10)
    assert channel_outbox.claim(story.now, 10) == [], "The second waits for the first."
    assert first == channel.messages.earliest("pk")


def test_a_robots_pause_is_kept_after_each_message(story: Story, webhook: Hook) -> None:
    webhook.default = (200, {}, b'{"errcode": 0}')
    channel = channels.add(story.user, "dingtalk", "Group", {"url": webhook.url, "secret": ""}, "…", story.now)
    falls(story, 6300)
    send(story)
    channel.refresh_from_db()
    assert channel.next_send_at - story.now == SPECS["dingtalk"].gap > timedelta(0)
    webhook.default = (429, {"Retry-After": "1800"}, b"")
    falls(story, 6200)
    send(story)
    story.now += HOUR / 2 - MINUTE
    assert send(story) == Counter()
    story.now += MINUTE
    send(story)
    assert len(webhook.calls) == 3


def test_channels_that_work_come_before_those_that_fail(story: Story, webhook: Hook) -> None:
    for name in ("fails", "works"):
        add(story, webhook, name)
    falls(story, 6300)
    Channel.objects.filter(name="fails").update(failures=1)
    [message] = channel_outbox.claim(story.now, 1)
    assert message.channel is not None
    assert message.channel.name == "works"


def test_a_message_that_is_refused_for_what_it_says_holds_up_no_other(story: Story, webhook: Hook) -> None:
    channel = add(story, webhook)
    falls(story, 6300)
    odd = channel.messages.get().uid
    webhook.default = lambda: (400, {}, b"what?") if webhook.ids[-1] == odd else OK
    for _ in range(9):
        send(story)
        story.now += 6 * HOUR
    Rule.objects.update(is_urgent=True)
    send(story)
    story.hears(price=5000)
    story.now += LONGEST_CHANNEL_PAUSE
    send(story)
    assert webhook.ids[-1] != odd


@pytest.mark.parametrize("code", [-1, 2**40, 10**18])
def test_an_odd_code_of_a_platform_hurts_no_other_channel(story: Story, webhook: Hook, code: int) -> None:
    webhook.default = (200, {}, b'{"errcode":%d,"errmsg":"system busy"}' % code)
    channels.add(story.user, "wecom", "busy", {"url": webhook.url, "secret": ""}, "…", story.now)
    with hook() as other:
        add(story, other, "works")
        falls(story, 6300)
        assert send(story) == Counter(pending=1, sent=1)
    assert Attempt.objects.get(outcome="retry").answer == "system busy"


def test_an_answer_that_cannot_be_recorded_hurts_no_other_channel(
    story: Story, webhook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(story, webhook, "odd")
    settle = channel_outbox._settle

    def fails_once(call: channel_outbox._Call, *args: Any) -> Message.Status:
        if call.channel.name == "odd":
            raise DatabaseError("out of range")
        return settle(call, *args)

    with hook() as other:
        add(story, other, "works")
        falls(story, 6300)
        with monkeypatch.context() as broken:
            broken.setattr(channel_outbox, "_settle", fails_once)
            assert send(story) == Counter(sent=1)
        story.now += LEASE
        assert send(story) == Counter(sent=1)
        assert (len(set(webhook.ids)), len(other.calls)) == (1, 1)


def test_a_channel_that_is_mended_during_a_call_keeps_its_new_address(story: Story, webhook: Hook) -> None:
    """The old address answers that it is gone, and the message goes to the new one."""
    channel = add(story, webhook)
    with hook() as new:

        def mended_meanwhile() -> Answer:
            channels.mend(channel, {"url": new.url, "secret": ""}, "…hook", story.now + MINUTE)
            assert channel_outbox.send_due(story.now) == Counter(), "Nothing is sent twice."
            connection.close()
            return GONE

        webhook.answers = [mended_meanwhile]
        falls(story, 6300)
        assert send(story) == Counter(pending=1)
        channel.refresh_from_db()
        assert channel.refused_at is None
        story.now += LEASE
        assert send(story) == Counter(sent=1)
        assert new.ids == webhook.ids


def test_mending_a_channel_undoes_nothing_that_was_done_during_the_test_message(story: Story, webhook: Hook) -> None:
    channel = add(story, webhook)
    meanwhile = Channel.objects.get(pk=channel.pk)
    meanwhile.is_paused = True
    channels.change(meanwhile, [], story.now)
    channels.mend(channel, {"url": webhook.url, "secret": ""}, "…hook", story.now)
    assert Channel.objects.get().is_paused
    channels.remove(meanwhile)
    with pytest.raises(Channel.DoesNotExist):
        channels.mend(channel, {"url": webhook.url, "secret": ""}, "…hook", story.now)


def test_only_urgent_alerts_go_out_even_of_those_that_wait(story: Story, webhook: Hook) -> None:
    channel = add(story, webhook)
    falls(story, 6300)
    channel.only_urgent = True
    channels.change(channel, [], story.now)
    assert send(story) == Counter(dropped=1)


def test_a_message_that_was_given_up_is_sent_again_at_once(story: Story, webhook: Hook) -> None:
    channel = add(story, webhook)
    webhook.default = DOWN
    falls(story, 6300)
    while (message := channel.messages.get()).status == "pending":
        send(story)
        story.now += HOUR
    webhook.default = OK
    channel_outbox.send_again(channel, message.pk, story.now - HOUR)
    assert send(story) == Counter(sent=1)
    assert set(webhook.ids) == {message.uid}
    channel_outbox.send_again(channel, message.pk, story.now)
    assert send(story) == Counter(), "What has arrived is not sent again."


def test_a_refused_channel_holds_its_alerts_and_its_owner_is_mailed_once(story: Story, webhook: Hook) -> None:
    channel = add(story, webhook)
    webhook.answers = [GONE]
    falls(story, 6300)
    assert send(story) == Counter(held=1)
    for price in (6200, 6100):
        falls(story, price)
        send(story)
    assert len(webhook.calls) == 1
    assert Message.objects.filter(channel=channel).count() == 2, "What fires meanwhile waits in one message."
    letter = Message.objects.get(kind=Message.Kind.CHANNEL_REFUSED)
    assert letter.context["channel"] == "ERP"
    assert "请填写其他地址" in build(letter).body
    channel.refresh_from_db()
    channels.mend(channel, {"url": webhook.url, "secret": ""}, "…hook", story.now)
    story.now += MINUTE
    assert send(story)["sent"] == 1
    assert len(webhook.calls[-1][1]["alerts"]) == 3
    assert webhook.ids[-1] != webhook.ids[0]


def test_a_mended_channel_gets_at_once_what_was_tried_in_vain(story: Story, webhook: Hook) -> None:
    channel = add(story, webhook)
    webhook.default = DOWN
    falls(story, 6300)
    for _ in range(5):
        send(story)
        story.now += HOUR
    webhook.default = OK
    channels.mend(channel, {"url": webhook.url, "secret": ""}, "…hook", story.now)
    assert send(story) == Counter(sent=1)


def test_old_alerts_do_not_come_long_after_newer_ones(story: Story, webhook: Hook) -> None:
    """The receiver works again by itself; the wait of the old message may be hours."""
    add(story, webhook)
    webhook.default = DOWN
    falls(story, 6300)
    for _ in range(6):
        send(story)
        story.now += HOUR
    webhook.default = OK
    falls(story, 6200)
    send(story)
    assert len(webhook.calls[-1][1]["alerts"]) == 1
    story.now += MINUTE
    send(story)
    assert Message.objects.filter(channel__isnull=False, status="pending").count() == 0


@pytest.mark.postgres
def test_two_tasks_do_not_wait_for_each_other(story: Story, webhook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """An alert joins a message while a sender claims its channel."""
    add(story, webhook)
    falls(story, 6300)
    story.hears(price=6200)
    take, joins, claimed = waiting._take_from_old_messages, Event(), Event()

    def slowly(rows: Any) -> None:
        joins.set()
        claimed.wait(1)
        take(rows)

    monkeypatch.setattr(waiting, "_take_from_old_messages", slowly)
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(write_messages, story.now)
        assert joins.wait(10)
        channel_outbox.claim(story.now, 10)
        claimed.set()
        written.result()
        pool.submit(connections.close_all).result()


def test_an_error_of_the_database_loses_no_answer(story: Story, webhook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    add(story, webhook)
    claims = iter([channel_outbox.claim(story.now, 0)])
    claim = channel_outbox.claim

    def fails_at_the_second(*args: Any) -> list[Message]:
        if next(claims, None) is None:
            raise DatabaseError("the database is locked")
        return claim(*args)

    falls(story, 6300)
    with monkeypatch.context() as locked:
        locked.setattr(channel_outbox, "claim", fails_at_the_second)
        with pytest.raises(DatabaseError):
            send(story)
    story.now += LEASE
    assert send(story) == Counter()
    assert Message.objects.get(channel__isnull=False).status == "sent"
    assert len(webhook.calls) == 1


def test_what_piled_up_comes_whole_in_messages_of_a_bounded_size(story: Story, webhook: Hook) -> None:
    add(story, webhook)
    times = [story.now + timedelta(seconds=number) for number in range(2 * MOST_ALERTS + 1)]
    alert = {"watchlist": story.watchlist, "product": Product.objects.get()}
    Alert.objects.bulk_create(AlertFactory.build(**alert, created_at=story.now, data_time=time) for time in times)
    write_messages(story.now)
    story.now += GATHERED
    assert send(story) == Counter(sent=3)
    told = [[alert["id"] for alert in body["alerts"]] for _headers, body in webhook.calls]
    assert [len(alerts) for alerts in told] == [MOST_ALERTS, MOST_ALERTS, 1]
    assert len(set(chain(*told))) == 2 * MOST_ALERTS + 1
    assert len(set(webhook.ids)) == 3


def test_a_channel_that_is_mended_while_paused_keeps_what_it_holds(story: Story, webhook: Hook) -> None:
    channel = add(story, webhook)
    webhook.answers = [GONE]
    falls(story, 6300)
    send(story)
    Channel.objects.update(is_paused=True)
    channels.mend(channel, {"url": webhook.url, "secret": ""}, "…hook", story.now)
    assert send(story) == Counter()
    Channel.objects.update(is_paused=False)
    assert send(story) == Counter(sent=1)


def test_a_browser_that_is_gone_is_refused_with_advice(story: Story, settings: Settings) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    with serving(PushService(lambda: story.now.timestamp())) as service:
        target = browser.read_target(json.dumps(service.subscription), "")
        channel = channels.add(story.user, "browser", "Chrome on Windows", asdict(target), "", story.now)
        falls(story, 6300)
        assert send(story) == Counter(sent=1)
        service.is_gone = True
        falls(story, 6200)
        assert send(story) == Counter(held=1)
    [message] = service.accepted
    assert message["tag"] in Message.objects.get(channel=channel, status="sent").uid
    channel.refresh_from_db()
    assert channel.answer == "410 Gone"
    assert "turn alerts on again" in channel.advice
    assert not Message.objects.filter(kind=Message.Kind.CHANNEL_REFUSED).exists(), "Logging out is enough to end it."


def test_a_channel_that_fails_for_days_is_used_no_longer(story: Story, webhook: Hook) -> None:
    channel = add(story, webhook)
    webhook.default = DOWN
    while story.now - channel.created_at < LONGEST_FAILURE + DAY:
        falls(story, 6300 - len(webhook.calls))
        send(story)
        story.now += 6 * HOUR
    channel.refresh_from_db()
    assert channel.refused_at is not None
    assert "failed for days" in channel.advice
    assert Message.objects.filter(kind=Message.Kind.CHANNEL_REFUSED).count() == 1


def test_the_mail_about_a_server_that_is_gone_says_so_in_the_owners_language(story: Story, webhook: Hook) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        webhook.url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    channel = add(story, webhook)
    falls(story, 6300)
    assert send(story) == Counter(pending=1)
    channel.refresh_from_db()
    assert channel.answer == "The server refuses connections.", "Pages and mails translate it."
    Channel.objects.update(failures=MOST_FAILURES)
    story.now += LONGEST_FAILURE + HOUR
    assert send(story) == Counter(held=1)
    letter = Message.objects.get(kind=Message.Kind.CHANNEL_REFUSED)
    assert "原因：服务器拒绝连接。" in build(letter).body


def test_a_message_is_given_up_after_about_a_day(story: Story, webhook: Hook) -> None:
    add(story, webhook)
    webhook.default = DOWN
    falls(story, 6300)
    began = story.now
    while Message.objects.get(channel__isnull=False).status == "pending":
        send(story)
        story.now += HOUR
    assert len(webhook.calls) >= MOST_ATTEMPTS
    assert DAY < story.now - began < 2 * DAY


def test_a_killed_sender_repeats_the_message_with_its_id(
    story: Story, webhook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(story, webhook)
    falls(story, 6300)
    with monkeypatch.context() as killed:
        killed.setattr(channel_outbox, "_settle", _die)
        with pytest.raises(KeyboardInterrupt):
            send(story)
    assert send(story) == Counter(), "The channel is leased."
    story.now += LEASE
    assert send(story) == Counter(sent=1)
    assert len(webhook.ids) == 2
    assert len(set(webhook.ids)) == 1
    assert Counter(Attempt.objects.values_list("outcome", flat=True)) == Counter(interrupted=1, sent=1)


def test_a_slow_channel_delays_no_other(story: Story, webhook: Hook) -> None:
    slow = add(story, webhook, "slow")
    with hook() as other:
        add(story, other, "quick")

        def answer_after_the_other() -> Answer:
            return OK if other.called.wait(5) else DOWN

        webhook.answers = [answer_after_the_other]
        falls(story, 6300)
        assert send(story) == Counter(sent=2)
    slow.refresh_from_db()
    assert slow.failures == 0


def test_urgent_alerts_wait_for_nothing_and_a_channel_may_take_only_them(story: Story, webhook: Hook) -> None:
    channel = add(story, webhook)
    channel.only_urgent = True
    channels.change(channel, [], story.now)
    falls(story, 6300)
    assert send(story) == Counter()
    Rule.objects.update(is_urgent=True)
    story.hears(price=6000)
    assert send(story) == Counter(sent=1)


def test_a_list_that_is_left_out_sends_nothing(story: Story, webhook: Hook) -> None:
    channel = add(story, webhook)
    channels.change(channel, [story.watchlist], story.now)
    falls(story, 6300)
    assert send(story) == Counter()
    assert Message.objects.filter(channel=None, kind=Message.Kind.ALERTS).count() == 1


def test_leaving_out_a_list_takes_its_waiting_alerts_away(story: Story, webhook: Hook) -> None:
    channel = add(story, webhook)
    falls(story, 6300)
    channel.left_out.set([story.watchlist])
    assert send(story) == Counter(dropped=1)
    assert webhook.calls == []


def test_a_digest_comes_once_an_hour(story: Story, webhook: Hook) -> None:
    channel = add(story, webhook)
    channel.how = "hourly"
    channels.change(channel, [], story.now)
    for price in (6300, 6200):
        story.hears(price=price, after=MINUTE)
        write_messages(story.now)
    assert send(story) == Counter()
    story.now += HOUR
    assert send(story) == Counter(sent=1)
    assert len(webhook.calls[0][1]["alerts"]) == 2


def test_nothing_is_sent_in_quiet_hours(story: Story, webhook: Hook) -> None:
    add(story, webhook)
    User.objects.update(quiet_from=8, quiet_to=11)  # It is 8 o'clock in Shanghai.
    falls(story, 6300)
    assert send(story) == Counter()
    story.now += 3 * HOUR
    assert send(story) == Counter(sent=1)


def test_a_paused_channel_gets_nothing(story: Story, webhook: Hook) -> None:
    channel = add(story, webhook)
    falls(story, 6300)
    channel.is_paused = True
    channels.change(channel, [], story.now)
    falls(story, 6200)
    send(story)
    assert webhook.calls == []


def test_nobody_gets_the_alerts_of_a_list_they_are_not_on(story: Story, webhook: Hook) -> None:
    stranger = User.objects.create_user("stranger@example.com")
    create_watchlist(stranger, "Mine")
    add(story, webhook, owner=stranger)
    falls(story, 6300)
    assert send(story) == Counter()


def test_the_secret_is_stored_encrypted(story: Story, webhook: Hook) -> None:
    channel = channels.add(
        story.user, "webhook", "ERP", {"url": webhook.url, "secret": "whsec_c2VjcmV0"}, "…hook", story.now
    )
    stored = str(Channel.objects.filter(pk=channel.pk).values().get())
    assert webhook.url not in stored
    assert "whsec_" not in stored
    assert Channel.objects.get(pk=channel.pk).target["secret"] == "whsec_c2VjcmV0"


def test_a_lost_key_holds_the_alerts_and_says_so(story: Story, webhook: Hook, settings: Settings) -> None:
    channel = add(story, webhook)
    falls(story, 6300)
    settings.SECRET_KEY = "another key"
    assert send(story) == Counter(held=1)
    channel.refresh_from_db()
    assert "Enter it again" in channel.advice


def _die(*args: object) -> None:
    raise KeyboardInterrupt
