"""Sharing a list: inviting, roles, removing, leaving and transferring, and what members see."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from monitor.budget.mail_limits import MOST_TO_ADDRESS_A_DAY
from monitor.delivery.outbox import send_due
from monitor.models import Invitation, Membership, Message, User, Watchlist
from monitor.watchlists import invitations
from monitor.watchlists.deletion import bring_back, delete_for_now
from monitor.watchlists.invitations import accept, invite
from monitor.watchlists.sharing import transfer
from tests.factories import NOW, MembershipFactory, UserFactory, WatchlistFactory
from tests.pages import HTMX

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
    assert (invitation.email, invitation.role, invitation.watchlist) == ("ann@example.com", "editor", watchlist)
    assert Message.objects.get().address == "ann@example.com"


def test_the_inviter_does_not_learn_whether_an_address_has_an_account(web: Client, watchlist: Watchlist) -> None:
    UserFactory.create(email="known@example.com")
    answers = [send_invitation(web, watchlist, email) for email in ("known@example.com", "other@example.com")]
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


def test_too_many_invitations_are_refused(web: Client, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MOST_OPEN_A_LIST", 1)
    send_invitation(web, watchlist, "ann@example.com")
    assert "withdraw one first." in send_invitation(web, watchlist, "bob@example.com")
    assert Invitation.objects.count() == 1


def test_the_limit_of_invitations_to_an_address_counts_those_of_all_users(web: Client, watchlist: Watchlist) -> None:
    for _ in range(MOST_TO_ADDRESS_A_DAY):
        other = WatchlistFactory.create()
        assert "The invitation is being sent to" in send_invitation(client_of(other.owner), other, "ann@example.com")
    refused = "This address takes no more invitations today. Try again from tomorrow 00:00."
    assert refused in send_invitation(web, watchlist, "ann@example.com")
    assert not Invitation.objects.filter(watchlist=watchlist).exists()
    with time_machine.travel(NOW + timedelta(hours=12), tick=False):
        assert "The invitation is being sent to ann@example.com." in send_invitation(web, watchlist, "ann@example.com")


def test_an_invitation_is_sent_again_and_withdrawn(web: Client, watchlist: Watchlist) -> None:
    invitation = invite(watchlist.owner, "ann@example.com", NOW, watchlist)
    address = f"/watchlists/{watchlist.pk}/invitations/{invitation.pk}/"
    assert "The invitation is being sent to" in web.post(f"{address}resend/", headers=HTMX).content.decode()
    assert Message.objects.count() == 2
    text = web.post(f"{address}withdraw/", headers=HTMX).content.decode()
    assert "The invitation of ann@example.com was withdrawn." in text
    assert "Send again" not in text
    assert web.post(f"{address}resend/").status_code == 404


def test_an_expired_invitation_says_so(web: Client, watchlist: Watchlist) -> None:
    invite(watchlist.owner, "ann@example.com", NOW, watchlist)
    with time_machine.travel(NOW + timedelta(days=15), tick=False):
        web.force_login(watchlist.owner)
        assert "No answer; the link has expired" in web.get(f"/watchlists/{watchlist.pk}/").content.decode()


def test_a_refused_address_is_reported(web: Client, watchlist: Watchlist) -> None:
    invite(watchlist.owner, "ann@example.com", NOW, watchlist)
    Message.objects.update(status=Message.Status.REFUSED)
    assert "The mail server refused this address." in web.get(f"/watchlists/{watchlist.pk}/").content.decode()


def test_a_dropped_invitation_mail_is_reported(web: Client, watchlist: Watchlist) -> None:
    invite(watchlist.owner, "ann@example.com", NOW, watchlist)
    delete_for_now(watchlist, NOW)
    assert send_due(NOW)["dropped"] == 1
    bring_back(watchlist.owner, watchlist.pk, NOW)
    text = web.get(f"/watchlists/{watchlist.pk}/").content.decode()
    assert "Sending the mail." not in text
    assert "The mail could not be sent." in text


def test_a_guest_who_accepts_becomes_a_member(web: Client, watchlist: Watchlist) -> None:
    send_invitation(web, watchlist, "ann@example.com")
    accept(Invitation.objects.get(), UserFactory.create(email="ann@example.com", name="Ann Li"), NOW)
    text = web.get(f"/watchlists/{watchlist.pk}/").content.decode()
    assert "Ann Li" in text
    assert "Send again" not in text


def test_the_owner_changes_roles_and_removes_members(web: Client, watchlist: Watchlist) -> None:
    member = MembershipFactory.create(watchlist=watchlist)
    address = f"/watchlists/{watchlist.pk}/members/{member.pk}/"
    web.post(f"{address}role/", {"role": "editor"}, headers=HTMX)
    assert Watchlist.objects.editable_by(member.user).get() == watchlist
    assert "Choose what" in web.post(f"{address}role/", {"role": "owner"}, headers=HTMX).content.decode()
    assert "is no longer a member." in web.post(f"{address}remove/", headers=HTMX).content.decode()
    assert not Watchlist.objects.for_user(member.user).exists()
    assert web.post(f"{address}remove/").status_code == 404


def test_another_lists_members_cannot_be_changed_through_the_users_list(web: Client, watchlist: Watchlist) -> None:
    membership = MembershipFactory.create()
    invitation = invite(membership.watchlist.owner, "ann@example.com", NOW, membership.watchlist)
    assert web.post(f"/watchlists/{watchlist.pk}/members/{membership.pk}/remove/").status_code == 404
    assert web.post(f"/watchlists/{watchlist.pk}/invitations/{invitation.pk}/withdraw/").status_code == 404
    assert Membership.objects.filter(pk=membership.pk).exists()


def test_a_member_can_leave_and_an_owner_cannot(web: Client, watchlist: Watchlist) -> None:
    member = MembershipFactory.create(watchlist=watchlist)
    response = client_of(member.user).post(f"/watchlists/{watchlist.pk}/leave/")
    assert response.headers["Location"] == "/watchlists/"
    assert not Membership.objects.exists()
    assert web.post(f"/watchlists/{watchlist.pk}/leave/").status_code == 404


def test_a_list_gets_another_owner(web: Client, watchlist: Watchlist, merchant: User) -> None:
    member = MembershipFactory.create(watchlist=watchlist)
    WatchlistFactory.create(owner=member.user, name="rivals")
    address, form = f"/watchlists/{watchlist.pk}/transfer/", {"transfer-member": str(member.pk)}
    assert "This field is required." in web.post(address, form).content.decode()
    web.post(address, {**form, "transfer-sure": "on"})
    watchlist.refresh_from_db()
    assert (watchlist.owner, watchlist.name) == (member.user, "Rivals (2)")
    assert list(Membership.objects.values_list("user", "role")) == [(merchant.pk, "editor")]
    assert web.get(f"/watchlists/{watchlist.pk}/delete/").status_code == 404


def test_an_old_login_is_confirmed_before_a_list_is_given_away(web: Client, watchlist: Watchlist) -> None:
    member = MembershipFactory.create(watchlist=watchlist)
    address, form = f"/watchlists/{watchlist.pk}/transfer/", {"transfer-member": str(member.pk), "transfer-sure": "on"}
    with time_machine.travel(NOW + timedelta(minutes=16), tick=False):
        headers = {"Referer": f"http://testserver/watchlists/{watchlist.pk}/"}
        asked = web.post(address, form, headers=headers).headers["Location"]
        assert asked == f"/confirm/?next=%2Fwatchlists%2F{watchlist.pk}%2F"
        assert web.post(address, form, headers={"HX-Request": "true", **headers}).headers["HX-Redirect"] == asked
        watchlist.refresh_from_db()
        assert watchlist.owner != member.user
        assert web.post(asked, {"password": "a-password"}).headers["Location"] == f"/watchlists/{watchlist.pk}/"
        web.post(address, form, headers=headers)
    watchlist.refresh_from_db()
    assert watchlist.owner == member.user


def test_a_list_is_transferred_once_if_two_tabs_try(merchant: User, watchlist: Watchlist) -> None:
    first, second = (MembershipFactory.create(watchlist=watchlist) for _ in range(2))
    in_another_tab = Watchlist.objects.select_related("owner").get(pk=watchlist.pk)
    transfer(watchlist, first, NOW)
    with pytest.raises(Watchlist.DoesNotExist):
        transfer(in_another_tab, second, NOW)
    watchlist.refresh_from_db()
    assert watchlist.owner == first.user
    assert set(Membership.objects.values_list("user", "role")) == {(merchant.pk, "editor"), (second.user_id, "viewer")}


def test_a_list_cannot_be_transferred_to_a_former_member(web: Client, watchlist: Watchlist) -> None:
    member = MembershipFactory.create(watchlist=watchlist)
    Membership.objects.all().delete()
    with pytest.raises(Membership.DoesNotExist):
        transfer(watchlist, member, NOW)
    watchlist.refresh_from_db()
    assert watchlist.owner != member.user


def test_an_owner_who_is_also_a_member_can_transfer_the_list(merchant: User, watchlist: Watchlist) -> None:
    MembershipFactory.create(watchlist=watchlist, user=merchant, role="viewer")
    member = MembershipFactory.create(watchlist=watchlist)
    assert transfer(watchlist, member, NOW).owner == member.user
    assert list(Membership.objects.values_list("user", "role")) == [(merchant.pk, "editor")]


def test_a_list_cannot_be_transferred_to_a_stranger(web: Client, watchlist: Watchlist) -> None:
    MembershipFactory.create(watchlist=watchlist)
    other = MembershipFactory.create()
    form = {"transfer-member": str(other.pk), "transfer-sure": "on"}
    assert "Select a valid choice" in web.post(f"/watchlists/{watchlist.pk}/transfer/", form).content.decode()
    watchlist.refresh_from_db()
    assert watchlist.owner != other.user


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_members_see_names_and_neither_addresses_nor_invitations(watchlist: Watchlist, role: str) -> None:
    MembershipFactory.create(watchlist=watchlist, user__name="Ann Li", user__email="ann@example.com")
    invite(watchlist.owner, "guest@example.com", NOW, watchlist)
    client = client_of(MembershipFactory.create(watchlist=watchlist, role=role).user)
    text = client.get(f"/watchlists/{watchlist.pk}/").content.decode()
    assert "Ann Li" in text
    assert "Leave the list" in text
    for hidden in ("ann@example.com", "guest@example.com", "/invite/", "/transfer/"):
        assert hidden not in text
    for name in ("invite", "transfer"):
        assert client.post(f"/watchlists/{watchlist.pk}/{name}/").status_code == 404
