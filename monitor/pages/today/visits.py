"""Since when news count for somebody. Pure, but for the user's columns."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.models import User
from monitor.watchlists.visits import VISIT_ENDS_AFTER

#: Whoever was here before this, or never, is told of this long.
LONGEST = timedelta(days=7)
AT_FIRST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Since:
    """News count from `at`: the end of the visit before, unless there was none or it is too long ago."""

    at: datetime
    is_first_visit: bool = False
    last_visit: datetime | None = None

    @property
    def is_cut(self) -> bool:
        return self.last_visit is not None and self.last_visit < self.at


def since(user: User, now: datetime) -> Since:
    """A visit that goes on counts from the end of the one before; else one begins, and the last one has ended."""
    goes_on = user.seen_at is not None and now - user.seen_at <= VISIT_ENDS_AFTER
    last = user.last_visit_at if goes_on else user.seen_at
    if last is None:
        return Since(now - AT_FIRST, is_first_visit=True)
    return Since(max(last, now - LONGEST), last_visit=last)
