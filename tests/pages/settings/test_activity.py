"""Users see and download their own part of the audit log, and no other user's."""

import pytest
from django.test import Client

from monitor import audit
from monitor.accounts import second_factor
from monitor.models import AuditKind, User
from tests.factories import NOW, UserFactory

pytestmark = pytest.mark.django_db


def test_a_user_sees_their_own_events_only(web: Client, merchant: User) -> None:
    operator = UserFactory.create(email="operator@example.com", is_staff=True, name="Secret Name")
    stranger = UserFactory.create()
    audit.record(
        AuditKind.ALLOWANCE_CHANGED,
        actor=operator,
        person=merchant,
        row=merchant,
        network="203.0.113.7",
    )
    audit.record(AuditKind.PASSWORD_CHANGED, actor=stranger, person=stranger)
    page = web.get("/settings/activity/").content.decode()
    assert "Log-in" in page
    assert "Allowance changed" in page
    assert "an operator" in page
    assert "Secret Name" not in page
    assert "operator@example.com" not in page
    assert "Password changed" not in page


def test_a_log_in_says_how_it_was_made(merchant: User) -> None:
    web = Client()
    web.post("/login/", {"username": merchant.email, "password": "wrong"})
    web.post("/login/", {"username": merchant.email, "password": "a-password"})
    rows = web.get("/settings/activity/").context["rows"]
    assert [(row["what"], row["details"]) for row in rows] == [
        ("Log-in", "Password"),
        ("Failed log-in", "Wrong password"),
    ]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_no_code_of_the_program_is_shown(web: Client, merchant: User, language: str) -> None:
    User.objects.update(language=language)
    for event in (
        "totp_activated",
        "totp_deactivated",
        "webauthn_added",
        "removed",
        "account_connected",
    ):
        second_factor.tell(merchant, event, NOW)
    text = web.get("/settings/activity/").content.decode()
    assert ("Authenticator app" if language == "en" else "身份验证器") in text
    for code in ("totp", "webauthn", "account_"):
        assert code not in text


def test_an_event_outlives_the_account_that_caused_it(web: Client, merchant: User) -> None:
    gone = UserFactory.create()
    audit.record(AuditKind.ROLE_CHANGED, actor=gone, person=merchant, about="Rivals")
    gone.delete()
    assert "Rivals" in web.get("/settings/activity/").content.decode()
