"""A followed shop whose assortment a test decides, for stories of what comes and goes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from monitor.models import Assortment, AssortmentEntry, Change, Follow, Shop, User
from monitor.polling.checking import listings
from monitor.polling.recording.assortments import LISTED
from monitor.watching.following import follow_shop
from monitor.watching.services import create_watchlist
from tests.polling.checking.due import check_due
from tests.polling.story import START
from tests.provider.servers import ProviderServer, Reply, item

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class Stall:
    """A shop, its followers, the provider's replies about it, and a clock."""

    def __init__(self, provider: ProviderServer, products: int = 7) -> None:
        self.now, self.provider = START, provider
        self.shop = Shop.objects.create(shop_id="sXahcZg", name="古蒂歌精品女装店")
        self.user = User.objects.create_user("merchant@example.com", "a-password")
        self.watchlist = create_watchlist(self.user, "对手")
        self.products = {str(100 + number): 5990 for number in range(products)}
        self.sales: dict[str, str] = {}
        self.on_a_page = 3
        self.replies: dict[int, Callable[[dict[str, Any]], Any]] = {}
        #: What products' own checks are answered with, where the shop's truth is not the answer;
        #: None lets them wait.
        self.own: dict[str, Reply] | None = {}
        provider.default = self.reply

    def follow(self) -> Follow:
        return follow_shop(self.watchlist, self.shop, self.now, by=self.user)

    def reply(self, query: dict[str, str]) -> Any:
        if "page" not in query:
            return self.record(query["num_iid"])
        page = int(query["page"])
        ids = list(self.products)[self.on_a_page * (page - 1) : self.on_a_page * page]
        items = [
            {
                "num_iid": num_iid,
                "title": f"衬衫 {num_iid}",
                "promotion_price": self.products[num_iid] / 100,
                "sales": self.sales.get(num_iid, "4000+"),
            }
            for num_iid in ids
        ]
        whole = {
            "error": "",
            "error_code": "0000",
            "secache_time": int(self.now.timestamp()),
            "items": {"item": items},
        }
        change = self.replies.get(page)
        changed: dict[str, Any] = change(whole) if change else whole
        return changed

    def record(self, num_iid: str) -> Reply:
        """Answer a product's own check: it is on sale if the shop has it, else taken off the
        shelf."""
        told = {
            "name": f"衬衫 {num_iid}",
            "discount_price": self.products.get(num_iid, 5990),
            "status": 0 if num_iid in self.products else 1,
        }
        shop = {"shop_id": self.shop.shop_id, "shop_name": self.shop.name or "古蒂歌精品女装店"}
        usual = item(num_iid, int((self.now + MINUTE).timestamp()), **told, **shop)
        return (self.own or {}).get(num_iid, usual)

    def read(self, after: timedelta = DAY) -> int:
        """Let time pass, then read what is due, and a minute later check what is due; return the
        calls for pages."""
        self.now += after
        before = len(self.provider.calls)
        listings.read_due(lambda: None, self.clock)
        calls = len(self.provider.calls) - before
        if self.own is not None:
            check_due(lambda: self.now + MINUTE)
        return calls

    def clock(self) -> datetime:
        return self.now

    @property
    def assortment(self) -> Assortment:
        return Assortment.objects.get(shop=self.shop)

    def listed(self) -> set[str]:
        entries = AssortmentEntry.objects.filter(shop=self.shop, left_at=None)
        return set(entries.values_list("product__num_iid", flat=True))

    def news(self) -> list[tuple[str, str]]:
        """What came and went so far: IDs with '+' or '-'."""
        changes = Change.objects.filter(field="range").order_by("first_seen_after", "pk")
        return [
            (change.product.num_iid, "+" if change.after == LISTED else "-")
            for change in changes
            if change.product
        ]
