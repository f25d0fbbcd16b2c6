"""E-mails are sent again, and every attempt is shown."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client
from django.utils import timezone

from monitor.models import Attempt, Channel, Message
from monitor.telling import outbox
from tests.telling.stories import fallen

pytestmark = pytest.mark.django_db


@pytest.fixture
def email() -> Message:
    story = fallen()
    assert outbox.send_due(timezone.now())["sent"] == 1
    return Message.objects.get(recipient=story.user)


@pytest.mark.parametrize(
    "status", [Message.Status.SENT, Message.Status.REFUSED, Message.Status.FAILED]
)
def test_an_email_is_sent_again_with_its_message_id(
    act: Callable[..., str], email: Message, status: str
) -> None:
    Message.objects.update(status=status, attempts=17, answer="550 no such user")
    assert "1 message is queued" in act("send_again", email)
    again = Message.objects.get()
    assert (again.status, again.attempts, again.answer, again.uid) == ("pending", 1, "", email.uid)
    assert (
        not Message.objects.waiting().exists()
    )  # No alert is added to it: a mail program may know its Message-ID.
    assert LogEntry.objects.get().change_message == "Sent again."
    assert outbox.send_due(timezone.now())["sent"] == 1
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert Attempt.objects.filter(message=email, outcome="sent").count() == 2


@pytest.mark.parametrize("status", ["pending", "held"])
def test_an_unsent_email_is_left_alone(
    act: Callable[..., str], email: Message, status: str
) -> None:
    Message.objects.update(status=status, attempts=3)
    assert "0 messages are queued" in act("send_again", email)
    assert Message.objects.values_list("status", "attempts").get() == (status, 3)


def test_an_email_shows_every_attempt_and_none_can_be_changed(
    operator_with: Callable[..., Client], url: Callable[..., str], email: Message
) -> None:
    Attempt.objects.create(
        message=email,
        sender="worker-1:77",
        began_at=timezone.now(),
        ended_at=timezone.now() + timedelta(seconds=2.5),
        outcome="retry",
        code=451,
        answer="451 4.7.1 <b>Greylisted</b>",
    )
    Attempt.objects.create(
        message=email, sender="worker-1:78", began_at=timezone.now(), outcome="interrupted"
    )
    page = operator_with("view_message").get(url(email)).content.decode()
    for text in (
        "worker-1:77",
        "will retry",
        "2.5 s",
        "4.7.1",
        "&lt;b&gt;Greylisted",
        "worker-1:78",
        "interrupted",
    ):
        assert text in page, text
    assert "<input" not in page.split("worker-1:77")[1].split("</form>")[0]


def with_refused_address(email: Message) -> Channel:
    assert email.recipient is not None
    email.recipient.channels.update(refused_at=timezone.now(), answer="550 5.1.1 <i>nobody</i>")
    Message.objects.update(status="held")
    return email.recipient.mailbox


def test_a_refused_address_is_shown_and_cleared(
    admin: Client, act: Callable[..., str], url: Callable[..., str], email: Message
) -> None:
    mailbox = with_refused_address(email)
    assert "550 5.1.1 &lt;i&gt;nobody" in admin.get(url(mailbox)).content.decode()
    assert url(mailbox) in admin.get(f"{url(Channel)}?refused_at__isempty=0").content.decode()
    assert url(mailbox) not in admin.get(f"{url(Channel)}?refused_at__isempty=1").content.decode()

    assert "1 address marked as working" in act("end_refusal", mailbox)
    assert "0 addresses marked as working" in act("end_refusal", mailbox)
    assert outbox.send_due(timezone.now())["sent"] == 1
