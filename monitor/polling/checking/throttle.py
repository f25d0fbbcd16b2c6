"""Limits the calls in flight of this process: halved when the provider refuses one as too many,
then slowly raised."""

import threading
import time
from collections.abc import Callable

#: Seconds without a refusal after which the limit rises by one.
QUIET_SECONDS = 60.0


class CallThrottle:
    """From 1 to `most` calls at once, for all batches of a process. `clock` returns seconds that
    only rise."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock, self._most, self._limit = clock, most, most
        #: When the limit was last lowered, and when it was last refused or raised.
        self._lowered_at = self._quiet_since = float("-inf")
        self._lock = threading.Lock()

    @property
    def limit(self) -> int:
        """The limit now: raised by one for each quiet minute."""
        with self._lock:
            if self._limit < self._most:
                minutes = int((self.clock() - self._quiet_since) // QUIET_SECONDS)
                self._limit = min(self._most, self._limit + minutes)
                self._quiet_since += minutes * QUIET_SECONDS
            return self._limit

    def refused(self, began_at: float) -> None:
        """Halve the limit, after the provider refused a call that began at `began_at` as one too
        many.

        Calls in flight together are refused together: a call that began before the limit was
        lowered does not lower it again."""
        risen = self.limit
        with self._lock:
            self._quiet_since = self.clock()
            if began_at > self._lowered_at:
                self._limit, self._lowered_at = max(1, risen // 2), self._quiet_since
