"""A merchant who watches very many invented products, to measure the pages with.

The database of PostgreSQL makes the rows of the past, and copies of products, itself: five million
rows would take Python many minutes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from django.db import connection
from django.db.models import F, Model
from django.db.models.functions import Mod
from django.utils import timezone

from monitor.judging.changes import first_image
from monitor.judging.rules.kinds import Kind
from monitor.models import (
    Alert,
    AlertRead,
    Assortment,
    Change,
    Follow,
    Pairing,
    Product,
    ProductContent,
    SearchPage,
    Shop,
    ShopScore,
    Snapshot,
    Usage,
    UsageDay,
    User,
    Watch,
)
from monitor.models.usage import provider_day
from monitor.polling.recording import ageing
from monitor.provider.codes import Outcome
from monitor.provider.observation import Gap, Status
from monitor.provider.sandbox.catalogue import product_of
from monitor.provider.sandbox.records import picture
from monitor.watching.inbox import close_what_is_read
from monitor.watching.services import create_watchlist
from tests.bench import bulk

MERCHANT = "bench@example.com"
#: The first 15 of the 19 digits of the first product's ID.
FIRST_BEGINNING = 360_000_000_000_000
LISTS = ("自家商品", "对手", "供应商", "选品池")
PRODUCTS_A_SHOP = 40
#: The first product has a tenth of all snapshots, at most this many.
LONGEST, LONGEST_SHARE = 20_000, 10
DAY, INTERVAL = timedelta(days=1), timedelta(days=1)
#: Snapshots of a product of a followed shop; and rivals of one of the merchant's own, and its cost
#: in fen.
SNAPSHOTS_LISTED, RIVALS, COST = 5, 8, 3000
#: What was searched, its pages, and the products on each.
SEARCHED, SEARCH_PAGES, LISTED = "连衣裙", 25, 20

#: Of each product: sales grow with every snapshot, and the price changes with every third. The last
#: snapshot of a product that is off the shelf says so. Histories go back 120 days, the first
#: product's five years. Rows are in the order of time, as workers write them: those of one product
#: are far apart.
_SNAPSHOTS = """
    INSERT INTO monitor_snapshot (product_id, data_time, last_seen_before, price, list_price,
        sales, sales_step, status,
        title, received_at, request_id, from_cache, thin)
    SELECT p.id, at, CASE WHEN n > 1 THEN at - interval '1 hour' END, p.price + 100 *
        ((n / 3 * 7 + p.id) %% 10),
        p.list_price, p.sales + 30 * n, 1, CASE WHEN n = most THEN p.status ELSE 'on_sale' END,
            p.title, at, '', false,
        false
    FROM monitor_product p,
        LATERAL (SELECT CASE WHEN p.id = %(first)s THEN %(longest)s ELSE %(each)s *
            (50 + p.id %% 101) / 100 + 2 END,
            CASE WHEN p.id = %(first)s THEN interval '1825 days' ELSE interval '120 days' END)
            AS history (most, span),
        LATERAL generate_series(1, most) AS n,
        LATERAL (SELECT %(now)s - interval '1 minute' - span *
            ((most - n + p.id %% 7 / 9.0) / most)) AS moment (at)
    WHERE p.id >= %(from)s
    ORDER BY at
"""
_CHANGES = """
    INSERT INTO monitor_change (product_id, field, before, after, last_seen_before,
        first_seen_after, request_id)
    SELECT product_id, field, before, after, last_seen_before, data_time, ''
    FROM (SELECT *, lag(price) OVER past AS old_price, lag(sales) OVER past AS old_sales,
        lag(status) OVER past AS old_status
        FROM monitor_snapshot WHERE product_id >= %(from)s
        WINDOW past AS (PARTITION BY product_id ORDER BY data_time)) AS s,
        LATERAL (VALUES ('price', to_jsonb(old_price), to_jsonb(price)),
            ('sales', to_jsonb(old_sales), to_jsonb(sales)),
            ('status', to_jsonb(old_status), to_jsonb(status))) AS change (field, before, after)
    WHERE last_seen_before IS NOT NULL AND before <> after
    ORDER BY data_time
