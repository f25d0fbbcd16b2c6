"""No query of a page reads a whole large table, not even through an index. PostgreSQL counts the
rows it read.

The tables have a few thousand rows, and the pages' limits of counting are lowered to match: a query
that reads a large part of a table here would read as large a part of millions of rows."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.plugin import DjangoDbBlocker

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import SHOP_KINDS, Kind
from monitor.models import Alert, AlertRead, Change, Product, Rule, Shop, User, Watchlist
from monitor.models.figures import SORTS
from monitor.pages.alerts import reads as inbox
from monitor.pages.today import reads as today
from monitor.showing.history import news, polling
from monitor.showing.reads import frame
from monitor.showing.reads import trial as backtest
from monitor.showing.reads.rules import RuleSet
from tests.bench.seeding import seed
from tests.models.factories import NOW, WatchFactory, WatchlistFactory
from tests.pages.planner import plan, rows_read

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
PRODUCTS, SNAPSHOTS = 3000, 30_000
#: Enough alerts to make a table long, each older than the one before it by `AGE`.
ALERTS, AGE = 7000, timedelta(minutes=1)
#: A table is long from `LONG` rows on; no query may read more than `LARGEST_PART` of it.
LONG, LARGEST_PART = 2000, 1 / 3
LONG_TABLES = {"product", "watch", "change", "snapshot", "alert", "alertread"}
LIMITS: list[tuple[Any, str, object]] = [
    (news, "MOST_CHANGES", 100),
    (polling, "MOST", 50),
    (frame, "MOST_UNREAD", 100),
    (today, "MOST_COUNTED", 200),
    (inbox, "MOST", 200),
]


@pytest.fixture(scope="module")
def _long_tables(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        # The planner counts the pages that rows of other tests have left.
        for table in LONG_TABLES:
            cursor.execute(f"VACUUM FULL monitor_{table}")
    with django_db_blocker.unblock(), transaction.atomic(), time_machine.travel(NOW, tick=False):
        seed(PRODUCTS, SNAPSHOTS)
        _more_alerts()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            # With a few thousand rows reading all of them would be the fastest plan; with millions
            # it never is.
            for way in ("seqscan", "hashjoin", "mergejoin"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def many(_long_tables: None, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A merchant's browser, with long tables."""
    cache.clear()
    for owner, name, value in LIMITS:
        monkeypatch.setattr(owner, name, value)
    client = Client()
    client.force_login(User.objects.get(email="bench@example.com"))
    yield client
    cache.clear()


def _more_alerts() -> None:
    """Add an alert for each of the newest price changes; a third of them are read."""
    rule = Rule.objects.filter(kind=Kind.PRICE_CHANGED).earliest("pk")
    fields = {
        "watchlist": rule.watchlist,
        "rule_as_it_was": {"kind": rule.kind, "threshold": None},
        "field": "price",
    }
    changes = Change.objects.filter(field="price").order_by("-first_seen_after")[:ALERTS]
    alerts = Alert.objects.bulk_create(
        Alert(
            **fields,
            change=change,
            product_id=change.product_id,
            data_time=change.first_seen_after,
            created_at=NOW - AGE * number,
        )
        for number, change in enumerate(changes)
    )
    reader = rule.watchlist.owner
    AlertRead.objects.bulk_create(
        AlertRead(alert=alert, user=reader, read_at=NOW) for alert in alerts[::3]
    )


