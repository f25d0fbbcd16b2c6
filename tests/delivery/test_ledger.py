"""The ledger of attempts: what was tried, when, by whom, and what the server said to it."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from monitor.delivery import outbox
from monitor.delivery.line import Answer, MailLine
from monitor.delivery.outbox import LEASE, claim, send_due
from monitor.models import Attempt, Email
from tests.delivery.conftest import use_mailer
from tests.delivery.mailserver import MailServer
from tests.delivery.stories import fallen

pytestmark = pytest.mark.django_db
Row = tuple[str, int | None, str, str]


class KilledError(BaseException):
    """Stands for a process that ends: nothing in the code under test may catch it."""


def ledger() -> list[Row]:
    return list(Attempt.objects.order_by("pk").values_list("outcome", "code", "enhanced_code", "answer"))


def test_it_keeps_what_the_server_said_when_it_took_a_message(server: MailServer) -> None:
    server.data_answers.append("")
    story = fallen()

    assert send_due(story.now) == Counter(sent=1)

    assert ledger() == [("sent", 250, "", "250 OK")]
    attempt = Attempt.objects.get()
    assert (attempt.began_at, attempt.ended_at, attempt.took) == (story.now, story.now, 0)
    assert attempt.sender.rpartition(":")[2].isdigit()
    assert attempt.email.answer == "250 OK"


def test_every_attempt_has_a_line_of_its_own(server: MailServer) -> None:
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
    assert Email.objects.get().attempts == 3


def test_it_keeps_no_secret_and_no_flood_of_words(server: MailServer, settings: Settings) -> None:
    use_mailer(settings, f"smtp://me:canary-word@127.0.0.1:{server.port}")
    server.data_answers.append(f"554 canary-word {'very ' * 80}\x01sorry")
    story = fallen()

    send_due(story.now)

    (row,) = ledger()
    assert row[3].startswith("554 *** very very")
    assert len(row[3]) <= 500
    assert row[3].isprintable()


def test_a_killed_sender_leaves_a_trace_that_its_heir_explains(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = fallen()

    def killed(line: MailLine, message: EmailMultiAlternatives) -> Answer:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(MailLine, "send", killed)
        with pytest.raises(KilledError):
            send_due(story.now)
    assert ledger() == [("under_way", None, "", "")]
    assert send_due(story.now) == Counter()
    assert ledger() == [("under_way", None, "", "")]

    assert send_due(story.now + LEASE) == Counter(sent=1)

    assert ledger() == [("interrupted", None, "", ""), ("sent", 250, "", "250 OK")]
    assert Attempt.objects.filter(ended_at=None).count() == 1
    assert Email.objects.get().attempts == 2


def test_a_message_that_kills_its_sender_while_it_is_written_leaves_one_too(
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


def test_a_sender_taken_for_dead_still_says_what_became_of_its_attempt(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = fallen()
    send = MailLine.send

    def slowly(line: MailLine, message: EmailMultiAlternatives) -> Answer:
        (taken,) = claim(story.now + LEASE, 9)
        assert (taken.attempts, ledger()[0][0]) == (1, "interrupted")
        return send(line, message)

    monkeypatch.setattr(MailLine, "send", slowly)
    assert send_due(story.now) == Counter(sent=1)

    assert ledger() == [("sent", 250, "", "250 OK")]
    assert Email.objects.get().status == "pending"  # It is the other sender's.


def test_a_slow_server_lets_no_lease_run_out(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    story = fallen(recipients=4)
    clock, send = [story.now], MailLine.send

    def slowly(line: MailLine, message: EmailMultiAlternatives) -> Answer:
        clock[0] += LEASE * 0.4
        assert not Email.objects.filter(status="pending", lease__isnull=False, next_attempt_at__lt=clock[0]).exists()
        assert claim(clock[0], 9) == []
        return send(line, message)

    monkeypatch.setattr(MailLine, "send", slowly)
    monkeypatch.setattr("django.utils.timezone.now", lambda: clock[0])

    assert send_due() == Counter(sent=4)
    assert len(server.raw) == 4


def test_it_costs_a_message_four_statements(server: MailServer) -> None:
    story = fallen(recipients=3)

    with CaptureQueriesContext(connection) as captured:
        assert send_due(story.now) == Counter(sent=3)

    statements = [query["sql"] for query in captured]
    (first, *_, last) = (number for number, sql in enumerate(statements) if 'INTO "monitor_attempt"' in sql)
    assert sum("SAVEPOINT" not in sql for sql in statements[first:last]) == 2 * 4


def test_nothing_begins_before_a_line_that_was_lost_is_there_again(server: MailServer) -> None:
    server.rcpt_answers.append("450 4.2.1 Busy")
    story = fallen(recipients=2)

    assert send_due(story.now) == Counter(sent=1, pending=1)

    assert server.connections == 2
    assert [outcome for outcome, *_ in ledger()] == ["retry", "sent"]
