"""What stands on top of the feed: what is worth most, and never a price that only swings as it does
every day."""

from collections import Counter
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise

import pytest
from django.test import Client

from monitor.models import Change, Product, User, Watch, Watchlist
from monitor.pages.today.feed import FeedRow, rows_of
from monitor.showing.history.facts import usual_range
from monitor.showing.history.news import happenings
from tests.models.factories import NOW, ChangeFactory, WatchFactory
from tests.pages.today.conftest import HOUR, moves, shown, text, today

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
CHECK = timedelta(minutes=10)
#: The price goes down in small steps, then jumps back: each hour, or every three minutes.
STEPS = {"3514453298386100038": HOUR, "3514453298386100039": timedelta(minutes=3)}
HOURLY, FLASH = STEPS


@cache
def prices(num_iid: str) -> list[tuple[datetime, int]]:
    """Return what checks of nine days tell of a swinging product."""
    times = [NOW - number * CHECK for number in range(9 * DAY // CHECK, -1, -1)]
    step = STEPS[num_iid].total_seconds()
    return [(at, 10_000 - 120 * (int(at.timestamp() // step) % 12)) for at in times]


def replayed(watchlist: Watchlist, num_iid: str, fall_at: datetime = NOW + DAY) -> Product:
    """Let the product be checked, and lose 40 % of its price at a time."""
    told = [(at, price * 6 // 10 if at >= fall_at else price) for at, price in prices(num_iid)]
    fields = {"num_iid": num_iid, "price": told[-1][1], "first_data_time": told[0][0]}
    product: Product = WatchFactory.create(
        watchlist=watchlist, **{f"product__{name}": value for name, value in fields.items()}
    ).product
    Change.objects.bulk_create(
        ChangeFactory.build(product=product, before=before, after=after, first_seen_after=at)
        for (_, before), (at, after) in pairwise(told)
        if before != after
    )
    return product


def rows_at(hours: int, visited: timedelta) -> tuple[list[FeedRow], list[FeedRow]]:
    """Return the rows with news and with little, so many hours before now, for a user who was there
    some time before that."""
    now = NOW - hours * HOUR
    news, minor = rows_of(happenings(Watch.objects.all(), now - visited, now))
    return [row for _key, row in news], [row for _key, row in minor]


@pytest.mark.parametrize("num_iid", [HOURLY, FLASH])
def test_what_swings_every_day_is_one_quiet_row(watchlist: Watchlist, num_iid: str) -> None:
    product = replayed(watchlist, num_iid)
    for hours, visited in ((0, DAY), (5, HOUR), (11, DAY), (18, 3 * HOUR)):
        now, since = NOW - hours * HOUR, NOW - hours * HOUR - visited
        news, [row] = rows_at(hours, visited)
        assert news == []
        assert (row.move, row.worth) == (None, None)
        assert row.swing is not None
        low, high = row.swing
        held = [price for at, price in prices(num_iid) if since <= at <= now]
        assert low <= min(held) <= max(held) <= high <= 1.16 * low
        week = Counter(price for at, price in prices(num_iid) if since - 7 * DAY <= at < since)
        assert happenings(Watch.objects.all(), since, now).usual[product.pk] == usual_range(week)


@pytest.mark.parametrize("num_iid", [HOURLY, FLASH])
def test_a_true_fall_of_a_swinging_product_comes_first(watchlist: Watchlist, num_iid: str) -> None:
    moves(watchlist, 10000, 9000)
    product = replayed(watchlist, num_iid, NOW - 3 * HOUR)
    first, _ = rows_at(0, DAY)[0]
    assert first.move is not None
    assert first.move.after == product.price


def test_what_is_gone_or_was_never_read_breaks_nothing(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    swinging = replayed(watchlist, HOURLY)
    moves(watchlist, "on_sale", "deleted", field="status", product=swinging)
    never = WatchFactory.create(watchlist=watchlist).product
    Product.objects.filter(pk=never.pk).update(price=None, first_data_time=None, data_time=None)
    answers, feed = today(web).answers, today(web).feed
    assert answers is not None
    assert [(row.kind, row.product) for row in answers.new] == [("left", swinging)]
    assert not feed
    moves(watchlist, "deleted", "on_sale", field="status", product=swinging, since=HOUR / 2)
    assert shown(today(web).feed.minor) == [swinging.pk]


def worth(product: Product, units: float | None) -> Product:
    Product.objects.filter(pk=product.pk).update(units=units)
    return product


def test_what_is_worth_most_comes_first_and_says_so(
    web: Client, merchant: User, watchlist: Watchlist, settled: Product
) -> None:
    big = moves(watchlist, 100_000, 10_000)
    cheap = worth(moves(watchlist, 10_000, 9_000), 460)
    dear = worth(moves(watchlist, 500_000, 450_000), 2)
    dip = worth(moves(watchlist, 20_000, 10_000, 20_000), 0.2)
    swinging = worth(replayed(watchlist, HOURLY), 10_000)
    feed = today(web).feed
    assert shown(feed.shown) == [cheap.pk, dear.pk, big.pk]
    assert shown(feed.minor) == [dip.pk, swinging.pk]
    page = text(web)
    assert ">≈ ¥4,600 a day at stake<" in page, "460 × ¥10.00"
    assert ">≈ ¥1,000 a day at stake<" in page, "2 × ¥500.00"
    assert page.count('class="worth') == 2
