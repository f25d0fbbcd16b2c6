"""Users see their own part of the audit log, and no other user's."""

import pytest

from monitor.models import AuditKind, User
from monitor.people import audit
from tests.models.factories import UserFactory
from tests.pages import Browser

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
