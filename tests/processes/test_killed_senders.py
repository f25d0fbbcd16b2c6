"""kill -9 of the sender, twenty times at random moments: every alert arrives, and every kill is in the attempts."""

import random
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser

import pytest
from django.utils import timezone

from monitor.delivery.outbox import LEASE
from monitor.models import Alert, Attempt, Membership, Message, MessageAlert, Product, User, Watchlist
from monitor.watchlists.services import create_watchlist
from tests.delivery.mailserver import MailServer, mail_server
from tests.factories import AlertFactory, ProductFactory
from tests.processes.senders import Sender, sender_of

pytestmark = pytest.mark.django_db(transaction=True)
#: A thousand alerts to fifty people; one kill for each wave of alerts.
LISTS, PEOPLE_OF_ONE, WAVES, ALERTS_OF_A_WAVE = 10, 5, 20, 50
#: After this time the leases of a killed sender have run out.
NEXT_PASS = LEASE * 1.1


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def sender(server: MailServer) -> Iterator[Sender]:
    url = f"smtp://127.0.0.1:{server.port}"
    with sender_of("monitor.delivery.outbox", arrived=lambda: len(server.raw), EMAIL_URL=url) as sender:
        yield sender


def people_of_lists() -> dict[Watchlist, list[User]]:
    lists = {}
    for number in range(LISTS):
        people = [User.objects.create_user(f"person{number}.{place}@example.com") for place in range(PEOPLE_OF_ONE)]
        watchlist = create_watchlist(people[0], f"List {number}")
        Membership.objects.bulk_create([Membership(watchlist=watchlist, user=person) for person in people[1:]])
        lists[watchlist] = people
    return lists


def alerts_come(lists: Collection[Watchlist], product: Product, at: datetime) -> None:
    each = ALERTS_OF_A_WAVE // len(lists)
    alerts = [
        AlertFactory.build(
            watchlist=watchlist, product=product, created_at=at, data_time=at + timedelta(seconds=number)
        )
        for watchlist in lists
        for number in range(each)
    ]
    Alert.objects.bulk_create(alerts)


def attempts_under_way() -> set[int]:
    return set(Attempt.objects.filter(outcome="under_way").values_list("pk", flat=True))


def test_every_alert_arrives_though_the_sender_is_killed_twenty_times(server: MailServer, sender: Sender) -> None:
    chance = random.Random()
    lists, product, now = people_of_lists(), ProductFactory.create(), timezone.now()
    kills, hit = 0, set[int]()
    waves = 0
    while kills < WAVES or waves < WAVES:
        waves += 1
        now += NEXT_PASS
        # Old enough that its mails are due.
        alerts_come(
            [watchlist for watchlist in lists if watchlist.pk % 2 == waves % 2], product, now - timedelta(minutes=5)
        )
        # By now PostgreSQL has written the attempts that the killed child had begun.
        hit |= attempts_under_way()
        kills += sender.is_killed(now, chance)
        hit |= attempts_under_way()
    while Message.objects.filter(status="pending").exists() or Alert.objects.filter(is_delivered=False).exists():
        now += NEXT_PASS
        sender.passes(now)

    assert_every_alert_arrived(lists, server, waves * ALERTS_OF_A_WAVE)
    assert_copies_come_from_kills(server, kills)
    # PostgreSQL may still write the result of a killed sender: such an attempt was under way, and is settled.
    assert set(Attempt.objects.filter(outcome="interrupted").values_list("pk", flat=True)) <= hit
    assert set(Attempt.objects.filter(pk__in=hit).values_list("outcome", flat=True)) <= {"interrupted", "sent"}
    assert not Attempt.objects.filter(outcome="under_way").exists()


def heads(server: MailServer) -> list[tuple[str, str]]:
    """Address and Message-ID of each message that the server accepted."""
    parsed = map(BytesHeaderParser().parsebytes, server.raw)
    return [(str(head["To"]), str(head["Message-ID"]).strip().strip("<>")) for head in parsed]


def assert_every_alert_arrived(lists: Mapping[Watchlist, list[User]], server: MailServer, count: int) -> None:
    """Each alert is in one e-mail to each person of its list, and that e-mail arrived at their address."""
    received = set(heads(server))
    rows = MessageAlert.objects.values_list("alert", "recipient", "message__uid", "message__address", "message__status")
    arrived = [(alert, person) for alert, person, key, to, status in rows if (to, key) in received and status == "sent"]
    people = {watchlist.pk: {person.pk for person in people} for watchlist, people in lists.items()}
    alerts = Alert.objects.values_list("pk", "watchlist")
    assert len(alerts) == count >= WAVES * ALERTS_OF_A_WAVE
    assert Counter(arrived) == Counter((alert, person) for alert, watchlist in alerts for person in people[watchlist])


def assert_copies_come_from_kills(server: MailServer, kills: int) -> None:
    """A message arrives once, and once more for each kill between its sending and the record of it."""
    copies = Counter(key for _to, key in heads(server))
    tries = Counter(Attempt.objects.values_list("message__uid", flat=True))
    assert set(copies) == set(Message.objects.values_list("uid", flat=True))
    assert all(copies[key] <= tries[key] for key in copies)
    assert copies.total() - len(copies) <= kills
    assert Counter(Attempt.objects.filter(outcome="sent").values_list("message__uid", flat=True)) == Counter(
        set(copies)
    )
