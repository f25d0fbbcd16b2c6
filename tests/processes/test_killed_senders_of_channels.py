"""kill -9 of the sender, twenty times, while a thousand alerts go to ten channels: all arrive, copies with one ID."""

import random
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from monitor.accounts import channels
from monitor.delivery.channel_outbox import LEASE
from monitor.models import Alert, Attempt, Message, MessageAlert, User
from monitor.watchlists.services import create_watchlist
from tests.delivery.channels import standins
from tests.delivery.channels.hooks import Hook, hook
from tests.delivery.channels.standins import DingTalkGroup, FeishuGroup, Group, WeComGroup, serving
from tests.factories import AlertFactory, ProductFactory
from tests.processes.senders import sender_of

pytestmark = pytest.mark.django_db(transaction=True)

WAVES, ALERTS_OF_A_WAVE = 20, 50
#: After this time the lease of a killed sender, and each robot's pause, are over.
NEXT_PASS = LEASE * 1.1
SECRET = "SEC-of-the-group"

type Groups = Mapping[str, Group]
type Hooks = Mapping[str, Hook]


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> Iterator[Groups]:
    """Two groups of each platform; where there can be one, the first asks for a signature."""
    made = {"feishu": FeishuGroup, "dingtalk": DingTalkGroup, "wecom": WeComGroup}
    # Signatures hold the sender's time, which runs ahead.
    monkeypatch.setattr(standins, "_HOUR", timedelta(days=1).total_seconds())
    with ExitStack() as stack:
        yield {
            f"{kind} {number}": stack.enter_context(serving(group(SECRET if number == 1 else "")))
            for kind, group in made.items()
            for number in (1, 2)
        }


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with ExitStack() as stack:
        yield {f"webhook {number}": stack.enter_context(hook()) for number in range(4)}


def test_every_alert_arrives_though_the_sender_is_killed_twenty_times(
    groups: Groups, hooks: Hooks, settings: Settings
) -> None:
    chance, user, product = random.Random(), User.objects.create_user("chen@example.com"), ProductFactory.create()
    watchlist = create_watchlist(user, "Rivals")
    now = timezone.now()
    places: dict[str, Group | Hook] = {**groups, **hooks}
    for name, place in places.items():
        secret = getattr(place, "secret", "")
        channels.add(user, name.split()[0], name, {"url": place.url, "secret": secret}, "…", now)

    def arrived() -> int:
        return sum(len(group.accepted) for group in groups.values()) + sum(len(hook.calls) for hook in hooks.values())

    kills = waves = 0
    variables = {"OUTGOING_NETWORKS": "127.0.0.0/8", "SECRET_KEY": settings.SECRET_KEY}
    with sender_of("monitor.delivery.channel_outbox", arrived, **variables) as sender:
        while kills < WAVES or waves < WAVES:
            waves += 1
            now += NEXT_PASS
            # Old enough that the messages are due.
            at = now - timedelta(minutes=5)
            times = [at + timedelta(seconds=number) for number in range(ALERTS_OF_A_WAVE)]
            Alert.objects.bulk_create(
                AlertFactory.build(watchlist=watchlist, product=product, created_at=time, data_time=time)
                for time in times
            )
            kills += sender.is_killed(now, chance, most=len(places))
        for _ in range(WAVES):
            now += NEXT_PASS
            sender.passes(now)

    sent = Message.objects.filter(channel__isnull=False)
    assert set(sent.values_list("status", flat=True)) == {"sent"}
    # Each alert is in one message to each channel.
    assert Alert.objects.count() == waves * ALERTS_OF_A_WAVE >= 1000
    assert MessageAlert.objects.filter(message__in=sent).count() == Alert.objects.count() * 10
    for name, group in groups.items():
        assert_copies_come_from_kills(name, len(group.accepted))
    keys = {str(key) for key in Alert.objects.values_list("pk", flat=True)}
    for name, place in hooks.items():
        assert_copies_come_from_kills(name, len(place.calls))
        assert set(place.ids) == set(sent.filter(channel__name=name).values_list("uid", flat=True))
        told = {body["id"]: [alert["id"] for alert in body["alerts"]] for _headers, body in place.calls}
        assert sorted(key for message in told.values() for key in message) == sorted(keys)


def assert_copies_come_from_kills(name: str, calls: int) -> None:
    """A channel gets each of its messages, and at most one copy for each attempt that was interrupted."""
    attempts = Attempt.objects.filter(message__channel__name=name)
    sent = Message.objects.filter(channel__name=name).count()
    assert sent <= calls <= sent + attempts.filter(outcome="interrupted").count()
