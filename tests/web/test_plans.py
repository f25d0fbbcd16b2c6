"""No query of the pages of every morning looks through a whole table, however much there is: PostgreSQL's own word."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.models import User, Watchlist
from monitor.watchlists.inbox import close_what_is_read
from tests.factories import NOW, AlertFactory, ChangeFactory, WatchFactory

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
#: Tables that grow with products, time or both. What people keep, such as their lists, is small.
LARGE = "product|snapshot|change|outage|alert|alertread|watch|shopscore"
SCAN = re.compile(rf"Seq Scan on monitor_({LARGE})\b")


def scans(sql: str) -> list[str]:
    """The large tables that PostgreSQL could only look through as a whole, were each of them as large as it gets."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return SCAN.findall("\n".join(row[0] for row in cursor.fetchall()))


@pytest.mark.parametrize(
    "address",
    ["/", "/alerts/", "/alerts/?show=all&page=2", "/alerts/?show=all&period=7d", "/alerts/?kind=price_changed"],
)
def test_pages_find_what_they_show_by_index(web: Client, merchant: User, watchlist: Watchlist, address: str) -> None:
    for hours in range(1, 40):
        watch = WatchFactory.create(watchlist=watchlist)
        change = ChangeFactory.create(product=watch.product, first_seen_after=NOW - timedelta(hours=hours))
        AlertFactory.create(watchlist=watchlist, product=watch.product, change=change)
    close_what_is_read(merchant, NOW)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    with CaptureQueriesContext(connection) as captured:
        assert web.get(address).status_code == 200
    found = {query["sql"]: scans(query["sql"]) for query in captured if query["sql"].startswith(("SELECT", "("))}
    assert len(found) >= 5
    assert {sql: tables for sql, tables in found.items() if tables} == {}
