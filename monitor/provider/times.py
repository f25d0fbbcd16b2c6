"""Unix seconds as aware moments in UTC, and which of them is the time a reply's data was captured."""

from datetime import UTC, datetime, timedelta

from monitor.provider.numbers import whole
from monitor.provider.text import Flags

#: Douyin began then; data cannot be older.
EARLIEST = datetime(2016, 9, 1, tzinfo=UTC)
#: How far the provider's clock may run ahead of ours.
TOLERANCE = timedelta(minutes=5)
NOT_TOLD, IN_THE_FUTURE = "data_time:not_told", "data_time:in_the_future"
#: Remarks on a reply whose data time is that of its arrival.
UNTOLD = frozenset({NOT_TOLD, IN_THE_FUTURE})
_EARLIEST_SECONDS = int(EARLIEST.timestamp())
_LATEST_SECONDS = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp())


def moment(value: object, field: str, flags: Flags) -> datetime | None:
    """A moment told in Unix seconds; 0 means none."""
    seconds = value if type(value) is int else whole(value)
    if seconds == 0 or value is None or value == "":
        return None
    if seconds is None or not 0 < seconds < _LATEST_SECONDS:
        flags.append(f"{field}:unreadable")
        return None
    return datetime.fromtimestamp(seconds, UTC)


def captured(*told: object) -> datetime | None:
    """The first of the moments told, in Unix seconds, at which the data may have been captured."""
    for value in told:
        seconds = value if type(value) is int else whole(value)
        if seconds is not None and _EARLIEST_SECONDS <= seconds < _LATEST_SECONDS:
            return datetime.fromtimestamp(seconds, UTC)
    return None


def data_time(told: datetime | None, received_at: datetime, flags: Flags) -> datetime:
    """When the data was captured: as `told`, or on arrival when that is not told or lies ahead of our clock."""
    if told is None:
        flags.append(NOT_TOLD)
        return received_at
    if told > received_at + TOLERANCE:
        flags.append(IN_THE_FUTURE)
        return received_at
    return told
