"""Pages of a shop that are short, foreign, repeated or odd: nothing of them is told, once and twice
in a row."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from monitor.models import Product, Snapshot
from tests.polling.stall import Stall
from tests.provider.servers import ProviderServer, Reply, error, item

pytestmark = pytest.mark.django_db
FIRST, FOREIGN = 3514453298386183303, 3700000000000000111
OTHER = "别家店"
type Entries = list[dict[str, Any]]
type Fault = Callable[["Counter", int], Reply | Entries]


class Counter(Stall):
    """A shop with pages of twenty and IDs of 19 digits, which a `fault` answers for while it is
    set."""

    fault: Fault | None = None

    def __init__(self, provider: ProviderServer, size: int) -> None:
        super().__init__(provider, 0)
        self.products = {str(FIRST + number * 7): 5990 + number for number in range(size)}

    def entries(self, begin: int, end: int) -> Entries:
        return [
            {
                "num_iid": num_iid,
                "title": f"衬衫 {num_iid}",
                "promotion_price": price / 100,
                "sales": "4000+",
                "detail_url": f"https://haohuo.jinritemai.com/views/product/item2?id={num_iid}",
            }
            for num_iid, price in list(self.products.items())[begin:end]
        ]

    def page(self, number: int) -> Entries:
        return self.entries(20 * (number - 1), 20 * number)

    def reply(self, query: dict[str, str]) -> Any:
        if "page" not in query:
            return self.record(query["num_iid"])
        number = int(query["page"])
        answer = self.fault(self, number) if self.fault else self.page(number)
        return self.whole(answer) if isinstance(answer, list) else answer

    def whole(self, entries: Entries) -> dict[str, Any]:
        told_at = int(self.now.timestamp())
        return {
            "error": "",
            "error_code": "0000",
            "secache_time": told_at,
            "items": {"item": entries},
        }

    def record(self, num_iid: str) -> Reply:
        if int(num_iid) >= FOREIGN:
            return item(num_iid, int(self.now.timestamp()) + 60, shop_id="sOther", shop_name=OTHER)
        return super().record(num_iid)


def foreign(count: int, **fields: Any) -> Entries:
    ids = [str(FOREIGN + number * 13) for number in range(count)]
    return [
        {"num_iid": num_iid, "title": "别的", "promotion_price": 9.9, "sales": "4000+", **fields}
        for num_iid in ids
    ]


def changed(shop: Counter, number: int, **fields: Any) -> Entries:
    return [entry | fields for entry in shop.page(number)]


def moved(shop: Counter, number: int) -> Entries:
    """Each page but the first begins three places later than the one before ended."""
    begin = 20 * (number - 1) + (3 if number > 1 else 0)
    return shop.entries(begin, begin + 20)


def as_rounded(entries: Entries) -> Entries:
    return [
        entry | {"num_iid": str(int(float(f"{int(entry['num_iid']):.15e}")) // 1000 * 1000)}
        for entry in entries
    ]


def on(wanted: int, reply: Callable[[Counter, int], Reply | Entries]) -> Fault:
    return lambda shop, number: reply(shop, number) if number == wanted else shop.page(number)


def cut_off(shop: Counter, number: int) -> Reply:
    return b'{"error": "", "error_code": "0000", "items": {"item": [{"num_i'


FAULTS: dict[str, Fault] = {
    **{f"code 2000 on page {n}": on(n, lambda shop, number: error("2000")) for n in (1, 2, 3)},
    **{f"empty page {n}": on(n, lambda shop, number: []) for n in (1, 2, 3)},
    "page 2 repeated as page 3": on(3, lambda shop, number: shop.page(2)),
    "cut-off body on page 2": on(2, cut_off),
    "HTML on page 2": on(2, lambda shop, number: b"<html>"),
    "19 of 20 entries": lambda shop, number: shop.page(number)[:19],
    "order moved by three places": moved,
    "five foreign entries with shop_name": on(
        1, lambda shop, n: shop.page(n)[:15] + foreign(5, shop_name=OTHER)
    ),
    "a foreign page without shop_name": on(2, lambda shop, number: foreign(20)),
    "IDs rounded, with detail_url": lambda shop, number: as_rounded(shop.page(number)),
    "IDs rounded, without": lambda shop, number: as_rounded(changed(shop, number, detail_url="")),
    "all at ¥0.01": lambda shop, number: changed(shop, number, promotion_price=0.01),
    "all at a third": lambda shop, number: changed(shop, number, promotion_price=20),
    "two prices": lambda shop, n: [*shop.page(n), *changed(shop, n, promotion_price=15)],
}
#: What the short test tries; the whole table takes minutes.
SHORT = [
    "page 2 repeated as page 3",
    "19 of 20 entries",
    "a foreign page without shop_name",
    "all at ¥0.01",
]


def believed(
    provider: ProviderServer, size: int, fault: Fault, times: int, *, checks: bool
) -> dict[str, int]:
    """Return what was told that is false, after four good readings, so many bad ones, and three
    good ones."""
    shop = Counter(provider, size)
    shop.follow()
    shop.read(timedelta(0))
    for _day in range(3):
        shop.read()
    shop.fault, shop.own = fault, {} if checks else None
    for _day in range(times):
        shop.read()
        shop.read(timedelta(minutes=10))  # What failed is asked again.
    shop.fault = None
    for _day in range(3):
        shop.read()
    prices = Snapshot.objects.filter(product__num_iid__in=shop.products).values_list(
        "product__num_iid", "price"
    )
    news = shop.news()
    return {
        "new": sum(sign == "+" for _id, sign in news),
        "left": sum(sign == "-" for _id, sign in news),
        "prices": sum(
            price is not None and price != shop.products[num_iid] for num_iid, price in prices
        ),
        "not listed": len(shop.products.keys() ^ shop.listed()),
        "of a wrong shop": Product.objects.filter(
            shop=shop.shop, num_iid__gte=str(FOREIGN)
        ).count(),
    }


@pytest.mark.parametrize("name", SHORT)
@pytest.mark.parametrize("size", [1, 60])
def test_two_bad_readings_in_a_row_tell_nothing(
    provider: ProviderServer, name: str, size: int
) -> None:
    assert not any(believed(provider, size, FAULTS[name], 2, checks=True).values())


@pytest.mark.nightly
@pytest.mark.parametrize("checks", [True, False])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("size", [0, 1, 19, 20, 21, 140])
@pytest.mark.parametrize("name", FAULTS)
def test_no_bad_reading_tells_anything(
    provider: ProviderServer, name: str, size: int, times: int, checks: bool
) -> None:
    assert not any(believed(provider, size, FAULTS[name], times, checks=checks).values())
