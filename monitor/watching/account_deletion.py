"""Deleting an account: hidden at once, restored within some days, then gone for good."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q, QuerySet

from monitor.models import (
    AlertRead,
    AuditKind,
    Charge,
    Import,
    ImportRow,
    Invitation,
    Message,
    MessageAlert,
    User,
    Watchlist,
)
from monitor.models.users import ACCOUNT_KEPT
from monitor.people import audit, mail_limits
from monitor.people.sessions import end_other_sessions
from monitor.watching import invitations
from monitor.watching.deletion import bring_back, delete_for_good, delete_for_now, in_pieces

#: Accounts that one pass purges: the next night goes on.
MOST_AT_ONCE = 100


def is_last_operator(user: User) -> bool:
    """Return whether the account must stay: without it no user could open the admin, or change
    rights in it."""
    others = User.objects.filter(is_active=True).exclude(pk=user.pk)
    is_last = user.is_superuser and not others.filter(is_superuser=True).exists()
    return is_last or (user.is_staff and not others.filter(is_staff=True).exists())


@transaction.atomic
def delete_account(user: User, now: datetime) -> None:
    """Hide an account: no one can log in to it, its lists make no checks, and no mail goes to it
    but one with a link that undoes this."""
    for watchlist in Watchlist.objects.kept().filter(owner=user):
        delete_for_now(watchlist, now)
    for invitation in (
        Invitation.objects.waiting().filter(invited_by=user).select_related("watchlist")
    ):
        invitations.close(invitation, now)
    user.is_active, user.deleted_at = False, now
    user.save(update_fields=["is_active", "deleted_at"])
    end_other_sessions(user, None)
    audit.record(AuditKind.ACCOUNT_DELETED, person=user)
    # Without a recipient: mails to users who are not active are dropped.
    context = {"user": user.pk, "language": user.language}
    mail_limits.post(
        Message.to_address(user.email, now, kind=Message.Kind.ACCOUNT_DELETED, context=context)
    )


@transaction.atomic
def restore_account(user: User, now: datetime, by: User | None = None) -> User:
    """Undo `delete_account`, with the lists that it deleted. `by`: an operator; without one the
    user has a link.

    Raises `User.DoesNotExist` if that was done already.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk, deleted_at__isnull=False)
    deleted_with = list(
        Watchlist.objects.restorable_by(user, now).filter(deleted_at=user.deleted_at)
    )
    user.is_active, user.deleted_at = True, None
    user.save(update_fields=["is_active", "deleted_at"])
    for watchlist in deleted_with:
        bring_back(user, watchlist.pk, now)
    audit.record(AuditKind.ACCOUNT_RESTORED, actor=by or user, person=user)
    return user


def purge(now: datetime) -> int:
    """Delete accounts for good that can no longer be restored; returns how many."""
    # An operator may have activated the account again.
    deleted = User.objects.filter(deleted_at__lte=now - ACCOUNT_KEPT, is_active=False)
    gone = list(deleted.order_by("deleted_at", "pk")[:MOST_AT_ONCE])
    for user in gone:
        purge_account(user, now)
    return len(gone)


def purge_account(user: User, now: datetime) -> None:
    """Delete a user with everything that is theirs, in portions; of the logs only the names.

    The user goes last, so an interrupted deletion goes on with the next call.
    """
    key, address = user.pk, user.email
    lists = list(user.watchlists.values_list("pk", flat=True))
    for watchlist in user.watchlists.all():
        delete_for_good(watchlist, now)
    owned: Iterable[QuerySet[Any]] = (
        AlertRead.objects.filter(user=user),
        MessageAlert.objects.filter(recipient=user),
        Message.objects.filter(recipient=user),
        Message.objects.filter(address=address),
        ImportRow.objects.filter(source__owner=user),
        Import.objects.filter(owner=user),
        Charge.objects.filter(person=user),
        Invitation.objects.filter(email=address),
    )
    for rows in owned:
        for piece in in_pieces(rows):
            piece.delete()
    with transaction.atomic():
        user.delete()
        audit.record(AuditKind.ACCOUNT_PURGED, about=f"#{key}")
        audit.forget_names(key, lists)
        # The admin's own log names rows as they were: users and invitations by their address.
        names = Q(object_repr__icontains=address) | Q(change_message__icontains=address)
        names |= Q(content_type=ContentType.objects.get_for_model(User), object_id=str(key))
        LogEntry.objects.filter(names).update(object_repr=f"#{key}", change_message="")
