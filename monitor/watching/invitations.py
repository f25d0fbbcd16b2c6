"""Invitations: sending, finding by the token of the link, accepting, declining, withdrawing."""

import hashlib
from datetime import UTC, datetime
from enum import StrEnum

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language

from monitor.models import AuditKind, Invitation, Membership, Message, User, Watchlist
from monitor.models.invitations import INVITATION_LASTS
from monitor.people import audit, mail_limits
from monitor.watching.inbox import mark_past_read
from monitor.watching.sharing import transfer

#: Enough for users who share lists with people they know.
MOST_OPEN_A_LIST = 20
#: Rows that are purged by one statement.
CHUNK = 500


class InvitationLimit(StrEnum):
    """A limit of a list's open invitations, of an account's mails a day, or of mails to one address
    a day."""

    OPEN = "open"
    MAILS = "mails"
    MAILS_TO_ONE = "mails_to_one"


class TooManyInvitationsError(Exception):
    """A limit was reached. A daily limit ends at `until`."""

    def __init__(self, limit: InvitationLimit, until: datetime | None = None) -> None:
        super().__init__(limit.value)
        self.limit, self.until = limit, until


class NotInvitedError(Exception):
    """The invitation is to another address, or can no longer be accepted."""


def token_of(invitation: Invitation) -> str:
    """Return the secret of an invitation's link.

    It is derived from SECRET_KEY and not stored, not even in the outbox. A new expiry time makes a
    new token."""
    parts = (
        invitation.email,
        str(invitation.watchlist_id),
        invitation.expires_at.astimezone(UTC).isoformat(),
    )
    return salted_hmac("stallwatch.invitation", "\n".join(parts), algorithm="sha256").hexdigest()


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def find(token: str, now: datetime) -> Invitation | None:
    """Return the invitation of a link's token, with its list and inviter, while it can be
    accepted."""
    invitations = Invitation.objects.open(now).select_related("watchlist__owner", "invited_by")
    return invitations.filter(token_hash=hash_of(token)).first()


def find_accepted(token: str, user: User) -> Invitation | None:
    """Return the invitation that `user` has already accepted by this link."""
    return Invitation.objects.filter(
        token_hash=hash_of(token), email=user.email, accepted_at__isnull=False
    ).first()


@transaction.atomic
def invite(
    invited_by: User,
    email: str,
    now: datetime,
    watchlist: Watchlist | None = None,
    role: str = Membership.Role.VIEWER,
) -> Invitation:
    """Invite an address to a watchlist or just to join, and write the mail; an earlier invitation
    is renewed.

    With the role `OWNER` the owner of a list offers it to a member. Raises
    `TooManyInvitationsError`. The inviter cannot see whether the address has an account."""
    # The inviter's row is the lock: two requests at once must not exceed the list's limit.
    User.objects.select_for_update(no_key=True).get(pk=invited_by.pk)
    address = User.objects.normalize_email(email)
    earlier = Invitation.objects.filter(
        email=address, watchlist=watchlist, accepted_at__isnull=True
    )
    invitation = earlier.order_by("-pk").first() or Invitation(email=address, watchlist=watchlist)
    if watchlist is not None:
        others = Invitation.objects.open(now).filter(watchlist=watchlist).exclude(pk=invitation.pk)
        if others.count() >= MOST_OPEN_A_LIST:
            raise TooManyInvitationsError(InvitationLimit.OPEN)
    invitation.invited_by, invitation.role, invitation.closed_at = invited_by, role, None
    _send(invitation, now)
    return invitation


@transaction.atomic
def resend(pk: int, by: User, now: datetime) -> None:
    """Send the mail again, with a new link and a new expiry time. Raises what `invite` raises, and
    `Invitation.DoesNotExist` when it was answered or withdrawn meanwhile.
    """
    invitation = Invitation.objects.waiting().select_for_update(of=("self",)).get(pk=pk)
    invitation.invited_by = by
    _send(invitation, now)


