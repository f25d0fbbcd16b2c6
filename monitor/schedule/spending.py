"""A day's calls are spent as its plan says: how many of them may have been made by an instant of the day."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from fractions import Fraction

#: So many of a hundred calls may be spent ahead of the plan; more where the hours differ, as products then wait for
#: the same ones.
AHEAD, AHEAD_OF_HOURS = 2, 15
#: Where spending is more of a hundred calls behind the plan, there is a new one for what is left of the day.
BEHIND = 2
#: So many of a hundred are kept for what people ask for and for confirmations, until the day's last hour.
KEPT = 5
#: So many more of a hundred may be spent ahead for looks that cannot wait, and so many of a hundred of what the rest of
#: the day would have if all hours were alike are kept for those: where hours differ they come when most is spent.
MORE_AHEAD, KEPT_FOR_THOSE = 15, 30
LAST_HOUR = timedelta(hours=1)
_UNIT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Mark:
    """Calls that were to be spent by an instant, from which the rest of the day was planned anew."""

    at: datetime
    calls: int


@dataclass(frozen=True, slots=True)
class Spending:
    """The plan of a day's `cap` calls as it is at `now`, an aware instant.

    The day is the calendar's in `zone`, of 23 or 25 hours where its clocks change. It is spent evenly or, with
    `shares`, as much by the end of each of so many equal parts of the day. A mark that lies in another day or ahead
    counts for nothing, so a clock that jumps leads nowhere else than one that did not.
    """

    cap: int
    now: datetime
    zone: tzinfo
    mark: Mark | None = None
    shares: Sequence[float] = ()

    @property
    def planned(self) -> int:
        """How many calls are to be spent by now: from the mark on, what was left then in proportion."""
        return self._whole(min(self._planned(), self._for_others()))

    @property
    def spendable(self) -> int:
        """How many the schedule may have spent by now: a little more."""
        return self._whole(min(self._planned() + self._ahead(), self._for_others()))

    @property
    def spendable_at_once(self) -> int:
        """How many it may have spent by now where looks cannot wait."""
        return self._whole(self._planned() + self._ahead() + Fraction(self.cap * MORE_AHEAD, 100))

    def caught_up(self, spent: int) -> "Spending":
        """The plan for the rest of the day, if so few were spent by now that the old one would have many spent at once:
        after an outage, or while too little was due. A little may be made up for."""
        little = max(1, self.cap * BEHIND // 100)
        if self.planned - spent <= little:
            return self
        return Spending(self.cap, self.now, self.zone, Mark(self.now, spent + little), self.shares)

    def _planned(self) -> Fraction:
        begins, _ = self._day()
        mark = self.mark
        if mark is None or not begins <= mark.at <= self.now:
            return self.cap * self._share(self.now)
        plan, before = self, self._share(mark.at)
        if before >= 1:  # All was planned to be spent by then: the rest is spent evenly.
            plan, before = replace(self, shares=()), replace(self, shares=())._share(mark.at)
        passed = (plan._share(self.now) - before) / (1 - before)
        return mark.calls + max(0, self.cap - mark.calls) * passed

    def _ahead(self) -> Fraction:
        return Fraction(self.cap * (AHEAD_OF_HOURS if self.shares else AHEAD), 100)

    def _for_others(self) -> Fraction:
        """What may be spent by now on looks that can wait."""
        begins, ends = self._day()
        if not self.shares or ends - self.now <= LAST_HOUR:
            return Fraction(self.cap)
        left = Fraction((ends - self.now) // _UNIT, (ends - begins) // _UNIT)
        return self.cap * (1 - Fraction(KEPT_FOR_THOSE, 100) * left)

    def _whole(self, calls: Fraction) -> int:
        """So many calls, but for those that are kept."""
        _, ends = self._day()
        kept = self.cap * KEPT // 100 if ends - self.now > LAST_HOUR else 0
        return max(0, min(math.floor(calls), self.cap - kept))

    def _share(self, at: datetime) -> Fraction:
        """The share of the calls that is planned until then."""
        begins, ends = self._day()
        passed = Fraction((at.astimezone(UTC) - begins) // _UNIT, (ends - begins) // _UNIT)
        if not self.shares:
            return passed
        part, into = divmod(passed * len(self.shares), 1)
        before = Fraction(self.shares[part - 1]) if part else Fraction(0)
        return min(before + (Fraction(self.shares[part]) - before) * into, Fraction(1))

    def _day(self) -> tuple[datetime, datetime]:
        """The instants at which the day of `now` begins and ends."""
        today = self.now.astimezone(self.zone).date()
        midnights = (datetime.combine(day, time.min, self.zone) for day in (today, today + timedelta(days=1)))
        begins, ends = (midnight.astimezone(UTC) for midnight in midnights)
        return begins, ends
