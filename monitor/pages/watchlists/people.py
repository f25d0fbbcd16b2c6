"""Who shares a list, and who is invited to it."""

from dataclasses import dataclass
from datetime import datetime

from monitor.models import Invitation, Membership, Watchlist


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation that nobody has answered yet."""

    invitation: Invitation
    is_over: bool


@dataclass(frozen=True, slots=True)
class People:
    members: list[Membership]
    #: Only the owner sees them.
    invited: list[Invited]


def people_of(watchlist: Watchlist, now: datetime, *, with_invited: bool) -> People:
    """Two queries: the members by name, and the unanswered invitations, the latest first."""
    members = list(watchlist.memberships.select_related("user").order_by("user__name", "user__email"))
    if not with_invited:
        return People(members, [])
    waiting = Invitation.objects.waiting().filter(watchlist=watchlist).select_related("mail").order_by("-pk")
    return People(members, [Invited(one, one.expires_at <= now) for one in waiting])
