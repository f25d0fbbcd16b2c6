"""Surges of sales: only those that certainly happened, however the provider rounds."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.history.sales_pace import DAY, SalesReading
from monitor.history.surges import LEAST_UNITS, TIMES, new_surges, surge
from monitor.models import Watchlist
from tests.factories import NOW, SnapshotFactory, UserFactory, WatchFactory, WatchlistFactory

NOON = datetime(2026, 11, 25, tzinfo=UTC)
steps = st.sampled_from([1, 10, 100, 1000, 10_000])
units = st.integers(0, 50_000)


def readings(total: int, week: int, day: int, step: int) -> list[SalesReading]:
    """Return a count of `total` eight days ago, to which a week and a day were added, as the
    provider rounds it."""
    counts = zip((8, 1, 0), (total, total + week, total + week + day), strict=True)
    return [SalesReading(NOON - days * DAY, count // step * step, step) for days, count in counts]


@given(total=st.integers(0, 10**8), week=units, day=units, step=steps)
def test_a_surge_certainly_happened(total: int, week: int, day: int, step: int) -> None:
    found = surge(*readings(total, week, day, step))
    if found is None:
        assert step > 1 or day < LEAST_UNITS or day < TIMES * week / 7
    else:
        assert day >= LEAST_UNITS
        assert day >= TIMES * week / 7 - 1e-6
        assert found.times is None or (
            found.times >= TIMES and day >= found.times * week / 7 - 1e-6
        )


def test_a_count_that_was_reset_is_no_surge() -> None:
    week_before, day_before, latest = readings(9000, 10, 500, 1)
    assert surge(week_before, day_before, latest) is not None
    assert surge(week_before, SalesReading(day_before.at, 0), SalesReading(latest.at, 510)) is None


@pytest.fixture
def rivals(db: None) -> Watchlist:
    return WatchlistFactory.create(owner=UserFactory.create())


def sold(rivals: Watchlist, *counts: tuple[float, int, float], step: int = 1) -> int:
    """Return a product's key. `counts`: days ago, the count since then, and days ago when the one
    before was last seen."""
    product = WatchFactory.create(watchlist=rivals).product
    for days, count, seen in counts:
        times = {"data_time": NOW - days * DAY, "last_seen_before": NOW - seen * DAY}
        SnapshotFactory.create(product=product, sales=count, sales_step=step, **times)
    return int(product.pk)


def test_it_finds_what_surged_since(rivals: Watchlist) -> None:
    key = sold(rivals, (20, 1000, 20), (5, 1014, 5.1), (0.5, 1050, 0.6))
    assert new_surges([rivals.pk], NOW - DAY, NOW)[key].times == pytest.approx(36 / 2)
    # It surged at the last visit, too.
    assert new_surges([rivals.pk], NOW - timedelta(hours=6), NOW) == {}
    assert new_surges([], NOW - DAY, NOW) == {}


def test_units_of_a_time_without_checks_are_not_those_of_a_day(rivals: Watchlist) -> None:
    sold(rivals, (20, 1000, 20), (0.5, 1040, 4.5))
    assert new_surges([rivals.pk], NOW - DAY, NOW) == {}


def test_a_young_product_or_one_without_sales_has_no_surge(rivals: Watchlist) -> None:
    sold(rivals, (3, 1000, 3), (0.5, 1050, 0.6))
    product = WatchFactory.create(watchlist=rivals).product
    for days, count in ((20, None), (5, 5), (0.5, 900)):
        SnapshotFactory.create(
            product=product, data_time=NOW - days * DAY, sales=count, sales_step=None
        )
    assert new_surges([rivals.pk], NOW - DAY, NOW) == {}
