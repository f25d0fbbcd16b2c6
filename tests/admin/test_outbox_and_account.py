"""The outbox, the ledger and the account."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from monitor.models import Alert, Message, User
from monitor.telling import outbox
from tests.models.factories import AlertFactory
from tests.polling.story import Story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_do_not_wait")]


@pytest.fixture
def email() -> Message:
    story = Story()
    story.hears()
    story.hears(price=6300)
    outbox.send_due(timezone.now())
    return Message.objects.get()


def test_the_reason_why_an_email_was_not_sent_is_in_the_operators_language(
    admin: Client, operator: User, url: Callable[..., str], email: Message
) -> None:
    User.objects.filter(pk=operator.pk).update(language="zh-hans")
    Message.objects.update(
        status=Message.Status.DROPPED, answer="The recipient no longer wants mail."
    )
    for address in (url(Message), url(email)):
        assert "收件人不再接收邮件。" in admin.get(address).content.decode()
    Message.objects.update(status=Message.Status.REFUSED, answer="550 no such user")
    for address in (url(Message), url(email)):
        assert "550 no such user" in admin.get(address).content.decode()
    Message.objects.update(answer="")
    assert "Content-Type" not in admin.get(url(email)).content.decode()


def test_an_alert_is_listed_when_there_is_no_rule_of_its_kind_any_more(
    admin: Client, url: Callable[..., str]
) -> None:
    AlertFactory.create(rule_as_it_was={"kind": "of a later version", "threshold": 5})
    assert admin.get(url(Alert)).status_code == 200
