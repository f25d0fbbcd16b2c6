"""Old attempts and old mails go; what proves that somebody was told of an alert stays."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitor import tasks
from monitor.delivery import upkeep
from monitor.delivery.upkeep import KEPT, purge
from monitor.models import Attempt, Email, EmailAlert, User
from tests.factories import NOW, AlertFactory, UserFactory
from tests.planner import plan, rows_read

pytestmark = pytest.mark.django_db
OLD, RECENT = NOW - KEPT - timedelta(seconds=1), NOW - KEPT


def email(at: datetime, *, of_alert: bool = False, status: str = "sent") -> Email:
    user = UserFactory.create()
    mail = Email.to(user, at, status=status)
    mail.save()
    if of_alert:
        EmailAlert.objects.create(email=mail, alert=AlertFactory.create(), recipient=user)
    return mail


def attempt(mail: Email, at: datetime) -> Attempt:
    return Attempt.objects.create(email=mail, sender="w:1", began_at=at, outcome="sent")


def test_attempts_go_after_a_while() -> None:
    mail = email(OLD, of_alert=True)
    attempt(mail, OLD)
    kept = attempt(mail, RECENT)
    assert purge(NOW) == 1
    assert Attempt.objects.get() == kept
    assert purge(NOW) == 0


@pytest.mark.parametrize("status", ["sent", "refused", "failed", "dropped", "held"])
def test_a_settled_mail_that_tells_of_no_alert_goes(status: str) -> None:
    email(OLD, status=status)
    kept = {email(RECENT, status=status).pk, email(OLD, of_alert=True, status=status).pk}
    purge(NOW)
    assert set(Email.objects.values_list("pk", flat=True)) == kept


def test_what_is_on_its_way_stays() -> None:
    email(OLD, status="pending")
    email(OLD, of_alert=True, status="held")
    assert purge(NOW) == 0


def test_when_its_alerts_are_gone_a_mail_goes_too() -> None:
    mail = email(OLD, of_alert=True)
    mail.alerts.get().delete()
    purge(NOW)
    assert not Email.objects.exists()


def test_many_go_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "CHUNK", 2)
    mail = email(RECENT)
    for _ in range(5):
        attempt(mail, OLD)
        email(OLD)
    assert purge(NOW) == 10
    assert Attempt.objects.count() == 0


def test_what_stays_is_walked_past_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "CHUNK", 2)
    kept = {email(OLD, of_alert=True).pk for _ in range(3)} | {email(RECENT).pk}
    email(OLD)  # Written behind a younger one: clocks differ.
    kept |= {email(RECENT).pk for _ in range(2)}
    email(RECENT)

    with CaptureQueriesContext(connection) as captured:
        purge(NOW)

    assert Email.objects.count() == len(kept) + 1
    looked = [sql for one in captured if "LIMIT 2" in (sql := one["sql"]) and 'FROM "monitor_email"' in sql]
    assert len(looked) == 4  # The last one meets nothing but what is young.


@pytest.mark.postgres
def test_none_of_its_statements_reads_more_than_a_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "CHUNK", 50)
    people = User.objects.bulk_create(User(email=f"reader-{number}@example.com") for number in range(1000))
    mails = Email.objects.bulk_create(Email.to(user, OLD, status="sent") for user in people)
    alert = AlertFactory.create()
    EmailAlert.objects.bulk_create(
        EmailAlert(email=mail, alert=alert, recipient=mail.recipient) for mail in mails if mail.pk % 10
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    with CaptureQueriesContext(connection) as captured:
        assert purge(NOW) == 100

    asked = [one["sql"] for one in captured if one["sql"].startswith("SELECT") and "monitor_email" in one["sql"]]
    assert len(asked) > 2 * 1000 // 50
    assert max(rows_read(plan(sql))["email"] for sql in asked) <= 50


def test_the_task_does_it_as_of_now() -> None:
    email(OLD - timedelta(days=3650))
    tasks.purge_mails()
    assert not Email.objects.exists()
