"""An address that refuses mail permanently is flagged; its mails are held until it accepts mail
again."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives

from monitor.models import Channel, Message, MessageAlert
from monitor.people.people import change_address
from monitor.telling.channels.mail import MailConnection
from monitor.telling.channels.parts import SendVerdict
from monitor.telling.outbox import LEASE, send_due
from tests.polling.story import Story
from tests.telling.mailserver import MailServer
from tests.telling.stories import fallen, falls

pytestmark = pytest.mark.django_db
NO_SUCH_USER = "550 5.1.1 no such user here"


def refused(server: MailServer, answer: str = NO_SUCH_USER) -> Story:
    """Let a price fall, and the server refuse its mail."""
    server.rcpt_answers.append(answer)
    story = fallen()
    assert send_due(story.now) == Counter(held=1)
    return story


@pytest.mark.parametrize(
    ("queue", "answer", "blames"),
    [
        ("rcpt_answers", "550 no such user here", True),
        ("rcpt_answers", "552 5.2.2 mailbox full", True),
        ("rcpt_answers", "554 5.7.1 Relay access denied", False),
        ("rcpt_answers", "550 5.1.8 sender's domain does not exist", False),
        ("data_answers", "550 no such user here", True),
        ("data_answers", "550 5.7.26 DMARC failed", False),
        ("data_answers", "552 5.3.4 message too big", False),
        ("mail_answers", "550 you may not send from here", False),
    ],
)
def test_only_an_answer_about_the_recipient_flags_the_address(
    server: MailServer, queue: str, answer: str, blames: bool
) -> None:
    getattr(server, queue).append(answer)
    send_due(fallen().now)

    assert Channel.objects.refusing().exists() is blames


def test_held_mails_are_sent_when_the_address_is_cleared(server: MailServer) -> None:
    story = refused(server)
    falls(story, 6200)
    assert send_due(story.now) == Counter()
    uids = list(Message.objects.order_by("pk").values_list("uid", flat=True))

    assert Channel.objects.all().end_refusal() == 1
    assert Channel.objects.all().end_refusal() == 0
    story.now += timedelta(days=1)
    assert send_due(story.now) == Counter(sent=2)
    assert send_due(story.now) == Counter()

    assert [message["Message-ID"].strip("<>") for message in server.messages] == uids
    assert MessageAlert.objects.filter(message__status="sent").count() == 2


def test_a_new_address_gets_the_held_mails(server: MailServer) -> None:
    story = refused(server)
    change_address(story.user, "new@example.com", story.now)

    assert not Channel.objects.refusing().exists()
    assert send_due(story.now) == Counter(sent=2)
    assert server.recipients == ["merchant@example.com", "new@example.com"], (
        "The old one gets the last letter."
    )


def test_a_refusal_of_a_former_address_flags_nothing_and_loses_nothing(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = fallen()
    send = MailConnection.send

    def slowly(connection: MailConnection, message: EmailMultiAlternatives) -> SendVerdict:
        if story.user.email == "merchant@example.com":
            change_address(story.user, "new@example.com", story.now)
        return send(connection, message)

    monkeypatch.setattr(MailConnection, "send", slowly)
    server.rcpt_answers.extend([NO_SUCH_USER] * 2)

    assert send_due(story.now) == Counter(held=1, refused=1)
    assert not Channel.objects.refusing().exists()
    assert send_due(story.now + LEASE) == Counter(sent=1)
    assert server.recipients == ["new@example.com"]


def test_any_mail_that_is_accepted_clears_the_address(server: MailServer) -> None:
    story = refused(server)
    Message.to(story.user, story.now, kind=Message.Kind.PASSWORD_CHANGED).save()

    assert send_due(story.now) == Counter(sent=1)
    assert not Channel.objects.refusing().exists()
    assert send_due(story.now) == Counter(sent=1)
