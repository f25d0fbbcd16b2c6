"""What the machinery knows of the system clock: when it was last read, and when it was found to be set back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models

#: Clocks of several machines differ, and are corrected by a little all the time: what lies no farther ahead is no jump.
CLOCK_TOLERANCE = timedelta(minutes=1)

#: For how long operators are told that the clock was set back.
TOLD_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SetBack:
    """By about how much the clock was set back, and when that was found and times were put right; None if not yet."""

    by: timedelta
    at: datetime | None = None


class SystemClock(models.Model):
    """One row, written by every tick. A clock that shows less than `read_at` was set back since."""

    SINGLETON = 1

    id = models.PositiveSmallIntegerField(default=SINGLETON, editable=False, primary_key=True)
    read_at = models.DateTimeField()
    #: When it was last found to be set back, by the corrected clock, and by how much.
    set_back_at = models.DateTimeField(null=True)
    set_back_by = models.DurationField(null=True)

    def __str__(self) -> str:
        return f"{self.read_at:%Y-%m-%d %H:%M:%S}"

    def was_set_back(self, now: datetime) -> SetBack | None:
        """Whether it was set back and times are not put right yet, or were in the last day."""
        if by := self.ahead_of(now):
            return SetBack(_rounded(by))
        if self.set_back_at is None or self.set_back_by is None or now - self.set_back_at > TOLD_FOR:
            return None
        return SetBack(_rounded(self.set_back_by), self.set_back_at)

    def ahead_of(self, now: datetime) -> timedelta:
        """By how much a clock that shows `now` was set back since the last reading; zero where it was not."""
        ahead = self.read_at - now
        return ahead if ahead > CLOCK_TOLERANCE else timedelta(0)


def _rounded(length: timedelta) -> timedelta:
    """To minutes: ticks read the clock only every few seconds."""
    minute = timedelta(minutes=1)
    return (length + minute / 2) // minute * minute
