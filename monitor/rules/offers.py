"""A product as others are compared with it: does its price count? Pure."""

from datetime import datetime, timedelta

from monitor.provider.observation import Status

#: A price is stale when no check succeeds for this long after one was due.
PATIENCE = timedelta(days=1)


def price_on_sale(price: int | None, status: str | None) -> int | None:
    """Return a price in fen that counts: known, above 0 and of a product on sale; otherwise None."""
    return (price or None) if status == Status.ON_SALE else None


def is_known_at(at: datetime, answered_at: datetime | None, interval: timedelta | None) -> bool:
    """Return whether what the checks until `answered_at` told still counts at a time.

    A product that is not checked any more, with no `interval`, is known until its last check.
    """
    if answered_at is None or at <= answered_at:
        return True
    return interval is not None and not is_stale(answered_at, interval, at)


def is_stale(answered_at: datetime, interval: timedelta, now: datetime) -> bool:
    """Return whether data from `answered_at` is too old at `now` for a product that is checked every `interval`."""
    return now - answered_at > interval + PATIENCE
