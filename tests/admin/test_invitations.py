"""An operator invites people and withdraws invitations."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from monitor.models import Invitation, Message, User
from monitor.people.mail_limits import MOST_BY_ACCOUNT_A_DAY
from monitor.watching.invitations import invite, token_of

pytestmark = pytest.mark.django_db


def test_an_operator_invites_a_person(
    admin: Client, operator: User, url: Callable[..., str]
) -> None:
    page = admin.post(url(Invitation, "add"), {"email": "OPERATOR@example.com"}).content.decode()
    assert "already has an account" in page
    response = admin.post(url(Invitation, "add"), {"email": "Guest@Example.com"}, follow=True)
    assert "guest@example.com" in response.content.decode()
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.invited_by, invitation.watchlist) == (
        "guest@example.com",
        operator,
        None,
    )
    assert list(Message.objects.values_list("kind", "address")) == [
        ("invitation", "guest@example.com")
    ]


def test_beyond_the_days_limit_nothing_is_saved_or_sent(
    admin: Client, operator: User, url: Callable[..., str]
) -> None:
    for number in range(MOST_BY_ACCOUNT_A_DAY):
        invite(operator, f"guest{number}@example.com", timezone.now())
    page = admin.post(
        url(Invitation, "add"), {"email": "one-more@example.com"}, follow=True
    ).content.decode()
    assert f"Today's {MOST_BY_ACCOUNT_A_DAY} invitations are used up." in page.replace(
        "&#x27;", "'"
    )
    assert Invitation.objects.count() == Message.objects.count() == MOST_BY_ACCOUNT_A_DAY


def test_a_withdrawn_invitation_admits_nobody(
    operator: User, act: Callable[..., str], client: Client
) -> None:
    invitation = invite(operator, "guest@example.com", timezone.now())
    link = f"/invitations/{token_of(invitation)}/"
    assert client.get(link).status_code in (200, 302)
    assert "1 invitation withdrawn." in act("withdraw", invitation)
    assert client.get(link).status_code == 404
    assert "0 invitations withdrawn." in act("withdraw", invitation)


def test_inviting_needs_the_right_to(
    operator_with: Callable[..., Client], url: Callable[..., str]
) -> None:
    response = operator_with("view_invitation").post(
        url(Invitation, "add"), {"email": "guest@example.com"}
    )
    assert response.status_code == 403


def test_operators_change_their_password_in_the_settings(admin: Client) -> None:
    assert admin.get("/admin/password_change/").headers["Location"] == "/settings/"
