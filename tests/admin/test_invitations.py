"""An operator invites people, sends invitations again and withdraws them."""

from collections.abc import Callable

import pytest
from django.test import Client

from monitor.budget.mail_limits import MOST_BY_ACCOUNT_A_DAY
from monitor.models import Invitation, Message, User

pytestmark = pytest.mark.django_db


def test_an_operator_invites_a_person(admin: Client, operator: User, url: Callable[..., str]) -> None:
    response = admin.post(url(Invitation, "add"), {"email": "Guest@Example.com"}, follow=True)
    assert "guest@example.com" in response.content.decode()
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.invited_by, invitation.watchlist) == ("guest@example.com", operator, None)
    assert list(Message.objects.values_list("kind", "address")) == [("invitation", "guest@example.com")]


def test_the_pages_say_invite_and_not_add(admin: Client, url: Callable[..., str]) -> None:
    assert "Invite a user" in admin.get(url(Invitation)).content.decode()
    page = admin.get(url(Invitation, "add")).content.decode()
    assert "<h1>Invite a user</h1>" in page
    assert 'value="Send the invitation"' in page
    assert "Add invitation" not in page


def test_an_address_with_an_account_gets_no_invitation(admin: Client, operator: User, url: Callable[..., str]) -> None:
    page = admin.post(url(Invitation, "add"), {"email": "OPERATOR@example.com"}).content.decode()
    assert "already has an account" in page
    assert not Invitation.objects.exists()


def test_beyond_the_days_limit_nothing_is_saved_or_sent(admin: Client, url: Callable[..., str]) -> None:
    for number in range(MOST_BY_ACCOUNT_A_DAY):
        admin.post(url(Invitation, "add"), {"email": f"guest{number}@example.com"})
    page = admin.post(url(Invitation, "add"), {"email": "one-more@example.com"}, follow=True).content.decode()
    assert f"Today's {MOST_BY_ACCOUNT_A_DAY} invitations are used up." in page.replace("&#x27;", "'")
    assert Invitation.objects.count() == Message.objects.count() == MOST_BY_ACCOUNT_A_DAY


def test_an_invitation_is_sent_again_with_a_new_link_and_withdrawn(
    admin: Client, act: Callable[..., str], url: Callable[..., str]
) -> None:
    admin.post(url(Invitation, "add"), {"email": "guest@example.com"})
    invitation = Invitation.objects.get()
    assert "1 invitation sent." in act("send_again", invitation)
    assert Invitation.objects.get().mail_id != invitation.mail_id
    assert "1 invitation withdrawn." in act("withdraw", invitation)
    assert Invitation.objects.get().closed_at is not None
    assert "0 invitations sent." in act("send_again", invitation)


def test_inviting_needs_the_right_to(url: Callable[..., str]) -> None:
    User.objects.create_user("helper@example.com", "a-password", is_staff=True)
    helper = Client()
    helper.login(username="helper@example.com", password="a-password")
    assert helper.post(url(Invitation, "add"), {"email": "guest@example.com"}).status_code == 403


def test_operators_change_their_password_in_the_settings(admin: Client) -> None:
    assert admin.get("/admin/password_change/").headers["Location"] == "/settings/"
