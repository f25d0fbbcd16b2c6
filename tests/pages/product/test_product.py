"""A product's page: its state, its changes, and 'Check now'."""

import re
from datetime import timedelta
from typing import Any

import pytest

from monitor.models import Change, Product, ProviderAccount, Watch, Watchlist
from monitor.text.clock import microseconds
from tests.models.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    ProductFactory,
    SnapshotFactory,
    UserFactory,
    WatchFactory,
)
from tests.pages import HTMX, Browser, seen_by
from tests.polling.story import Story

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def address_of(watch: Watch) -> str:
    return f"/products/{watch.product.num_iid}/"


def freight(first: int) -> list[dict[str, Any]]:
    more = {"more": 200, "free_from": None, "delivers": True}
    return [{"provinces": ["新疆"], "first": first, **more}]


def test_it_shows_the_products_values(web: Browser, watchlist: Watchlist) -> None:
    product = ProductFactory.create(
        title="磨毛衬衫",
        content={
            "images": ["https://p3-aio.ecombdimg.com/obj/temai/a"],
            "specification": [["颜色", ["白色", "黑色"]]],
            "freight": freight(1500),
            "attributes": [["品牌", "古蒂歌"]],
            "service_promises": ["support_7days_refund", "something_new"],
        },
    )
    watch = WatchFactory.create(watchlist=watchlist, product=product, note="cheapest")
    known = {"price": 10_000, "units_low": 90, "units": 101, "units_high": 115}
    Product.objects.filter(pk=product.pk).update(**known)
    text = web.page(address_of(watch))
    for shown in (
        *("磨毛衬衫", product.num_iid, "¥72.00", "¥99.00", "¥72.00 – ¥89.00", "13k+", "on sale"),
        *("白色", "古蒂歌", "7-day returns", "something_new", "新疆: ¥15.00", "4.85"),
        *("above average", "Rivals", "cheapest", "every 1 h", "Price drops ≥ 5%", "Data 11:59"),
        *("Next check 12:59", "<strong>about 100 a day</strong>", "est. ¥10k a day"),
        'src="https://p3-aio.ecombdimg.com/obj/temai/a"',
    ):
        assert shown in text, shown


@pytest.mark.parametrize(
    ("query", "range_name"),
    [
        ("range=7d&from=20261124T0000Z&to=20261125T0300Z", "7d"),
        ("range=7d&from=20261101T0000Z&to=20261125T0300Z", "30d"),
        ("range=7d&from=20200101T0000Z&to=20261125T0300Z", "all"),
        ("range=7d&from=yesterday", "7d"),
        ("range=zzz&about=%3Cb%3E&before=abc", "30d"),
        ("range=7d&about=shop&before=99999999999999999999", "7d"),
    ],
)
def test_a_shared_period_is_shown_in_a_range_that_contains_it(
    web: Browser, watch: Watch, query: str, range_name: str
) -> None:
    assert web.get(f"{address_of(watch)}?{query}").context["range"] == range_name


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({}, "Waiting for first check"),
        ({"failing_since": NOW - HOUR, "last_outcome": "timeout"}, "Failing for 1 h: timeout."),
        ({"next_check_at": None}, "Paused before the first check"),
    ],
)
def test_a_product_without_a_first_check_says_why(
    web: Browser, watchlist: Watchlist, fields: dict[str, Any], shown: str
) -> None:
    product = Product.objects.create(num_iid="7", interval=HOUR, **{"next_check_at": NOW, **fields})
    watch = WatchFactory.create(watchlist=watchlist, product=product)
    text = web.page(address_of(watch))
    assert shown in text
    assert "<canvas" not in text
    assert web.get(f"{address_of(watch)}series/").json()["price"] == [[], []]


@pytest.mark.parametrize(
    ("skus", "lines"),
    [((6300, 6300), ["Price"]), ((6300, 6900), ["Price", "SKU price range"])],
)
def test_the_timeline_shows_before_after_and_evidence(
    skus: tuple[int, int], lines: list[str]
) -> None:
    """A price of all SKUs is shown once."""
    story = Story()
    story.hears()
    story.hears(price=6300, sku_min_price=skus[0], sku_max_price=skus[1], request_id="gw-77")
    text = seen_by(story.user).page(f"/products/{story.product.num_iid}/?range=all")
    for shown in (
        *("<del>¥72.00</del> → <ins>¥63.00</ins>", "12.5%", "gw-77"),
        "2026-11-11 09:00 – 2026-11-11 10:00 (within 1 h)",
    ):
        assert shown in text
    assert re.findall(r'<span class="what">.*?</svg> (.*?)</span>', text) == lines
    assert Change.objects.filter(field="sku_range").count() == 1


HOSTILE = "<img src=x onerror=alert(1)>"
ALLOWED = "https://p3-aio.ecombdimg.com/obj/a"


