"""`send_messages`: one pass of the outboxes."""

from collections.abc import Callable

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django.fixtures import Settings

from monitor.models import Message, User
from monitor.people import channels
from tests.commands.conftest import Rows
from tests.story import Story
from tests.telling.channels.hooks import hook

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


def test_it_sends_to_channels(rows: Callable[..., Rows], settings: Settings) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    story = Story()
    with hook() as receiver:
        channels.add(
            story.user, "webhook", "ERP", {"url": receiver.url, "secret": ""}, "…hook", story.now
        )
        story.hears()
        story.hears(price=6300)
        assert rows("send_messages")[0]["sent"] == 3, (
            "The alert as a mail, on the channel, and a mail of the channel."
        )
    assert len(receiver.calls) == 1


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
