"""A month of eight shops against the truth: what came and went is told, soon, and nothing else.

`make nightly PYTEST="-k month_of_shops -n 0"` prints the figures.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import fmean, median

import pytest

from monitor.models import Change, Shop, User
from monitor.polling import checking
from monitor.polling.checking import pages
from monitor.polling.recording.assortments import LISTED
from monitor.watching.following import follow_shop
from monitor.watching.services import create_watchlist
from tests.polling.checking.due import wakes_nobody
from tests.servers import ProviderServer, Reply, error, item
from tests.story import START

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ON_A_PAGE, DAYS = 20, 30
#: The first readings are the base; what happened in the last days may wait for a second reading.
FROM, UNTIL = START + 3 * DAY, START + (DAYS - 4) * DAY
SIZES = (10, 20, 40, 60, 100, 150, 250, 400)
RENAMED, SHRINKS, MERGED, INTO = 2, 5, 3, 4
#: When, which product, and whether it came.
type Event = tuple[datetime, str, bool]


class Street:
    """Eight shops, what happens in them, and the provider's replies about them."""

    def __init__(self, provider: ProviderServer, seed: int) -> None:
        self.random, self.now, self.provider = random.Random(seed), START, provider
        self.names = [f"第{number}家店" for number in range(len(SIZES))]
        #: Each shop's products in the order of their sales.
        self.shops: list[list[str]] = [[self.new_id() for _n in range(size)] for size in SIZES]
        self.events: list[Event] = []
        watchlist = create_watchlist(
            User.objects.create_user("merchant@example.com", "a-password"), "对手"
        )
        for number, name in enumerate(self.names):
            follow_shop(
                watchlist,
                Shop.objects.create(shop_id=f"s{number}", name=name),
                self.now,
                by=watchlist.owner,
            )
        provider.default = self.reply

    def new_id(self) -> str:
        return str(self.random.randrange(3_500_000_000_000_000_000, 3_800_000_000_000_000_000))

    def launch(self, shop: int, count: int = 1, keys: list[str] | None = None) -> None:
        for num_iid in keys or [self.new_id() for _n in range(count)]:
            self.shops[shop].insert(self.random.randrange(len(self.shops[shop]) + 1), num_iid)
            self.events.append((self.now, num_iid, True))

    def remove(self, shop: int, count: int = 1) -> list[str]:
        removed = self.random.sample(self.shops[shop], min(count, len(self.shops[shop])))
        self.shops[shop] = [num_iid for num_iid in self.shops[shop] if num_iid not in removed]
        self.events += [(self.now, num_iid, False) for num_iid in removed]
        return removed

    def live(self, hour: int) -> None:
        """Let an hour's events happen: one in 100 products comes and one goes a day; a burst a shop
        a fortnight."""
        if self.now < START + 2 * DAY:
            return
        for shop, products in enumerate(self.shops):
            if self.random.random() < len(products) / 100 / 24:
                self.launch(shop)
            if self.random.random() < len(products) / 100 / 24:
                self.remove(shop)
            if products and self.random.random() < 1 / 14 / 24:
                self.launch(shop, self.random.randint(8, 30))
        if hour == 10 * 24 + 5:
            self.names[RENAMED] = "新名字的店"
        if hour == 12 * 24 + 7:
            self.remove(SHRINKS, len(self.shops[SHRINKS]) // 2)
        if hour == 16 * 24 + 9:
            self.launch(INTO, keys=self.remove(MERGED, len(self.shops[MERGED])))

    def reply(self, query: dict[str, str]) -> Reply:
        if "page" not in query:
            return self.record(query["num_iid"])
        shop, page = int(query["shopid"][1:]), int(query["page"])
        products = self.shops[shop]
        if (
            len(products) > ON_A_PAGE and self.random.random() < 0.1
        ):  # The order moves between two pages.
            products.insert(
                self.random.randrange(len(products)),
                products.pop(self.random.randrange(len(products))),
            )
        fault = self.random.random()
        if fault < 0.005:
            return error("2000")
        page -= 0.005 < fault < 0.01 and page > 1  # The page before comes again.
        listed = [] if 0.01 < fault < 0.015 else products[ON_A_PAGE * (page - 1) : ON_A_PAGE * page]
        named = {"shop_name": self.names[shop]} if shop % 2 == 0 else {}
        items = [
            {
                "num_iid": num_iid,
                "title": num_iid,
                "promotion_price": 10 + int(num_iid) % 90,
                "sales": "4000+",
                **named,
            }
            for num_iid in listed
        ]
        return {
            "error": "",
            "error_code": "0000",
            "secache_time": int(self.now.timestamp()),
            "items": {"item": items},
        }

    def record(self, num_iid: str) -> Reply:
        shop = next(
            (number for number, products in enumerate(self.shops) if num_iid in products), None
        )
        if shop is None and int(num_iid) % 2:
            return error("2000")
        where = {} if shop is None else {"shop_id": f"s{shop}", "shop_name": self.names[shop]}
        told = {"discount_price": 100 * (10 + int(num_iid) % 90), "status": int(shop is None)}
        return item(num_iid, int(self.now.timestamp()), **told, **where)

    def pass_month(self) -> None:
        for hour in range(DAYS * 24):
            self.now = START + hour * HOUR
            self.live(hour)
            pages.read_due(lambda: None, self.clock)
            self.now += timedelta(minutes=2)
            checking.work_off(wakes_nobody, self.clock)

    def clock(self) -> datetime:
        return self.now

    def told(self) -> Iterator[Event]:
        changes = Change.objects.filter(field="range").order_by("first_seen_after", "pk")
        for at, num_iid, after in changes.values_list(
            "first_seen_after", "product__num_iid", "after"
        ):
            yield at, num_iid, after == LISTED


@pytest.mark.nightly
@pytest.mark.django_db
def test_a_month_of_shops_is_told_as_it_was(
    provider: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "CONTINUE_SECONDS", 600)
    street = Street(provider, seed=1)
    street.pass_month()
    untold, told = list(street.events), list(street.told())
    for is_launch, word in ((True, "launches"), (False, "removals")):
        delays = []
        for at, *event in told:
            true = [each for each in untold if each[1:] == (*event,) and each[0] <= at]
            if event[1] is is_launch and true:
                untold.remove(true[0])
                delays.append((at - true[0][0]) / HOUR)
        false = sum(event[2] is is_launch for event in told) - len(delays)
        late, old = (
            sum(event[2] is is_launch and FROM <= event[0] <= UNTIL for event in events)
            for events in (untold, street.events)
        )
        delay = f"delay {median(delays):.1f} h, mean {fmean(delays):.1f} h"
        print(f"\n{word}: {old - late} told of {old}, {false} false, {delay}")
        assert false <= old / 100
        assert late <= old / 10
    print(f"calls: {len(provider.calls)}")
