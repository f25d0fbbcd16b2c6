"""`send_messages`: one pass of the outboxes."""

import pytest
from django.core import mail
from django.core.management import call_command

from tests.polling.story import Story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_do_not_wait")]


def test_it_sends_what_is_due_once(capsys: pytest.CaptureFixture[str]) -> None:
    story = Story()
    story.hears()
    story.hears(price=6300)
    call_command("send_messages")
    assert [message.to for message in mail.outbox] == [["merchant@example.com"]]
    call_command("send_messages")
    assert capsys.readouterr().out == "Messages: 1 sent.\nMessages: none was due.\n"
