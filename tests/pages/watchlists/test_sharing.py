"""Sharing a list: inviting, roles, removing, leaving and transferring, and what members see."""

import threading
from datetime import timedelta

import pytest
import time_machine
from pytest_django.fixtures import Settings

from monitor.models import Allowance, Invitation, Membership, Message, User, Watchlist
from monitor.telling.message import build
from monitor.telling.outbox import send_due
from monitor.watching import invitations
from monitor.watching.deletion import bring_back, delete_for_now
from monitor.watching.invitations import NotInvitedError, accept, invite
from monitor.watching.sharing import transfer
from tests.models.factories import (
    NOW,
    MembershipFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages import HTMX, Browser, seen_by
from tests.polling.threads import at_once

pytestmark = pytest.mark.django_db


def send_invitation(web: Browser, watchlist: Watchlist, email: str, role: str = "viewer") -> str:
    form = {"invite-email": email, "invite-role": role}
    return web.send(f"/watchlists/{watchlist.pk}/invite/", form)


def test_an_invitation_is_mailed_again_and_withdrawn(web: Browser, watchlist: Watchlist) -> None:
    text = send_invitation(web, watchlist, " Ann@Example.com ", "editor")
    assert "The invitation is being sent to ann@example.com." in text
    assert "Sending the mail." in text
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role) == ("ann@example.com", "editor")
    assert Message.objects.get().address == "ann@example.com"
    address = f"/watchlists/{watchlist.pk}/invitations/{invitation.pk}/"
    assert "The invitation is being sent to" in web.send(f"{address}resend/")
    assert Message.objects.count() == 2
    with time_machine.travel(NOW + timedelta(days=15), tick=False):
        page = seen_by(watchlist.owner).page(f"/watchlists/{watchlist.pk}/")
        assert "No answer; the link has expired" in page
    text = web.send(f"{address}withdraw/")
    assert "The invitation of ann@example.com was withdrawn." in text
    assert "Send again" not in text
    assert web.post(f"{address}resend/").status_code == 404


@pytest.mark.parametrize(
    ("email", "answer"),
    [
        # The inviter does not learn whether an address has an account.
        ("known@example.com", "The invitation is being sent to known@example.com."),
        ("other@example.com", "The invitation is being sent to other@example.com."),
        ("merchant@example.com", "This is the owner's address."),
        ("MEMBER@example.com", "This user is a member already."),
        ("nonsense", "Enter a valid email address."),
        ("", "This field is required."),
    ],
)
def test_an_invitation_is_answered_by_its_address(
    web: Browser, watchlist: Watchlist, email: str, answer: str
) -> None:
    UserFactory.create(email="known@example.com")
    MembershipFactory.create(watchlist=watchlist, user__email="member@example.com")
    text = send_invitation(web, watchlist, email).replace("&#x27;", "'")
    assert answer in text
    assert Invitation.objects.exists() == ("being sent" in answer)


def test_a_dropped_invitation_mail_is_reported(web: Browser, watchlist: Watchlist) -> None:
    invite(watchlist.owner, "ann@example.com", NOW, watchlist)
    delete_for_now(watchlist, NOW)
    assert send_due(NOW)["dropped"] == 1
    bring_back(watchlist.owner, watchlist.pk, NOW)
    text = web.page(f"/watchlists/{watchlist.pk}/")
    assert "Sending the mail." not in text
    assert "The mail could not be sent." in text


def test_the_owner_changes_roles_and_removes_members_who_may_leave(
    web: Browser, watchlist: Watchlist
) -> None:
    member, other = MembershipFactory.create_batch(2, watchlist=watchlist)
    address = f"/watchlists/{watchlist.pk}/members/{member.pk}/"
    web.send(f"{address}role/", {"role": "editor"})
    assert Watchlist.objects.editable_by(member.user).get() == watchlist
    assert "Choose what" in web.send(f"{address}role/", {"role": "owner"})
    assert "is no longer a member." in web.send(f"{address}remove/")
    assert not Watchlist.objects.for_user(member.user).exists()
    assert web.post(f"{address}remove/").status_code == 404
    leave = f"/watchlists/{watchlist.pk}/leave/"
    assert seen_by(other.user).post(leave).headers["Location"] == "/watchlists/"
    assert not Membership.objects.exists()
    assert web.post(leave).status_code == 404


def test_another_lists_people_cannot_be_changed_through_the_users_list(
    web: Browser, watchlist: Watchlist
) -> None:
    MembershipFactory.create(watchlist=watchlist)
    other, here = MembershipFactory.create(), f"/watchlists/{watchlist.pk}/"
    invitation = invite(other.watchlist.owner, "ann@example.com", NOW, other.watchlist)
    assert web.post(f"{here}members/{other.pk}/remove/").status_code == 404
    assert web.post(f"{here}invitations/{invitation.pk}/withdraw/").status_code == 404
    form = {"transfer-member": str(other.pk)}
    assert "Select a valid choice" in web.send(f"{here}transfer/", form)
    assert Membership.objects.filter(pk=other.pk).exists()
    assert Invitation.objects.get() == invitation


