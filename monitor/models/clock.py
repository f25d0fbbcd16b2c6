"""The system clock may be set back. Times stored before then lie in the future."""

from datetime import datetime, timedelta

#: Clocks of several machines differ a little and are corrected all the time: a smaller difference
#: is no jump.
CLOCK_TOLERANCE = timedelta(minutes=1)


def future_from(now: datetime) -> datetime:
    """Return the time after which a stored time lies in the future: the clock was set back since
    then."""
    return now + CLOCK_TOLERANCE
