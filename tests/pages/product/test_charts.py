"""The data of a product's charts: lines with gaps, outages, alerts and target prices."""

import re
from datetime import timedelta
from itertools import accumulate
from statistics import median
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.judging.rules.kinds import Kind
from monitor.models import Product, Snapshot, User, Watch, Watchlist
from monitor.provider.errors import CallTimeout
from monitor.provider.observation import Status
from tests.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    MembershipFactory,
    ProductFactory,
    SnapshotFactory,
    WatchFactory,
)
from tests.pages import seen_by
from tests.story import START, Story

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


def test_a_range_starts_with_the_price_at_its_start(web: Client, watch: Watch) -> None:
    SnapshotFactory.create(product=watch.product, data_time=NOW - 40 * DAY, price=9900)
    SnapshotFactory.create(
        product=watch.product, data_time=NOW - 2 * DAY, last_seen_before=NOW - 2 * DAY - HOUR
    )
    assert unpacked(series(web, watch.product, "7d")["price"])[0] == (0, 9900)
    page = web.get(f"/products/{watch.product.num_iid}/?range=7d").content.decode()
    assert page.index(">Lowest") < page.index("¥72.00", page.index(">Lowest"))
    assert "¥99.00" in page


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


def test_a_paused_rule_has_no_target_and_replaces_none(web: Client, watch: Watch) -> None:
    watch.watchlist.rules.create(kind=Kind.PRICE_BELOW, threshold=5000)
    watch.watchlist.rules.create(
        kind=Kind.PRICE_BELOW, threshold=6000, watch=watch, is_active=False
    )
    assert series(web, watch.product)["targets"] == [[5000, "¥50.00"]]
    watch.watchlist.rules.create(kind=Kind.PRICE_CHANGED, watch=watch)
    assert series(web, watch.product)["targets"] == []


def test_changes_without_a_line_are_marked(web: Client, watch: Watch) -> None:
    for field in ("title", "price", "freight"):
        ChangeFactory.create(
            product=watch.product, field=field, before="a", after="b", first_seen_after=NOW - HOUR
        )
    assert [text for _, text in series(web, watch.product)["events"]] == ["title", "freight"]


def test_one_absurd_price_does_not_set_the_scale(web: Client, watch: Watch) -> None:
    for hours, price in ((2000, 7200), (50, 9_999_900), (49, 7000)):
        at = NOW - hours * HOUR
        SnapshotFactory.create(
            product=watch.product, data_time=at, last_seen_before=at - HOUR, price=price
        )
    assert series(web, watch.product)["scale"] == [7000, 7200]
    Snapshot.objects.filter(price=9_999_900).update(price=7100)
    assert series(web, watch.product)["scale"] is None


def test_the_table_has_the_values_of_the_chart(web: Client, watchlist: Watchlist) -> None:
    product = ProductFactory.create(
        data_time=NOW - HOUR, failing_since=NOW - HOUR, last_outcome="timeout", failures=3
    )
    WatchFactory.create(watchlist=watchlist, product=product)
    for hours, last_seen, price in ((200, 200, 7200), (190, 191, 7100), (100, 180, 7000)):
        times = {"data_time": NOW - hours * HOUR, "last_seen_before": NOW - last_seen * HOUR}
        SnapshotFactory.create(product=product, price=price, **times)
    text = web.get(f"/products/{product.num_iid}/?range=30d").content.decode()
    table = text[text.index("<tbody>") : text.index("</tbody>")]
    third_cells = [
        re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row)[2] for row in table.split("</tr>")[:4]
    ]
    assert third_cells == ["checks failed: timeout", "¥70.00", "not checked", "¥71.00"]


def test_a_long_past_takes_few_points_and_queries(web: Client, watch: Watch) -> None:
    Snapshot.objects.bulk_create(
        SnapshotFactory.build(
            product=watch.product,
            data_time=NOW - number * 2 * HOUR,
            last_seen_before=NOW - (number + 1) * 2 * HOUR,
            price=7200 + number * 7919 % 500,
            sku_min_price=7200 + number * 7919 % 500,
            sku_max_price=8200 + number * 6577 % 500,
            sales=10**6 - number * 100,
            sales_step=100,
        )
        for number in range(2500)
    )
    with CaptureQueriesContext(connection) as captured:
        data = series(web, watch.product)
    assert len(captured) <= 10
    for name in ("price", "low", "high", "list_price", "sku_low", "sku_high", "sales"):
        assert len(data[name][0]) <= 1000, name
    assert (min(data["low"][1]), max(data["high"][1])) == (7200, 7699)
    # The median of evenly spread prices.
    assert 7430 <= median(data["price"][1]) <= 7470
    # Only sales that are drawn have texts.
    assert set(data["sales_text"]) == {
        str(sales) for sales in data["sales"][1] if sales is not None
    }
    assert data["sales_text"]["1000000"] == "1M+"
