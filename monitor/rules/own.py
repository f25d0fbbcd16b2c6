"""The product of one's own that a condition compares with: whether its price may be compared with, and why not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

#: For so long after it was due no check need succeed before what is known counts as old.
PATIENCE = timedelta(days=1)


class Lack(StrEnum):
    """Why a rule compares with nothing for the present."""

    #: Not everybody who sees the rule's list sees the product: an alert would tell of it.
    UNSEEN = "unseen"
    #: Nobody asks for checks of it.
    UNASKED = "unasked"
    #: They have failed for too long.
    STALE = "stale"
    NO_PRICE = "no_price"


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """What is known of it: the price in fen, when a check last succeeded, and how often one is asked for, if at all.

    `is_seen`: everybody who sees the list of the rule sees it, too.
    """

    price: int | None
    answered_at: datetime | None
    interval: timedelta | None
    is_seen: bool

    def lack(self, now: datetime) -> Lack | None:
        """What the rule lacks at `now`; None where it compares."""
        if not self.is_seen:
            return Lack.UNSEEN
        if self.interval is None:
            return Lack.UNASKED
        if self.price is None or self.answered_at is None:
            return Lack.NO_PRICE
        return Lack.STALE if is_stale(self.answered_at, self.interval, now) else None

    def price_at(self, now: datetime) -> int | None:
        """The price to compare with at `now`, if there is one."""
        return self.price if self.lack(now) is None else None


def is_stale(answered_at: datetime, interval: timedelta, now: datetime) -> bool:
    """Whether what was told at `answered_at` is too old at `now` for what is checked every `interval`."""
    return now - answered_at > interval + PATIENCE
