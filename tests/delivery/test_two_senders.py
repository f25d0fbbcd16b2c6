"""Senders that meet, and senders that die: nothing is lost, nothing doubled but what nobody could know of."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import connections

from monitor.delivery import compose, outbox
from monitor.delivery.line import Answer, MailLine
from monitor.delivery.outbox import LEASE, claim, send_due
from monitor.models import Email, EmailAlert, Membership, User
from tests.delivery.mailserver import MailServer
from tests.planner import planned_awkwardly
from tests.story import Story


class KilledError(BaseException):
    """Stands for a process that ends: nothing in the code under test may catch it."""


def drop(recipients: int = 1, changes: int = 1) -> Story:
    """A price that fell some times, on a list of so many people."""
    story = Story()
    for number in range(recipients - 1):
        user = User.objects.create_user(f"member{number}@example.com")
        Membership.objects.create(watchlist=story.watchlist, user=user)
    story.hears()
    for step in range(changes):
        story.hears(price=6300 - step)
    return story


@pytest.mark.django_db
def test_it_claims_each_email_once() -> None:
    story = drop(recipients=3)
    compose.write_emails(story.now)

    first, second = claim(story.now, 2), claim(story.now, 2)

    assert (len(first), len(second)) == (2, 1)
    assert {email.pk for email in first}.isdisjoint(email.pk for email in second)
    assert claim(story.now + LEASE - timedelta(seconds=1), 9) == []
    assert len(claim(story.now + LEASE, 9)) == 3


@pytest.mark.django_db
def test_a_sender_killed_after_the_server_took_a_message_costs_one_more_copy(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = drop()

    def killed(*args: object) -> Email.Status:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_settle", killed)
        with pytest.raises(KilledError):
            send_due(story.now)

    assert send_due(story.now) == Counter()
    assert send_due(story.now + LEASE) == Counter(sent=1)
    assert send_due(story.now + 2 * LEASE) == Counter()
    first, second = server.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert Email.objects.get().attempts == 2


@pytest.mark.django_db
def test_a_sender_killed_while_it_writes_emails_has_written_none(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = drop(recipients=2)

    def killed(*args: object, **kwargs: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(EmailAlert.objects, "bulk_create", killed)
        with pytest.raises(KilledError):
            send_due(story.now)

    assert not Email.objects.exists()
    assert send_due(story.now) == Counter(sent=2)


@pytest.mark.django_db
def test_a_message_that_kills_every_sender_is_given_up(server: MailServer) -> None:
    story = drop()
    compose.write_emails(story.now)
    Email.objects.update(attempts=outbox.MOST_ATTEMPTS)

    assert send_due(story.now) == Counter(failed=1)
    assert server.raw == []


@pytest.mark.django_db
def test_a_sender_whose_leases_ran_out_settles_nothing_and_sends_no_more(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = drop(recipients=2)
    send = MailLine.send

    def slowly(line: MailLine, message: EmailMultiAlternatives) -> Answer:
        claim(story.now + LEASE, 9)  # Another sender finds the leases run out while this one waits for the server.
        return send(line, message)

    monkeypatch.setattr(MailLine, "send", slowly)
    report = send_due(story.now)

    assert report == Counter(sent=1)
    assert len(server.raw) == 1
    assert list(Email.objects.values_list("status", flat=True)) == ["pending", "pending"]
    assert Email.objects.filter(lease=None).count() == 0


def at_once(act: Callable[[], object], times: int) -> list[object]:
    """Run `act` in so many threads that begin together, each with a database connection of its own."""
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


@pytest.mark.postgres
@pytest.mark.django_db
def test_it_claims_no_more_than_asked_for_whatever_the_plan() -> None:
    story = drop(recipients=6)
    compose.write_emails(story.now)
    planned_awkwardly()
    assert [len(claim(story.now, 4)) for _ in range(3)] == [4, 2, 0]


@pytest.mark.django_db(transaction=True)
def test_senders_at_the_same_time_send_each_email_once(server: MailServer) -> None:
    story = drop(recipients=6, changes=3)

    reports = at_once(lambda: send_due(story.now), 3)

    assert len(EmailAlert.objects.values("alert", "recipient").distinct()) == EmailAlert.objects.count() == 18
    sent = sum(report["sent"] for report in reports if isinstance(report, Counter))
    assert sent == Email.objects.filter(status="sent").count() == Email.objects.count()
    identifiers = [message["Message-ID"] for message in server.messages]
    assert len(identifiers) == len(set(identifiers)) == sent


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_sender_passes_over_what_another_holds(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    story = drop()
    inside, checked = threading.Event(), threading.Event()
    news = compose._news

    def holding(*args: object) -> object:
        inside.set()
        assert checked.wait(timeout=10)
        return news(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(compose, "_news", holding)
    other = threading.Thread(target=at_once, args=(lambda: compose.write_emails(story.now), 1))
    other.start()
    assert inside.wait(timeout=10)
    monkeypatch.setattr(compose, "_news", news)

    assert send_due(story.now) == Counter()  # Neither waits for the other nor takes its alerts.
    checked.set()
    other.join(timeout=10)
    assert send_due(story.now) == Counter(sent=1)
