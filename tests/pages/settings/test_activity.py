"""Users see their own part of the audit log, and no other user's."""

import pytest
from django.test import Client

from monitor.models import AuditKind, User
from monitor.people import audit, second_factor
from tests.factories import NOW, UserFactory
from tests.pages import Browser, seen_by

pytestmark = pytest.mark.django_db
PAGE = "/settings/activity/"


def test_a_user_sees_their_own_events_only(web: Browser, merchant: User) -> None:
    operator = UserFactory.create(email="operator@example.com", is_staff=True, name="Secret Name")
    stranger, gone = UserFactory.create_batch(2)
    audit.record(AuditKind.ALLOWANCE_CHANGED, actor=operator, person=merchant, row=merchant)
    audit.record(AuditKind.PASSWORD_CHANGED, actor=stranger, person=stranger)
    audit.record(AuditKind.ROLE_CHANGED, actor=gone, person=merchant, about="<b>Rivals")
    gone.delete()
    page = web.page(PAGE)
    for shown in ("Log-in", "Allowance changed", "an operator", "&lt;b&gt;Rivals"):
        assert shown in page
    for hidden in ("Secret Name", "operator@example.com", "Password changed"):
        assert hidden not in page


def test_a_log_in_says_how_it_was_made(merchant: User) -> None:
    web = Client()
    for password in ("wrong", "a-password"):
        web.post("/login/", {"username": merchant.email, "password": password})
    rows = web.get(PAGE).context["rows"]
    assert [(row["what"], row["details"]) for row in rows] == [
        ("Log-in", "Password"),
        ("Failed log-in", "Wrong password"),
    ]


@pytest.mark.parametrize(
    ("language", "app"), [("en", "Authenticator app"), ("zh-hans", "身份验证器")]
)
def test_no_code_of_the_program_is_shown(merchant: User, language: str, app: str) -> None:
    for event in ("totp_activated", "webauthn_added", "removed", "account_connected"):
        second_factor.tell(merchant, event, NOW)
    page = seen_by(merchant, language).page(PAGE)
    assert app in page
    for code in ("totp", "webauthn", "account_"):
        assert code not in page
