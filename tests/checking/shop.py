"""A merchant's products and a provider that is asked for them, for tests of what is read and doubted."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from monitor import checking
from monitor.models import Product, UsageDay
from monitor.models.usage import provider_day
from monitor.provider.codes import Outcome
from monitor.recording import Recorded
from tests.servers import ProviderServer, Reply, error, item
from tests.story import Story

HOUR = timedelta(hours=1)
GONE = error("2000", "商品没找到")


class Shop(Story):
    """A merchant's products with a first reading each, a provider to ask, and a clock that moves with every look.

    They are of so many `shops`, in turns.
    """

    def __init__(self, provider: ProviderServer, products: int = 1, shops: int = 1) -> None:
        super().__init__(products)
        self.provider, self.shops = provider, shops
        provider.default = self.tells()
        self.check()
        provider.calls.clear()

    def clock(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def tells(self, **told: Any) -> Callable[[dict[str, str]], Reply]:
        def record(query: dict[str, str]) -> Reply:
            shop = f"sXahcZg{int(query['num_iid']) % self.shops}"
            return item(query["num_iid"], int(self.now.timestamp()), **{"shop_id": shop, **told})

        return record

    def answers(self, *replies: Reply, of: int = 0) -> None:
        """One after the other for a product; its usual reading once they are used up."""
        waiting = list(replies)

        def answer(query: dict[str, str]) -> Reply:
            return waiting.pop(0) if waiting else self.tells()(query)

        self.provider.answers[self.num_iids[of]] = answer

    def check(self, after: timedelta = HOUR, first: int | None = None) -> dict[str, Recorded]:
        self.now += after
        keys = list(Product.objects.order_by("num_iid").values_list("pk", flat=True))[:first]
        return {one.num_iid: one for batch in checking.check_products(keys, self.clock) for one in batch}

    def check_one(self, after: timedelta = HOUR) -> Recorded:
        (recorded,) = self.check(after, first=1).values()
        return recorded

    @property
    def calls_of_today(self) -> tuple[int, int]:
        day = UsageDay.objects.get(day=provider_day(self.now))
        return day.reserved, day.confirmations

    def outcomes(self, after: timedelta = HOUR) -> Counter[Outcome]:
        return Counter(one.outcome for one in self.check(after).values())
