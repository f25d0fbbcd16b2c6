"""When a product can be bought, and what the platform says when it cannot."""

from collections.abc import Iterator
from typing import NamedTuple

from monitor.sandbox.catalogue import Product, ShelfHabit
from monitor.sandbox.chance import Chance
from monitor.sandbox.rhythm import DAY, HOUR, Rhythm, Spells

_APPROVED = 3


class Place(NamedTuple):
    """The record's `status` and `check_status`; `found` is False when the provider knows no such product."""

    status: int = 0
    check_status: int = _APPROVED
    found: bool = True


class _Absence(NamedTuple):
    """Once in `days` a product is away for `low` to `high` hours."""

    days: int
    low: int
    high: int
    place: Place


# A banned, deleted or vanished product is put up again after some weeks: this world has to have all of them in any
# year it is asked about.
_ABSENCES = {
    ShelfHabit.IN_AND_OUT: _Absence(12, 3, 72, Place(status=1)),
    ShelfHabit.REVIEWED: _Absence(15, 2, 8, Place(check_status=2)),
    ShelfHabit.BANNED: _Absence(80, 240, 600, Place(check_status=5)),
    ShelfHabit.DELETED: _Absence(90, 500, 960, Place(status=2)),
    ShelfHabit.VANISHING: _Absence(90, 480, 960, Place(found=False)),
    ShelfHabit.REJECTED: _Absence(60, 24, 96, Place(check_status=4)),
    ShelfHabit.AWAITED: _Absence(40, 24, 72, Place(check_status=7)),
    ShelfHabit.ABNORMAL: _Absence(50, 24, 48, Place(status=-1)),
}
ON_SALE = Place()


class Shelf:
    """One product's place on the shelf over time."""

    def __init__(self, chance: Chance, product: Product) -> None:
        self._away, self._absences = ON_SALE, None
        if absence := _ABSENCES.get(product.shelf_habit):
            departures = Rhythm(chance, f"{product.num_iid}/shelf", absence.days * DAY, 0.4)
            self._away = absence.place
            self._absences = Spells(chance, departures, absence.low * HOUR, absence.high * HOUR)

    def at(self, now: int) -> Place:
        """Where the product is at Unix second `now`."""
        return self._away if self._absences and self._absences.current(now) else ON_SALE

    def lasting(self, start: int, end: int) -> Iterator[int]:
        """The moments in (start, end] at which the product leaves the shelf or comes back."""
        if self._absences:
            yield from self._absences.edges(start, end)
