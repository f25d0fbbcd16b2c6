"""Old attempts and old mails are deleted; mails of alerts stay."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitor import tasks
from monitor.delivery import upkeep
from monitor.delivery.upkeep import KEPT, purge
from monitor.models import Attempt, Message, MessageAlert, User
from tests.factories import NOW, AlertFactory, UserFactory
from tests.planner import plan, rows_read

pytestmark = pytest.mark.django_db
OLD, RECENT = NOW - KEPT - timedelta(seconds=1), NOW - KEPT


def email(at: datetime, *, of_alert: bool = False, status: str = "sent") -> Message:
    user = UserFactory.create()
    mail = Message.to(user, at, status=status)
    mail.save()
    if of_alert:
        MessageAlert.objects.create(message=mail, alert=AlertFactory.create(), recipient=user)
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


def test_many_rows_are_deleted_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "CHUNK", 2)
    mail = email(RECENT)
    for _ in range(5):
        attempt(mail, OLD)
        email(OLD)
    assert purge(NOW) == 10
    assert Attempt.objects.count() == 0


def test_mails_that_stay_are_read_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "CHUNK", 2)
    staying = {email(OLD, of_alert=True).pk for _ in range(3)} | {email(RECENT).pk}
    email(OLD)  # Written after a more recent one: clocks differ.
    staying |= {email(RECENT).pk for _ in range(2)}
    email(RECENT)

    with CaptureQueriesContext(connection) as captured:
        purge(NOW)

    assert Message.objects.count() == len(staying) + 1
    reads = [sql for query in captured if "LIMIT 2" in (sql := query["sql"]) and 'FROM "monitor_message"' in sql]
    assert len(reads) == 4  # The last one reads only recent mails.


@pytest.mark.postgres
def test_no_statement_reads_more_than_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "CHUNK", 50)
    people = User.objects.bulk_create(User(email=f"reader-{number}@example.com") for number in range(1000))
    mails = Message.objects.bulk_create(Message.to(user, OLD, status="sent") for user in people)
    alert = AlertFactory.create()
    MessageAlert.objects.bulk_create(
        MessageAlert(message=mail, alert=alert, recipient=mail.recipient) for mail in mails if mail.pk % 10
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    with CaptureQueriesContext(connection) as captured:
        assert purge(NOW) == 100

    reads = [sql for query in captured if (sql := query["sql"]).startswith("SELECT") and "monitor_message" in sql]
    assert len(reads) > 2 * 1000 // 50
    assert max(rows_read(plan(sql))["message"] for sql in reads) <= 50


def test_the_task_deletes_as_of_now() -> None:
    email(OLD - timedelta(days=3650))
    tasks.purge_mails()
    assert not Message.objects.exists()
