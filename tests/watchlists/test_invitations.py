"""Invitations: found by their token, accepted once, throttled, and the same for whoever has an account or none."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.accounts.people import ask_for_address
from monitor.budget import mail_limits
from monitor.budget.mail_limits import MOST_BY_ACCOUNT_A_DAY, MOST_TO_ADDRESS_A_DAY
from monitor.delivery.compose import write_emails
from monitor.models import Alert, AlertRead, Email, Invitation, Membership, User
from monitor.uploads.links import read_text
from monitor.watchlists.imports import Source, Target, add_some, start_import, take_back
from monitor.watchlists.invitations import (
    MOST_OPEN_A_LIST,
    InvitationLimit,
    NotInvitedError,
    TooManyInvitationsError,
    accept,
    close,
    find,
    find_accepted,
    invite,
    resend,
    token_of,
)
from tests.factories import FIRST_ID, NOW, AlertFactory, UserFactory, WatchlistFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATER = NOW + timedelta(days=15)
#: When the day ends that counts mails, China's.
MIDNIGHT = datetime(2026, 11, 26, tzinfo=ZoneInfo("Asia/Shanghai"))


def invited(email: str = "ann@example.com", role: str = Membership.Role.VIEWER) -> Invitation:
    watchlist = WatchlistFactory.create()
    return invite(watchlist.owner, email, NOW, watchlist, role)


def test_it_is_found_by_its_token_while_it_holds() -> None:
    invitation = invited()
    token = token_of(invitation)
    assert find(token, NOW) == invitation
    assert find(token, LATER) is None
    assert find(token + "x", NOW) is None
    assert find("\ud800", NOW) is None


def test_the_token_is_in_no_table() -> None:
    invitation = invited()
    token = token_of(invitation)
    rows = [*Invitation.objects.values(), *Email.objects.values()]
    assert token not in repr(rows)


def test_accepting_makes_a_member_once_only() -> None:
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


def test_who_may_edit_is_not_made_a_viewer_by_it() -> None:
    invitation = invited()
    ann = UserFactory.create(email="ann@example.com")
    assert invitation.watchlist is not None
    Membership.objects.create(watchlist=invitation.watchlist, user=ann, role=Membership.Role.EDITOR)
    accept(invitation, ann, NOW)
    assert Membership.objects.get().role == Membership.Role.EDITOR


def test_what_the_list_told_before_is_read_and_what_comes_is_not() -> None:
    invitation = invited()
    ann = UserFactory.create(email="ann@example.com")
    old = [AlertFactory.create(watchlist=invitation.watchlist, created_at=NOW - DAY * days) for days in (0, 1, 90)]
    accept(invitation, ann, NOW)
    assert Alert.objects.for_user(ann).count() == len(old)
    assert not Alert.objects.for_user(ann).unread_by(ann).exists()
    # What is older than an hour costs no rows.
    assert list(AlertRead.objects.values_list("alert", "user")) == [(old[0].pk, ann.pk)]
    new = AlertFactory.create(watchlist=invitation.watchlist, created_at=NOW + DAY)
    assert list(Alert.objects.for_user(ann).unread_by(ann)) == [new]
    owner = new.watchlist.owner
    assert Alert.objects.for_user(owner).unread_by(owner).count() == len(old) + 1


def test_what_waits_to_be_read_on_other_lists_still_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.watchlists.inbox.MOST_AT_ONCE", 1)
    invitation = invited()
    ann = UserFactory.create(email="ann@example.com")
    mine = AlertFactory.create(watchlist=WatchlistFactory.create(owner=ann), created_at=NOW - 5 * DAY)
    for days in (1, 3, 9):
        AlertFactory.create(watchlist=invitation.watchlist, created_at=NOW - days * DAY)
    accept(invitation, ann, NOW)
    assert list(Alert.objects.for_user(ann).unread_by(ann)) == [mine]


def test_no_mail_tells_of_what_was_before() -> None:
    invitation = invited()
    ann = UserFactory.create(email="ann@example.com")
    Email.objects.all().delete()
    for age in (timedelta(minutes=1), DAY):
        AlertFactory.create(watchlist=invitation.watchlist, created_at=NOW - age, is_delivered=False)
    accept(invitation, ann, NOW)
    write_emails(NOW)
    assert invitation.watchlist is not None
    assert [email.recipient for email in Email.objects.all()] == [invitation.watchlist.owner]
    AlertFactory.create(watchlist=invitation.watchlist, created_at=NOW + DAY, is_delivered=False)
    write_emails(NOW + DAY)
    assert Email.objects.get(recipient=ann).alerts.count() == 1


def test_only_the_invited_address_can_accept() -> None:
    with pytest.raises(NotInvitedError):
        accept(invited(), UserFactory.create(email="bob@example.com"), NOW)
    assert not Membership.objects.exists()


def test_what_is_declined_withdrawn_or_too_old_cannot_be_accepted() -> None:
    ann = UserFactory.create(email="ann@example.com")
    withdrawn = invited()
    close(withdrawn, NOW)
    with pytest.raises(NotInvitedError):
        accept(withdrawn, ann, NOW)
    with pytest.raises(NotInvitedError):
        accept(invited(), ann, LATER)


def test_it_rests_with_a_deleted_list_and_comes_back_with_it() -> None:
    invitation = invited()
    assert invitation.watchlist is not None
    invitation.watchlist.deleted_at = NOW
    invitation.watchlist.save()
    assert find(token_of(invitation), NOW) is None
    invitation.watchlist.deleted_at = None
    invitation.watchlist.save()
    assert find(token_of(invitation), NOW) == invitation


def test_inviting_again_gives_one_invitation_with_a_new_link() -> None:
    first = invited()
    old = token_of(first)
    close(first, NOW)
    assert first.watchlist is not None
    again = invite(first.invited_by, "ann@example.com", NOW + timedelta(hours=1), first.watchlist)
    assert again.pk == first.pk
    assert find(old, NOW) is None
    assert find(token_of(again), NOW + timedelta(hours=1)) == again
    assert Email.objects.count() == 2


def test_an_invitation_to_join_belongs_to_no_list() -> None:
    invitation = invite(UserFactory.create(), "ann@example.com", NOW)
    assert accept(invitation, UserFactory.create(email="ann@example.com"), NOW) is None
    assert Invitation.objects.get().accepted_at == NOW


def test_one_address_is_mailed_a_few_times_a_day() -> None:
    invitation = invited()
    for _ in range(MOST_TO_ADDRESS_A_DAY - 1):
        resend(invitation.pk, invitation.invited_by, NOW)
    with pytest.raises(TooManyInvitationsError):
        resend(invitation.pk, invitation.invited_by, NOW)
    resend(invitation.pk, invitation.invited_by, NOW + timedelta(days=1))


@pytest.mark.parametrize("address", ["ann@example.com", "ANN@example.com", "ann+shop@example.com"])
def test_one_address_is_mailed_a_few_times_a_day_whoever_invites_to_whatever_list(address: str) -> None:
    for _ in range(MOST_TO_ADDRESS_A_DAY):
        invited()
    with pytest.raises(TooManyInvitationsError) as refused:
        invited(address)
    assert refused.value.until == MIDNIGHT
    assert Email.objects.count() == Invitation.objects.count() == MOST_TO_ADDRESS_A_DAY
    invited("bob@example.com")


def test_a_change_of_address_counts_as_a_mail_to_it() -> None:
    for number in range(MOST_TO_ADDRESS_A_DAY):
        now = NOW + timedelta(hours=number)
        assert not ask_for_address(UserFactory.create(), "ann@example.com", f"203.0.113.{number}", now)
    later = NOW + timedelta(hours=MOST_TO_ADDRESS_A_DAY)
    assert later + ask_for_address(UserFactory.create(), "ann@example.com", "", later) == MIDNIGHT
    watchlist = WatchlistFactory.create()
    with pytest.raises(TooManyInvitationsError):
        invite(watchlist.owner, "ann@example.com", later, watchlist)


def test_what_is_undone_or_deleted_gives_no_mail_back() -> None:
    owner = UserFactory.create()

    def round_of_mails(name: str) -> None:
        """A new list with an import, whose invitations go with it when the import is undone."""
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
    assert Email.objects.filter(kind=Email.Kind.INVITATION).count() == MOST_BY_ACCOUNT_A_DAY


def test_what_is_refused_costs_nothing() -> None:
    watchlist = WatchlistFactory.create()
    for _ in range(MOST_TO_ADDRESS_A_DAY):
        invited()
    for _ in range(MOST_BY_ACCOUNT_A_DAY):
        with pytest.raises(TooManyInvitationsError):
            invite(watchlist.owner, "ann@example.com", NOW, watchlist)
    invite(watchlist.owner, "bob@example.com", NOW, watchlist)


def test_what_was_answered_or_withdrawn_is_not_sent_once_more() -> None:
    invitation = invited()
    close(invitation, NOW)
    with pytest.raises(Invitation.DoesNotExist):
        resend(invitation.pk, invitation.invited_by, NOW)


def test_a_list_has_so_many_open_invitations_and_no_more() -> None:
    watchlist = WatchlistFactory.create()
    for number in range(MOST_OPEN_A_LIST):
        invite(watchlist.owner, f"guest-{number}@example.com", NOW, watchlist)
    with pytest.raises(TooManyInvitationsError):
        invite(watchlist.owner, "one-more@example.com", NOW, watchlist)
    assert Email.objects.count() == MOST_OPEN_A_LIST


def test_one_person_sends_so_many_a_day_whatever_he_withdraws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_limits, "MOST_BY_ACCOUNT_A_DAY", 3)
    watchlist = WatchlistFactory.create()
    for number in range(3):
        close(invite(watchlist.owner, f"guest-{number}@example.com", NOW, watchlist), NOW)
    with pytest.raises(TooManyInvitationsError):
        invite(watchlist.owner, "one-more@example.com", NOW, watchlist)
    invite(watchlist.owner, "one-more@example.com", NOW + timedelta(days=1), watchlist)


def test_the_mail_speaks_the_accounts_language_or_the_inviters() -> None:
    UserFactory.create(email="known@example.com", language="zh-hans")
    invited("known@example.com")
    invited("unknown@example.com")
    languages = dict(Email.objects.values_list("address", "context"))
    assert languages["known@example.com"] == {"language": "zh-hans"}
    assert User.objects.filter(email="unknown@example.com").count() == 0
    assert set(languages["unknown@example.com"]) == {"language"}
