"""Statements of a batch, and rows that an unchanged check writes."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from monitor.checking import backlog, batch, claims, fetch
from monitor.models import Product
from monitor.recording import record
from tests.bench.figures import Figure, at_most
from tests.bench.pipeline import all_due, stock
from tests.bench.server import Provider
from tests.servers import forget_client

SMALL, LARGE = 50, 500
MOST = 15


def run(provider: Provider, quick: bool) -> Iterator[Figure]:
    # A batch is that large only with many calls at once.
    settings.PROVIDER_CONCURRENCY = 32
    stock(LARGE)
    try:
        first = _statements(provider, LARGE)
        small, large = _statements(provider, SMALL), _statements(provider, LARGE)
        new, updated = _rows_of_unchanged(SMALL)
    finally:
        forget_client()
    yield Figure(f"claim to commit, batch of {SMALL}, 5 % changing", small, "statements", at_most(MOST))
    yield Figure(f"the same, batch of {LARGE}", large, "statements", at_most(small))
    yield Figure(f"the same, batch of {LARGE}, all new", first, "statements")
    yield Figure("recording an unchanged check, new", new / SMALL, "rows", at_most(0))
    yield Figure("recording an unchanged check, updated", updated / SMALL, "rows", at_most(1))


def _statements(provider: Provider, size: int) -> int:
    """Statements sent to the database, without BEGIN and COMMIT, which not every driver sends."""
    provider.board.round += 1
    all_due()
    with CaptureQueriesContext(connection) as captured:
        begun = backlog.begin(_claim_due, timezone.now, size)
        assert begun is not None
        begun.settle()
        begun.record()
    assert len(begun.recorded) == size
    return sum(not query["sql"].startswith(("BEGIN", "COMMIT")) for query in captured)


def _claim_due(now: datetime, size: int) -> list[Product]:
    return claims.claim(claims.due(now), now, size, lasts=batch.longest_run(size))


def _rows_of_unchanged(size: int) -> tuple[int, int]:
    """Rows inserted and updated by one recording transaction, as the database counts them."""
    all_due()
    with transaction.atomic():
        products = _claim_due(timezone.now(), size)
    ends = timezone.now() + timedelta(minutes=1)
    results = fetch.Fetch(products, timezone.now, ends).finish()
    with transaction.atomic():
        inserted, updated = _written()
        recorded = record(results, now=timezone.now())
        now_inserted, now_updated = _written()
    assert {result.outcome.value for result in recorded} == {"unchanged"}
    return now_inserted - inserted, now_updated - updated


def _written() -> tuple[int, int]:
    """Rows inserted and updated so far. SQLite only counts inserted, updated and deleted rows together: they are
    returned as updated, except the claim's."""
    if connection.vendor == "sqlite":
        return 0, connection.connection.total_changes + Product.objects.filter(claimed_until__isnull=False).count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n_tup_ins), sum(n_tup_upd) FROM pg_stat_xact_user_tables")
        inserted, updated = cursor.fetchone()
    return int(inserted), int(updated)
