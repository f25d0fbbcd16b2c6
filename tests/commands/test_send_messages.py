"""`send_messages`: one pass of the outboxes."""

from collections.abc import Callable

import pytest
from django.core import mail
from django.utils import timezone

from monitor.models import Message, User
from tests.commands.conftest import Rows
from tests.story import Story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_do_not_wait")]


def test_it_sends_what_is_due_once(rows: Callable[..., Rows]) -> None:
    story = Story()
    story.hears()
    story.hears(price=6300)
    assert rows("send_messages") == [
        {"sent": 1, "retried": 0, "refused": 0, "failed": 0, "dropped": 0, "held": 0}
    ]
    assert [message.to for message in mail.outbox] == [["merchant@example.com"]]
    assert rows("send_messages") == [
        {"sent": 0, "retried": 0, "refused": 0, "failed": 0, "dropped": 0, "held": 0}
    ]


def test_it_prints_a_sentence_for_people(written: Callable[..., tuple[str, str]]) -> None:
    operator = User.objects.create_superuser("operator@example.com", "a-password")
    email = Message.to(
        operator,
        timezone.now(),
        kind=Message.Kind.POLLING_STOPPED,
        context={"code": "4005", "reason": "no"},
    )
    email.save()
    out, _err = written("send_messages")
    words = "0 to retry, 0 refused, 0 given up, 0 no longer wanted, 0 held."
    assert out == f"1 message sent, {words}\n"
