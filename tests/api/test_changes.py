"""What changed on all watched products."""

from datetime import timedelta

import pytest

from monitor.models import User, Watchlist
from tests.api import Program
from tests.models.factories import (
    NOW,
    ChangeFactory,
    ProductFactory,
    WatchFactory,
    WatchlistFactory,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_a_program_reads_what_changed_on_its_lists(
    reader: Program, merchant: User, watchlist: Watchlist
) -> None:
    shirt = WatchFactory.create(
        watchlist=watchlist, product=ProductFactory.create(title="Shirt")
    ).product
    own = WatchFactory.create(watchlist=WatchlistFactory.create(owner=merchant)).product
    first = ChangeFactory.create(product=own, first_seen_after=NOW - 2 * HOUR)
    second = ChangeFactory.create(product=shirt, first_seen_after=NOW - HOUR)
    left = ChangeFactory.create(
        product=shirt,
        field="status",
        before="on_sale",
        after="off_shelf",
        first_seen_after=NOW - HOUR,
    )
    long_ago = ChangeFactory.create(product=shirt, first_seen_after=NOW - timedelta(days=8))
    ChangeFactory.create(
        product=WatchFactory.create().product, first_seen_after=NOW - HOUR
    )  # A stranger's.

    def ids(**query: object) -> list[str]:
        return [row["id"] for row in reader.pages("/changes", limit=1, **query)]

    assert ids() == [str(second.pk), str(first.pk)]
    assert ids(field="status") == [str(left.pk)]
    assert ids(watchlist=watchlist.pk) == [str(second.pk)]
    assert ids(since="2026-11-01T00:00:00Z") == [str(second.pk), str(first.pk), str(long_ago.pk)]
    row = reader.get("/changes", watchlist=watchlist.pk)["items"][0]
    assert row["num_iid"] == shirt.num_iid
    assert (row["title"], row["before"], row["after"]) == ("Shirt", 9900, 7200)
