"""Sharing a list: inviting, roles, removing, leaving and transferring, and what members see."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django.fixtures import Settings

from monitor.delivery.message import build
from monitor.delivery.outbox import send_due
from monitor.models import Allowance, Invitation, Membership, Message, User, Watchlist
from monitor.watchlists import invitations
from monitor.watchlists.deletion import bring_back, delete_for_now
from monitor.watchlists.invitations import NotInvitedError, accept, invite
from monitor.watchlists.sharing import transfer
from tests.factories import NOW, MembershipFactory, UserFactory, WatchFactory, WatchlistFactory
from tests.pages import HTMX
from tests.pages.imports.importing import squeezed
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def send_invitation(web: Client, watchlist: Watchlist, email: str, role: str = "viewer") -> str:
    form = {"invite-email": email, "invite-role": role}
    return web.post(f"/watchlists/{watchlist.pk}/invite/", form, headers=HTMX).content.decode()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_an_invitation_is_mailed_and_listed(web: Client, watchlist: Watchlist) -> None:
    text = send_invitation(web, watchlist, " Ann@Example.com ", "editor")
    assert "The invitation is being sent to ann@example.com." in text
    assert "Sending the mail." in text
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role, invitation.watchlist) == (
        "ann@example.com",
        "editor",
        watchlist,
    )
    assert Message.objects.get().address == "ann@example.com"


def test_the_inviter_does_not_learn_whether_an_address_has_an_account(
    web: Client, watchlist: Watchlist
) -> None:
    UserFactory.create(email="known@example.com")
    answers = [
        send_invitation(web, watchlist, email)
        for email in ("known@example.com", "other@example.com")
    ]
    for answer in answers:
        assert "is a member already" not in answer
    assert "The invitation is being sent to known@example.com." in answers[0]
    assert "The invitation is being sent to other@example.com." in answers[1]


@pytest.mark.parametrize(
    ("email", "complaint"),
    [
        ("merchant@example.com", "This is the owner's address."),
        ("MEMBER@example.com", "This user is a member already."),
        ("nonsense", "Enter a valid email address."),
        ("", "This field is required."),
    ],
)
def test_errors_are_shown(web: Client, watchlist: Watchlist, email: str, complaint: str) -> None:
    MembershipFactory.create(watchlist=watchlist, user__email="member@example.com")
    assert complaint in send_invitation(web, watchlist, email).replace("&#x27;", "'")
    assert not Invitation.objects.exists()


def test_an_invitation_is_sent_again_and_withdrawn(web: Client, watchlist: Watchlist) -> None:
    invitation = invite(watchlist.owner, "ann@example.com", NOW, watchlist)
    address = f"/watchlists/{watchlist.pk}/invitations/{invitation.pk}/"
    assert (
        "The invitation is being sent to"
        in web.post(f"{address}resend/", headers=HTMX).content.decode()
    )
    assert Message.objects.count() == 2
    text = web.post(f"{address}withdraw/", headers=HTMX).content.decode()
    assert "The invitation of ann@example.com was withdrawn." in text
    assert "Send again" not in text
    assert web.post(f"{address}resend/").status_code == 404


def test_an_expired_invitation_says_so(web: Client, watchlist: Watchlist) -> None:
    invite(watchlist.owner, "ann@example.com", NOW, watchlist)
    with time_machine.travel(NOW + timedelta(days=15), tick=False):
        web.force_login(watchlist.owner)
        assert (
            "No answer; the link has expired"
            in web.get(f"/watchlists/{watchlist.pk}/").content.decode()
        )


def test_a_dropped_invitation_mail_is_reported(web: Client, watchlist: Watchlist) -> None:
    invite(watchlist.owner, "ann@example.com", NOW, watchlist)
    delete_for_now(watchlist, NOW)
    assert send_due(NOW)["dropped"] == 1
    bring_back(watchlist.owner, watchlist.pk, NOW)
    text = web.get(f"/watchlists/{watchlist.pk}/").content.decode()
    assert "Sending the mail." not in text
    assert "The mail could not be sent." in text


def test_the_owner_changes_roles_and_removes_members(web: Client, watchlist: Watchlist) -> None:
    member = MembershipFactory.create(watchlist=watchlist)
    address = f"/watchlists/{watchlist.pk}/members/{member.pk}/"
    web.post(f"{address}role/", {"role": "editor"}, headers=HTMX)
    assert Watchlist.objects.editable_by(member.user).get() == watchlist
    assert (
        "Choose what"
        in web.post(f"{address}role/", {"role": "owner"}, headers=HTMX).content.decode()
    )
    assert "is no longer a member." in web.post(f"{address}remove/", headers=HTMX).content.decode()
    assert not Watchlist.objects.for_user(member.user).exists()
    assert web.post(f"{address}remove/").status_code == 404


def test_another_lists_members_cannot_be_changed_through_the_users_list(
    web: Client, watchlist: Watchlist
) -> None:
    membership = MembershipFactory.create()
    invitation = invite(membership.watchlist.owner, "ann@example.com", NOW, membership.watchlist)
    assert (
        web.post(f"/watchlists/{watchlist.pk}/members/{membership.pk}/remove/").status_code == 404
    )
    assert (
        web.post(f"/watchlists/{watchlist.pk}/invitations/{invitation.pk}/withdraw/").status_code
        == 404
    )
    assert Membership.objects.filter(pk=membership.pk).exists()


def test_a_member_can_leave_and_an_owner_cannot(web: Client, watchlist: Watchlist) -> None:
    member = MembershipFactory.create(watchlist=watchlist)
    response = client_of(member.user).post(f"/watchlists/{watchlist.pk}/leave/")
    assert response.headers["Location"] == "/watchlists/"
    assert not Membership.objects.exists()
    assert web.post(f"/watchlists/{watchlist.pk}/leave/").status_code == 404


def offered(web: Client, watchlist: Watchlist, member: Membership) -> str:
    """Offer the list to a member; return the address of the page that the mail links to."""
    answer = web.post(f"/watchlists/{watchlist.pk}/transfer/", {"transfer-member": str(member.pk)})
    assert answer.headers["Location"] == f"/watchlists/{watchlist.pk}/#people"
    invitation = Invitation.objects.get(email=member.user.email, role="owner")
    return f"/invitations/{invitations.token_of(invitation)}/"


def test_a_member_who_accepts_becomes_the_owner(
    web: Client, watchlist: Watchlist, merchant: User
) -> None:
    member = MembershipFactory.create(watchlist=watchlist)
    WatchlistFactory.create(owner=member.user, name="rivals")
    address, members = offered(web, watchlist, member), client_of(member.user)
    watchlist.refresh_from_db()
    assert watchlist.owner == merchant, "An offer alone transfers nothing."
    assert f'href="{address}"' in members.get(f"/watchlists/{watchlist.pk}/").content.decode()
    assert "wants to transfer" in build(Message.objects.get()).subject
    assert (
        members.post(address, {"answer": "accept"}).headers["Location"]
        == f"/watchlists/{watchlist.pk}/"
    )
    watchlist.refresh_from_db()
    assert (watchlist.owner, watchlist.name) == (member.user, "Rivals (2)")
    assert list(Membership.objects.values_list("user", "role")) == [(merchant.pk, "editor")]
    assert web.get(f"/watchlists/{watchlist.pk}/delete/").status_code == 404
    told = build(Message.objects.get(kind="list_transferred"))
    assert (told.to, f"now belongs to {member.user.name}" in told.body) == ([merchant.email], True)


@pytest.mark.parametrize(
    "ending", ["declined", "withdrawn", "expired", "left", "deleted", "transferred"]
)
def test_an_offer_that_has_ended_transfers_nothing(
    web: Client, watchlist: Watchlist, merchant: User, ending: str
) -> None:
    member, other = MembershipFactory.create_batch(2, watchlist=watchlist)
    address, offer = offered(web, watchlist, member), Invitation.objects.get()
    later, owner = NOW, merchant
    if ending == "declined":
        assert (
            "Declined"
            in client_of(member.user).post(address, {"answer": "decline"}).content.decode()
        )
    elif ending == "withdrawn":
        web.post(f"/watchlists/{watchlist.pk}/invitations/{offer.pk}/withdraw/")
    elif ending == "expired":
        later += timedelta(days=15)
    elif ending == "left":
        member.delete()
    elif ending == "deleted":
        delete_for_now(watchlist, NOW)
    else:
        owner = transfer(watchlist, other, NOW).owner
    with time_machine.travel(later, tick=False):
        assert client_of(member.user).post(address, {"answer": "accept"}).status_code == 404
        with pytest.raises(NotInvitedError):
            accept(offer, member.user, later)
    watchlist.refresh_from_db()
    assert watchlist.owner == owner


@pytest.mark.django_db(transaction=True)
def test_of_two_members_who_accept_at_the_same_moment_one_becomes_the_owner() -> None:
    watchlist = WatchlistFactory.create()
    members = [member.user for member in MembershipFactory.create_batch(2, watchlist=watchlist)]
    offers = {
        user: invite(watchlist.owner, user.email, NOW, watchlist, "owner") for user in members
    }
    begun, refused = threading.Barrier(2), []

    def answer(user: User) -> None:
        begun.wait()
        try:
            accept(offers[user], user, NOW)
        except NotInvitedError:
            refused.append(user)

    at_once(lambda: answer(members[0]), lambda: answer(members[1]))
    watchlist.refresh_from_db()
    assert [user for user in members if user != watchlist.owner] == refused


def test_the_page_of_an_offer_tells_what_the_list_costs(
    web: Client, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 10_000
    member = MembershipFactory.create(watchlist=watchlist, user__name="Ann Li")
    own = WatchlistFactory.create(owner=member.user, interval=timedelta(hours=1), pace="fixed")
    WatchFactory.create(watchlist=own)
    Watchlist.objects.filter(pk=watchlist.pk).update(interval=timedelta(minutes=5), pace="fixed")
    WatchlistFactory.create()
    WatchFactory.create_batch(10, watchlist=watchlist)
    members = client_of(member.user)
    text = squeezed(members.get(offered(web, watchlist, member)).content.decode())
    assert "10 products · about 2,880 checks a day" in text
    assert "Your own products are checked as often as before." in text
    Allowance.objects.create(person=member.user, calls=48)
    address = f"/invitations/{invitations.token_of(Invitation.objects.get())}/"
    # 24 of their own and 2,880 more share 48.
    assert "your own products would get 1.7% of today's checks." in squeezed(
        members.get(address).content.decode()
    )


def test_an_old_login_is_confirmed_before_a_list_is_given_away(
    web: Client, watchlist: Watchlist
) -> None:
    member = MembershipFactory.create(watchlist=watchlist)
    address, form = f"/watchlists/{watchlist.pk}/transfer/", {"transfer-member": str(member.pk)}
    with time_machine.travel(NOW + timedelta(minutes=16), tick=False):
        headers = {"Referer": f"http://testserver/watchlists/{watchlist.pk}/"}
        asked = web.post(address, form, headers=headers).headers["Location"]
        assert asked == f"/confirm/?next=%2Fwatchlists%2F{watchlist.pk}%2F"
        assert (
            web.post(address, form, headers={"HX-Request": "true", **headers}).headers[
                "HX-Redirect"
            ]
            == asked
        )
        assert not Invitation.objects.exists()
        assert (
            web.post(asked, {"password": "a-password"}).headers["Location"]
            == f"/watchlists/{watchlist.pk}/"
        )
        web.post(address, form, headers=headers)
    assert Invitation.objects.get().email == member.user.email


def test_a_list_cannot_be_transferred_to_a_stranger(web: Client, watchlist: Watchlist) -> None:
    MembershipFactory.create(watchlist=watchlist)
    other = MembershipFactory.create()
    form = {"transfer-member": str(other.pk)}
    assert (
        "Select a valid choice"
        in web.post(f"/watchlists/{watchlist.pk}/transfer/", form).content.decode()
    )
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_members_see_names_and_neither_addresses_nor_invitations(
    watchlist: Watchlist, role: str
) -> None:
    MembershipFactory.create(
        watchlist=watchlist, user__name="Ann Li", user__email="ann@example.com"
    )
    invite(watchlist.owner, "guest@example.com", NOW, watchlist)
    client = client_of(MembershipFactory.create(watchlist=watchlist, role=role).user)
    text = client.get(f"/watchlists/{watchlist.pk}/").content.decode()
    assert "Ann Li" in text
    assert "Leave the list" in text
    for hidden in ("ann@example.com", "guest@example.com", "/invite/", "/transfer/"):
        assert hidden not in text
    for name in ("invite", "transfer"):
        assert client.post(f"/watchlists/{watchlist.pk}/{name}/").status_code == 404
