"""The ledger of attempts: time, sender, and the server's answer."""

from collections import Counter

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


def test_it_keeps_each_attempt(server: MailServer) -> None:
    server.data_answers.append("")
    story = fallen()

    assert send_due(story.now) == Counter(sent=1)

    assert ledger() == [("sent", None, "", "")]
    attempt = Attempt.objects.get()
    assert (attempt.began_at, attempt.ended_at, attempt.took) == (story.now, story.now, 0)
    assert attempt.sender.rpartition(":")[2].isdigit()


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

    assert ledger() == [("interrupted", None, "", ""), ("sent", None, "", "")]
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

    assert ledger() == [("sent", None, "", "")]
    assert Message.objects.get().status == "pending"  # The other sender holds it.
