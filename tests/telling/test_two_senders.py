"""Concurrent senders, and senders that die: no mail is lost, and none is doubled if that can be
avoided."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import connections

from monitor.models import Message, MessageAlert
from monitor.telling import compose, outbox
from monitor.telling.carriers import Mails
from monitor.telling.channels.mail import MailConnection
from monitor.telling.channels.parts import SendVerdict
from monitor.telling.outbox import LEASE, claim, send_due
from tests.telling.mailserver import MailServer
from tests.telling.stories import drop


@pytest.mark.django_db
def test_each_mail_is_claimed_once() -> None:
    story = drop(recipients=3)
    compose.write_messages(story.now)

    first, second = claim(story.now, Mails, 2), claim(story.now, Mails, 2)

    assert (len(first), len(second)) == (2, 1)
    assert {email.pk for email in first}.isdisjoint(email.pk for email in second)
    assert claim(story.now + LEASE - timedelta(seconds=1), Mails, 9) == []
    assert len(claim(story.now + LEASE, Mails, 9)) == 3


@pytest.mark.django_db
def test_a_message_that_kills_every_sender_fails_in_the_end(server: MailServer) -> None:
    story = drop()
    compose.write_messages(story.now)
    Message.objects.update(attempts=outbox.MOST_ATTEMPTS, created_at=story.now - timedelta(days=3))

    assert send_due(story.now) == Counter(failed=1)
    assert server.raw == []


@pytest.mark.django_db
def test_a_sender_whose_leases_expired_sends_and_records_nothing_more(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = drop(recipients=2)
    send = MailConnection.send

    def slowly(connection: MailConnection, message: EmailMultiAlternatives) -> SendVerdict:
        claim(
            story.now + LEASE, Mails, 9
        )  # Another sender claims the mails while this one waits for the server.
        return send(connection, message)

    monkeypatch.setattr(MailConnection, "send", slowly)
    report = send_due(story.now)

    assert report == Counter(sent=1)
    assert len(server.raw) == 1
    assert list(Message.objects.values_list("status", flat=True)) == ["pending", "pending"]
    assert Message.objects.filter(lease=None).count() == 0


def at_once(act: Callable[[], object], times: int) -> list[object]:
    """Run `act` in `times` threads that begin together, each with its own database connection."""
    barrier = threading.Barrier(times)
    results: list[object] = []

    def run() -> None:
        try:
            barrier.wait(timeout=10)
            results.append(act())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(results) == times
    return results


@pytest.mark.django_db(transaction=True)
def test_concurrent_senders_send_each_mail_once(server: MailServer) -> None:
    story = drop(recipients=6, changes=3)

    reports = at_once(lambda: send_due(story.now), 3)

    assert (
        len(MessageAlert.objects.values("alert", "recipient").distinct())
        == MessageAlert.objects.count()
        == 18
    )
    count = sum(report["sent"] for report in reports if isinstance(report, Counter))
    assert count == Message.objects.filter(status="sent").count() == Message.objects.count()
    identifiers = [message["Message-ID"] for message in server.messages]
    assert len(identifiers) == len(set(identifiers)) == count
