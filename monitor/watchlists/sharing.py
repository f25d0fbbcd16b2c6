"""The members of a list: roles, leaving, a new owner."""

from django.db import transaction

from monitor import audit
from monitor.models import AuditKind, Membership, User, Watchlist
from monitor.watchlists.mails import forget_who_left
from monitor.watchlists.names import free_name


@transaction.atomic
def set_role(membership: Membership, role: str) -> None:
    changes = {"role": (membership.role, role)}
    membership.role = role
    membership.save(update_fields=["role"])
    _record(AuditKind.ROLE_CHANGED, membership, changes)


@transaction.atomic
def remove_member(membership: Membership) -> None:
    """Remove a member. Waiting mails leave the list's alerts out."""
    _record(AuditKind.MEMBER_REMOVED, membership)
    membership.delete()
    forget_who_left(membership.watchlist)


@transaction.atomic
def transfer(watchlist: Watchlist, membership: Membership) -> Watchlist:
    """Make a member the owner and the owner a member who may edit; return the list as it is then.

    The name gets a number when the new owner has a list of that name. Raises `Watchlist.DoesNotExist` when the list was
    given away or deleted meanwhile, `Membership.DoesNotExist` when the member has left it.
    """
    old, new = watchlist.owner, membership.user
    # The new owner's row is the lock on the names of their lists.
    User.objects.select_for_update(no_key=True).get(pk=new.pk)
    given = Watchlist.objects.kept().select_for_update(no_key=True).get(pk=watchlist.pk, owner=old)
    given.memberships.select_for_update().get(pk=membership.pk).delete()
    given.owner, given.name = new, free_name(new, given.name)
    given.save(update_fields=["owner", "name"])
    # An operator may have made the owner a member, too.
    Membership.objects.update_or_create(watchlist=given, user=old, defaults={"role": Membership.Role.EDITOR})
    audit.record(AuditKind.LIST_TRANSFERRED, person=new, about=given.name, row=given)
    return given


def _record(kind: AuditKind, membership: Membership, changes: audit.Changes | None = None) -> None:
    name = membership.watchlist.name
    audit.record(kind, person=membership.user, about=name, row=membership, changes=changes)
