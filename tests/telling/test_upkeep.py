"""Old attempts and old mails are deleted; mails of alerts stay."""

from datetime import datetime, timedelta

import pytest

from monitor.models import Attempt, Message, MessageAlert
from monitor.telling.upkeep import KEPT, purge
from tests.models.factories import NOW, AlertFactory, UserFactory

pytestmark = pytest.mark.django_db
OLD, RECENT = NOW - KEPT - timedelta(seconds=1), NOW - KEPT


def email(at: datetime, *, of_alert: bool = False, status: str = "sent") -> Message:
    user = UserFactory.create()
    mail = Message.of_alerts(user.mailbox, at, status=status)
    mail.save()
    if of_alert:
        MessageAlert.objects.create(
            message=mail, alert=AlertFactory.create(), recipient=user, channel=user.mailbox
        )
    return mail


def attempt(mail: Message, at: datetime) -> Attempt:
    return Attempt.objects.create(message=mail, sender="w:1", began_at=at, outcome="sent")


def test_old_attempts_are_deleted() -> None:
    mail = email(OLD, of_alert=True)
    attempt(mail, OLD)
    recent = attempt(mail, RECENT)
    assert purge(NOW) == 1
    assert Attempt.objects.get() == recent
    assert purge(NOW) == 0


@pytest.mark.parametrize("status", ["sent", "refused", "failed", "dropped", "held"])
def test_an_old_mail_without_alerts_is_deleted(status: str) -> None:
    email(OLD, status=status)
    staying = {email(RECENT, status=status).pk, email(OLD, of_alert=True, status=status).pk}
    purge(NOW)
    assert set(Message.objects.values_list("pk", flat=True)) == staying


def test_unsent_mails_stay() -> None:
    email(OLD, status="pending")
    email(OLD, of_alert=True, status="held")
    assert purge(NOW) == 0


def test_a_mail_is_deleted_when_its_alerts_are() -> None:
    mail = email(OLD, of_alert=True)
    mail.alerts.get().delete()
    purge(NOW)
    assert not Message.objects.exists()
