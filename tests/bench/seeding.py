"""A merchant who watches very many invented products, to measure the pages with.

`seed` fills a database as recording would fill it: shops, histories, changes, alerts read and unread, and the ledger of
calls. The same numbers give the same rows, counted back from now. The merchant has no password and cannot log in.
"""

from collections import defaultdict
from datetime import timedelta
from itertools import accumulate, batched
from random import Random
from typing import Any

from django.db import transaction
from django.utils import timezone

from monitor.changes import first_image
from monitor.models import (
    Alert,
    AlertRead,
    Change,
    Outage,
    Product,
    ProductContent,
    Shop,
    ShopScore,
    Snapshot,
    Usage,
    UsageDay,
    User,
    Watch,
    Watchlist,
)
from monitor.models.usage import provider_day
from monitor.provider.codes import Billing, Outcome
from monitor.provider.observation import Gap
from monitor.recording import past_prices
from monitor.recording.product_index import index_products
from monitor.rules.kinds import Kind
from monitor.watchlists.inbox import close_what_is_read
from monitor.watchlists.services import create_watchlist
from tests.bench import bulk
from tests.bench.seed_plan import SeedPlan, SeedProduct, SeedSnapshot, chance_of, shop_name

MERCHANT = "bench@example.com"
PRODUCTS_A_TRANSACTION = 1000
INTERVAL = timedelta(days=1)
#: The merchant's lists, and the percentage of the products on each; the last `SHARED` are on the first list too.
LISTS = (("自家商品", 4), ("对手", 36), ("供应商", 20), ("选品池", 40))
SHARED = 2
#: The percentage of the last month's price changes that made an alert. Half of the newest alerts are unread.
ALERTED, ALERTS_SPAN, UNREAD_SPAN = 12, timedelta(days=30), timedelta(days=2)
FAILING, OUT = 10, 20  # Of a thousand products.
SCORES_A_SHOP, USAGE_DAYS = 12, 90

SCORES = ("score_scale", "product_score", "logistics_score", "service_score", "product_gap")
#: The written columns, in an order that foreign keys allow.
COLUMNS: dict[Any, tuple[str, ...]] = {
    Shop: ("id", "shop_id", "name", *SCORES),
    ShopScore: ("shop_id", "data_time", *SCORES),
    Product: (
        *("id", "num_iid", "shop_id", "title", "price", "list_price", "sales", "sales_step", "status", "image"),
        *("first_data_time", "changed_at", "data_time", "unchanged_checks", "shop_told_at", "checked_at"),
        *("answered_at", "last_outcome", "last_code", "failing_since", "failures", "interval", "next_check_at"),
        "created_at",
    ),
    ProductContent: ("product_id", "parts"),
    Snapshot: (
        *("product_id", "data_time", "last_seen_before", "price", "list_price", "sales", "sales_step", "status"),
        *("title", "content", "received_at", "request_id"),
    ),
    Change: ("id", "product_id", "field", "before", "after", "last_seen_before", "first_seen_after", "request_id"),
    Watch: ("watchlist_id", "product_id", "created_at"),
    Alert: (
        *("id", "watchlist_id", "rule_id", "rule_as_it_was", "change_id", "product_id", "field", "before", "after"),
        *("data_time", "request_id", "created_at", "is_delivered"),
    ),
    AlertRead: ("alert_id", "user_id", "read_at"),
    Outage: ("product_id", "outcome", "code", "began_at", "ended_at", "checks"),
}


def seed(products: int, snapshots: int) -> None:
    """Fills a database without products. Each product needs at least two snapshots, which make a change."""
    plan = SeedPlan(products, snapshots, timezone.now().replace(microsecond=0))
    merchant = User.objects.create_user(MERCHANT, None, name="林老板")
    Seeding(plan, merchant, {name: create_watchlist(merchant, name) for name, _share in LISTS}).run()
    close_what_is_read(merchant, plan.now)


