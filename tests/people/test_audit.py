"""The audit log: what is recorded, by whom, what never is, and how long it is kept."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation

from monitor.models import AuditEvent, AuditKind, Membership, User, Watchlist
from monitor.people import audit
from monitor.watching import deletion, invitations, sharing
from tests.admin.conftest import act, admin, operator, url
from tests.models.factories import MembershipFactory, UserFactory, WatchlistFactory

pytestmark = pytest.mark.django_db
CREDENTIALS = {"username": "merchant@example.com", "password": "a-password"}
__all__ = ["act", "admin", "operator", "url"]  # Fixtures of the admin's tests.


@pytest.fixture
def merchant(db: None) -> User:
    return UserFactory.create(email="merchant@example.com")


def kinds() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("kind", flat=True))


def last() -> AuditEvent:
    event = AuditEvent.objects.order_by("pk").last()
    assert event is not None
    return event


def test_a_login_and_its_end_are_recorded_with_the_network(merchant: User) -> None:
    client = Client(REMOTE_ADDR="2001:db8:1:2:3:4:5:6")
    client.post("/login/", CREDENTIALS)
    client.post("/logout/")
    assert kinds() == ["login", "logout"]
    for event in AuditEvent.objects.all():
        assert (event.actor, event.person, event.network) == (
            merchant,
            merchant,
            "2001:db8:1:2::/64",
        )


def test_a_failed_login_tells_no_password_and_no_strangers_address(merchant: User) -> None:
    client = Client()
    client.post("/login/", {**CREDENTIALS, "password": "not-my-secret"})
    client.post("/login/", {"username": "stranger@example.org", "password": "not-my-secret"})
    known, unknown = AuditEvent.objects.order_by("pk")
    assert (known.kind, known.person, known.actor) == ("login_failed", merchant, None)
    assert (unknown.kind, unknown.person, unknown.person_name) == ("login_failed", None, "")
    stored = json.dumps(list(AuditEvent.objects.values()), default=str)
    assert "not-my-secret" not in stored
    assert "stranger" not in stored


def test_attempts_cannot_fill_the_table(merchant: User) -> None:
    for number in range(13):  # Refused before the password is checked from the eleventh on.
        Client().post("/login/", {**CREDENTIALS, "password": f"wrong-{number}"})
    assert kinds() == ["login_failed"] * 10
    for number in range(25):  # Each from another network.
        Client(REMOTE_ADDR=f"203.0.113.{number}").post(
            "/login/", {**CREDENTIALS, "password": "wrong"}
        )
    assert kinds() == ["login_failed"] * 30


def test_what_happens_to_a_list_and_its_members_is_recorded(merchant: User) -> None:
    watchlist, now = WatchlistFactory.create(owner=merchant, name="Rivals"), timezone.now()
    membership = MembershipFactory.create(watchlist=watchlist)
    with audit.acting(merchant, "203.0.113.7"):
        sharing.set_role(membership, Membership.Role.EDITOR)
        deletion.delete_for_now(watchlist, now)
        deletion.bring_back(merchant, watchlist.pk, now)
        given = sharing.transfer(Watchlist.objects.get(), membership, now)
    assert kinds() == ["role_changed", "list_deleted", "list_restored", "list_transferred"]
    role = AuditEvent.objects.all()[0]
    assert (role.actor, role.person, role.subject, role.network) == (
        merchant,
        membership.user,
        "Rivals",
        "203.0.113.7",
    )
    with translation.override("en"):
        assert "may view → may edit" in audit.details_in_words(role)
    deletion.delete_for_good(given, now)
    assert (last().kind, last().subject, last().actor) == ("list_purged", "Rivals", None)


def test_an_invitation_tells_the_inviter_nothing_about_the_address(merchant: User) -> None:
    watchlist, now = WatchlistFactory.create(owner=merchant, name="Rivals"), timezone.now()
    guest = UserFactory.create(email="guest@example.com")
    with audit.acting(merchant, ""):
        invitation = invitations.invite(merchant, guest.email, now, watchlist)
        invitations.close(invitation, now)
    invitations.accept(invitations.invite(merchant, guest.email, now, watchlist), guest, now)
    assert kinds() == ["invited", "invitation_closed", "invited", "invitation_accepted"]
    of_merchant = json.dumps(list(AuditEvent.objects.of_person(merchant).values()), default=str)
    assert "guest" not in of_merchant


def test_operators_changes_have_values_before_and_after(
    admin: Client, merchant: User, url: Callable[..., str]
) -> None:
    limits = "allowance-"
    data = {
        "email": merchant.email,
        "language": "en",
        "time_zone": "Asia/Shanghai",
        "digest_hour": 9,
        "digest_weekday": 0,
        "is_active": "on",
        "is_staff": "on",
        f"{limits}TOTAL_FORMS": 1,
        f"{limits}INITIAL_FORMS": 0,
        f"{limits}0-lists": 7,
        f"{limits}0-person": merchant.pk,
    }
    AuditEvent.objects.all().delete()
    assert admin.post(url(merchant), data).status_code == 302
    allowance, rights = AuditEvent.objects.order_by("pk")
    assert (allowance.kind, allowance.person) == ("allowance_changed", merchant)
    assert allowance.details["changes"] == {"lists": [None, 7]}
    assert (rights.kind, rights.person, rights.actor_name) == (
        "rights_changed",
        merchant,
        "operator@example.com",
    )
    assert rights.details["changes"]["is_staff"] == [False, True]


def test_a_name_in_the_admin_puts_no_address_into_a_subject(
    admin: Client, merchant: User, url: Callable[..., str]
) -> None:
    admin.post(url(merchant, "delete"), {"post": "yes"})
    deleted = AuditEvent.objects.get(kind=AuditKind.ADMIN_DELETED)
    assert deleted.subject == ""
    assert "@" not in json.dumps(deleted.details)
    assert deleted.person_id == merchant.pk


def test_the_log_is_never_changed(admin: Client, url: Callable[..., str]) -> None:
    row = last()
    for address in (url(row), url(row, "delete"), url(AuditEvent, "add")):
        assert admin.post(address, {"post": "yes"}).status_code == 403


def test_old_events_are_purged(merchant: User) -> None:
    for days in (400, 380, 366, 364, 1):
        audit.record(AuditKind.LOGIN, actor=merchant)
        AuditEvent.objects.filter(pk=last().pk).update(at=timezone.now() - timedelta(days=days))
    assert audit.purge(timezone.now()) == 3
    assert AuditEvent.objects.count() == 2
