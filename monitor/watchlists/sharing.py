"""Who may do what on a list: roles, leaving, a new owner."""

from django.db import transaction

from monitor.models import Membership, User, Watchlist
from monitor.watchlists.names import free_name


def set_role(membership: Membership, role: str) -> None:
    membership.role = role
    membership.save(update_fields=["role"])


def remove_member(membership: Membership) -> None:
    """The list and its alerts are no longer the member's business; mails that wait to be sent leave them out."""
    membership.delete()


@transaction.atomic
def transfer(watchlist: Watchlist, membership: Membership) -> None:
    """Make a member the owner and the owner a member who may edit.

    The name gets a number when the new owner has a list of that name.
    """
    old, new = watchlist.owner, membership.user
    # The new owner's row is the lock on the names of his lists.
    User.objects.select_for_update(no_key=True).get(pk=new.pk)
    watchlist.owner, watchlist.name = new, free_name(new, watchlist.name)
    watchlist.save(update_fields=["owner", "name"])
    membership.delete()
    Membership.objects.create(watchlist=watchlist, user=old, role=Membership.Role.EDITOR)
