"""One product's schedule: learns from a check, and plans the next one."""

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
#: The provider's cached answers are not expected to get older than this.
_OLDEST_DAYS = 0.25
#: With each fresh answer the expected age of cached answers shrinks by this factor.
_FADES = 0.9
#: `Known` is stored as binary numbers and flags, in base64: it is read and written with each check.
_STORED = Struct("<6fIB")
STORED_LENGTH = 40
_IS_AWAY, _HAS_MARK = 1, 2


class Known(NamedTuple):
    """What is known of a product: the belief, a hash of the state before its last change, and the age in days that the
    provider's cached answers reach."""

    belief: Belief = Belief()
    before: int | None = None
    cached: float = 0.0

    def dump(self) -> str:
        (changes, days, (first, second, third), is_away), before, cached = self
        bits = (_IS_AWAY if is_away else 0) | (0 if before is None else _HAS_MARK)
        packed = _STORED.pack(changes, days, first, second, third, cached, before or 0, bits)
        return b2a_base64(packed, newline=False).decode()

    @classmethod
    def load(cls, stored: str | None) -> "Known":
        """Reads what `dump` returned. Nothing is known without it, or from another version's."""
        if stored is None or len(stored) != STORED_LENGTH:
            return cls()
        changes, days, first, second, third, cached, mark, bits = _STORED.unpack(a2b_base64(stored))
        belief = Belief(changes, days, (first, second, third), bits & _IS_AWAY != 0)
        return cls(belief, mark if bits & _HAS_MARK else None, cached)


class Lesson(NamedTuple):
    """The result of a check: its data time and the one before, whether the state changed, hashes of the two states, and
    the answer's age if it came from the provider's cache."""

    before_at: datetime
    at: datetime
    changed: bool
    was: int
    now_is: int
    age: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans the checks of single products, given what all products share."""

    fleet: Fleet = field(default_factory=Fleet)
    day: Day = field(default_factory=Day)

    def learned(self, known: Known, lesson: Lesson) -> Known:
        """Returns what is known after a check."""
        is_back = lesson.now_is == known.before if lesson.changed and known.before is not None else None
        days = self.day.activity(days_of(lesson.before_at), days_of(lesson.at))
        belief = learned(known.belief, self.fleet.prior, Sighting(days, lesson.changed, is_back))
        if lesson.age is None:
            cached = known.cached * _FADES
        else:
            cached = min(max(known.cached, lesson.age.total_seconds() / _DAY), _OLDEST_DAYS)
        return Known(belief, lesson.was if lesson.changed else known.before, cached)

    def wait(self, known: Known, limits: Limits, told_at: datetime | None, now: datetime) -> tuple[timedelta, float]:
        """Returns the wait from `now` until the next check, and the expected changes a day."""
        bounds = limits.bounds(self.fleet.stretch)
        calls, _, rate = calls_a_day(known.belief, self.fleet, bounds)
        if limits.is_fixed:
            return limits.stretched(self.fleet.stretch), rate
        since = days_of(min(told_at or now, now))
        return timedelta(wait(calls, bounds, self.day, since, days_of(now), known.cached)), rate

    def cannot_wait(self, limits: Limits, wait: timedelta) -> bool:
        """Whether a check after such a wait must be made as soon as it is due."""
        return cannot_wait(wait.total_seconds() / _DAY, limits.bounds(self.fleet.stretch))


def days_of(at: datetime) -> float:
    """Returns days of the shops' clock since some midnight."""
    return (at.timestamp() + _OFFSET) / _DAY
