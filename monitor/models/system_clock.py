"""The system clock: when it was last read, and when it was last set back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

#: Clocks of several machines differ a little and are corrected all the time: a smaller difference is no jump.
CLOCK_TOLERANCE = timedelta(minutes=1)
#: How long pages tell operators that the clock was set back.
TOLD_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SetBack:
    """How far the clock was set back, and when due times were corrected; None if not yet."""

    by: timedelta
    at: datetime | None = None


class SystemClock(models.Model):
    """One row, updated by every tick. If the clock now shows less than `read_at`, it was set back."""

    SINGLETON = 1

    id = models.PositiveSmallIntegerField(default=SINGLETON, editable=False, primary_key=True)
    read_at = models.DateTimeField()
    #: When a set-back was last found, by the corrected clock, and how far it was.
    set_back_at = models.DateTimeField(null=True)
    set_back_by = models.DurationField(null=True)

    class Meta:
        verbose_name = _("system clock")
        verbose_name_plural = _("system clock")

    def was_set_back(self, now: datetime) -> SetBack | None:
        """A set-back that is not corrected yet, or was corrected in the last day."""
        if by := self.ahead_of(now):
            return SetBack(_rounded(by))
        if self.set_back_at is None or self.set_back_by is None or now - self.set_back_at > TOLD_FOR:
            return None
        return SetBack(_rounded(self.set_back_by), self.set_back_at)

    def ahead_of(self, now: datetime) -> timedelta:
        """How far the clock, which shows `now`, was set back since the last reading; zero if it was not."""
        ahead = self.read_at - now
        return ahead if ahead > CLOCK_TOLERANCE else timedelta(0)


def _rounded(length: timedelta) -> timedelta:
    """Rounded to minutes: ticks read the clock only every few seconds."""
    minute = timedelta(minutes=1)
    return (length + minute / 2) // minute * minute
