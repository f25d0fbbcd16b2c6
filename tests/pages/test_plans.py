"""No query of a page reads a large table as a whole, not even through an index: PostgreSQL's own count of what it read.

The tables are some thousands of rows long, and where a page stops counting, or caches what it counted, is made as
much lower: a query that reads more than a part of a table here would read as large a part of millions of rows.
"""

import re
from collections.abc import Iterator, Mapping
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

from monitor.history import caching, freshness, news, polling
from monitor.models import Alert, AlertRead, Change, Product, Rule, Shop, User, Watchlist
from monitor.models.product_index import CHECKED, SORTS
from monitor.pages.rules import trial as backtest
from monitor.pages.rules.reads import RuleSet
from monitor.pages.shared.alert_reads import CappedPaginator
from monitor.pages.today import reads as today
from monitor.planning import frame as shell
from monitor.rules.conditions import Condition
from monitor.rules.kinds import Kind
from tests.bench.seeding import seed
from tests.factories import NOW, UserFactory
from tests.planner import plan, rows_read, steps

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
PRODUCTS, SNAPSHOTS = 3000, 30_000
#: More alerts than make a table long, each so much older than the one before it.
ALERTS, AGE = 7000, timedelta(minutes=1)
#: Shorter tables tell nothing; of longer ones no query may read a larger part than this.
LONG, LARGEST_PART = 2000, 1 / 3
LIMITS: list[tuple[Any, str, object]] = [
    (news, "MOST_CHANGES", 100),
    (polling, "MOST", 50),
    (caching, "CACHED_FROM_ROWS", 500),
    (shell, "MOST_UNREAD", 100),
    (today, "MOST_COUNTED", 200),
    (CappedPaginator, "most", 200),
]


