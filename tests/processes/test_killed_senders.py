"""kill -9 of the sender, twenty times at random moments, while new alerts go to three mailboxes and
five other channels: all arrive, each kill is in the attempts, and a copy has the ID of the first.

Waves are small: more alerts make longer messages, not more of them that a kill can hit.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta
from email.parser import BytesHeaderParser

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from monitor.models import Alert, Attempt, Channel, Membership, Message, MessageAlert, User
from monitor.people import channels
from monitor.telling.outbox import LEASE
from monitor.watching.services import create_watchlist
from tests.models.factories import AlertFactory, ProductFactory
from tests.processes.senders import sender_of
from tests.telling.channels import standins
from tests.telling.channels.hooks import Hook, hook
from tests.telling.channels.standins import Platform, serving
from tests.telling.mailserver import MailServer, mail_server

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE, CHANNELS, WAVES, ALERTS_OF_A_WAVE = 3, 5, 20, 5
#: After this time the leases of a killed sender, and each robot's pause, are over.
NEXT_PASS = LEASE * 1.1
SECRET = "SEC-of-the-group"

type Groups = Mapping[str, Platform]
type Hooks = Mapping[str, Hook]


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> Iterator[Groups]:
    """A group of each platform; where there can be one, it asks for a signature."""
    secrets = {"feishu": SECRET, "dingtalk": SECRET, "wecom": ""}
    # Signatures hold the sender's time, which runs ahead.
    monkeypatch.setattr(standins, "HOUR", timedelta(days=1).total_seconds())
    with ExitStack() as stack:
        yield {
            kind: stack.enter_context(serving(Platform(kind, secret)))
            for kind, secret in secrets.items()
        }


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with ExitStack() as stack:
        yield {f"webhook {number}": stack.enter_context(hook()) for number in range(2)}


def test_every_alert_arrives_though_the_sender_is_killed_twenty_times(
    server: MailServer, groups: Groups, hooks: Hooks, settings: Settings
) -> None:
    chance, product, now = random.Random(), ProductFactory.create(), timezone.now()
    owner, *members = [
        User.objects.create_user(f"person{number}@example.com") for number in range(PEOPLE)
    ]
    watchlist = create_watchlist(owner, "Rivals")
    Membership.objects.bulk_create(
        [Membership(watchlist=watchlist, user=member) for member in members]
    )
    places: dict[str, Platform | Hook] = {**groups, **hooks}
    for name, place in places.items():
        secret = getattr(place, "secret", "")
        channels.add(owner, name.split()[0], name, {"url": place.url, "secret": secret}, "…", now)
    Message.objects.all().delete()

    def arrived() -> int:
        posted = sum(len(group.accepted) for group in groups.values()) + sum(
            len(hook.calls) for hook in hooks.values()
        )
        return posted + len(server.raw)

    kills = waves = 0
    variables = {
        "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
        "OUTGOING_NETWORKS": "127.0.0.0/8",
        "SECRET_KEY": settings.SECRET_KEY,
    }
    with sender_of(arrived, **variables) as sender:
        while kills < WAVES or waves < WAVES:
            waves += 1
            now += NEXT_PASS
            # Old enough that the messages are due.
            at = now - timedelta(minutes=5)
            times = [at + timedelta(seconds=number) for number in range(ALERTS_OF_A_WAVE)]
            Alert.objects.bulk_create(
                AlertFactory.build(
                    watchlist=watchlist, product=product, created_at=time, data_time=time
                )
                for time in times
            )
            kills += sender.is_killed(now, chance, most=PEOPLE + CHANNELS)
        while Message.objects.exclude(status=Message.Status.SENT).exists():
            now += NEXT_PASS
            sender.passes(now)

    # Each alert is in one message to each channel.
    assert Alert.objects.count() == waves * ALERTS_OF_A_WAVE
    assert MessageAlert.objects.count() == Alert.objects.count() * (PEOPLE + CHANNELS)
    for name, group in groups.items():
        assert_copies_come_from_kills(Channel.objects.get(name=name), len(group.accepted))
    keys = sorted(str(key) for key in Alert.objects.values_list("pk", flat=True))
    for name, place in hooks.items():
        channel = Channel.objects.get(name=name)
        assert_copies_come_from_kills(channel, len(place.calls))
        assert set(place.ids) == set(channel.messages.values_list("uid", flat=True))
        told = {
            body["id"]: [alert["id"] for alert in body["alerts"]] for _headers, body in place.calls
        }
        assert sorted(key for message in told.values() for key in message) == keys
    mails = [BytesHeaderParser().parsebytes(raw) for raw in server.raw]
    for mailbox in Channel.objects.mail().select_related("owner"):
        ids = [
            str(head["Message-ID"]).strip().strip("<>")
            for head in mails
            if head["To"] == mailbox.owner.email
        ]
        assert_copies_come_from_kills(mailbox, len(ids))
        assert set(ids) == set(mailbox.messages.values_list("uid", flat=True))
    # PostgreSQL may still write the result of a killed sender: then its attempt is settled, not
    # interrupted.
    assert not Attempt.objects.filter(outcome="under_way").exists()
    sent = Counter(Attempt.objects.filter(outcome="sent").values_list("message", flat=True))
    assert set(sent) == set(Message.objects.values_list("pk", flat=True))


def assert_copies_come_from_kills(channel: Channel, calls: int) -> None:
    """Assert that a channel got each of its messages, and at most one copy for each attempt that
    was interrupted."""
    interrupted = Attempt.objects.filter(message__channel=channel, outcome="interrupted").count()
    assert channel.messages.count() <= calls <= channel.messages.count() + interrupted
