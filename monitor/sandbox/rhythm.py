"""Things that happen again and again, computed for any moment without counting up from a beginning."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from monitor.sandbox.chance import Chance

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Beat(NamedTuple):
    """The `number`-th time something happened, at `at` (Unix seconds)."""

    number: int
    at: int


class Rhythm:
    """One beat in every stretch of `period` seconds, somewhere in the middle `spread` share of it.

    Neighbouring beats are between (1 - spread) and (1 + spread) periods apart, so they never swap.
    Each name beats at moments of its own.
    """

    __slots__ = ("_chance", "_phase", "name", "period", "spread")

    def __init__(self, chance: Chance, name: str, period: int, spread: float = 0.8) -> None:
        self._chance = chance
        self._phase = chance.whole(period, name, "phase")
        self.name = name
        self.period = period
        self.spread = spread

    def last(self, now: int) -> Beat:
        """The latest beat at or before `now` (Unix seconds)."""
        number = (now - self._phase) // self.period
        at = self._time(number)
        return Beat(number, at) if at <= now else Beat(number - 1, self._time(number - 1))

    def between(self, start: int, end: int) -> Iterator[Beat]:
        """Every beat in (start, end], the oldest first."""
        number, at = self.last(start)
        while True:
            number += 1
            at = self._time(number)
            if at > end:
                return
            yield Beat(number, at)

    def _time(self, number: int) -> int:
        jitter = self.spread * (self._chance.unit(self.name, "beat", number) - 0.5)
        return self._phase + number * self.period + round(self.period * (0.5 + jitter))


class Spell(NamedTuple):
    """The `number`-th while that something lasted: from `at` up to `until` (Unix seconds)."""

    number: int
    at: int
    until: int


class Spells:
    """Whiles that begin with a rhythm's beats and last between `low` (1 at least) and `high` seconds.

    `high` has to be shorter than the rhythm's shortest gap, so that one is over before the next begins.
    """

    __slots__ = ("_chance", "_high", "_low", "_rhythm")

    def __init__(self, chance: Chance, rhythm: Rhythm, low: int, high: int) -> None:
        self._chance = chance
        self._rhythm = rhythm
        self._low = low
        self._high = high

    def current(self, now: int) -> Spell | None:
        """The one that is on at `now`, if any."""
        spell = self._from(self._rhythm.last(now))
        return spell if now < spell.until else None

    def edges(self, start: int, end: int) -> Iterator[int]:
        """The moments in (start, end] at which one begins or ends."""
        for beat in self._rhythm.between(start - self._high, end):
            yield from within(start, end, self._from(beat)[1:])

    def _from(self, beat: Beat) -> Spell:
        length = self._chance.between(self._low, self._high, self._rhythm.name, "length", beat.number)
        return Spell(beat.number, beat.at, beat.at + round(length))


def within(start: int, end: int, moments: Iterable[int]) -> Iterator[int]:
    """Those of `moments` that lie in (start, end]."""
    return (moment for moment in moments if start < moment <= end)
