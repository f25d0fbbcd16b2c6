"""The plan for spending a day's calls: how many of them may have been made by a time of the day."""

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from fractions import Fraction

#: How far spending may run ahead of the plan, in percent of the day's calls, and how much further
#: for checks that cannot wait.
AHEAD_PERCENT, STRICT_AHEAD_PERCENT = 2, 15
#: If spending is further behind the plan, the rest of the day gets a new plan.
BEHIND_PERCENT = 2
#: Kept until the last hour for checks that people ask for and for confirmations.
KEPT_PERCENT = 5
LAST_HOUR = timedelta(hours=1)
_UNIT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Mark:
    """The calls of a plan at a time, from which the rest of the day was planned again."""

    at: datetime
    calls: int


@dataclass(frozen=True, slots=True)
class Spending:
    """The plan of a day's `cap` calls at `now`, an aware time.

    The day is the calendar day in `zone`, which may have 23 or 25 hours. Spending is even. A mark
    of another day or of the future is ignored, so clock changes do no harm."""

    cap: int
    now: datetime
    zone: tzinfo
    mark: Mark | None = None

    @property
    def planned(self) -> int:
        """How many calls should be spent by now."""
        return self._whole(self._planned())

    @property
    def spendable(self) -> int:
        """How many calls may be spent by now on due checks: a little more."""
        return self._ahead(AHEAD_PERCENT)

    @property
    def spendable_at_once(self) -> int:
        """How many calls may be spent by now on checks that cannot wait."""
        return self._ahead(AHEAD_PERCENT + STRICT_AHEAD_PERCENT)

    def caught_up(self, spent: int) -> "Spending":
        """Return a new plan for the rest of the day if spending is far behind, after an outage or
        with too little due.

        The old plan would spend many calls at once.
        """
        little = max(1, self.cap * BEHIND_PERCENT // 100)
        if self.planned - spent <= little:
            return self
        return replace(self, mark=Mark(self.now, spent + little))

    def _planned(self) -> Fraction:
        begins, _ = self._day()
        mark = self.mark
        if mark is None or not begins <= mark.at <= self.now:
            return self.cap * self._share(self.now)
        before = self._share(mark.at)
        passed = (self._share(self.now) - before) / (1 - before)
        return mark.calls + max(0, self.cap - mark.calls) * passed

    def _ahead(self, percent: int) -> int:
        return self._whole(self._planned() + Fraction(self.cap * percent, 100))

    def _whole(self, calls: Fraction) -> int:
        """Return whole calls without those that are kept."""
        _, ends = self._day()
        kept = self.cap * KEPT_PERCENT // 100 if ends - self.now > LAST_HOUR else 0
        return max(0, min(math.floor(calls), self.cap - kept))

    def _share(self, at: datetime) -> Fraction:
        """Return the share of calls that is planned until then."""
        begins, ends = self._day()
        return Fraction((at.astimezone(UTC) - begins) // _UNIT, (ends - begins) // _UNIT)

    def _day(self) -> tuple[datetime, datetime]:
        """Return the times at which the day of `now` begins and ends."""
        today = self.now.astimezone(self.zone).date()
        midnights = (
            datetime.combine(day, time.min, self.zone) for day in (today, today + timedelta(days=1))
        )
        begins, ends = (midnight.astimezone(UTC) for midnight in midnights)
        return begins, ends
