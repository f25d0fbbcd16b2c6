"""Limits the calls in flight of this process: halved when the provider refuses one as too many, then slowly raised."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

#: Seconds without a refusal after which the limit rises by one.
QUIET_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Concurrency:
    """`limit` calls at once, from 1 to `most`. Times are seconds of a monotonic clock."""

    most: int
    limit: int
    #: When the limit was last lowered, and when it was last refused or raised.
    lowered_at: float = float("-inf")
    quiet_since: float = float("-inf")

    def refused(self, began_at: float, now: float) -> "Concurrency":
        """Half the limit, after the refusal of a call that began at `began_at`.

        Calls in flight together are refused together: a call that began before the limit was lowered does not lower it
        again.
        """
        risen = self.at(now)
        if began_at <= self.lowered_at:
            return replace(risen, quiet_since=now)
        return replace(risen, limit=max(1, risen.limit // 2), lowered_at=now, quiet_since=now)

    def at(self, now: float) -> "Concurrency":
        """The limit at `now`: raised by one for each quiet minute, up to `most`."""
        if self.limit >= self.most:
            return self
        minutes = int(max(0.0, now - self.quiet_since) // QUIET_SECONDS)
        limit = min(self.most, self.limit + minutes)
        return replace(self, limit=limit, quiet_since=self.quiet_since + minutes * QUIET_SECONDS) if minutes else self


class CallThrottle:
    """The concurrency that all batches of a process share."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._state = Concurrency(most, most)
        self._lock = threading.Lock()

    @property
    def limit(self) -> int:
        with self._lock:
            self._state = self._state.at(self.clock())
            return self._state.limit

    def refused(self, began_at: float) -> None:
        """The provider refused a call that began at `began_at` as one too many."""
        with self._lock:
            self._state = self._state.refused(began_at, self.clock())