def offered(web: Browser, watchlist: Watchlist, member: Membership) -> str:
    """Offer the list to a member; return the address of the page that the mail links to."""
    answer = web.post(f"/watchlists/{watchlist.pk}/transfer/", {"transfer-member": str(member.pk)})
    assert answer.headers["Location"] == f"/watchlists/{watchlist.pk}/#people"
    invitation = Invitation.objects.get(email=member.user.email, role="owner")
    return f"/invitations/{invitations.token_of(invitation)}/"


def test_a_member_who_accepts_becomes_the_owner(
    web: Browser, watchlist: Watchlist, merchant: User
) -> None:
    member, here = MembershipFactory.create(watchlist=watchlist), f"/watchlists/{watchlist.pk}/"
    WatchlistFactory.create(owner=member.user, name="rivals")
    address, members = offered(web, watchlist, member), seen_by(member.user)
    watchlist.refresh_from_db()
    assert watchlist.owner == merchant, "An offer alone transfers nothing."
    assert f'href="{address}"' in members.page(here)
    assert "wants to transfer" in build(Message.objects.get()).subject
    assert members.post(address, {"answer": "accept"}).headers["Location"] == here
    watchlist.refresh_from_db()
    assert (watchlist.owner, watchlist.name) == (member.user, "Rivals (2)")
    assert list(Membership.objects.values_list("user", "role")) == [(merchant.pk, "editor")]
    assert web.get(f"{here}delete/").status_code == 404
    told = build(Message.objects.get(kind="list_transferred"))
    assert told.to == [merchant.email]
    assert f"now belongs to {member.user.name}" in told.body


@pytest.mark.parametrize(
    "ending", ["declined", "withdrawn", "expired", "left", "deleted", "transferred"]
)
def test_an_offer_that_has_ended_transfers_nothing(
    web: Browser, watchlist: Watchlist, merchant: User, ending: str
) -> None:
    member, other = MembershipFactory.create_batch(2, watchlist=watchlist)
    address, offer = offered(web, watchlist, member), Invitation.objects.get()
    later, owner, members = NOW, merchant, seen_by(member.user)
    if ending == "declined":
        assert "Declined" in members.send(address, {"answer": "decline"})
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
        members.force_login(member.user)
        assert members.post(address, {"answer": "accept"}).status_code == 404
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
    web: Browser, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 10_000
    member = MembershipFactory.create(watchlist=watchlist, user__name="Ann Li")
    own = WatchlistFactory.create(owner=member.user)
    WatchFactory.create(watchlist=own)
    Watchlist.objects.filter(pk=watchlist.pk).update(interval=timedelta(minutes=5), pace="fixed")
    WatchlistFactory.create()
    WatchFactory.create_batch(10, watchlist=watchlist)
    address, members = offered(web, watchlist, member), seen_by(member.user)
    text = members.words(address)
    assert "10 products · about 2,880 checks a day" in text
    assert "Your own products are checked as often as before." in text
    Allowance.objects.create(person=member.user, calls=48)
    # 24 of their own and 2,880 more share 48.
    assert "your own products would get 1.7% of today's checks." in members.words(address)


def test_an_old_login_is_confirmed_before_a_list_is_given_away(
    web: Browser, watchlist: Watchlist
) -> None:
    member, here = MembershipFactory.create(watchlist=watchlist), f"/watchlists/{watchlist.pk}/"
    address, form = f"{here}transfer/", {"transfer-member": str(member.pk)}
    headers = {"Referer": f"http://testserver{here}"}
    with time_machine.travel(NOW + timedelta(minutes=16), tick=False):
        asked = web.post(address, form, headers=headers).headers["Location"]
        assert asked == f"/confirm/?next=%2Fwatchlists%2F{watchlist.pk}%2F"
        region = web.post(address, form, headers=headers | HTMX)
        assert region.headers["HX-Redirect"] == asked
        assert not Invitation.objects.exists()
        assert web.post(asked, {"password": "a-password"}).headers["Location"] == here
        web.post(address, form, headers=headers)
    assert Invitation.objects.get().email == member.user.email


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_members_see_names_and_neither_addresses_nor_invitations(
    watchlist: Watchlist, role: str
) -> None:
    person = {"user__name": "Ann Li", "user__email": "ann@example.com"}
    MembershipFactory.create(watchlist=watchlist, **person)
    invite(watchlist.owner, "guest@example.com", NOW, watchlist)
    members = seen_by(MembershipFactory.create(watchlist=watchlist, role=role).user)
    text = members.page(f"/watchlists/{watchlist.pk}/")
    assert "Ann Li" in text
    assert "Leave the list" in text
    for hidden in ("ann@example.com", "guest@example.com", "/invite/", "/transfer/"):
        assert hidden not in text
    for name in ("invite", "transfer"):
        assert members.post(f"/watchlists/{watchlist.pk}/{name}/").status_code == 404
