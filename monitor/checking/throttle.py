"""How many calls of this process may be in flight: fewer when they are too many for the provider, then slowly more."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

#: Seconds without a refusal after which one call more is tried.
QUIET = 60.0


@dataclass(frozen=True, slots=True)
class Concurrency:
    """`limit` calls at once, from 1 to `most`. Times are seconds of a clock that only goes forward."""

    most: int
    limit: int
    #: When it was last lowered, and since when neither a refusal nor a rise has come.
    lowered_at: float = float("-inf")
    quiet_since: float = float("-inf")

    def refused(self, began_at: float, now: float) -> "Concurrency":
        """After the refusal, by `now`, of a call begun at `began_at`: half as many.

        Calls that are in flight together are refused together: of those that began before it was lowered none lowers
        it again.
        """
        risen = self.at(now)
        if began_at <= self.lowered_at:
            return replace(risen, quiet_since=now)
        return replace(risen, limit=max(1, risen.limit // 2), lowered_at=now, quiet_since=now)

    def at(self, now: float) -> "Concurrency":
        """What it is by `now`: one more for each quiet minute, until it is `most` again."""
        if self.limit >= self.most:
            return self
        minutes = int(max(0.0, now - self.quiet_since) // QUIET)
        limit = min(self.most, self.limit + minutes)
        return replace(self, limit=limit, quiet_since=self.quiet_since + minutes * QUIET) if minutes else self


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
        """A call that began at `began_at` of the clock was one too many."""
        with self._lock:
            self._state = self._state.refused(began_at, self.clock())
