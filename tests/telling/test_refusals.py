"""The outbox when the mail server, or the network, fails."""

import socket
from collections import Counter
from contextlib import closing
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from monitor.models import Message
from monitor.telling.outbox import send_due
from tests.telling.conftest import use_mailer
from tests.telling.mailserver import MailServer
from tests.telling.stories import drop, states

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def closed_port() -> int:
    """A port that refuses connections."""
    with closing(socket.create_server(("127.0.0.1", 0))) as bound:
        return int(bound.getsockname()[1])


def test_mails_wait_for_a_server_that_refuses_connections(
    server: MailServer, settings: Settings, closed_port: int
) -> None:
    use_mailer(settings, f"smtp://127.0.0.1:{closed_port}")
    story = drop(recipients=3)

    assert send_due(story.now) == Counter(pending=3)
    assert states() == [("pending", 0)] * 3
    assert send_due(story.now) == Counter()

    use_mailer(settings, f"smtp://127.0.0.1:{server.port}")
    assert send_due(story.now + MINUTE) == Counter(sent=3)


@pytest.mark.parametrize("queue", ["rcpt_answers", "data_answers"])
def test_a_temporary_refusal_is_retried_with_the_same_message_id(
    server: MailServer, queue: str
) -> None:
    getattr(server, queue).append("451 try again later")
    story = drop()

    assert send_due(story.now) == Counter(pending=1)
    email = Message.objects.get()
    assert (email.status, email.answer, email.lease) == ("pending", "451 try again later", None)
    assert email.next_attempt_at == story.now + MINUTE
    assert send_due(story.now + timedelta(seconds=59)) == Counter()

    assert send_due(story.now + MINUTE) == Counter(sent=1)
    assert server.messages[0]["Message-ID"] == f"<{email.uid}>"


def test_a_message_is_sent_again_if_the_server_hangs_up_after_accepting_it(
    server: MailServer,
) -> None:
    server.hang_ups = 1
    story = drop(recipients=2)

    assert send_due(story.now) == Counter(pending=2)
    assert states() == [("pending", 1), ("pending", 0)]
    assert send_due(story.now) == Counter(sent=1)
    assert send_due(story.now + MINUTE) == Counter(sent=1)

    to_the_first = [
        message for message in server.messages if message["To"] == "merchant@example.com"
    ]
    assert len(to_the_first) == 2
    assert len({message["Message-ID"] for message in to_the_first}) == 1
    assert len(server.raw) == 3


@pytest.mark.parametrize(
    ("queue", "answer"),
    [
        ("mail_answers", "550 you may not send from here"),
        ("mail_answers", "421 closing"),
        ("rcpt_answers", "421 going down"),
        ("rcpt_answers", "530 authentication required"),
    ],
)
def test_a_refusal_that_is_about_us_is_retried(server: MailServer, queue: str, answer: str) -> None:
    getattr(server, queue).append(answer)
    story = drop(recipients=2)

    assert send_due(story.now) == Counter(pending=2)
    assert states() == [("pending", 1), ("pending", 0)]
    assert send_due(story.now + MINUTE) == Counter(sent=2)


def test_a_message_too_large_does_not_stop_other_mails(server: MailServer) -> None:
    server.mail_answers.append("552 message size exceeds fixed maximum message size")
    story = drop(recipients=3)

    assert send_due(story.now) == Counter(sent=2, refused=1)
    assert states() == [("refused", 1), ("sent", 1), ("sent", 1)]


def test_it_gives_up_after_about_two_days(server: MailServer) -> None:
    server.data_answers.extend(["451 try again later"] * 17)
    story = drop()
    began = story.now
    reports: list[Counter[str]] = []
    while Message.objects.filter(status="pending").exists() or not reports:
        reports.append(send_due(story.now))
        story.now = Message.objects.get().next_attempt_at

    assert reports == [*[Counter(pending=1)] * 16, Counter(failed=1)]
    assert timedelta(days=1.8) < story.now - began < timedelta(days=2.5)
    assert (Message.objects.get().status, Message.objects.get().answer) == (
        "failed",
        "451 try again later",
    )


def test_passwords_are_not_logged(
    server: MailServer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    use_mailer(settings, f"smtp://me:canary%2Fword@127.0.0.1:{server.port}")
    echo = "canary/word, Y2FuYXJ5L3dvcmQ=, AG1lAGNhbmFyeS93b3Jk and canary%2Fword are wrong"
    server.login_answers.extend([f"535 {echo}"] * 2)  # smtplib tries two ways to log in.
    server.rcpt_answers.append(f"550 {echo}")
    story = drop()

    assert send_due(story.now) == Counter(pending=1)
    assert states() == [("pending", 0)]
    assert send_due(story.now + MINUTE) == Counter(held=1)

    assert Message.objects.get().answer == "550 ***, ***, *** and *** are wrong"
    assert "535 ***, ***, *** and *** are wrong" in caplog.text
    assert "canary" not in caplog.text


def test_a_password_that_cannot_be_encoded_is_not_logged(
    server: MailServer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    use_mailer(settings, f"smtp://me:can%C3%A4ry@127.0.0.1:{server.port}")

    assert send_due(drop().now) == Counter(pending=1)
    assert "UnicodeEncodeError" in caplog.text
    assert "xe4" not in caplog.text