"""
_ALERTS = """
    INSERT INTO monitor_alert (watchlist_id, rule_id, rule_as_it_was, change_id, product_id,
        field, before, after,
        data_time, request_id, count, moments, created_at, is_delivered)
    SELECT rule.watchlist_id, rule.id, jsonb_build_object('kind', rule.kind, 'threshold', NULL),
        c.id, c.product_id,
        c.field, c.before, c.after, c.first_seen_after, '', 1, '[]', c.first_seen_after, true
    FROM monitor_change c
        JOIN monitor_watch watch ON watch.product_id = c.product_id
        JOIN monitor_rule rule ON rule.watchlist_id = watch.watchlist_id AND rule.watch_id IS NULL
    WHERE rule.kind = %(kind)s AND c.field = 'price' AND c.id %% 8 = 0
        AND c.first_seen_after > %(now)s - interval '30 days'
"""
#: Half of the alerts of the last two days are unread.
_READS = """
    INSERT INTO monitor_alertread (alert_id, user_id, read_at)
    SELECT id, %(merchant)s, created_at FROM monitor_alert
    WHERE created_at < %(now)s - interval '2 days' OR id %% 2 = 0
"""
_PRODUCTS = """
    UPDATE monitor_product p SET price = s.price, sales = s.sales, changed_at = s.data_time,
        look_back_at = s.data_time,
        first_data_time = least(s.data_time, %(now)s - interval '119 days')
    FROM (SELECT DISTINCT ON (product_id) * FROM monitor_snapshot ORDER BY product_id,
        data_time DESC) AS s
    WHERE s.product_id = p.id AND p.id >= %(from)s
"""
#: Of the products of followed shops one in ten came in the last 80 days, and one in twenty has
#: left.
_ENTRIES = """
    INSERT INTO monitor_rangeentry (product_id, shop_id, appeared_at, listed_at, reading, missed,
        left_at, price, sales,
        is_best, is_known)
    SELECT id, shop_id, CASE WHEN id %% 10 = 0 THEN %(now)s - interval '1 day' *
        (id / 10 %% 80) END,
        %(now)s - interval '1 hour', 60, 0, CASE WHEN id %% 20
            = 1 THEN %(now)s - interval '1 hour' * (id %% 1000) END,
        price, sales,
        id %% 20 <> 1 AND row_number() OVER (PARTITION BY shop_id ORDER BY id %% 20 = 1,
            sales DESC) <= 10, true
    FROM monitor_product WHERE id >= %(from)s
"""
_LAUNCHES = """
    INSERT INTO monitor_change (product_id, field, before, after, last_seen_before,
        first_seen_after, request_id)
    SELECT product_id, 'range', '"absent"', '"listed"', appeared_at - interval '1 day',
        appeared_at, ''
    FROM monitor_rangeentry WHERE appeared_at IS NOT NULL
"""
#: What is copied.
COPIED: tuple[type[Model], ...] = (
    *(Shop, ShopScore, Product, ProductContent),
    *(Watch, Snapshot, Change, Alert, AlertRead),
)
#: The values that differ in copies, besides keys.
_DIFFERENT = {
    "Shop.shop_id": "shop_id || '-' || %(copy)s",
    "Product.num_iid": "(num_iid::bigint + %(copy)s::bigint * 1000000000)::text",
}
#: Statements that drop the indexes of tables, and that make them again; those of primary keys stay.
_INDEXES = """
    SELECT format('DROP INDEX %%I', indexname), indexdef FROM pg_indexes
    WHERE tablename = ANY(%(tables)s) AND indexname NOT IN (SELECT conname FROM pg_constraint)
    UNION ALL
    SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
        format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
            pg_get_constraintdef(oid))
    FROM pg_constraint WHERE contype = 'u' AND conrelid = ANY(%(tables)s::regclass[])
