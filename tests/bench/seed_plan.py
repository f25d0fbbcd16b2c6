"""Invents products and their histories for measuring. The same numbers always give the same rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from random import Random
from typing import Any, NamedTuple

from monitor.provider.observation import Status
from monitor.sandbox.catalogue import product_of
from monitor.sandbox.listings import picture
from monitor.sandbox.words import SELLERS

#: The first 15 of the 19 digits of the first product's ID.
FIRST_BEGINNING = 360_000_000_000_000
#: How far back histories go. The first product's goes further.
SPAN, LONG_SPAN = timedelta(days=120), timedelta(days=5 * 365)
#: The first product has a tenth of all snapshots, at most this many.
LONGEST, LONGEST_SHARE = 20_000, 10
PRODUCTS_A_SHOP = 40
EXACT_SALES, SALES_STEP = 10_000, 1_000
CHECKED_EVERY = timedelta(hours=1)
#: The last status of the products, in thousandths.
STATUSES = {Status.ON_SALE: 960, Status.OFF_SHELF: 25, Status.NOT_FOUND: 10, Status.BANNED: 5}


class SeedProduct(NamedTuple):
    """What stays the same about a product."""

    number: int
    num_iid: str
    title: str
    shop: int
    content: dict[str, Any]
    price: int
    list_price: int
    sales: int
    status: Status
    snapshots: int


class SeedSnapshot(NamedTuple):
    data_time: datetime
    last_seen_before: datetime | None
    price: int
    sales: int
    sales_step: int
    status: Status


@dataclass(frozen=True, slots=True)
class SeedPlan:
    """How many rows to invent, and the time at which their histories end."""

    products: int
    snapshots: int
    now: datetime

    @property
    def shops(self) -> int:
        return -(-self.products // PRODUCTS_A_SHOP)

    def seed_products(self) -> Iterator[SeedProduct]:
        """The products in order. The first has a very long history; the lengths of the others differ widely."""
        longest = min(LONGEST, self.snapshots // LONGEST_SHARE)
        chance = Random(0)
        weights = [0.0, *(chance.uniform(0.2, 1.8) for _ in range(self.products - 1))]
        # Every other product has the two snapshots that make a change, and its share of the rest.
        snapshots = self.snapshots - longest - 2 * (self.products - 1)
        total = sum(weights) or 1.0
        ends = [round(snapshots * weight / total) for weight in accumulate(weights)]
        yield self._seed_product(0, longest)
        for number, (before, end) in enumerate(pairwise(ends), start=1):
            yield self._seed_product(number, 2 + end - before)

    def history(self, product: SeedProduct) -> list[SeedSnapshot]:
        """A product's snapshots, oldest first. Adjacent ones differ; the last one is at most a few days old."""
        chance = Random(product.number + 1)
        span = LONG_SPAN if product.number == 0 else SPAN
        gap = span.total_seconds() / product.snapshots
        end = self.now - timedelta(seconds=int(gap * chance.random()) + 60)
        lengths = [chance.uniform(0.3, 1.7) for _ in range(product.snapshots - 1)]
        begin = end - timedelta(seconds=int(gap * sum(lengths)))
        return list(_states(product, chance, begin, [int(gap * length) + 1 for length in lengths]))

    def _seed_product(self, number: int, snapshots: int) -> SeedProduct:
        chance, shop = Random(number + 1), number % self.shops
        product = product_of(f"{FIRST_BEGINNING + number}{shop % len(SELLERS)}{number % 1000:03}")
        return SeedProduct(
            number=number,
            num_iid=product.num_iid,
            title=product.titles[0],
            shop=shop,
            content={
                "images": [picture(product.num_iid, place) for place in range(3)],
                "attributes": [[name, value] for name, value in product.facts.items()],
            },
            price=product.base_price,
            list_price=product.base_price * chance.choice((100, 130, 160)) // 100,
            sales=int(10 ** chance.uniform(0, 5.5)),
            status=chance.choices(list(STATUSES), list(STATUSES.values()))[0],
            snapshots=snapshots,
        )


def chance_of(number: int) -> Random:
    """A seeded generator for the other rows of the product of that number."""
    return Random(-number - 1)


def shop_name(number: int) -> str:
    return f"{SELLERS[number % len(SELLERS)].name}{number + 1}"


def _states(product: SeedProduct, chance: Random, begin: datetime, gaps: Sequence[int]) -> Iterator[SeedSnapshot]:
    price, sold, last = product.price, product.sales, len(gaps)
    levels = (price, price, price * 95 // 100, price * 88 // 100, price * 107 // 100, price * 80 // 100)
    at, last_seen, status = begin, None, Status.ON_SALE
    yield SeedSnapshot(at, last_seen, price, *_rounded(sold), status)
    for place, gap in enumerate(gaps, start=1):
        last_seen, at = at, at + timedelta(seconds=gap)
        if place == last and product.status is not Status.ON_SALE:
            status = product.status
        elif chance.random() < 0.35:
            price = chance.choice([level for level in levels if level != price])
        else:
            sold += chance.randint(1, 40) if sold < EXACT_SALES else SALES_STEP
        yield SeedSnapshot(at, max(last_seen, at - CHECKED_EVERY), price, *_rounded(sold), status)


def _rounded(sold: int) -> tuple[int, int]:
    """Sales as the provider rounds them: small numbers are exact, larger ones are lower bounds."""
    return (sold, 1) if sold < EXACT_SALES else (sold // SALES_STEP * SALES_STEP, SALES_STEP)