@pytest.mark.parametrize(
    ("field", "before", "after", "texts"),
    [
        ("title", "旧款 A", "新款 A", ["<del>旧</del><ins>新</ins><span>款 A</span>"]),
        ("title", "a", HOSTILE, ["&lt;img src=x onerror=alert"]),
        (
            *("specification", [["颜色", ["白", HOSTILE]]], [["颜色", ["白"]]]),
            ["颜色", '<del class="value">&lt;img'],
        ),
        (
            *("attributes", [["品牌", "甲"]], [["品牌", "乙"]]),
            ['<ins class="value">乙</ins><del class="value">甲</del>'],
        ),
        (
            *("images", [ALLOWED, "https://evil.test/b"], [ALLOWED + "b"]),
            [f'src="{ALLOWED}"', "(1)", f'src="{ALLOWED}b"'],
        ),
        (
            *("service_promises", ["support_7days_refund"], ["delivery_48h"]),
            ["7-day returns", "sent within 48 h"],
        ),
        (
            *("freight", freight(1500), freight(1800)),
            ['<del class="value">新疆: ¥15.00', '<ins class="value">新疆: ¥18.00'],
        ),
        ("freight", "odd", [7], ["<del>odd</del>"]),
        ("specification", [1], {"a": HOSTILE}, ["&lt;img src=x"]),
        ("images", 7, [HOSTILE], ["<del>7</del>"]),
    ],
)
def test_each_kind_of_change_is_shown_in_its_own_way(
    web: Browser, watch: Watch, field: str, before: object, after: object, texts: list[str]
) -> None:
    ChangeFactory.create(product=watch.product, field=field, before=before, after=after)
    text = web.page(address_of(watch))
    for shown in texts:
        assert shown in text, shown
    assert HOSTILE not in text
    assert "evil.test" not in text


def test_changes_link_to_the_users_alerts_and_have_timelines(web: Browser, watch: Watch) -> None:
    address, shop = address_of(watch), watch.product.shop
    ChangeFactory.create(product=watch.product, field="sales", before=12000, after=13000)
    scores = {"field": "service_score", "before": 496, "after": 480}
    ChangeFactory.create(product=None, shop=shop, **scores)
    assert "No changes in this range" in web.page(address)
    assert "12,000" in web.page(f"{address}?about=sales")
    assert "4.96" in web.page(f"{address}?about=shop")
    change = ChangeFactory.create(product=watch.product)
    AlertFactory.create(product=watch.product, change=change)
    assert 'href="/alerts/' not in web.page(address).split('id="moments"')[1]
    mine = AlertFactory.create(product=watch.product, change=change, watchlist=watch.watchlist)
    assert f'href="/alerts/{mine.pk}/"' in web.page(address)


def test_older_changes_follow_without_a_gap(web: Browser, watch: Watch) -> None:
    for hours in range(60):
        ChangeFactory.create(
            product=watch.product,
            field=("price", "status")[hours % 2],
            before=hours,
            after=-hours,
            first_seen_after=NOW - hours * HOUR,
        )
    values, query = [], ""
    for _ in range(3):
        context = web.get(f"{address_of(watch)}?range=30d{query}", headers=HTMX).context
        page = context["moments"]
        values += [change.before for moment in page.shown for change in moment.changes]
        older_than = page.older_than
        query = f"&before={microseconds(older_than)}" if older_than else ""
    assert values == list(range(60))
    assert query == ""


@pytest.mark.parametrize(
    ("past", "price", "words"),
    [
        (
            *([9000, 7000], 7000),
            ["lowest in 30 days", "¥70.00 – ¥90.00", "¥20.00 · 22.2%", "vs. yesterday"],
        ),
        ([9000, 9900], 9900, ["highest in 30 days", "¥9.00 · 10%"]),
        ([5000, 9000, 8000], 8000, ["above 99% of the last 30 days", "¥50.00 – ¥90.00"]),
        ([7200], 7200, ["unchanged for 30 days", "same as yesterday"]),
    ],
)
def test_the_header_says_whether_the_price_is_an_event(
    web: Browser, watch: Watch, past: list[int], price: int, words: list[str]
) -> None:
    Product.objects.update(price=price)
    at: dict[str, Any] = {"product": watch.product}
    for number, value in enumerate(past):
        ago = (len(past) - number) * HOUR if number else 40 * DAY
        SnapshotFactory.create(data_time=NOW - ago, price=value, **at)
    # A price while it was gone is none.
    SnapshotFactory.create(data_time=NOW - 3 * DAY, price=1, status="deleted", **at)
    SnapshotFactory.create(data_time=NOW - 2 * DAY, price=past[0], **at)
    Product.objects.update(price_a_day_ago=past[0])
    text = web.page(address_of(watch))
    for shown in words:
        assert shown in text, shown


def test_check_now_says_what_it_costs_and_waits_for_the_check(web: Browser, watch: Watch) -> None:
    """Also for a product that another user waits for: it comes into the user's own turn."""
    Product.objects.update(next_check_at=NOW, asked_at=NOW, asked_by=UserFactory.create())
    address = address_of(watch)
    page = web.page(address)
    assert "Check now" in page
    assert "11,000 checks are left today" in page
    text = web.send(f"{address}check/", target="header")
    assert 'data-refresh-every="3"' in text
    assert "Checking…" in text
    product = Product.objects.get()
    assert (product.next_check_at, product.asked_by) == (NOW, watch.watchlist.owner)
    assert web.post(f"{address}check/").headers["Location"] == address
    Product.objects.update(next_check_at=NOW + HOUR)
    assert "data-refresh-every" not in web.region(address, "header")


def test_nothing_is_checked_now_while_the_operator_has_stopped_all_checks(
    web: Browser, watch: Watch
) -> None:
    ProviderAccount.objects.create(halted_at=NOW)
    text = web.send(f"{address_of(watch)}check/", target="header")
    assert "All checks are paused." in text
    assert "/check/" not in text
    assert Product.objects.get().next_check_at == watch.product.next_check_at
