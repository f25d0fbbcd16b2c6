"""An alert shows the state of its mails: in full to the recipient, in brief to the owner of the
list."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from monitor.models import (
    Alert,
    AlertRead,
    Channel,
    ChannelChoice,
    Message,
    MessageAlert,
    User,
    Watchlist,
)
from tests.factories import NOW, AlertFactory, MembershipFactory, UserFactory
from tests.pages import HTMX

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def alert(watchlist: Watchlist) -> Alert:
    return AlertFactory.create(watchlist=watchlist, is_delivered=True)


def mailed(alert: Alert, user: User, **fields: Any) -> Message:
    email = Message.of_alerts(user.mailbox, NOW - HOUR)
    for name, value in fields.items():
        setattr(email, name, value)
    email.save()
    MessageAlert.objects.create(alert=alert, message=email, recipient=user, channel=user.mailbox)
    return email


def says(web: Client, alert: Alert, term: str = "E-mail to you") -> str:
    """Return what the alert's own page says, and the evidence in its row of the inbox."""
    answers = []
    for headers in ({}, HTMX):
        page = web.get(f"/alerts/{alert.pk}/", headers=headers).content.decode()
        answers += re.findall(rf"<dt>{re.escape(term)}</dt><dd>(.*?)</dd>", page)
    assert len(answers) == 2
    assert len(set(answers)) == 1
    return str(answers[0])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"status": "sent", "sent_at": NOW, "answer": "250 2.0.0 <OK>"},
            "sent 2026-11-25 12:00 to merchant@example.com, accepted by the server: 250 2.0.0 "
            "&lt;OK&gt;",
        ),
        ({"next_attempt_at": NOW + 20 * HOUR}, "held until 2026-11-26 08:00 by quiet hours"),
        (
            {"next_attempt_at": NOW + 20 * HOUR, "kind": "digest"},
            "comes with the digest of 2026-11-26 08:00",
        ),
        (
            {"next_attempt_at": NOW + MINUTE, "created_at": NOW - MINUTE},
            "waits until 2026-11-25 12:01",
        ),
        ({"next_attempt_at": NOW - HOUR}, "on its way"),
        (
            {"next_attempt_at": NOW + HOUR, "lease": "1c1a2b1e-0000-4000-8000-000000000000"},
            "on its way",
        ),
        (
            {"next_attempt_at": NOW + HOUR, "attempts": 3, "answer": "451 try later"},
            "tried 3 times, next at 2026-11-25 13:00: 451 try later",
        ),
        (
            {"status": "held", "answer": "550 no such user"},
            "held: the server refuses merchant@example.com: 550 no such user",
        ),
        ({"status": "refused", "answer": "554 spam"}, "refused by the server: 554 spam"),
        ({"status": "failed", "answer": "451 try later"}, "given up: 451 try later"),
        (
            {"status": "dropped", "answer": "The recipient no longer wants mail."},
            "Not sent: The recipient no longer wants mail.",
        ),
    ],
)
def test_it_shows_the_state_of_the_users_own_mail(
    web: Client, merchant: User, alert: Alert, fields: dict[str, Any], expected: str
) -> None:
    mailed(alert, merchant, **fields)
    assert says(web, alert) == expected


def not_handed_over(merchant: User, alert: Alert) -> None:
    Alert.objects.update(is_delivered=False)


def gathers_more(merchant: User, alert: Alert) -> None:
    Alert.objects.update(is_delivered=False, held_until=NOW + HOUR)


def muted(merchant: User, alert: Alert) -> None:
    AlertRead.objects.create(alert=alert, user=merchant, read_at=alert.created_at)


def read_at_once(merchant: User, alert: Alert) -> None:
    AlertRead.objects.create(
        alert=alert, user=merchant, read_at=alert.created_at + timedelta(minutes=1)
    )


def read_late(merchant: User, alert: Alert) -> None:
    AlertRead.objects.create(alert=alert, user=merchant, read_at=alert.created_at + 30 * HOUR)


def all_read(merchant: User, alert: Alert) -> None:
    User.objects.update(alerts_read_before=NOW)


def all_off(merchant: User, alert: Alert) -> None:
    Channel.objects.mail().update(is_paused=True)


def list_off(merchant: User, alert: Alert) -> None:
    ChannelChoice.objects.create(channel=merchant.mailbox, watchlist=alert.watchlist, is_off=True)


@pytest.mark.parametrize(
    ("why", "expected"),
    [
        (not_handed_over, "on its way"),
        (gathers_more, "waits until 2026-11-25 13:00"),
        (muted, "Not sent: product muted"),
        (read_at_once, "Not sent: already read"),
        (read_late, "Not sent: you were not on this list, or its mails were off"),
        (all_read, "Not sent: already read"),
        (all_off, "Not sent: your alert mails are off"),
        (list_off, "Not sent: mails of this list are off"),
    ],
)
def test_it_says_why_there_is_no_mail(
    web: Client, merchant: User, alert: Alert, why: Any, expected: str
) -> None:
    why(merchant, alert)
    assert says(web, alert) == expected


def test_an_owner_sees_when_members_were_mailed_and_nothing_more(web: Client, alert: Alert) -> None:
    mails = {
        "Ann": ("sent", NOW),
        "Bob": ("held", None),
        "Cid": ("pending", None),
        "Dan": ("dropped", None),
    }
    for name, (status, sent_at) in mails.items():
        member = UserFactory.create(name=name)
        MembershipFactory.create(watchlist=alert.watchlist, user=member)
        mailed(alert, member, status=status, sent_at=sent_at, answer="550 secret")
    assert [says(web, alert, f"E-mail to {name}") for name in mails] == [
        "sent 2026-11-25 12:00",
        "not delivered",
        "on its way",
        "Not sent",
    ]
    assert "secret" not in web.get(f"/alerts/{alert.pk}/").content.decode()


def test_a_member_sees_only_their_own_mail(web: Client, merchant: User) -> None:
    alert = AlertFactory.create(is_delivered=True)
    MembershipFactory.create(watchlist=alert.watchlist, user=merchant)
    mailed(alert, alert.watchlist.owner, status="sent", sent_at=NOW)
    page = web.get(f"/alerts/{alert.pk}/").content.decode()
    assert page.count("<dt>E-mail to") == 1
    assert alert.watchlist.owner.get_short_name() not in re.sub(r"<title>.*?</title>", "", page)
