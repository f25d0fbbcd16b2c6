"""The statements of a batch, from claim to commit."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from monitor.models import Product
from monitor.polling.checking import backlog, claims
from tests.bench.pipeline import all_due, stock
from tests.bench.report import Figure
from tests.bench.server import Provider
from tests.provider.servers import forget_client

SMALL, LARGE = 50, 500
MOST, MOST_OF_NEW = 15, 25


def run(provider: Provider) -> Iterator[Figure]:
    # A batch is that large only with many calls at once.
    settings.PROVIDER_CONCURRENCY = 32
    stock(LARGE)
    try:
        first, small, large = (_statements(provider, size) for size in (LARGE, SMALL, LARGE))
    finally:
        forget_client()
    yield Figure(f"claim to commit, batch of {SMALL}, 5 % changing", small, most=MOST)
    yield Figure(f"the same, batch of {LARGE}", large, most=small)
    yield Figure(f"the same, batch of {LARGE}, all new", first, most=MOST_OF_NEW)


def _statements(provider: Provider, size: int) -> int:
    """Return the statements sent to the database, without BEGIN and COMMIT, which not every driver
    sends."""
    provider.board.round += 1
    all_due()
    with CaptureQueriesContext(connection) as captured:
        begun = backlog.begin(partial(_claim_due, size), timezone.now)
        assert begun is not None
        begun.settle()
        begun.record()
    assert len(begun.recorded) == size
    return sum(not query["sql"].startswith(("BEGIN", "COMMIT")) for query in captured)


def _claim_due(size: int, now: datetime) -> list[Product]:
    return claims.claim(Product.objects.due(now), now, size)
