"""The prices of a product while it is there, and which of them others are compared with. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from monitor.judging.changes import FieldChange
from monitor.provider.observation import GONE, Status

#: A price is stale when no check succeeds for this long after one was due.
PATIENCE = timedelta(days=1)


class PastChange(NamedTuple):
    """A change and the data time at which it was first seen."""

    at: datetime
    change: FieldChange


def values_held(
    past: Iterable[tuple[datetime, FieldChange]], since: datetime, present: Mapping[str, Any]
) -> list[tuple[datetime, dict[str, Any]]]:
    """Return the values of the fields of `present` since a time, each time with what held from it
    on. `past` are changes in order of time."""
    steps = [(at, change) for at, change in past if change.field in present]
    values = {**present, **{change.field: change.before for _at, change in reversed(steps)}}
    held = {since: values}
    for at, change in steps:
        values = {**values, change.field: change.after}
        held[at] = values
    return list(held.items())


def prices_held(
    past: Iterable[tuple[datetime, FieldChange]],
    since: datetime,
    price: int | None,
    status: str | None,
) -> list[tuple[datetime, int | None]]:
    """Return the prices since a time, each with the time from which it held, None while the product
    was gone.

    `past` are changes in order of time, `price` and `status` the present ones.
    """
    held = values_held(past, since, {"price": price, "status": status})
    return [(at, None if values["status"] in GONE else values["price"]) for at, values in held]


def price_on_sale(price: int | None, status: str | None) -> int | None:
    """Return a price in fen that counts: known, above 0 and of a product on sale; otherwise
    None."""
    return (price or None) if status == Status.ON_SALE else None


def is_known_at(at: datetime, answered_at: datetime | None, interval: timedelta | None) -> bool:
    """Return whether what the checks until `answered_at` told still counts at a time.

    A product that is not checked any more, with no `interval`, is known until its last check.
    """
    if answered_at is None or at <= answered_at:
        return True
    return interval is not None and not is_stale(answered_at, interval, at)


def is_stale(answered_at: datetime, interval: timedelta, now: datetime) -> bool:
    """Return whether data from `answered_at` is too old at `now` for a product that is checked
    every `interval`."""
    return now - answered_at > interval + PATIENCE
