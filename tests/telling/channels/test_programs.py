"""A webhook is for a program: one ID has one body, every alert arrives whatever a person reads, the
oldest first."""

import json
import random
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from monitor.models import (
    Alert,
    Attempt,
    Channel,
    Membership,
    Message,
    Product,
    Rule,
    User,
)
from monitor.models.messages import KEPT_WHOLE
from monitor.people import channels
from monitor.telling import outbox, upkeep
from monitor.telling.channels.webhook import LONGEST_CUT, MOST_ALERTS, MOST_BYTES
from monitor.telling.compose import write_messages
from monitor.watching import inbox
from tests.api import Program
from tests.models.factories import AlertFactory
from tests.polling.story import Story
from tests.telling.channels.hooks import DOWN, OK, Answer, Hook, hook
from tests.telling.channels.webhooks import add, falls, send
from tests.telling.mornings import DAY, HOUR, MINUTE
from tests.telling.stories import GATHERED

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_wait")]
WHAT: Answer = (400, {}, b"what?")


def told(webhook: Hook) -> list[str]:
    return [alert["id"] for _headers, body in webhook.calls for alert in body["alerts"]]


def test_a_program_that_marks_alerts_read_gets_them_all(story: Story, webhook: Hook) -> None:
    """As the recipe of docs/api.md does, before messages are written, while they wait, and while
    they are held."""
    channel = add(story, webhook)
    program = Program.of(story.user, scope="write")
    webhook.answers = [DOWN, (410, {}, b"gone")]
    for step, price in enumerate((6300, 6200, 6100, 6000)):
        story.hears(price=price)
        if step % 2:
            write_messages(story.now)
        with time_machine.travel(story.now + MINUTE):
            program.post("/alerts/read", {"all": True})
        story.now += GATHERED
        send(story)
    channels.mend(channel, {"url": webhook.url, "secret": ""}, "…hook", story.now)
    story.now += HOUR
    send(story)
    assert set(told(webhook)) == {str(pk) for pk in Alert.objects.values_list("pk", flat=True)}
    assert not Message.objects.filter(channel=channel, status__in=["pending", "held"]).exists()


def test_an_id_has_one_body_whatever_changes_between_two_attempts(
    story: Story, webhook: Hook
) -> None:
    add(story, webhook)
    webhook.default = DOWN
    falls(story, 6300)
    send(story)
    User.objects.update(language="en")
    story.watchlist.name = "Renamed"
    story.watchlist.save()
    Product.objects.update(title="Another title")
    Alert.objects.update(count=3)
    inbox.mark_read(story.user, Alert.objects.all(), story.now)
    story.now += HOUR
    send(story)
    webhook.default = OK
    story.now += HOUR
    assert send(story) == Counter(sent=1)
    assert (len(webhook.bodies), len(set(webhook.bodies)), len(set(webhook.ids))) == (3, 1, 1)
    assert len({headers["webhook-timestamp"] for headers, _ in webhook.calls}) == 3


def test_an_alert_that_fires_again_after_the_first_attempt_is_told_again(
    story: Story, webhook: Hook
) -> None:
    Rule.objects.update(cooldown=6 * HOUR)
    add(story, webhook)
    webhook.default = DOWN
    falls(story, 6300)
    send(story)
    for price in (6200, 6100):
        falls(story, price)
        send(story)
    webhook.default = OK
    story.now += DAY
    for _ in range(3):
        send(story)
        story.now += HOUR
    counts = {alert["id"]: alert["count"] for _, body in webhook.calls for alert in body["alerts"]}
    assert counts == {str(alert.pk): alert.count for alert in Alert.objects.all()}
    by_id = dict(zip(webhook.ids, webhook.bodies, strict=True))
    assert all(by_id[uid] == body for uid, body in zip(webhook.ids, webhook.bodies, strict=True))


def test_a_retry_tells_nothing_of_a_list_that_is_shared_no_longer(
    story: Story, webhook: Hook
) -> None:
    member = User.objects.create_user("member@example.com")
    Membership.objects.create(watchlist=story.watchlist, user=member)
    add(story, webhook, owner=member)
    webhook.answers = [DOWN]
    falls(story, 6300)
    send(story)
    Membership.objects.all().delete()
    story.now += HOUR
    assert send(story) == Counter(dropped=1)
    assert len(webhook.calls) == 1