class Seeding:
    """Writes a plan's rows for `merchant`, who has a list of each name in `LISTS` with its rules."""

    def __init__(self, plan: SeedPlan, merchant: User, watchlists: dict[str, Watchlist]) -> None:
        self.plan, self.merchant = plan, merchant
        self.lists = [watchlists[name] for name, _share in LISTS]
        self.upto = list(accumulate(share for _name, share in LISTS))
        kind = Kind.PRICE_CHANGED.value
        self.rules = {watchlist.pk: watchlist.rules.get_or_create(watch=None, kind=kind)[0] for watchlist in self.lists}
        self.shop, self.product = bulk.next_key(Shop), bulk.next_key(Product)
        self.change, self.alert = bulk.next_key(Change), bulk.next_key(Alert)
        #: Rows that wait to be written, by model.
        self.rows: dict[Any, list[tuple[Any, ...]]] = defaultdict(list)

    def run(self) -> None:
        _write_usage(self.plan)
        self._add_shops()
        for products in batched(self.plan.seed_products(), PRODUCTS_A_TRANSACTION):
            for product in products:
                self._add_product(product)
            self._write()
        while past_prices.look_back(self.plan.now):
            pass
        bulk.keys_were_given(Shop, Product, Change, Alert)
        bulk.analyze()

    @transaction.atomic
    def _write(self) -> None:
        for model, names in COLUMNS.items():
            bulk.write_rows(model, names, self.rows[model])
        index_products([key for key, *_ in self.rows[Product]])
        self.rows.clear()

    def _add_shops(self) -> None:
        for number in range(self.plan.shops):
            chance, key = chance_of(number), self.shop + number
            scores = [chance.randint(420, 490) for _ in range(3)]
            for age in range(SCORES_A_SHOP, 0, -1):
                row = (5, *scores, Gap.LEVEL.value)
                self.rows[ShopScore].append((key, self.plan.now - timedelta(days=9 * age), *row))
                scores = [max(0, min(500, score + chance.randint(-3, 3))) for score in scores]
            self.rows[Shop].append((key, f"bench{key}", shop_name(number), *row))

    def _add_product(self, product: SeedProduct) -> None:
        key, chance = self.product + product.number, chance_of(product.number)
        watchlist = self._add_watch(product.number, key)
        history = self.plan.history(product)
        before: SeedSnapshot | None = None
        for snapshot in history:
            self.rows[Snapshot].append(_snapshot_row(key, product, snapshot, is_first=before is None))
            if before is not None:
                self._add_changes(chance, key, watchlist, before, snapshot)
            before = snapshot
        self.rows[ProductContent].append((key, product.content))
        self._add_product_row(chance, key, product, history)

    def _add_watch(self, number: int, key: int) -> Watchlist:
        place = number % 100
        watchlist = next(watchlist for watchlist, upto in zip(self.lists, self.upto, strict=True) if place < upto)
        self.rows[Watch].append((watchlist.pk, key, self.plan.now))
        if place >= 100 - SHARED:
            self.rows[Watch].append((self.lists[0].pk, key, self.plan.now))
        return watchlist

    def _add_changes(
        self, chance: Random, key: int, watchlist: Watchlist, earlier: SeedSnapshot, later: SeedSnapshot
    ) -> None:
        for name in ("price", "sales", "status"):
            before, after = getattr(earlier, name), getattr(later, name)
            if before == after:
                continue
            interval = (later.last_seen_before, later.data_time)
            self.rows[Change].append((self.change, key, name, before, after, *interval, f"bench-{self.change}"))
            is_recent = later.data_time > self.plan.now - ALERTS_SPAN
            if name == "price" and is_recent and chance.randrange(100) < ALERTED:
                self._add_alert(chance, key, watchlist, before, after, later)
            self.change += 1

    def _add_alert(
        self, chance: Random, key: int, watchlist: Watchlist, before: int, after: int, later: SeedSnapshot
    ) -> None:
        rule, at = self.rules[watchlist.pk], later.data_time
        as_it_was = {"kind": rule.kind, "threshold": rule.threshold}
        evidence = (rule.pk, as_it_was, self.change, key, "price", before, after, at, f"bench-{self.change}")
        self.rows[Alert].append((self.alert, watchlist.pk, *evidence, at, True))
        if at < self.plan.now - UNREAD_SPAN or chance.random() < 0.5:
            self.rows[AlertRead].append((self.alert, self.merchant.pk, at))
        self.alert += 1

    def _add_product_row(self, chance: Random, key: int, product: SeedProduct, history: list[SeedSnapshot]) -> None:
        """Adds a product as its last check left it; a few are failing, and a few have a past outage."""
        now, first, last = self.plan.now, history[0].data_time, history[-1]
        changed = last.data_time
        checked = max(changed, now - INTERVAL * chance.uniform(0.001, 0.95))
        failing = now - INTERVAL * chance.uniform(1, 3) if chance.randrange(1000) < FAILING else None
        data_time = changed if failing else checked
        outcome = (Outcome.PROVIDER_ERROR.value, "4002") if failing else (Outcome.UNCHANGED.value, "0000")
        if chance.randrange(1000) < OUT:
            began = first + (changed - first) * chance.uniform(0.2, 0.8)
            self.rows[Outage].append((key, Outcome.TIMEOUT.value, "timeout", began, began + timedelta(hours=5), 5))
        due = checked + INTERVAL if checked + INTERVAL > now else now + INTERVAL
        identity = (key, product.num_iid, self.shop + product.shop, product.title)
        state = (last.price, product.list_price, last.sales, last.sales_step, last.status.value)
        failures = (failing, 5 if failing else 0)
        times = (first, changed, data_time, (data_time - changed) // INTERVAL, data_time, checked, data_time)
        ended = (*outcome, *failures, INTERVAL, due, now)
        row = (*identity, *state, first_image(product.content), *times, *ended)
        self.rows[Product].append(row)


def _snapshot_row(key: int, product: SeedProduct, snapshot: SeedSnapshot, *, is_first: bool) -> tuple[Any, ...]:
    state = (snapshot.price, product.list_price, snapshot.sales, snapshot.sales_step, snapshot.status.value)
    content = product.content if is_first else None
    at = snapshot.data_time
    return (key, at, snapshot.last_seen_before, *state, product.title, content, at, "")


def _write_usage(plan: SeedPlan) -> None:
    """Writes three months of the ledger, unless it has days already."""
    if UsageDay.objects.filter(day=provider_day(plan.now)).exists():
        return
    days = [provider_day(plan.now) - timedelta(days=age) for age in range(USAGE_DAYS)]
    UsageDay.objects.bulk_create([UsageDay(day=day, reserved=plan.products) for day in days], ignore_conflicts=True)
    percentages = (("0000", Billing.BILLED, 97), ("2000", Billing.BILLED, 1), ("timeout", Billing.POSSIBLY, 1))
    Usage.objects.bulk_create(
        [
            Usage(day=day, api="item_get_app", code=code, calls=plan.products * percent // 100, billing=billing.value)
            for day in days
            for code, billing, percent in percentages
        ],
        ignore_conflicts=True,
    )
