"""Invitations: found by their token, accepted once, limited in number, the same with and without an
account."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.models import Alert, AlertRead, Invitation, Membership, Message
from monitor.models.invitations import INVITATION_LASTS
from monitor.people.mail_limits import MOST_BY_ACCOUNT_A_DAY, MOST_TO_ADDRESS_A_DAY
from monitor.people.people import ask_for_address
from monitor.telling.compose import write_messages
from monitor.watching.imports import Source, Target, add_some, start_import, take_back
from monitor.watching.invitations import (
    MOST_OPEN_A_LIST,
    InvitationLimit,
    NotInvitedError,
    TooManyInvitationsError,
    accept,
    close,
    find,
    find_accepted,
    invite,
    purge,
    token_of,
)
from monitor.watching.uploads.lines import read_text
from tests.models.factories import FIRST_ID, NOW, AlertFactory, UserFactory, WatchlistFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATER = NOW + timedelta(days=15)
#: The end of the day for which mails are counted, in China.
MIDNIGHT = datetime(2026, 11, 26, tzinfo=ZoneInfo("Asia/Shanghai"))


def invited(email: str = "ann@example.com", role: str = Membership.Role.VIEWER) -> Invitation:
    watchlist = WatchlistFactory.create()
    return invite(watchlist.owner, email, NOW, watchlist, role)


def test_accepting_twice_makes_one_member() -> None:
    invitation = invited(" Ann@Example.com ", Membership.Role.EDITOR)
    ann = UserFactory.create(email="ann@example.com")
    for _ in range(2):
        membership = accept(invitation, ann, NOW)
        assert membership is not None
        assert membership.role == Membership.Role.EDITOR
    assert Membership.objects.count() == 1
    assert find(token_of(invitation), NOW) is None
    assert find_accepted(token_of(invitation), ann) == invitation
    assert find_accepted(token_of(invitation), UserFactory.create()) is None


def test_earlier_alerts_are_read_for_a_new_member_and_later_ones_are_not() -> None:
    invitation = invited()
    ann = UserFactory.create(email="ann@example.com")
    old = [
        AlertFactory.create(watchlist=invitation.watchlist, created_at=NOW - DAY * days)
        for days in (0, 1, 90)
    ]
    accept(invitation, ann, NOW)
    assert Alert.objects.for_user(ann).count() == len(old)
    assert not Alert.objects.for_user(ann).unread_by(ann).exists()
    # Alerts that are older than an hour take no rows.
    assert list(AlertRead.objects.values_list("alert", "user")) == [(old[0].pk, ann.pk)]
    new = AlertFactory.create(watchlist=invitation.watchlist, created_at=NOW + DAY)
    assert list(Alert.objects.for_user(ann).unread_by(ann)) == [new]
    owner = new.watchlist.owner
    assert Alert.objects.for_user(owner).unread_by(owner).count() == len(old) + 1


def test_earlier_alerts_are_not_mailed_to_a_new_member() -> None:
    invitation = invited()
    ann = UserFactory.create(email="ann@example.com")
    Message.objects.all().delete()
    for age in (timedelta(minutes=1), DAY):
        AlertFactory.create(
            watchlist=invitation.watchlist, created_at=NOW - age, is_delivered=False
        )
    accept(invitation, ann, NOW)
    write_messages(NOW)
    assert invitation.watchlist is not None
    assert [email.recipient for email in Message.objects.all()] == [invitation.watchlist.owner]
    AlertFactory.create(watchlist=invitation.watchlist, created_at=NOW + DAY, is_delivered=False)
    write_messages(NOW + DAY)
    assert Message.objects.get(recipient=ann).alerts.count() == 1


def test_an_invitation_is_accepted_by_its_address_in_time_unless_it_is_withdrawn() -> None:
    ann, bob = (UserFactory.create(email=f"{name}@example.com") for name in ("ann", "bob"))
    withdrawn = invited()
    close(withdrawn, NOW)
    for invitation, user, now in (
        (withdrawn, ann, NOW),
        (invited(), ann, LATER),
        (invited(), bob, NOW),
    ):
        with pytest.raises(NotInvitedError):
            accept(invitation, user, now)
    assert not Membership.objects.exists()


def test_inviting_again_gives_one_invitation_with_a_new_link() -> None:
    first = invited()
    old = token_of(first)
    close(first, NOW)
    assert first.watchlist is not None
    again = invite(first.invited_by, "ann@example.com", NOW + timedelta(hours=1), first.watchlist)
    assert again.pk == first.pk
    assert find(old, NOW) is None
    assert find(token_of(again), NOW + timedelta(hours=1)) == again
    assert Message.objects.count() == 2


@pytest.mark.parametrize("address", ["ann@example.com", "ANN@example.com", "ann+shop@example.com"])
def test_one_address_gets_a_few_invitations_a_day_from_all_lists_together(address: str) -> None:
    for _ in range(MOST_TO_ADDRESS_A_DAY):
        invited()
    with pytest.raises(TooManyInvitationsError) as refused:
        invited(address)
    assert refused.value.until == MIDNIGHT
    assert Message.objects.count() == Invitation.objects.count() == MOST_TO_ADDRESS_A_DAY
    invited("bob@example.com")


def test_a_change_of_address_counts_as_a_mail_to_it() -> None:
    for number in range(MOST_TO_ADDRESS_A_DAY):
        now = NOW + timedelta(hours=number)
        assert not ask_for_address(
            UserFactory.create(), "ann@example.com", f"203.0.113.{number}", now
        )
    later = NOW + timedelta(hours=MOST_TO_ADDRESS_A_DAY)
    assert later + ask_for_address(UserFactory.create(), "ann@example.com", "", later) == MIDNIGHT
    watchlist = WatchlistFactory.create()
    with pytest.raises(TooManyInvitationsError):
        invite(watchlist.owner, "ann@example.com", later, watchlist)


def test_mails_of_deleted_invitations_still_count() -> None:
    owner = UserFactory.create()

    def round_of_mails(name: str) -> None:
        """Import a new list and invite guests to it; undoing the import deletes the list and the
        invitations."""
        source = Source(lines=tuple(read_text(str(FIRST_ID))))
        added = start_import(owner, source, Target(None, name, timedelta(hours=1)), NOW)
        add_some(added, NOW)
        assert added.watchlist is not None
        for number in range(MOST_OPEN_A_LIST):
            invite(owner, f"guest-{number}-of-{name}@example.com", NOW, added.watchlist)
        take_back(added, NOW)
        assert not Invitation.objects.exists()

    round_of_mails("first")
    round_of_mails("second")
    with pytest.raises(TooManyInvitationsError) as refused:
        round_of_mails("third")
    assert (refused.value.limit, refused.value.until) == (InvitationLimit.MAILS, MIDNIGHT)
    assert Message.objects.filter(kind=Message.Kind.INVITATION).count() == MOST_BY_ACCOUNT_A_DAY


def test_a_list_has_a_limited_number_of_open_invitations() -> None:
    watchlist = WatchlistFactory.create()
    for number in range(MOST_OPEN_A_LIST):
        invite(watchlist.owner, f"guest-{number}@example.com", NOW, watchlist)
    with pytest.raises(TooManyInvitationsError):
        invite(watchlist.owner, "one-more@example.com", NOW, watchlist)
    assert Message.objects.count() == MOST_OPEN_A_LIST


def test_addresses_of_people_who_never_came_are_purged() -> None:
    owner, friend = UserFactory.create(), UserFactory.create(email="friend@example.com")
    watchlist = WatchlistFactory.create(owner=owner)
    accept(invite(owner, friend.email, NOW, watchlist), friend, NOW)
    close(invite(owner, "declined@example.com", NOW, watchlist), NOW)
    invite(owner, "silent@example.com", NOW, watchlist)
    invite(owner, "again@example.com", NOW, watchlist)
    month = timedelta(days=30)
    assert purge(NOW + month - timedelta(minutes=1)) == 0
    assert purge(NOW + month) == 1
    invite(owner, "again@example.com", NOW + month)
    assert purge(NOW + INVITATION_LASTS + month) == 2
    left = list(Invitation.objects.order_by("pk").values_list("email", flat=True))
    assert left == ["friend@example.com", "again@example.com"]
    assert set(Message.objects.values_list("address", flat=True)) == {
        "friend@example.com",
        "again@example.com",
    }
