"""The page of an invitation's link: for its recipient, for another user, and for anonymous
users."""

import pytest
from django.test import Client

from monitor.models import Invitation, Membership, User, Watchlist
from monitor.watching.invitations import close, invite, token_of
from tests.models.factories import NOW, UserFactory, WatchlistFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(merchant: User) -> Invitation:
    """To the merchant, from another user."""
    theirs = WatchlistFactory.create(name="Theirs", owner__name="Zhang San")
    return invite(theirs.owner, merchant.email, NOW, theirs)


def address(invitation: Invitation) -> str:
    return f"/invitations/{token_of(invitation)}/"


def test_the_recipient_accepts(web: Client, merchant: User, invitation: Invitation) -> None:
    assert "Zhang San invites you to “Theirs”" in web.get(address(invitation)).content.decode()
    assert not Membership.objects.exists()
    response = web.post(address(invitation), {"answer": "accept"})
    assert response.status_code == 302
    assert Membership.objects.filter(user=merchant, role="viewer").count() == 1
    assert Watchlist.objects.for_user(merchant).get().name == "Theirs"
    assert web.get(address(invitation)).headers["Location"] == response.headers["Location"]


def test_the_recipient_declines(web: Client, invitation: Invitation) -> None:
    assert "Declined" in web.post(address(invitation), {"answer": "decline"}).content.decode()
    assert not Membership.objects.exists()
    assert web.get(address(invitation)).status_code == 404


def test_another_user_is_told_to_log_out(invitation: Invitation) -> None:
    client = Client()
    client.force_login(UserFactory.create(email="other@example.com"))
    response = client.get(address(invitation))
    assert response.status_code == 403
    assert "You are logged in as other@example.com" in response.content.decode()
    assert client.post(address(invitation), {"answer": "accept"}).status_code == 403
    client.post(address(invitation), {"answer": "decline"})
    invitation.refresh_from_db()
    assert (invitation.accepted_at, invitation.closed_at) == (None, None)


def test_an_anonymous_user_is_led_to_the_login_and_back(
    client: Client, invitation: Invitation
) -> None:
    text = client.get(address(invitation)).content.decode()
    assert f"/login/?next={address(invitation)}" in text
    response = client.post(address(invitation), {"answer": "accept"})
    assert response.headers["Location"].startswith("/login/?next=/invitations/")
    assert not Membership.objects.exists()


def test_a_withdrawn_invitation_and_a_made_up_link_are_404(
    web: Client, invitation: Invitation
) -> None:
    close(invitation, NOW)
    for link in (
        address(invitation),
        *(f"/invitations/{token}/" for token in ("0" * 64, "x", "%00", "é")),
    ):
        page = Client().get(link, headers={"Accept-Language": "en"})
        assert page.status_code == web.post(link, {"answer": "accept"}).status_code == 404
        assert "This invitation is no longer valid" in page.content.decode()