def pile_up(story: Story, number: int, **fields: object) -> None:
    times = [story.now + timedelta(seconds=number) for number in range(number)]
    alert = {"watchlist": story.watchlist, "product": Product.objects.get(), **fields}
    Alert.objects.bulk_create(
        AlertFactory.build(**alert, created_at=story.now, data_time=time) for time in times
    )
    write_messages(story.now)
    story.now += GATHERED


def test_what_piled_up_comes_whole_and_in_order_in_messages_of_a_bounded_size(
    story: Story, webhook: Hook
) -> None:
    add(story, webhook)
    pile_up(story, 2 * MOST_ALERTS + 1)
    send(story)
    sizes = [len(body["alerts"]) for _, body in webhook.calls]
    assert max(sizes) <= MOST_ALERTS
    assert max(map(len, webhook.bodies)) <= MOST_BYTES < min(map(len, webhook.bodies[:-1])) + 2000
    assert list(map(int, told(webhook))) == sorted(Alert.objects.values_list("pk", flat=True))
    assert len(set(webhook.ids)) == len(sizes)


def test_an_alert_that_is_larger_than_a_message_is_cut(story: Story, webhook: Hook) -> None:
    add(story, webhook)
    pictures = [f"https://p3-aio.ecombdimg.com/obj/temai/{number}" for number in range(2000)]
    pile_up(story, 2, field="images", before=pictures, after=pictures[1:])
    send(story)
    assert [len(body["alerts"]) for _, body in webhook.calls] == [1, 1]
    assert max(map(len, webhook.bodies)) <= MOST_BYTES
    [row] = webhook.calls[0][1]["alerts"]
    assert row["before"] == json.dumps(pictures)[:LONGEST_CUT] + "…"


@pytest.mark.parametrize("seed", range(2))
def test_after_an_outage_the_oldest_goes_first(story: Story, webhook: Hook, seed: int) -> None:
    chance = random.Random(seed)
    channel = add(story, webhook)
    for number in range(10):
        webhook.default = chance.choice(
            [OK, DOWN, DOWN, (500, {}, b""), (429, {"Retry-After": "150"}, b"")]
        )
        story.hears(price=7100 - number, after=chance.choice([MINUTE, 3 * MINUTE]))
        send(story)
    webhook.default = OK
    while channel.messages.filter(status="pending").exists():
        story.now += MINUTE
        send(story)
    arrivals = list(
        Attempt.objects.filter(outcome="sent").order_by("pk").values_list("message", flat=True)
    )
    assert len(webhook.ids) > len(set(webhook.ids)), "Some were sent again."
    assert arrivals == sorted(arrivals)


def test_a_message_that_is_refused_for_what_it_says_is_passed(story: Story, webhook: Hook) -> None:
    add(story, webhook)
    falls(story, 6300)
    odd = Message.objects.get(address="").uid
    webhook.default = lambda: WHAT if webhook.ids[-1] == odd else OK
    send(story)
    falls(story, 6200)
    for _ in range(40):
        send(story)
        story.now += MINUTE
    assert Message.objects.filter(address="", status="sent").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_slow_receiver_delays_no_message_that_becomes_due_meanwhile(
    story: Story, webhook: Hook
) -> None:
    """A call of a webhook may last 20 seconds."""
    with hook() as other:
        add(story, webhook, "slow")
        quick = add(story, other, "quick")
        falls(story, 6300)
        quick.messages.update(next_attempt_at=story.now + HOUR)

        def late() -> Answer:
            quick.messages.update(next_attempt_at=story.now)
            connection.close()
            return OK if other.called.wait(9) else DOWN

        webhook.answers = [late]
        assert send(story) == Counter(sent=2)


def test_bodies_are_kept_for_days(story: Story, webhook: Hook) -> None:
    add(story, webhook)
    falls(story, 6300)
    send(story)
    upkeep.purge(story.now + KEPT_WHOLE - HOUR)
    assert Message.objects.filter(sent_body__isnull=False).count() == 1
    upkeep.purge(story.now + KEPT_WHOLE + HOUR)
    assert not Message.objects.filter(sent_body__isnull=False).exists()
    outbox.send_again(Channel.objects.added().get(), Message.objects.get(address="").pk, story.now)
    send(story)
    assert len(webhook.ids) == len(set(webhook.ids)) == 2, (
        "What is not known any more is another message."
    )
