"""The members of a list: roles, leaving, a new owner."""

from datetime import datetime

from django.db import transaction

from monitor.budget.allowances import refuse_beyond
from monitor.models import Membership, Product, Watch, Watchlist
from monitor.watchlists.mails import forget_who_left
from monitor.watchlists.names import free_name
from monitor.watchlists.rescheduling import reschedule


def set_role(membership: Membership, role: str) -> None:
    membership.role = role
    membership.save(update_fields=["role"])


@transaction.atomic
def remove_member(membership: Membership) -> None:
    """Remove a member. Waiting mails leave the list's alerts out."""
    membership.delete()
    forget_who_left(membership.watchlist)


@transaction.atomic
def transfer(watchlist: Watchlist, membership: Membership, now: datetime) -> Watchlist:
    """Make a member the owner and the owner a member who may edit; return the list as it is then.

    The name gets a number when the new owner has a list of that name. Raises `Watchlist.DoesNotExist` when the list was
    given away or deleted meanwhile, `Membership.DoesNotExist` when the member has left it, and `AllowanceError`
    when the new owner would have too much. The products then follow the new owner's share of the budget.
    """
    old, new = watchlist.owner, membership.user
    # It locks the new owner's row, and with it the names of their lists.
    refuse_beyond(new, "lists", 1, Watchlist.objects.filter(owner=new).count)
    theirs = Watch.objects.filter(watchlist__owner=new).values("product").distinct()
    more = watchlist.watches.exclude(product__in=theirs).count()
    refuse_beyond(new, "products", more, theirs.count)
    given = Watchlist.objects.kept().select_for_update(no_key=True).get(pk=watchlist.pk, owner=old)
    given.memberships.select_for_update().get(pk=membership.pk).delete()
    given.owner, given.name = new, free_name(new, given.name)
    given.save(update_fields=["owner", "name"])
    # An operator may have made the owner a member, too.
    Membership.objects.update_or_create(watchlist=given, user=old, defaults={"role": Membership.Role.EDITOR})
    reschedule(Product.objects.filter(watches__watchlist=given), now)
    return given
