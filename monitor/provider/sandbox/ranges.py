"""What a shop sells at any moment, by its name and the moment alone: products come, go for a while,
and leave."""

from collections.abc import Iterator

from monitor.provider.sandbox.catalogue import (
    LAUNCH_BEGINNING,
    PriceHabit,
    example_id,
    product_of,
)
from monitor.provider.sandbox.chance import DAY, HOUR, between, draw, hexadecimal
from monitor.provider.sandbox.records import Record, is_on_sale, record_at
from monitor.provider.sandbox.words import SELLERS, Seller

PAGE_SIZE = 20
#: The last four digits of the IDs of the products that the first five shops always have; the demo
#: watches them. Rivals have what the first shop has, at about its prices: 478 and 1278 are at war.
STAPLES: tuple[tuple[int, ...], ...] = (
    (474, 253, 76, 71, 355, 440, 478, 643, 333, 420, 576, 261, 251, 432, 44, 730),
    (1345, 1145, 1336, 1354, 1442, 1278, 1641, 1576, 1474, 1062),
    (2477, 2056, 2134, 2750, 2352, 2131, 2482, 2346, 2845),
    (3440, 3343, 3031, 3642, 3134, 3142),
    (4471, 4443, 4175, 4450, 4672, 4374),
)
#: How many of the other thousand possible products a shop has, and how often a day it launches a
#: new one.
FEWEST, MOST = 10, 60
LAUNCHES_A_DAY = 0.5
#: A launched product is taken back after some days, or at the latest after these.
LONGEST_LIFE = 60


def shop_of(shop_id: str) -> Seller | None:
    """Return the shop with this text ID."""
    return next((seller for seller in SELLERS if seller.shop_id == shop_id), None)


def range_at(seller: Seller, now: int) -> list[Record]:
    """Return the products on sale in the shop at Unix second `now`, in no order that means
    anything."""
    ids = sorted(
        (
            num_iid
            for num_iid in {*_standing(seller), *_launched(seller, now)}
            if product_of(num_iid).price_habit is not PriceHabit.RESTLESS
        ),
        key=lambda num_iid: draw(num_iid, "place"),
    )
    records = filter(None, (record_at(num_iid, now) for num_iid in ids))
    return [record for record in records if is_on_sale(record)]


def on_page(products: list[Record], page: int) -> list[Record]:
    """Return a page, from 1."""
    return products[PAGE_SIZE * (page - 1) : PAGE_SIZE * page]


def found_by(words: str, now: int) -> list[Record]:
    """Return the products of all shops whose title or shop has all the words."""
    products = (listing for seller in SELLERS for listing in range_at(seller, now))
    wanted = words.lower().split()

    def is_found(record: Record) -> bool:
        text = f"{record['name']} {record['shop_name']}".lower()
        return all(word in text for word in wanted)

    return [record for record in products if is_found(record)]


def _standing(seller: Seller) -> Iterator[str]:
    """Yield the IDs of products that a shop had from its beginning."""
    number = SELLERS.index(seller)
    yield from map(example_id, STAPLES[number] if number < len(STAPLES) else ())
    for place in range(int(between(FEWEST, MOST, seller.brand, "range"))):
        yield example_id(1000 * number + int(1000 * draw(seller.brand, "product", place)))


def _launched(seller: Seller, now: int) -> Iterator[str]:
    """Yield the IDs of products launched lately, at ten in the morning in Beijing, and not taken
    back yet."""
    number, today = SELLERS.index(seller), (now - 2 * HOUR) // DAY
    for day in range(today - LONGEST_LIFE, today + 1):
        is_launch = draw(seller.brand, "launches", day) < LAUNCHES_A_DAY
        if is_launch and today - day < between(2, 2 * LONGEST_LIFE, seller.brand, "life", day):
            ending = 1000 * number + int(hexadecimal(4, seller.brand, "launch", day), 16) % 1000
            middle = int(hexadecimal(6, seller.brand, day), 16)
            yield f"{LAUNCH_BEGINNING}{day:05}{middle:08}{ending:04}"
