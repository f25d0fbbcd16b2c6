"""The members of a list: roles, leaving, a new owner."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from monitor.models import (
    AuditKind,
    ChannelChoice,
    Follow,
    Membership,
    Message,
    User,
    Watch,
    Watchlist,
)
from monitor.people import audit, mail_limits
from monitor.people.allowances import refuse_beyond
from monitor.watching.names import free_name
from monitor.watching.services import watchlist_changed


@transaction.atomic
def set_role(membership: Membership, role: str) -> None:
    changes = {"role": (membership.role, role)}
    membership.role = role
    membership.save(update_fields=["role"])
    _record(AuditKind.ROLE_CHANGED, membership, changes)


@transaction.atomic
def show_costs(watchlist: Watchlist, *, shows: bool) -> None:
    """Let members who may only view see costs, wanted profits and notes, or hide these."""
    changes = {"shows_costs": (watchlist.shows_costs, shows)}
    watchlist.shows_costs = shows
    watchlist.save(update_fields=["shows_costs"])
    audit.record(AuditKind.RIGHTS_CHANGED, about=watchlist.name, row=watchlist, changes=changes)


@transaction.atomic
def remove_member(membership: Membership) -> None:
    """Remove a member. Waiting mails leave the list's alerts out."""
    _record(AuditKind.MEMBER_REMOVED, membership)
    membership.delete()
    forget_who_left(membership.watchlist)


@transaction.atomic
def transfer(watchlist: Watchlist, membership: Membership, now: datetime) -> Watchlist:
    """Make a member who has accepted it the owner, and the owner a member who may edit; return the
    list as it is then.

    The name gets a number when the new owner has a list of that name. Raises
    `Watchlist.DoesNotExist` when the list was given away or deleted meanwhile,
    `Membership.DoesNotExist` when the member has left it, and `AllowanceError` when the new owner
    would have too much. The products then follow the new owner's share of the budget."""
    old, new = watchlist.owner, membership.user
    # It locks the new owner's row, and with it the names of their lists.
    refuse_beyond(new, "lists", 1, Watchlist.objects.filter(owner=new).count)
    for limit, rows, column in (
        ("products", Watch.objects, "product"),
        ("shops", Follow.objects, "shop"),
    ):
        theirs = rows.filter(watchlist__owner=new).values(column).distinct()
        more = rows.filter(watchlist=watchlist).exclude(**{f"{column}__in": theirs}).count()
        refuse_beyond(new, limit, more, theirs.count)
    given = Watchlist.objects.kept().select_for_update(no_key=True).get(pk=watchlist.pk, owner=old)
    given.memberships.select_for_update().get(pk=membership.pk).delete()
    given.owner, given.name = new, free_name(new, given.name)
    given.save(update_fields=["owner", "name"])
    # An operator may have made the owner a member, too.
    Membership.objects.update_or_create(
        watchlist=given, user=old, defaults={"role": Membership.Role.EDITOR}
    )
    watchlist_changed(given, now)
    note_transfer(given, [old], now)
    return given


def note_transfer(
    given: Watchlist, told: Iterable[User], now: datetime, *, by_operator: bool = False
) -> None:
    """Record that a list has another owner, and tell people by mail."""
    audit.record(AuditKind.LIST_TRANSFERRED, person=given.owner, about=given.name, row=given)
    context = {"watchlist": given.pk, "list": given.name, "owner": given.owner.get_short_name()}
    for user in told:
        about = {**context, "is_yours": user == given.owner, "by_operator": by_operator}
        mail_limits.post(Message.to(user, now, kind=Message.Kind.LIST_TRANSFERRED, context=about))


def _record(kind: AuditKind, membership: Membership, changes: audit.Changes | None = None) -> None:
    name = membership.watchlist.name
    audit.record(kind, person=membership.user, about=name, row=membership, changes=changes)


def forget_who_left(watchlist: Watchlist) -> None:
    """Delete the choices of former members for their channels: if they come back, their general
    choice holds."""
    left = ChannelChoice.objects.filter(watchlist=watchlist).exclude(
        channel__owner_id=watchlist.owner_id
    )
    left.exclude(channel__owner__in=watchlist.memberships.values("user")).delete()
