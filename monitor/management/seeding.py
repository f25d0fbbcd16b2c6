"""Invented products written as recording would have written them: one merchant who watches them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate, islice
from random import Random
from typing import Any

from django.db import transaction

from monitor.changes import first_image
from monitor.management import bulk
from monitor.management.seed_plan import SeedPlan, SeedProduct, SeedSnapshot, chance_of, shop_name
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

#: Products that are written at once.
CHUNK = 1000
INTERVAL = timedelta(days=1)
#: The merchant's lists and how many of a hundred products are on each; the last ones are on the first list too.
LISTS = (("自家商品", 4), ("对手", 36), ("供应商", 20), ("选品池", 40))
SHARED = 2
#: Of a hundred price changes of the last month so many alerted; those of the last days are not all read.
ALERTED, ALERTS_SPAN, UNREAD_SPAN = 12, timedelta(days=30), timedelta(days=2)
FAILING, OUT = 10, 20  # Of a thousand products.
SCORES_A_SHOP, USAGE_DAYS = 12, 90

PRODUCT = (
    *("id", "num_iid", "shop_id", "title", "price", "list_price", "sales", "sales_step", "status", "image"),
    *("first_data_time", "changed_at", "data_time", "unchanged_checks", "shop_told_at", "checked_at", "answered_at"),
    *("last_outcome", "last_code", "failing_since", "failures", "interval", "next_check_at", "created_at"),
)
CONTENT = ("product_id", "parts")
SNAPSHOT = (
    *("product_id", "data_time", "last_seen_before", "price", "list_price", "sales", "sales_step", "status"),
    *("title", "content", "received_at", "request_id"),
)
CHANGE = ("id", "product_id", "field", "before", "after", "last_seen_before", "first_seen_after", "request_id")
WATCH = ("watchlist_id", "product_id", "created_at")
ALERT = (
    *("id", "watchlist_id", "rule_id", "rule_as_it_was", "change_id", "product_id", "field", "before", "after"),
    *("data_time", "request_id", "created_at", "is_delivered"),
)
READ = ("alert_id", "user_id", "read_at")
OUTAGE = ("product_id", "outcome", "code", "began_at", "ended_at", "checks")
SHOP = ("id", "shop_id", "name", "score_scale", "product_score", "logistics_score", "service_score", "product_gap")
SCORES = ("shop_id", "data_time", *SHOP[3:])


@dataclass(slots=True)
class Chunk:
    """Rows on their way, table by table."""

    products: list[Any] = field(default_factory=list)
    contents: list[Any] = field(default_factory=list)
    snapshots: list[Any] = field(default_factory=list)
    changes: list[Any] = field(default_factory=list)
    watches: list[Any] = field(default_factory=list)
    alerts: list[Any] = field(default_factory=list)
    reads: list[Any] = field(default_factory=list)
    outages: list[Any] = field(default_factory=list)

    def write(self) -> None:
        bulk.write_rows(Product, PRODUCT, self.products)
        bulk.write_rows(ProductContent, CONTENT, self.contents)
        bulk.write_rows(Snapshot, SNAPSHOT, self.snapshots)
        bulk.write_rows(Change, CHANGE, self.changes)
        bulk.write_rows(Watch, WATCH, self.watches)
        index_products([key for key, *_ in self.products])
        bulk.write_rows(Alert, ALERT, self.alerts)
        bulk.write_rows(AlertRead, READ, self.reads)
        bulk.write_rows(Outage, OUTAGE, self.outages)


class Seeding:
    """Writes a plan's rows for `merchant`, who has a list of each name in `LISTS` with its rules."""

    def __init__(self, plan: SeedPlan, merchant: User, watchlists: dict[str, Watchlist]) -> None:
        self.plan, self.merchant = plan, merchant
        self.lists = [watchlists[name] for name, _share in LISTS]
        self.upto = list(accumulate(share for _name, share in LISTS))
        self.rules = {one.pk: one.rules.get(watch=None, kind=Kind.PRICE_CHANGED.value) for one in self.lists}
        self.shop = bulk.next_key(Shop)
        self.product, self.change, self.alert = (bulk.next_key(model) for model in (Product, Change, Alert))

    def run(self, advance: Callable[[int], None]) -> None:
        """Write everything, some thousand products at a time; `advance` hears of the snapshots."""
        _write_usage(self.plan)
        with transaction.atomic():
            self._write_shops()
        products = self.plan.seed_products()
        while some := list(islice(products, CHUNK)):
            chunk = Chunk()
            for product in some:
                self._add(chunk, product)
            with transaction.atomic():
                chunk.write()
            advance(len(chunk.snapshots))
        while past_prices.look_back(self.plan.now):
            pass
        bulk.keys_were_given(Shop, Product, Change, Alert)
        bulk.analyze()

    def _write_shops(self) -> None:
        now, scores, shops = self.plan.now, [], []
        for number in range(self.plan.shops):
            chance = chance_of(number)
            key, told = self.shop + number, [chance.randint(420, 490) for _ in range(3)]
            for age in range(SCORES_A_SHOP, 0, -1):
                scores.append((key, now - timedelta(days=9 * age), 5, *told, Gap.LEVEL.value))
                told = [max(0, min(500, score + chance.randint(-3, 3))) for score in told]
            shops.append((key, f"bench{key}", shop_name(number), 5, *scores[-1][3:]))
        bulk.write_rows(Shop, SHOP, shops)
        bulk.write_rows(ShopScore, SCORES, scores)

    def _add(self, chunk: Chunk, product: SeedProduct) -> None:
        key, shop = self.product + product.number, self.shop + product.shop
        chance = chance_of(product.number)
        history = self.plan.history(product)
        watchlist = self._watch(chunk, product.number, key)
        before: SeedSnapshot | None = None
        for told in history:
            chunk.snapshots.append(_snapshot(key, product, told, first=before is None))
            if before is not None:
                self._changed(chunk, chance, key, watchlist, before, told)
            before = told
        chunk.contents.append((key, product.content))
        chunk.products.append(self._row(chunk, chance, key, shop, product, history))

    def _watch(self, chunk: Chunk, number: int, key: int) -> Watchlist:
        place = number % 100
        watchlist = next(one for one, upto in zip(self.lists, self.upto, strict=True) if place < upto)
        chunk.watches.append((watchlist.pk, key, self.plan.now))
        if place >= 100 - SHARED:
            chunk.watches.append((self.lists[0].pk, key, self.plan.now))
        return watchlist

    def _changed(
        self, chunk: Chunk, chance: Random, key: int, watchlist: Watchlist, was: SeedSnapshot, told: SeedSnapshot
    ) -> None:
        for name in ("price", "sales", "status"):
            before, after = getattr(was, name), getattr(told, name)
            if before == after:
                continue
            seen = (told.last_seen_before, told.data_time)
            chunk.changes.append((self.change, key, name, before, after, *seen, f"bench-{self.change}"))
            if name == "price" and told.data_time > self.plan.now - ALERTS_SPAN and chance.randrange(100) < ALERTED:
                self._alerted(chunk, chance, key, watchlist, before, after, told.data_time)
            self.change += 1

    def _alerted(
        self, chunk: Chunk, chance: Random, key: int, watchlist: Watchlist, before: int, after: int, at: datetime
    ) -> None:
        rule = self.rules[watchlist.pk]
        as_it_was = {"kind": rule.kind, "threshold": rule.threshold}
        row = (self.alert, watchlist.pk, rule.pk, as_it_was, self.change, key, "price", before, after)
        chunk.alerts.append((*row, at, f"bench-{self.change}", at, True))
        if at < self.plan.now - UNREAD_SPAN or chance.random() < 0.5:
            chunk.reads.append((self.alert, self.merchant.pk, at))
        self.alert += 1

    def _row(
        self, chunk: Chunk, chance: Random, key: int, shop: int, product: SeedProduct, history: list[SeedSnapshot]
    ) -> tuple[Any, ...]:
        """A product's row as its last check left it; some are failing, and some have an outage behind them."""
        now, first, last = self.plan.now, history[0].data_time, history[-1].data_time
        checked = max(last, now - INTERVAL * chance.uniform(0.001, 0.95))
        failing = now - INTERVAL * chance.uniform(1, 3) if chance.randrange(1000) < FAILING else None
        data_time = checked if failing is None else last
        outcome = (Outcome.UNCHANGED, "0000") if failing is None else (Outcome.PROVIDER_ERROR, "4002")
        if chance.randrange(1000) < OUT:
            began = first + (last - first) * chance.uniform(0.2, 0.8)
            chunk.outages.append((key, Outcome.TIMEOUT.value, "timeout", began, began + timedelta(hours=5), 5))
        due = checked + INTERVAL if checked + INTERVAL > now else now + INTERVAL
        told = (product.title, history[-1].price, product.list_price, history[-1].sales, history[-1].sales_step)
        times = (first, last, data_time, (data_time - last) // INTERVAL, data_time, checked, data_time)
        ended = (outcome[0].value, outcome[1], failing, 0 if failing is None else 5)
        identity, image = (key, product.num_iid, shop), first_image(product.content)
        return (*identity, *told, history[-1].status.value, image, *times, *ended, INTERVAL, due, now)


def _snapshot(key: int, product: SeedProduct, told: SeedSnapshot, *, first: bool) -> tuple[Any, ...]:
    values = (told.price, product.list_price, told.sales, told.sales_step, told.status.value, product.title)
    content = product.content if first else None
    return (key, told.data_time, told.last_seen_before, *values, content, told.data_time, "")


def _write_usage(plan: SeedPlan) -> None:
    """Three months of the ledger, the last day half over."""
    if UsageDay.objects.filter(day=provider_day(plan.now)).exists():
        return
    calls = plan.products
    days = [provider_day(plan.now) - timedelta(days=age) for age in range(USAGE_DAYS)]
    UsageDay.objects.bulk_create([UsageDay(day=day, reserved=calls) for day in days], ignore_conflicts=True)
    shares = (("0000", Billing.BILLED, 97), ("2000", Billing.BILLED, 1), ("timeout", Billing.POSSIBLY, 1))
    Usage.objects.bulk_create(
        [
            Usage(day=day, api="item_get_app", code=code, calls=calls * share // 100, billing=billing.value)
            for day in days
            for code, billing, share in shares
        ],
        ignore_conflicts=True,
    )
