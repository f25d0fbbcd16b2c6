"""Makes many calls at once, in threads that keep their connections and stop together when the
provider says stop."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from datetime import datetime
from functools import cache

from django.conf import settings

from monitor.models import Product
from monitor.polling.answers import Answer, Result
from monitor.polling.checking.throttle import CallThrottle
from monitor.polling.shutdown import stopping
from monitor.provider.client import Client, ClientConfig
from monitor.provider.codes import Action, Outcome
from monitor.provider.errors import BadReply, ProviderError

logger = logging.getLogger(__name__)

#: After one of these actions the rest of the batch is not sent: every further call would fail the
#: same way.
HALTING = {
    Action.STOP: Outcome.CIRCUIT_OPEN,
    Action.PAUSE: Outcome.CIRCUIT_OPEN,
    Action.WAIT_FOR_QUOTA: Outcome.BUDGET,
}


@cache
def provider_client() -> Client:
    """Return this process's client, made from the settings."""
    return Client(
        ClientConfig(
            url=settings.PROVIDER_URL,
            key=settings.PROVIDER_KEY,
            secret=settings.PROVIDER_SECRET,
            platform=settings.PROVIDER_PLATFORM,
            timeout=settings.PROVIDER_TIMEOUT,
            cache=settings.PROVIDER_CACHE,
            lang=settings.PROVIDER_LANG,
        )
    )


@cache
def throttle() -> CallThrottle:
    """Return the limit of calls that this process may have in flight."""
    return CallThrottle(settings.PROVIDER_CONCURRENCY)


@cache
def threads() -> ThreadPoolExecutor:
    """Return this process's threads: made on first use, after a worker has forked, and kept for
    their connections."""
    return ThreadPoolExecutor(settings.PROVIDER_CONCURRENCY, thread_name_prefix="provider")


class Fetch:
    """Fetches one batch. Threads take products from one queue until it is empty, a reply halts it,
    or `ends` comes.

    Calls with `uncached`, and for products in doubt, bypass the provider's cache."""

    def __init__(
        self,
        products: Sequence[Product],
        clock: Callable[[], datetime],
        ends: datetime,
        *,
        uncached: bool = False,
    ) -> None:
        self.queue = deque(products)
        self.client, self.clock = provider_client(), clock
        self.ends, self.uncached = ends, uncached
        self.results: list[Result] = []
        self.halted_by: ProviderError | None = None
        self._running = [
            threads().submit(copy_context().run, self._work, number)
            for number in range(min(throttle().limit, len(self.queue)))
        ]

    def stop(self) -> None:
        """Start no further call. Products without a call stay in the queue."""
        self.ends = self.clock()

    def is_running_after(self, seconds: float) -> bool:
        """Wait for the last reply, for at most `seconds`; return whether it is running."""
        return bool(wait(self._running, seconds).not_done)

    def finish(self) -> list[Result]:
        """Wait for the last reply. If a reply halted the batch, products without a call get the
        reason as their result; if time ran out, they stay in the queue."""
        wait(self._running)
        if self.halted_by is not None:
            reason = HALTING[self.halted_by.action]
            self.results += [Result(product, reason, self.clock()) for product in self.queue]
            self.queue.clear()
        return self.results

    def _work(self, number: int) -> None:
        while not self._is_over and number < throttle().limit:
            try:
                product = self.queue.popleft()
            except IndexError:
                return
            began_at = self.clock()
            answer = self._ask(product)
            self.results.append(Result(product, answer, self.clock(), began_at=began_at))

    @property
    def _is_over(self) -> bool:
        return self.halted_by is not None or stopping.is_set() or self.clock() >= self.ends

    def _ask(self, product: Product) -> Answer:
        cache = "no" if self.uncached or product.doubt is not None else None
        began_at = throttle().clock()
        try:
            return self.client.observe(
                product.num_iid, api=settings.PROVIDER_API, cache=cache, now=self.clock
            )
        except ProviderError as error:
            if error.action in HALTING:
                self.halted_by = error
            elif error.action is Action.SLOW_DOWN:
                throttle().refused(began_at)
            return error
        except Exception as error:  # noqa: BLE001 - whatever a reply breaks, it must not take the batch with it
            logger.error(
                "Product %s: reading the reply failed: %s", product.num_iid, type(error).__name__
            )
            return BadReply("The reply could not be read.")