"""


def seed(products: int, snapshots: int) -> None:
    """Fill an empty database of PostgreSQL with that many products and about that many snapshots,
    until now.

    The merchant has no password and cannot log in.
    """
    now = timezone.now().replace(microsecond=0)
    merchant = User.objects.create_user(MERCHANT, None, name="林老板")
    keys = _products([number % -(-products // PRODUCTS_A_SHOP) for number in range(products)], now)
    lists = [create_watchlist(merchant, name) for name in LISTS]
    for watchlist in lists:
        watchlist.rules.get_or_create(watch=None, kind=Kind.PRICE_CHANGED.value)
    Watch.objects.bulk_create(
        (
            Watch(watchlist=lists[place % len(lists)], product_id=key)
            for place, key in enumerate(keys)
        ),
        5000,
    )
    _usage(products, now)
    longest = min(LONGEST, snapshots // LONGEST_SHARE)
    values: dict[str, Any] = {
        "now": now,
        "merchant": merchant.pk,
        "kind": Kind.PRICE_CHANGED.value,
        "first": keys[0],
    }
    values |= {"longest": longest, "each": (snapshots - longest) // products, "from": keys[0]}
    with connection.cursor() as cursor:
        for statement in (_SNAPSHOTS, _CHANGES, _ALERTS, _READS, _PRODUCTS):
            cursor.execute(statement, values)
    bulk.analyze()
    while ageing.look_back(now):
        pass
    close_what_is_read(merchant, now)
    bulk.analyze()


def follow(shops: int, products: int, largest: int) -> None:
    """Let the merchant's first list follow one shop with `largest` products, and that many `shops`
    with `products` each; pair each product of the list with rivals, and remember a search."""
    merchant, now = User.objects.get(email=MERCHANT), Watch.objects.earliest("pk").created_at
    sold_by = [0] * largest + [1 + number // products for number in range(shops * products)]
    first = Product.objects.count()
    keys = _products(sold_by, now, first)
    values: dict[str, Any] = {
        "now": now,
        "first": 0,
        "longest": 0,
        "each": SNAPSHOTS_LISTED,
        "from": keys[0],
    }
    with connection.cursor() as cursor:
        for statement in (_SNAPSHOTS, _CHANGES, _PRODUCTS, _ENTRIES, _LAUNCHES):
            cursor.execute(statement, values)
    bulk.analyze()
    while ageing.look_back(now):
        pass
    _follow(
        merchant,
        Shop.objects.filter(products__in=[keys[0], *keys[largest::products]]).order_by("pk"),
        now,
    )
    _pair(merchant)
    _remember_search(now)
    bulk.analyze()


def _follow(merchant: User, shops: Iterable[Shop], now: datetime) -> None:
    times = {
        "read_at": now,
        "checked_at": now,
        "answered_at": now,
        "interval": DAY,
        "next_check_at": now + DAY,
    }
    Assortment.objects.bulk_create(
        Assortment(shop=shop, reading=60, pages=11, **times) for shop in shops
    )
    watchlist = merchant.watchlists.earliest("pk")
    Follow.objects.bulk_create(Follow(watchlist=watchlist, shop=shop) for shop in shops)


def _pair(merchant: User) -> None:
    """Pair every fourth product of the first list with rivals on the second one."""
    mine, theirs = merchant.watchlists.order_by("pk")[:2]
    mine.watches.update(cost=COST)
    rivals = list(theirs.watches.order_by("pk").values_list("product", flat=True))
    Pairing.objects.bulk_create(
        Pairing(
            watch_id=watch,
            product_id=product,
            rival_id=rivals[(place * RIVALS + nth) % len(rivals)],
        )
        for place, (watch, product) in enumerate(
            mine.watches.order_by("pk").values_list("pk", "product")[::4]
        )
        for nth in range(RIVALS)
    )


def _remember_search(now: datetime) -> None:
    rows = Product.objects.order_by("pk").values("num_iid", "title", "price", "list_price", "image")
    found = [
        {**row, "sales": {"at_least": 100, "step": 1}, "shop_name": "林记"}
        for row in rows[: SEARCH_PAGES * LISTED]
    ]
    SearchPage.objects.bulk_create(
        SearchPage(words=SEARCHED, page=page, products=list(products), read_at=now)
        for page, products in enumerate(batched(found, LISTED), 1)
    )


def multiply(times: int) -> None:
    """Copy each shop and product with all that belongs to them, until there are `times` as many.

    A search finds the copies by the ID of the first.
    """
    steps = {model: bulk.next_key(model) for model in COPIED}
    tables = [model._meta.db_table for model in COPIED]
    with connection.cursor() as cursor:
        # The keys that copies refer to are not checked one by one, and indexes are made at the end.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute("SET synchronous_commit = off")
        cursor.execute(_INDEXES, {"tables": tables})
        indexes = cursor.fetchall()
        for drop, _ in indexes:
            cursor.execute(drop)
        for model, table in zip(COPIED, tables, strict=True):
            fields: list[Any] = [
                field for field in model._meta.concrete_fields if not field.generated
            ]
            columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
            values = ", ".join(_copied_value(model, field, steps) for field in fields)
            key = model._meta.pk.column
            for copy in range(1, times):
                copies = (
                    f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE {key} < "
                    "%(step)s"
                )
                cursor.execute(copies, {"copy": copy, "step": steps[model]})
        for _, make in indexes:
            cursor.execute(make)
    bulk.analyze()


def share(merchants: int) -> None:
    """Give each of that many merchants the same part of the first one's products, with what the
    lists know of them."""
    first = User.objects.get(email=MERCHANT)
    shared = list(first.watchlists.order_by("pk"))
    for number in range(1, merchants):
        merchant = User.objects.create_user(f"bench{number}@example.com", None)
        for watchlist in shared:
            theirs = create_watchlist(merchant, watchlist.name)
            rule, _ = theirs.rules.get_or_create(watch=None, kind=Kind.PRICE_CHANGED.value)
            part = watchlist.watches.alias(part=Mod(F("pk") - 1, merchants)).filter(part=number)
            alerts = Alert.objects.filter(watchlist=watchlist, product__in=part.values("product"))
            AlertRead.objects.filter(alert__in=alerts).update(user=merchant)
            alerts.update(watchlist=theirs, rule=rule)
            part.update(watchlist=theirs)
        close_what_is_read(merchant, timezone.now())


def _copied_value(model: type[Model], field: Any, steps: Mapping[Any, int]) -> str:
    """Return the value of a column in a copy: keys are moved beyond those of the copies before."""
    if f"{model.__name__}.{field.attname}" in _DIFFERENT:
        return _DIFFERENT[f"{model.__name__}.{field.attname}"].format(shops=steps[Shop])
    owner = field.related_model if field.is_relation else model if field.primary_key else None
    column = connection.ops.quote_name(field.column)
    return f"{column} + %(copy)s * {steps[owner]}" if owner in steps else column


def _products(sold_by: Sequence[int], now: datetime, first: int = 0) -> list[int]:
    """Add shops with scores, and products as their last check left them: a few are failing or off
    the shelf.

    `sold_by` has the number of each product's shop. Those after the `first` products are watched by
    nobody."""
    gap = {"score_scale": 5, "product_score": 470, "logistics_score": 480, "service_score": 460}
    shops = Shop.objects.bulk_create(
        Shop(
            shop_id=f"bench{first}-{number}",
            name=product_of(f"{number}").seller.name,
            product_gap=Gap.LEVEL.value,
            **gap,
        )
        for number in range(max(sold_by) + 1)
    )
    ShopScore.objects.bulk_create(
        ShopScore(shop=shop, data_time=now - 30 * DAY, **gap) for shop in shops
    )
    products, contents = [], []
    for number, shop in enumerate(sold_by, first):
        invented = product_of(f"{FIRST_BEGINNING + number}{number % 10_000:04}")
        content: dict[str, Any] = {
            "images": [picture(invented.num_iid, place) for place in range(3)],
            "attributes": [[name, value] for name, value in invented.facts.items()],
        }
        checked, is_failing = now - INTERVAL * (number % 97 / 100), number % 100 == 1
        product = Product(
            num_iid=invented.num_iid,
            shop=shops[shop],
            title=invented.titles[0],
            price=invented.base_price,
            list_price=invented.base_price * 130 // 100,
            sales=number % 9000,
            sales_step=1,
            status=(Status.OFF_SHELF if number % 40 == 2 else Status.ON_SALE).value,
            image=first_image(content),
            data_time=checked,
            shop_told_at=checked,
            checked_at=checked,
            answered_at=checked,
            last_outcome=(Outcome.PROVIDER_ERROR if is_failing else Outcome.UNCHANGED).value,
            last_code="4002" if is_failing else "0000",
            failing_since=now - 2 * INTERVAL if is_failing else None,
            failures=5 if is_failing else 0,
            interval=None if first else INTERVAL,
            next_check_at=None if first else checked + INTERVAL,
        )
        products.append(product)
        contents.append(ProductContent(product=product, parts=content))
    Product.objects.bulk_create(products, 2000)
    for stored, product in zip(contents, products, strict=True):
        stored.product = product
    ProductContent.objects.bulk_create(contents, 2000)
    return [product.pk for product in products]


def _usage(products: int, now: datetime) -> None:
    """Add three months of the ledger."""
    days = [provider_day(now - DAY * age) for age in range(90)]
    UsageDay.objects.bulk_create(UsageDay(day=day, reserved=products) for day in days)
    Usage.objects.bulk_create(
        Usage(day=day, api="item_get_app", code="0000", calls=products, billing="billed")
        for day in days
    )