@pytest.fixture(scope="module")
def _long_tables(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic(), time_machine.travel(NOW, tick=False):
        seed(PRODUCTS, SNAPSHOTS)
        _more_alerts()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            # With a few thousand rows it would be the quickest to read all; with very many it never is.
            for way in ("seqscan", "hashjoin", "mergejoin"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def many(_long_tables: None, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A merchant's browser, in front of tables that are long."""
    cache.clear()
    for owner, name, value in LIMITS:
        monkeypatch.setattr(owner, name, value)
    client = Client()
    client.force_login(User.objects.get(email="bench@example.com"))
    yield client
    cache.clear()


def _more_alerts() -> None:
    """One for each change of a price lately, some read and most not."""
    rule = Rule.objects.earliest("pk")
    told = {"watchlist": rule.watchlist, "rule_as_it_was": {"kind": rule.kind, "threshold": None}, "field": "price"}
    changes = Change.objects.filter(field="price").order_by("-first_seen_after")[:ALERTS]
    alerts = Alert.objects.bulk_create(
        Alert(**told, change=one, product_id=one.product_id, data_time=one.first_seen_after, created_at=NOW - AGE * n)
        for n, one in enumerate(changes)
    )
    reader = rule.watchlist.owner
    AlertRead.objects.bulk_create(AlertRead(alert=one, user=reader, read_at=NOW) for one in alerts[::3])


def addresses() -> list[str]:
    """Every list, and a product and a shop of middling length."""
    product, shop = Product.objects.order_by("pk")[PRODUCTS // 2], Shop.objects.order_by("pk")[3]
    sorts = [f"/products/?sort={sort}" for name in SORTS for sort in (name, f"-{name}")]
    last = PRODUCTS // 50
    return [
        *("/", "/usage/", "/watchlists/", "/alerts/", "/alerts/?show=all", "/alerts/?show=all&page=2"),
        *("/alerts/?show=all&period=7d", "/alerts/?kind=price_changed"),
        *("/products/shops/", "/products/shops/?name=店", "/products/shops/?name=没有的"),
        *("/products/", *sorts, f"/products/?page={last}", f"/products/?sort=price&page={last - 1}"),
        *(f"/products/?list={Watchlist.objects.earliest('pk').pk}", "/products/?status=on_sale"),
        *("/products/?status=failing", "/products/?status=paused", "/products/?changed=7d", "/products/?q=没有的"),
        *("/products/?q=显瘦", "/products/?q=显瘦&page=2"),
        *(f"/products/{product.num_iid}/", f"/products/{product.num_iid}/?range=all", f"/shops/{shop.pk}/"),
        f"/products/{product.num_iid}/series/?range=all",
    ]


def test_no_page_reads_a_long_table_as_a_whole(many: Client) -> None:
    lengths = _lengths()
    assert {"product", "productindex", "watch", "change", "snapshot", "alert", "alertread"} <= lengths.keys()
    found: dict[tuple[str, str], dict[str, int]] = {}
    for address in addresses():
        # What is cached is counted by the first view.
        assert many.get(address).status_code == 200
        with CaptureQueriesContext(connection) as captured:
            assert many.get(address).status_code == 200
        asked = [query["sql"] for query in captured if query["sql"].startswith(("SELECT", "("))]
        assert len(asked) >= 5, address
        found |= {(address, sql): too_much for sql in asked if (too_much := _too_much(sql, lengths))}
    assert {"\n".join((*key, str(rows))) for key, rows in found.items()} == set()


@pytest.mark.parametrize("sort", [way for name in SORTS if name != CHECKED for way in (name, f"-{name}")])
def test_a_page_far_down_is_found_by_the_index_alone(many: Client, sort: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert many.get(f"/products/?sort={sort}&page={PRODUCTS // 100}").status_code == 200
    [walk] = [found[1] for query in captured if (found := re.search(r"^(SELECT .* OFFSET \d+)$", query["sql"]))]
    with connection.cursor() as cursor:
        # A few thousand rows could as well be put in order.
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
    [step] = [step for step in steps(plan(walk)) if step.get("Relation Name") == "monitor_productindex"]
    assert step["Node Type"] == "Index Only Scan"
    assert step["Actual Rows"] > PRODUCTS // 3


def test_a_chart_marks_changes_without_a_look_at_those_of_its_lines(many: Client) -> None:
    longest = Product.objects.annotate(n=Count("changes")).latest("n")
    with CaptureQueriesContext(connection) as captured:
        assert many.get(f"/products/{longest.num_iid}/series/?range=all").status_code == 200
    [asked] = [query["sql"] for query in captured if 'FROM "monitor_change"' in query["sql"]]
    assert rows_read(plan(asked))["change"] == 0


@pytest.mark.parametrize("kind", [Kind.PRICE_BELOW, Kind.TITLE_CHANGED, Kind.SHOP_SCORE_BELOW])
def test_a_rule_is_tried_on_the_history_of_its_own_products_alone(
    many: Client, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    monkeypatch.setattr(backtest, "MOST_PRODUCTS", 100)
    longest = Watchlist.objects.annotate(n=Count("watches")).latest("n")
    with CaptureQueriesContext(connection) as captured:
        trial = backtest.try_on_history(RuleSet(longest, None, True, [], []), Condition(kind, 300), NOW)
    assert trial["is_part"]
    assert [_too_much(query["sql"], _lengths()) for query in captured] == [{}, {}]


@pytest.mark.parametrize("is_mine", [True, False])
def test_an_open_page_that_asks_for_news_reads_none(many: Client, is_mine: bool) -> None:
    """Of the newest rows, which may be a stranger's, and of the reader's own, of which there may be many."""
    reader = User.objects.get(email="bench@example.com") if is_mine else UserFactory.create()
    newest = shell.shell(reader, NOW).newest
    second, snapshot, score, outage, alert, watch = newest
    for known in (newest, [second, snapshot - 50, score, outage, alert - 50, watch]):
        with CaptureQueriesContext(connection) as captured:
            assert freshness.has_news(reader, known) == (is_mine and known != newest)
        [query] = captured
        assert _too_much(query["sql"], _lengths()) == {}


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("SELECT count(*) FROM monitor_product WHERE title <> ''", "product"),
        ("SELECT id FROM monitor_product ORDER BY id", "product"),
        ("SELECT interval, count(*) FROM monitor_productindex GROUP BY interval", "productindex"),
        ("SELECT watchlist_id, is_paused, interval, count(*) FROM monitor_watch GROUP BY 1, 2, 3", "watch"),
        ("SELECT product_id FROM monitor_productindex ORDER BY price, product_id LIMIT 50 OFFSET 1500", "productindex"),
        ("SELECT p.id, (SELECT max(s.id) FROM monitor_snapshot s WHERE s.product_id = p.id)"
         " FROM (SELECT id FROM monitor_product ORDER BY id LIMIT 900) AS p", "snapshot"),
    ],
)  # fmt: skip
def test_whatever_reads_a_whole_table_is_noticed(many: Client, sql: str, table: str) -> None:
    assert table in _too_much(sql, _lengths())


def test_a_few_rows_of_a_long_table_are_not_too_much(many: Client) -> None:
    assert _too_much("SELECT id FROM monitor_product ORDER BY id LIMIT 50", _lengths()) == {}


def _lengths() -> dict[str, int]:
    """The long tables, by what they hold, and their rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r' AND relname LIKE 'monitor%%'")
        return {name.removeprefix("monitor_"): int(rows) for name, rows in cursor.fetchall() if rows > LONG}


def _too_much(sql: str, lengths: Mapping[str, int]) -> dict[str, int]:
    """Of which long tables a statement reads too many rows, and how many."""
    read = rows_read(plan(sql))
    return {table: read[table] for table, rows in lengths.items() if read[table] > LARGEST_PART * rows}
