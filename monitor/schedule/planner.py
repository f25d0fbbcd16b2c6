"""One product's schedule: learn from a look, and say when the next one is worth its call."""

from binascii import a2b_base64, b2a_base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from struct import Struct
from typing import NamedTuple

from monitor.schedule.belief import Belief, Sighting, learned
from monitor.schedule.day import Day
from monitor.schedule.fleet import Fleet
from monitor.schedule.limits import SHOPS_ZONE, Limits
from monitor.schedule.pace import calls_a_day, cannot_wait, wait

_DAY = 86400.0
_OFFSET = SHOPS_ZONE.utcoffset(None).total_seconds()
#: Nothing that the provider keeps in its cache is taken for older than this, in days.
_OLDEST = 0.25
#: What its answers' ages have shown counts for so much less with each that came fresh.
_FADES = 0.9
_NO_BELIEF = Belief()
#: How `Known` is stored, before it is made text of so many characters: its numbers, and a bit each for that the product
#: is away and that there is a mark. It is read and written with each check, and a database takes text as it is.
_STORED = Struct("<6fIB")
STORED_LENGTH = 40
_IS_AWAY, _HAS_MARK = 1, 2


class Known(NamedTuple):
    """What is kept of a product: the belief, a mark of the state before its last change, and how old the provider's
    cached answers get, in days."""

    belief: Belief = _NO_BELIEF
    before: int | None = None
    cached: float = 0.0

    def dump(self) -> str:
        """As it is stored."""
        (changes, days, (first, second, third), is_away), before, cached = self
        bits = (_IS_AWAY if is_away else 0) | (0 if before is None else _HAS_MARK)
        packed = _STORED.pack(changes, days, first, second, third, cached, before or 0, bits)
        return b2a_base64(packed, newline=False).decode()

    @classmethod
    def load(cls, stored: str | None) -> "Known":
        """What `dump` stored; nothing is known where nothing is, or what another version has stored."""
        if stored is None or len(stored) != STORED_LENGTH:
            return _NOTHING
        changes, days, first, second, third, cached, mark, bits = _STORED.unpack(a2b_base64(stored))
        belief = Belief(changes, days, (first, second, third), bits & _IS_AWAY != 0)
        return cls(belief, mark if bits & _HAS_MARK else None, cached)


_NOTHING = Known()


class Lesson(NamedTuple):
    """What a look told: its data time and that of the one before, whether it was different, by marks that are equal
    where states are (`was` and `now_is`), and how old the answer was if it came from the provider's cache."""

    before_at: datetime
    at: datetime
    changed: bool
    was: int
    now_is: int
    age: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans the looks at products one by one, given what is common to all of them."""

    fleet: Fleet = field(default_factory=Fleet)
    day: Day = field(default_factory=Day)

    def learned(self, known: Known, told: Lesson) -> Known:
        """What is known after a look."""
        is_back = told.now_is == known.before if told.changed and known.before is not None else None
        days = self.day.activity(days_of(told.before_at), days_of(told.at))
        belief = learned(known.belief, self.fleet.prior, Sighting(days, told.changed, is_back))
        if told.age is None:
            cached = known.cached * _FADES
        else:
            cached = min(max(known.cached, told.age.total_seconds() / _DAY), _OLDEST)
        return Known(belief, told.was if told.changed else known.before, cached)

    def wait(self, known: Known, limits: Limits, told_at: datetime | None, now: datetime) -> tuple[timedelta, float]:
        """How long to wait from `now` for the next look, and how many changes a day are expected."""
        bounds = limits.bounds(self.fleet.stretch)
        calls, _, rate = calls_a_day(known.belief, self.fleet, bounds)
        if limits.is_fixed:
            return limits.stretched(self.fleet.stretch), rate
        since = days_of(min(told_at or now, now))
        return timedelta(wait(calls, bounds, self.day, since, days_of(now), known.cached)), rate

    def cannot_wait(self, limits: Limits, wait: timedelta) -> bool:
        """Whether a look that was put off for so long has to be made as soon as it is due."""
        return cannot_wait(wait.total_seconds() / _DAY, limits.bounds(self.fleet.stretch))


def days_of(at: datetime) -> float:
    """Days of the shops' clock since some midnight."""
    return (at.timestamp() + _OFFSET) / _DAY
