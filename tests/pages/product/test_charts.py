"""The data of a product's charts: lines with gaps, outages, alerts and target prices."""

from datetime import timedelta
from itertools import accumulate
from typing import Any

import pytest
from django.test import Client

from monitor.judging.rules.kinds import Kind
from monitor.models import Product, Snapshot, User, Watch
from monitor.provider.errors import CallTimeout
from monitor.provider.observation import Status
from tests.models.factories import (
    NOW,
    AlertFactory,
    MembershipFactory,
    SnapshotFactory,
    WatchFactory,
)
from tests.pages import seen_by
from tests.polling.story import START, Story

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def series(web: Client, product: Product, name: str = "all") -> dict[str, Any]:
    data: dict[str, Any] = web.get(f"/products/{product.num_iid}/series/?range={name}").json()
    return data


def unpacked(line: list[list[Any]]) -> list[tuple[int, int | None]]:
    """Return the points of a line: seconds since the start of the range, and value."""
    return list(zip(accumulate(line[0]), line[1], strict=True))


def test_lines_break_where_checks_failed_and_say_why() -> None:
    story = Story()
    web = seen_by(story.user)
    story.hears()
    story.hears(price=6300)
    story.hears(CallTimeout("Too late."))
    story.hears(price=6300, status=Status.OFF_SHELF)
    data = series(web, story.product)
    hour, first = 3600, data["start"]
    assert first == int((START + HOUR).timestamp())
    assert unpacked(data["price"]) == [
        (0, 7200),
        (hour, 6300),
        (2 * hour, 6300),
        (2 * hour, None),
        (3 * hour, 6300),
    ]
    assert data["outages"] == [[first + 2 * hour, first + 3 * hour, "timeout"]]
    assert data["statuses"] == [
        [first, first + 2 * hour, "good", "on sale"],
        [first + 3 * hour, first + 3 * hour, "away", "off shelf"],
    ]
    assert data["sales_text"] == {"13000": "13k+"}
    assert data["zone"] == "Asia/Shanghai"
    assert data["last"] == {"at": first + 3 * hour, "price": 6300}


def test_the_band_of_sku_prices_is_drawn_only_if_they_differ(web: Client, watch: Watch) -> None:
    SnapshotFactory.create(product=watch.product, sku_min_price=7200, sku_max_price=7200)
    assert series(web, watch.product)["sku_high"] == [[], []]
    Snapshot.objects.update(sku_max_price=8900)
    data = series(web, watch.product)
    assert (data["sku_low"][1], data["sku_high"][1]) == ([7200, 7200], [8900, 8900])


def test_the_users_alerts_are_marked_and_linked(web: Client, watch: Watch) -> None:
    SnapshotFactory.create(product=watch.product)
    mine = AlertFactory.create(
        watchlist=watch.watchlist, product=watch.product, data_time=NOW - HOUR
    )
    AlertFactory.create(product=watch.product, data_time=NOW - HOUR)
    [alert] = series(web, watch.product)["alerts"]
    assert alert["text"] == "price ¥99.00 → ¥72.00 ▼ 27.3%"
    assert alert["price"] == 7200
    assert alert["url"] == f"/alerts/{mine.pk}/"


def test_target_prices_are_those_of_the_users_rules(
    web: Client, watch: Watch, merchant: User
) -> None:
    rules = watch.watchlist.rules
    rules.create(kind=Kind.PRICE_BELOW, threshold=5000)
    assert series(web, watch.product)["targets"] == [[5000, "¥50.00"]]
    rules.create(kind=Kind.PRICE_BELOW, threshold=6000, watch=watch)
    assert series(web, watch.product)["targets"] == [[6000, "¥60.00"]]
    strangers = WatchFactory.create(product=watch.product)
    strangers.watchlist.rules.create(kind=Kind.PRICE_BELOW, threshold=100)
    assert series(web, watch.product)["targets"] == [[6000, "¥60.00"]]
    MembershipFactory.create(user=merchant, watchlist=strangers.watchlist)
    assert len(series(web, watch.product)["targets"]) == 2
