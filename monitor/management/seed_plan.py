"""Shops, products and histories for measuring, as many as are wanted. The same numbers make the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from monitor.provider.observation import Status
from monitor.sandbox.catalogue import product_of
from monitor.sandbox.listings import picture
from monitor.sandbox.words import SELLERS

#: Of product IDs, before their last four digits.
FIRST_BEGINNING = 360_000_000_000_000
#: How far back histories go; the one very long one goes further.
SPAN, LONG_SPAN = timedelta(days=120), timedelta(days=5 * 365)
#: No share of the snapshots goes to the one very long history beyond this.
LONGEST, LONGEST_SHARE = 20_000, 10
PRODUCTS_A_SHOP = 40
EXACT_SALES, SALES_STEP = 10_000, 1_000
CHECKED_EVERY = timedelta(hours=1)
#: What a product is when it is not on sale, as a share of a thousand.
ELSEWHERE = ((Status.OFF_SHELF, 25), (Status.NOT_FOUND, 10), (Status.BANNED, 5))


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
    """What one snapshot tells."""

    data_time: datetime
    last_seen_before: datetime | None
    price: int
    sales: int
    sales_step: int
    status: Status


@dataclass(frozen=True, slots=True)
class SeedPlan:
    """How much is invented, and the instant at which it ends."""

    products: int
    snapshots: int
    now: datetime

    @property
    def shops(self) -> int:
        return -(-self.products // PRODUCTS_A_SHOP)

    def seed_products(self) -> Iterator[SeedProduct]:
        """The products in order. The first has the very long history; the others' lengths differ widely."""
        longest = min(LONGEST, self.snapshots // LONGEST_SHARE)
        shares = Random(0)
        weights = [shares.uniform(0.2, 1.8) for _ in range(self.products - 1)]
        # What is left when everyone has the two snapshots that make a change.
        left = self.snapshots - longest - 2 * (self.products - 1)
        whole, reached, given = sum(weights) or 1.0, 0.0, 0
        yield _seed_product(0, self.shops, longest)
        for number, weight in enumerate(weights, start=1):
            reached += weight
            share = round(left * reached / whole) - given
            given += share
            yield _seed_product(number, self.shops, 2 + share)

    def history(self, product: SeedProduct) -> list[SeedSnapshot]:
        """A product's snapshots in the order of time, the last one a few days old at most, each unlike the last."""
        chance = Random(product.number + 1)
        span = LONG_SPAN if product.number == 0 else SPAN
        gap = span.total_seconds() / product.snapshots
        end = self.now - timedelta(seconds=int(gap * chance.random()) + 60)
        looks = [chance.uniform(0.3, 1.7) for _ in range(product.snapshots - 1)]
        begin = end - timedelta(seconds=int(gap * sum(looks)))
        return list(_states(product, chance, begin, [int(gap * look) + 1 for look in looks]))


def chance_of(number: int) -> Random:
    """Chance that repeats itself, for what stands beside the product of that number."""
    return Random(-number - 1)


def shop_name(number: int) -> str:
    return f"{SELLERS[number % len(SELLERS)].name}{number + 1}"


def _seed_product(number: int, shops: int, snapshots: int) -> SeedProduct:
    chance, shop = Random(number + 1), number % shops
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
        status=_status(chance.randrange(1000)),
        snapshots=snapshots,
    )


def _status(place: int) -> Status:
    for status, share in ELSEWHERE:
        if place < share:
            return status
        place -= share
    return Status.ON_SALE


def _states(product: SeedProduct, chance: Random, begin: datetime, gaps: Sequence[int]) -> Iterator[SeedSnapshot]:
    price, sold, last = product.price, product.sales, len(gaps)
    levels = (price, price, price * 95 // 100, price * 88 // 100, price * 107 // 100, price * 80 // 100)
    at, known, status = begin, None, Status.ON_SALE
    yield SeedSnapshot(at, known, price, *_rounded(sold), status)
    for place, gap in enumerate(gaps, start=1):
        known, at = at, at + timedelta(seconds=gap)
        if place == last and product.status is not Status.ON_SALE:
            status = product.status
        elif chance.random() < 0.35:
            price = chance.choice([level for level in levels if level != price])
        else:
            sold += chance.randint(1, 40) if sold < EXACT_SALES else SALES_STEP
        yield SeedSnapshot(at, max(known, at - CHECKED_EVERY), price, *_rounded(sold), status)


def _rounded(sold: int) -> tuple[int, int]:
    """Sales as the provider tells them: exact while they are few, then their lower bound."""
    return (sold, 1) if sold < EXACT_SALES else (sold // SALES_STEP * SALES_STEP, SALES_STEP)
