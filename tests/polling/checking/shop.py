"""A story whose checks call a provider, for tests of readings and doubts."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from monitor.models import Product, UsageDay
from monitor.models.usage import provider_day
from monitor.polling.recording import Recorded
from monitor.provider.codes import Outcome
from tests.polling.checking.due import check_products
from tests.polling.story import Story
from tests.provider.servers import ProviderServer, Reply, error, item

HOUR = timedelta(hours=1)
GONE = error("2000", "商品没找到")


class Shop(Story):
    """A merchant's products, each checked once, and a clock that every reading of it moves.

    The products belong to `shops` shops in turn.
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

    def tells(self, **fields: Any) -> Callable[[dict[str, str]], Reply]:
        def record(query: dict[str, str]) -> Reply:
            shop = f"sXahcZg{int(query['num_iid']) % self.shops}"
            return item(query["num_iid"], int(self.now.timestamp()), **{"shop_id": shop, **fields})

        return record

    def answers(self, *replies: Reply, of: int = 0) -> None:
        """Set the next replies for a product; after them come its usual ones."""
        waiting = list(replies)

        def answer(query: dict[str, str]) -> Reply:
            return waiting.pop(0) if waiting else self.tells()(query)

        self.provider.answers[self.num_iids[of]] = answer

    def check(self, after: timedelta = HOUR, first: int | None = None) -> dict[str, Recorded]:
        self.now += after
        keys = list(Product.objects.order_by("num_iid").values_list("pk", flat=True))[:first]
        return check_products(keys, self.clock)

    def check_one(self, after: timedelta = HOUR) -> Recorded:
        (recorded,) = self.check(after, first=1).values()
        return recorded

    @property
    def calls_of_today(self) -> tuple[int, int]:
        day = UsageDay.objects.get(day=provider_day(self.now))
        return day.reserved, day.confirmations

    def outcomes(self, after: timedelta = HOUR) -> Counter[Outcome]:
        return Counter(recorded.outcome for recorded in self.check(after).values())
