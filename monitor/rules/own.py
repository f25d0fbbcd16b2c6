"""The user's own product, with which a rule compares: may its price be used, and if not, why?"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.rules.offers import is_stale


class OwnPriceLack(StrEnum):
    """Why the price cannot be used at present."""

    #: Not all users who see the rule's list may see the product: an alert would reveal it.
    UNSEEN = "unseen"
    #: The product is not checked.
    UNASKED = "unasked"
    #: Its checks have failed for too long.
    STALE = "stale"
    NO_PRICE = "no_price"


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """The price in fen, when a check last succeeded, and how often it is checked, if at all.

    `is_seen`: all users who see the rule's list may see the product too.
    """

    price: int | None
    answered_at: datetime | None
    interval: timedelta | None
    is_seen: bool

    def lack(self, now: datetime) -> OwnPriceLack | None:
        """Return why the price cannot be used at `now`; None if it can."""
        if not self.is_seen:
            return OwnPriceLack.UNSEEN
        if self.interval is None:
            return OwnPriceLack.UNASKED
        if self.price is None or self.answered_at is None:
            return OwnPriceLack.NO_PRICE
        return OwnPriceLack.STALE if is_stale(self.answered_at, self.interval, now) else None
