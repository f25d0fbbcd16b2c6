"""The ledger of attempts: time, sender, and the server's answer."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives

from monitor.models import Attempt, Message
from monitor.telling.carriers import Mails
from monitor.telling.channels.mail import MailConnection
from monitor.telling.channels.parts import SendVerdict
from monitor.telling.outbox import LEASE, claim, send_due
from tests.telling.mailserver import MailServer
from tests.telling.stories import KilledError, fallen

pytestmark = pytest.mark.django_db
Row = tuple[str, int | None, str, str]


def ledger() -> list[Row]:
    return list(
        Attempt.objects.order_by("pk").values_list("outcome", "code", "enhanced_code", "answer")
    )


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


def test_the_attempt_of_a_killed_sender_is_marked_as_interrupted(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = fallen()

    def killed(connection: MailConnection, message: EmailMultiAlternatives) -> SendVerdict:
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


def test_a_slow_sender_still_records_the_outcome_of_its_attempt(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = fallen()
    send = MailConnection.send

    def slowly(connection: MailConnection, message: EmailMultiAlternatives) -> SendVerdict:
        (email,) = claim(story.now + LEASE, Mails, 9)
        assert (email.attempts, ledger()[0][0]) == (1, "interrupted")
        return send(connection, message)

    monkeypatch.setattr(MailConnection, "send", slowly)
    assert send_due(story.now) == Counter(sent=1)

    assert ledger() == [("sent", 250, "", "250 OK")]
    assert Message.objects.get().status == "pending"  # The other sender holds it.


def test_leases_are_extended_for_a_slow_server(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = fallen(recipients=4)
    clock, send = [story.now], MailConnection.send

    def slowly(connection: MailConnection, message: EmailMultiAlternatives) -> SendVerdict:
        clock[0] += LEASE * 0.4
        assert claim(clock[0], Mails, 9) == []
        return send(connection, message)

    monkeypatch.setattr(MailConnection, "send", slowly)
    monkeypatch.setattr("django.utils.timezone.now", lambda: clock[0])

    assert send_due() == Counter(sent=4)
    assert len(server.raw) == 4


def test_no_attempt_begins_before_a_lost_connection_is_replaced(server: MailServer) -> None:
    server.rcpt_answers.append("450 4.2.1 Busy")
    story = fallen(recipients=2)

    assert send_due(story.now) == Counter(sent=1, pending=1)

    assert server.connections == 2
    assert [outcome for outcome, *_ in ledger()] == ["retry", "sent"]