def addresses() -> list[str]:
    """Return every list, and a product and a shop from the middle of their tables.

    The page of usage counts all that is scheduled."""
    product, shop = Product.objects.order_by("pk")[PRODUCTS // 2], Shop.objects.order_by("pk")[3]
    return [
        *("/alerts/", "/alerts/?show=all", "/alerts/?show=all&page=2"),
        *("/alerts/?show=all&period=7d", "/alerts/?kind=price"),
        *(
            f"/products/{product.num_iid}/",
            f"/products/{product.num_iid}/?range=all",
            f"/shops/{shop.pk}/",
        ),
        f"/products/{product.num_iid}/series/?range=all",
    ]


def test_no_page_reads_a_long_table_as_a_whole(many: Client) -> None:
    assert _lengths().keys() >= LONG_TABLES
    assert _excessive(many, addresses()) == set()


def test_today_and_the_lists_read_no_products_of_other_users(many: Client) -> None:
    """They read all of their user's own."""
    watchlist = WatchlistFactory.create()
    many.force_login(watchlist.owner)
    for product in Product.objects.order_by("pk")[:60]:
        WatchFactory.create(watchlist=watchlist, product=product)
    sorts = [f"/products/?sort={sort}" for name in SORTS for sort in (name, f"-{name}")]
    filters = ("status=failing", "status=paused", "status=on_sale", "changed=7d", "q=显瘦")
    shown = ["/", "/products/", "/products/?page=2", f"/products/?list={watchlist.pk}"]
    shown += ["/watchlists/"]
    shown += [f"/products/?{narrowed}" for narrowed in filters]
    assert (
        _excessive(many, [*shown, *sorts, "/products/shops/", "/products/shops/?name=店"]) == set()
    )


def _excessive(many: Client, shown: Iterable[str]) -> set[str]:
    """Return the statements of these pages that read too much."""
    lengths = _lengths()
    excessive: dict[tuple[str, str], dict[str, int]] = {}
    for address in shown:
        # The first view fills the caches.
        assert many.get(address).status_code == 200
        with CaptureQueriesContext(connection) as captured:
            assert many.get(address).status_code == 200
        statements = [
            query["sql"] for query in captured if query["sql"].startswith(("SELECT", "("))
        ]
        assert len(statements) >= 5, address
        excessive |= {
            (address, sql): too_much for sql in statements if (too_much := _too_much(sql, lengths))
        }
    return {"\n".join((*key, str(rows))) for key, rows in excessive.items()}


@pytest.mark.parametrize("kind", [Kind.PRICE_BELOW, Kind.TITLE_CHANGED, Kind.SHOP_SCORE_BELOW])
def test_a_trial_of_a_rule_reads_only_the_history_of_its_products(
    many: Client, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    monkeypatch.setattr(backtest, "MOST_PRODUCTS", 100)
    longest = Watchlist.objects.select_related("owner").annotate(n=Count("watches")).latest("n")
    with CaptureQueriesContext(connection) as captured:
        trial = backtest.try_on_history(
            RuleSet(longest, None, True, [], []), Condition(kind, 300), longest.owner, NOW
        )
    assert trial["is_part"] == (kind not in SHOP_KINDS), "it has few shops"
    # Three of them are about the limit of slow answers; of products, one names those with rules of
    # their own.
    assert len(captured) == (5 if kind in SHOP_KINDS else 6)
    history = [query["sql"] for query in captured if "monitor_change" in query["sql"]]
    assert not any(_too_much(sql, _lengths()) for sql in history)


def test_reading_a_whole_table_is_noticed_and_a_few_rows_are_not(many: Client) -> None:
    assert "product" in _too_much(
        "SELECT count(*) FROM monitor_product WHERE title <> ''", _lengths()
    )
    assert _too_much("SELECT id FROM monitor_product ORDER BY id LIMIT 50", _lengths()) == {}


def _lengths() -> dict[str, int]:
    """Return the number of rows of each long table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reltuples FROM pg_class WHERE relkind = 'r' AND relname LIKE "
            "'monitor%%'"
        )
        return {
            name.removeprefix("monitor_"): int(rows)
            for name, rows in cursor.fetchall()
            if rows > LONG
        }


def _too_much(sql: str, lengths: Mapping[str, int]) -> dict[str, int]:
    """Return the long tables of which a statement reads too many rows, and how many."""
    counts = rows_read(plan(sql))
    return {
        table: counts[table]
        for table, rows in lengths.items()
        if counts[table] > LARGEST_PART * rows
    }
