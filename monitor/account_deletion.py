"""Deleting an account: hidden at once, restored within some days, then gone for good."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet

from monitor import audit
from monitor.accounts.sessions import end_other_sessions
from monitor.models import (
    AlertRead,
    AuditKind,
    Charge,
    Import,
    ImportRow,
    Invitation,
    Membership,
    Message,
    MessageAlert,
    User,
    Watchlist,
)
from monitor.models.users import ACCOUNT_KEPT
from monitor.watchlists import invitations, sharing
from monitor.watchlists.deletion import bring_back, delete_for_good, delete_for_now

#: Rows of one statement, so that no locks are held for long.
CHUNK = 1000
#: Accounts that one pass purges: the next night goes on.
MOST_AT_ONCE = 100


class WhyNot(StrEnum):
    """Why an account cannot be deleted."""

    LAST_OPERATOR = "last_operator"


def refusal(user: User) -> WhyNot | None:
    """Why the account must stay: without it no user could open the admin, or change rights in it."""
    others = User.objects.filter(is_active=True).exclude(pk=user.pk)
    is_last = user.is_superuser and not others.filter(is_superuser=True).exists()
    is_last = is_last or (user.is_staff and not others.filter(is_staff=True).exists())
    return WhyNot.LAST_OPERATOR if is_last else None


@transaction.atomic
def delete_account(user: User, heirs: Mapping[int, int], now: datetime) -> None:
    """Hide an account: nobody can log in to it, its lists make no checks, and no mail goes to it but one with a link
    that undoes this.

    `heirs` are the keys of memberships that get lists, by the keys of the lists; other lists are deleted. Raises
    `ObjectDoesNotExist` if a member has left or a list was given away meanwhile, and `AllowanceError` if a list does
    not fit into what a member may have.
    """
    for watchlist in Watchlist.objects.kept().filter(owner=user).select_related("owner"):
        if watchlist.pk in heirs:
            members = Membership.objects.select_related("user").filter(watchlist=watchlist, user__is_active=True)
            sharing.transfer(watchlist, members.get(pk=heirs[watchlist.pk]), now)
        else:
            delete_for_now(watchlist, now)
    for invitation in Invitation.objects.waiting().filter(invited_by=user).select_related("watchlist"):
        invitations.close(invitation, now)
    user.is_active, user.deleted_at, user.next_digest_at = False, now, None
    user.save(update_fields=["is_active", "deleted_at", "next_digest_at"])
    end_other_sessions(user, None)
    audit.record(AuditKind.ACCOUNT_DELETED, person=user)
    mail_restore_link(user, now)


def mail_restore_link(user: User, now: datetime) -> None:
    """Mail a deleted user the link that restores the account."""
    # Without a recipient: mails to users who are not active are dropped.
    context = {"user": user.pk, "language": user.language}
    Message.to_address(user.email, now, kind=Message.Kind.ACCOUNT_DELETED, context=context).save(force_insert=True)


@transaction.atomic
def restore_account(user: User, now: datetime, by: User | None = None) -> User:
    """Undo `delete_account`, with the lists that it deleted. `by`: an operator; without one the user has a link.

    Raises `User.DoesNotExist` if that was done already.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk, deleted_at__isnull=False)
    deleted_with = list(Watchlist.objects.restorable_by(user, now).filter(deleted_at=user.deleted_at))
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
    """Delete a user with everything that is theirs, in portions; of the audit log only their names.

    The user goes last, so an interrupted deletion goes on with the next call.
    """
    key, address = user.pk, user.email
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
        _delete_in_portions(rows)
    with transaction.atomic():
        user.delete()
        audit.record(AuditKind.ACCOUNT_PURGED, about=f"#{key}")
        audit.forget_names(key)


def _delete_in_portions(rows: QuerySet[Any]) -> None:
    model: type[Model] = rows.model
    while keys := list(rows.order_by().values_list("pk", flat=True)[:CHUNK]):
        model._default_manager.filter(pk__in=keys).delete()