def _send(invitation: Invitation, now: datetime) -> None:
    """Throttle, write the mail and give the invitation a new token."""
    # An exception rolls the throttle's counts back.
    if wait := mail_limits.take_by_account(invitation.invited_by, now):
        raise TooManyInvitationsError(InvitationLimit.MAILS, now + wait)
    if wait := mail_limits.take_to_address(invitation.email, now):
        raise TooManyInvitationsError(InvitationLimit.MAILS_TO_ONE, now + wait)
    invitation.expires_at = now + INVITATION_LASTS
    invitation.token_hash = hash_of(token_of(invitation))
    invitation.mailed_at = now
    account = User.objects.filter(email=invitation.email, is_active=True).first()
    language = account.language if account else get_language()
    invitation.mail = Message.to_address(
        invitation.email, now, kind=Message.Kind.INVITATION, context={"language": language}
    )
    mail_limits.post(invitation.mail)
    invitation.save()
    _record(AuditKind.INVITED, invitation)


@transaction.atomic
def accept(invitation: Invitation, user: User, now: datetime) -> Membership | None:
    """Make `user` a member of the list, or its owner; accepting twice changes nothing. Returns None
    without a list, or for its owner.

    An editor stays an editor. Raises `NotInvitedError` when the invitation is for another address,
    or has ended, and `AllowanceError` when a list that is offered is more than `user` may have."""
    rows = Invitation.objects.select_for_update(of=("self",)).select_related("watchlist")
    locked = rows.filter(pk=invitation.pk, email=user.email).first()
    if locked is None:
        raise NotInvitedError
    if locked.accepted_at is None:
        if not Invitation.objects.open(now).filter(pk=locked.pk).exists():
            raise NotInvitedError
        locked.accepted_at = now
        locked.save(update_fields=["accepted_at"])
        _record(AuditKind.INVITATION_ACCEPTED, locked, user)
        if locked.is_offer:
            _take_over(locked, user, now)
        elif locked.watchlist is not None and locked.watchlist.owner_id != user.pk:
            _join(locked.watchlist, user, locked.role, now)
    return Membership.objects.filter(watchlist=locked.watchlist_id, user=user).first()


def _take_over(offer: Invitation, user: User, now: datetime) -> None:
    assert offer.watchlist is not None
    try:
        transfer(offer.watchlist, offer.watchlist.memberships.get(user=user), now)
    except (Watchlist.DoesNotExist, Membership.DoesNotExist) as error:
        raise NotInvitedError from error


def _join(watchlist: Watchlist, user: User, role: str, now: datetime) -> None:
    membership, is_new = Membership.objects.get_or_create(
        watchlist=watchlist, user=user, defaults={"role": role}
    )
    if is_new:
        mark_past_read(user, watchlist, now)
    elif role == Membership.Role.EDITOR:
        membership.role = Membership.Role.EDITOR
        membership.save(update_fields=["role"])


def purge(now: datetime) -> int:
    """Delete invitations that came to nothing, with the mails to addresses that have no account;
    returns how many.

    These people have not agreed to be known here.
    """
    deleted = 0
    while rows := list(Invitation.objects.to_purge(now).values_list("pk", "email")[:CHUNK]):
        addresses = {email for _pk, email in rows}
        strangers = addresses - set(
            User.objects.filter(email__in=addresses).values_list("email", flat=True)
        )
        with transaction.atomic():
            deleted += Invitation.objects.filter(pk__in=[pk for pk, _email in rows]).delete()[0]
            # An address with another invitation keeps that one's mail.
            still_invited = Invitation.objects.filter(email__in=strangers).values("email")
            mails = Message.objects.filter(
                address__in=strangers, recipient__isnull=True, kind=Message.Kind.INVITATION
            )
            mails.exclude(address__in=still_invited).delete()
    return deleted


@transaction.atomic
def close(invitation: Invitation, now: datetime) -> None:
    """Decline or withdraw: the link no longer works. An accepted invitation stays accepted."""
    waiting = Invitation.objects.filter(
        pk=invitation.pk, accepted_at__isnull=True, closed_at__isnull=True
    )
    if waiting.update(closed_at=now):
        _record(AuditKind.INVITATION_CLOSED, invitation)


def _record(kind: AuditKind, invitation: Invitation, by: User | None = None) -> None:
    """Neither the address nor whether it has an account: inviters read the log, and must not learn
    that."""
    list_name = invitation.watchlist.name if invitation.watchlist else ""
    what = "ownership" if invitation.is_offer else ""
    audit.record(kind, actor=by, about=list_name, row=invitation, what=what)
