"""The ledger of attempts: time, sender, and the server's answer."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from monitor.delivery import outbox
from monitor.delivery.mail_connection import Answer, MailConnection
from monitor.delivery.outbox import LEASE, claim, send_due
from monitor.models import Attempt, Message
from tests.delivery.conftest import use_mailer
from tests.delivery.mailserver import MailServer
from tests.delivery.stories import KilledError, fallen

pytestmark = pytest.mark.django_db
Row = tuple[str, int | None, str, str]


def ledger() -> list[Row]:
    return list(Attempt.objects.order_by("pk").values_list("outcome", "code", "enhanced_code", "answer"))


def test_it_keeps_the_answer_to_an_accepted_message(server: MailServer) -> None:
    server.data_answers.append("")
    story = fallen()

    assert send_due(story.now) == Counter(sent=1)

    assert ledger() == [("sent", 250, "", "250 OK")]
    attempt = Attempt.objects.get()
    assert (attempt.began_at, attempt.ended_at, attempt.took) == (story.now, story.now, 0)
    assert attempt.sender.rpartition(":")[2].isdigit()
    assert attempt.message.answer == "250 OK"


def test_every_attempt_has_a_row(server: MailServer) -> None:
    server.data_answers.append("451 4.7.1 Greylisted, try again later")
    server.rcpt_answers.extend(["", "450 4.2.1 Busy"])
    story = fallen()
    for _ in range(3):
        send_due(story.now)
        story.now += timedelta(hours=1)

    assert ledger() == [
        ("retry", 451, "4.7.1", "451 4.7.1 Greylisted, try again later"),
        ("retry", 450, "4.2.1", "450 4.2.1 Busy"),
        ("sent", 250, "", "250 OK"),
    ]
    assert Message.objects.get().attempts == 3


def test_it_keeps_no_password_and_no_long_answer(server: MailServer, settings: Settings) -> None:
    use_mailer(settings, f"smtp://me:canary-word@127.0.0.1:{server.port}")
    server.data_answers.append(f"554 canary-word {'very ' * 80}\x01sorry")
    story = fallen()

    send_due(story.now)

    (row,) = ledger()
    assert row[3].startswith("554 *** very very")
    assert len(row[3]) <= 500
    assert row[3].isprintable()


def test_the_attempt_of_a_killed_sender_is_marked_as_interrupted(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = fallen()

    def killed(connection: MailConnection, message: EmailMultiAlternatives) -> Answer:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(MailConnection, "send", killed)
        with pytest.raises(KilledError):
            send_due(story.now)
    assert ledger() == [("under_way", None, "", "")]
    assert send_due(story.now) == Counter()
    assert ledger() == [("under_way", None, "", "")]

    assert send_due(story.now + LEASE) == Counter(sent=1)

    assert ledger() == [("interrupted", None, "", ""), ("sent", 250, "", "250 OK")]
    assert Attempt.objects.filter(ended_at=None).count() == 1
    assert Message.objects.get().attempts == 2


def test_an_attempt_whose_sender_dies_while_building_is_interrupted_too(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = fallen()

    def killed(*args: object) -> EmailMultiAlternatives:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "build", killed)
        with pytest.raises(KilledError):
            send_due(story.now)

    assert send_due(story.now + LEASE) == Counter(sent=1)
    assert [outcome for outcome, *_ in ledger()] == ["interrupted", "sent"]


def test_a_slow_sender_still_records_the_outcome_of_its_attempt(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = fallen()
    send = MailConnection.send

    def slowly(connection: MailConnection, message: EmailMultiAlternatives) -> Answer:
        (email,) = claim(story.now + LEASE, 9)
        assert (email.attempts, ledger()[0][0]) == (1, "interrupted")
        return send(connection, message)

    monkeypatch.setattr(MailConnection, "send", slowly)
    assert send_due(story.now) == Counter(sent=1)

    assert ledger() == [("sent", 250, "", "250 OK")]
    assert Message.objects.get().status == "pending"  # The other sender holds it.


def test_leases_are_extended_for_a_slow_server(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    story = fallen(recipients=4)
    clock, send = [story.now], MailConnection.send

    def slowly(connection: MailConnection, message: EmailMultiAlternatives) -> Answer:
        clock[0] += LEASE * 0.4
        assert not Message.objects.filter(status="pending", lease__isnull=False, next_attempt_at__lt=clock[0]).exists()
        assert claim(clock[0], 9) == []
        return send(connection, message)

    monkeypatch.setattr(MailConnection, "send", slowly)
    monkeypatch.setattr("django.utils.timezone.now", lambda: clock[0])

    assert send_due() == Counter(sent=4)
    assert len(server.raw) == 4


def test_a_message_takes_four_statements(server: MailServer) -> None:
    story = fallen(recipients=3)

    with CaptureQueriesContext(connection) as captured:
        assert send_due(story.now) == Counter(sent=3)

    statements = [query["sql"] for query in captured]
    (first, *_, last) = (number for number, sql in enumerate(statements) if 'INTO "monitor_attempt"' in sql)
    assert sum("SAVEPOINT" not in sql for sql in statements[first:last]) == 2 * 4


def test_no_attempt_begins_before_a_lost_connection_is_replaced(server: MailServer) -> None:
    server.rcpt_answers.append("450 4.2.1 Busy")
    story = fallen(recipients=2)

    assert send_due(story.now) == Counter(sent=1, pending=1)

    assert server.connections == 2
    assert [outcome for outcome, *_ in ledger()] == ["retry", "sent"]
