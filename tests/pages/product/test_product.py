"""A product's page: its state, its changes, and 'Check now'."""

import re
from datetime import timedelta
from html import unescape
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client

from monitor.models import Change, Product, ProductIndex, ProviderAccount, Watch, Watchlist
from monitor.text.clock import microseconds
from tests.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    ProductFactory,
    SnapshotFactory,
    UserFactory,
    WatchFactory,
)
from tests.pages import HTMX, seen_by
from tests.story import Story

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_it_shows_the_products_values(web: Client, watchlist: Watchlist) -> None:
    product = ProductFactory.create(
        title="磨毛衬衫",
        content={
            "images": ["https://p3-aio.ecombdimg.com/obj/temai/a"],
            "specification": [["颜色", ["白色", "黑色"]]],
            "freight": [
                {
                    "provinces": ["新疆"],
                    "first": 1500,
                    "more": 200,
                    "free_from": None,
                    "delivers": True,
                }
            ],
            "attributes": [["品牌", "古蒂歌"]],
            "service_promises": ["support_7days_refund", "something_new"],
        },
    )
    WatchFactory.create(watchlist=watchlist, product=product, note="cheapest")
    text = web.get(f"/products/{product.num_iid}/").content.decode()
    for expected in (
        *(
            "磨毛衬衫",
            product.num_iid,
            "¥72.00",
            "¥99.00",
            "¥72.00 – ¥89.00",
            "13k+",
            "on sale",
            "白色",
            "古蒂歌",
        ),
        *(
            "7-day returns",
            "something_new",
            "新疆: ¥15.00",
            "4.85",
            "above average",
            "Rivals",
            "cheapest",
            "every 1 h",
        ),
        *("Price drops ≥ 5%", "Data 11:59", "Next check 12:59"),
        'src="https://p3-aio.ecombdimg.com/obj/temai/a"',
    ):
        assert expected in text, expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("range=zzz&about=%3Cb%3E&before=abc", "“&lt;b&gt;” was ignored"),
        ("from=yesterday&to=20261125T0300Z", "“yesterday” was ignored"),
        ("to=20261125T0300Z", "The other end of the range is missing."),
        ("from=20261125T0300Z&to=20261125T0300Z", "The range ends before it begins."),
        ("from=20261125T0500Z&to=20261125T0600Z", "That is in the future."),
    ],
)
def test_values_in_the_address_that_are_not_understood_are_reported(
    web: Client, watch: Watch, query: str, expected: str
) -> None:
    address = f"/products/{watch.product.num_iid}/"
    assert expected in web.get(f"{address}?{query}").content.decode()
    assert (
        "ignored"
        not in web.get(
            f"{address}?range=7d&about=shop&before=99999999999999999999"
        ).content.decode()
    )


@pytest.mark.parametrize(
    ("begins", "range_name"),
    [("20261124T0000Z", "7d"), ("20261101T0000Z", "30d"), ("20200101T0000Z", "all")],
)
def test_a_shared_period_is_shown_in_a_range_that_contains_it(
    web: Client, watch: Watch, begins: str, range_name: str
) -> None:
    response = web.get(
        f"/products/{watch.product.num_iid}/?range=7d&from={begins}&to=20261125T0300Z"
    )
    assert response.context["range"] == range_name
    assert "was ignored" not in response.content.decode()


def test_a_product_without_any_data_has_a_page(web: Client, watchlist: Watchlist) -> None:
    product = Product.objects.create(num_iid="7", next_check_at=NOW, interval=HOUR)
    WatchFactory.create(watchlist=watchlist, product=product)
    text = web.get("/products/7/").content.decode()
    assert "Waiting for first check" in text
    assert "<canvas" not in text
    assert web.get("/products/7/series/").json()["price"] == [[], []]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"failing_since": NOW - HOUR, "last_outcome": "timeout"}, "Failing for 1 h: timeout."),
        ({"next_check_at": None}, "Paused before the first check"),
    ],
)
def test_a_product_without_a_first_check_says_why(
    web: Client, watchlist: Watchlist, fields: dict[str, Any], expected: str
) -> None:
    product = Product.objects.create(num_iid="7", interval=HOUR, **{"next_check_at": NOW, **fields})
    WatchFactory.create(watchlist=watchlist, product=product)
    assert expected in web.get("/products/7/").content.decode()


@pytest.mark.parametrize(
    ("state", "duration", "as_of"),
    [
        ({}, "24 min", False),
        ({"next_check_at": None}, "under a minute", True),
        ({"failing_since": NOW - timedelta(minutes=5)}, "under a minute", True),
    ],
)
def test_a_price_holds_until_now_while_checks_succeed(
    web: Client, watchlist: Watchlist, state: dict[str, Any], duration: str, as_of: bool
) -> None:
    at = NOW - timedelta(minutes=24)
    times = {
        "data_time": at,
        "checked_at": at,
        "changed_at": at,
        "next_check_at": NOW + timedelta(minutes=36),
        **state,
    }
    product = ProductFactory.create(**times)
    WatchFactory.create(watchlist=watchlist, product=product)
    SnapshotFactory.create(product=product, data_time=at - HOUR, price=8000)
    SnapshotFactory.create(
        product=product, data_time=at, last_seen_before=at - timedelta(minutes=30), price=7200
    )
    text = web.get(f"/products/{product.num_iid}/").content.decode()
    [figure] = re.findall(r"Held for</dt><dd><time.*?>(.*?)</time>", text)
    assert figure == duration
    assert ("as of 11:36" in text) == as_of


def test_the_timeline_shows_before_after_and_evidence() -> None:
    story = Story()
    web = seen_by(story.user)
    story.hears()
    story.hears(price=6300, title="磨毛衬衫 新款", request_id="gw-77")
    text = web.get(f"/products/{story.product.num_iid}/?range=all").content.decode()
    assert "<del>¥72.00</del> → <ins>¥63.00</ins>" in text
    assert "12.5%" in text
    assert "<span>磨毛衬衫</span><ins> 新款</ins>" in text
    assert "gw-77" in text
    assert "2026-11-11 09:00 – 2026-11-11 10:00 (within 1 h)" in text


@pytest.mark.parametrize(
    ("skus", "lines"),
    [
        ({"sku_min_price": 6300, "sku_max_price": 6300}, ["Price"]),
        ({"sku_min_price": 6300, "sku_max_price": 6900}, ["Price", "SKU price range"]),
    ],
)
def test_the_timeline_shows_a_price_of_all_skus_once(
    skus: dict[str, Any], lines: list[str]
) -> None:
    story = Story()
    web = seen_by(story.user)
    story.hears()
    story.hears(price=6300, **skus)
    text = web.get(f"/products/{story.product.num_iid}/?range=all").content.decode()
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
            "specification",
            [["颜色", ["白", HOSTILE]]],
            [["颜色", ["白"]]],
            ["颜色", '<del class="value">&lt;img'],
        ),
        (
            "attributes",
            [["品牌", "甲"]],
            [["品牌", "乙"]],
            ['<ins class="value">乙</ins><del class="value">甲</del>'],
        ),
        (
            "images",
            [ALLOWED, "https://evil.test/b"],
            [ALLOWED + "b"],
            [f'src="{ALLOWED}"', "(1)", f'src="{ALLOWED}b"'],
        ),
        (
            "service_promises",
            ["support_7days_refund"],
            ["delivery_48h"],
            ["7-day returns", "sent within 48 h"],
        ),
        (
            "freight",
            [
                {
                    "provinces": ["新疆"],
                    "first": 1500,
                    "more": 0,
                    "free_from": None,
                    "delivers": True,
                }
            ],
            [
                {
                    "provinces": ["新疆"],
                    "first": 1800,
                    "more": 0,
                    "free_from": None,
                    "delivers": True,
                }
            ],
            ['<del class="value">新疆: ¥15.00</del>', '<ins class="value">新疆: ¥18.00</ins>'],
        ),
        ("freight", "odd", [7], ["<del>odd</del>"]),
        ("specification", [1], {"a": HOSTILE}, ["&lt;img src=x"]),
        ("images", 7, [HOSTILE], ["<del>7</del>"]),
    ],
)
def test_each_kind_of_change_is_shown_in_its_own_way(
    web: Client, watch: Watch, field: str, before: object, after: object, texts: list[str]
) -> None:
    ChangeFactory.create(product=watch.product, field=field, before=before, after=after)
    text = web.get(f"/products/{watch.product.num_iid}/").content.decode()
    for expected in texts:
        assert expected in text, expected
    assert HOSTILE not in text
    assert "evil.test" not in text


def test_a_change_links_to_the_users_alert(web: Client, watch: Watch) -> None:
    change = ChangeFactory.create(product=watch.product)
    AlertFactory.create(product=watch.product, change=change)
    address = f"/products/{watch.product.num_iid}/"
    assert 'href="/alerts/' not in web.get(address).content.decode().split('id="moments"')[1]
    mine = AlertFactory.create(product=watch.product, change=change, watchlist=watch.watchlist)
    assert f'href="/alerts/{mine.pk}/"' in web.get(address).content.decode()


def test_sales_and_the_shop_have_their_own_timelines(web: Client, watch: Watch) -> None:
    ChangeFactory.create(product=watch.product, field="sales", before=12000, after=13000)
    ChangeFactory.create(
        product=None, shop=watch.product.shop, field="service_score", before=496, after=480
    )
    address = f"/products/{watch.product.num_iid}/"
    assert "No changes in this range" in web.get(address).content.decode()
    assert "12,000" in web.get(f"{address}?about=sales").content.decode()
    assert "4.96" in web.get(f"{address}?about=shop").content.decode()


def log_of(web: Client, watch: Watch, query: str = "") -> Any:
    return web.get(
        f"/products/{watch.product.num_iid}/changes/?range=30d{query}", headers=HTMX
    ).context


def test_older_changes_follow_without_a_gap(web: Client, watch: Watch) -> None:
    for hours in range(20):
        field = ("price", "status")[hours % 2]
        ChangeFactory.create(
            product=watch.product,
            field=field,
            before=hours,
            after=-hours,
            first_seen_after=NOW - hours * HOUR,
        )
    values, query = [], ""
    for _ in range(4):
        context = log_of(web, watch, query)
        values += [
            change.before for entry, _rows in context["log"] for change in entry.moment.changes
        ]
        older_than = context["older_than"]
        query = f"&before={microseconds(older_than)}" if older_than else ""
    assert values == list(range(20))
    assert query == ""


def test_a_price_that_swings_all_day_is_one_entry_that_opens_to_the_single_changes(
    web: Client, watch: Watch
) -> None:
    for minutes in range(60):
        before, after = (3690, 4890) if minutes % 2 else (4890, 3690)
        at = NOW - timedelta(minutes=5 * minutes)
        change = ChangeFactory.create(
            product=watch.product, before=before, after=after, first_seen_after=at
        )
    mine = AlertFactory.create(product=watch.product, change=change, watchlist=watch.watchlist)
    ChangeFactory.create(product=watch.product, field="status", before="off_shelf", after="on_sale")
    address = f"/products/{watch.product.num_iid}/"
    text = web.get(address).content.decode()
    assert "moved 60 times, ¥36.90 – ¥48.90" in text
    assert "2026-11-25 07:05 – 12:00" in text
    assert text.count("Evidence") == 1
    assert f'href="/alerts/{mine.pk}/"' not in text
    [details] = re.findall(r'class="swing" hx-get="(.*?)"', text)
    opened = web.get(unescape(details), headers=HTMX).content.decode()
    assert opened.count("Evidence") == 25
    [older] = re.findall(r'hx-get="(.*?)"', opened)
    oldest = web.get(
        unescape(
            web.get(unescape(older), headers=HTMX)
            .content.decode()
            .split('hx-get="')[1]
            .split('"')[0]
        )
    )
    assert f'href="/alerts/{mine.pk}/"' in oldest.content.decode()
    # Without scripts a link opens them on the whole page.
    [link] = re.findall(r'<li><a href="(.*?)#changes">Each change', text)
    assert web.get(unescape(link)).content.decode().count("Evidence") == 25


@pytest.mark.parametrize(
    ("field", "values", "sentence"),
    [
        ("sales", [12000, 13000, 14000, 15000], "rose 3 times, 12,000 → 15,000"),
        ("service_score", [490, 480, 470, 460], "fell 3 times, 4.90 → 4.60"),
        (
            "status",
            ["on_sale", "off_shelf", "on_sale", "off_shelf"],
            "moved 3 times, on sale – off shelf",
        ),
        ("sku_range", [[90, 90], [80, 99], [70, 70], [90, 90]], "moved 3 times, ¥0.70 – ¥0.99"),
    ],
)
def test_what_changes_again_and_again_is_one_entry(
    web: Client, watch: Watch, field: str, values: list[Any], sentence: str
) -> None:
    about = {"sales": "sales", "service_score": "shop"}.get(field, "product")
    of = (
        {"product": None, "shop": watch.product.shop}
        if about == "shop"
        else {"product": watch.product}
    )
    for number, (before, after) in enumerate(pairwise(values)):
        at = NOW - (3 - number) * HOUR
        ChangeFactory.create(field=field, before=before, after=after, first_seen_after=at, **of)
    assert sentence in web.get(f"/products/{watch.product.num_iid}/?about={about}").content.decode()


@pytest.mark.parametrize(
    ("past", "price", "words"),
    [
        (
            [9000, 7000],
            7000,
            ["lowest in 30 days", "¥70.00 – ¥90.00", "¥20.00 · 22.2%", "vs. yesterday"],
        ),
        ([9000, 9900], 9900, ["highest in 30 days", "¥9.00 · 10%"]),
        ([5000, 9000, 8000], 8000, ["above 99% of the last 30 days", "¥50.00 – ¥90.00"]),
        ([7200], 7200, ["unchanged for 30 days", "same as yesterday"]),
    ],
)
def test_the_header_says_whether_the_price_is_an_event(
    web: Client, watch: Watch, past: list[int], price: int, words: list[str]
) -> None:
    Product.objects.update(price=price)
    for number, value in enumerate(past):
        at = NOW - (40 * DAY if not number else (len(past) - number) * HOUR)
        SnapshotFactory.create(product=watch.product, data_time=at, price=value)
    # A price while it was gone is none.
    SnapshotFactory.create(
        product=watch.product, data_time=NOW - 3 * DAY, price=1, status="deleted"
    )
    SnapshotFactory.create(product=watch.product, data_time=NOW - 2 * DAY, price=past[0])
    ProductIndex.objects.update_or_create(
        product=watch.product, defaults={"price_a_day_ago": past[0]}
    )
    text = web.get(f"/products/{watch.product.num_iid}/").content.decode()
    for expected in words:
        assert expected in text, expected


def test_the_header_says_what_is_sold_a_day_and_that_its_value_is_an_estimate(
    web: Client, watch: Watch
) -> None:
    known = {"price": 10_000, "units_low": 90, "units": 101, "units_high": 115}
    ProductIndex.objects.update_or_create(product=watch.product, defaults=known)
    text = " ".join(web.get(f"/products/{watch.product.num_iid}/").content.decode().split())
    assert "<strong>about 100 a day</strong>" in text
    assert "est. ¥10k a day" in text


def test_one_address_serves_the_page_and_each_of_its_regions(web: Client, watch: Watch) -> None:
    for region in ("header", "history", "changes"):
        headers = {"HX-Request": "true", "HX-Target": region}
        text = web.get(f"/products/{watch.product.num_iid}/", headers=headers).content.decode()
        assert f'id="{region}"' in text
        assert "<!doctype" not in text
    other = {"HX-Request": "true", "HX-Target": "content"}
    text = web.get(f"/products/{watch.product.num_iid}/", headers=other).content.decode()
    assert ('id="header"' in text, 'id="history"' in text) == (True, False)


def test_check_now_makes_it_due_and_the_page_waits_for_it(web: Client, watch: Watch) -> None:
    address = f"/products/{watch.product.num_iid}/"
    headers = {"HX-Request": "true", "HX-Target": "header"}
    text = web.post(f"{address}check/", headers=headers).content.decode()
    watch.product.refresh_from_db()
    assert watch.product.next_check_at == NOW
    assert 'data-refresh-every="3"' in text
    assert "Checking…" in text
    Product.objects.update(next_check_at=NOW + HOUR)
    assert "data-refresh-every" not in web.get(address, headers=headers).content.decode()


def test_a_product_that_another_user_waits_for_can_be_checked_in_the_users_own_turn(
    web: Client, watch: Watch
) -> None:
    Product.objects.update(next_check_at=NOW, asked_at=NOW, asked_by=UserFactory.create())
    address = f"/products/{watch.product.num_iid}/"
    assert "Check now" in web.get(address).content.decode()
    web.post(f"{address}check/")
    assert Product.objects.get().asked_by == watch.watchlist.owner
    assert "Checking…" in web.get(address).content.decode()


def test_check_now_says_what_it_costs_and_works_without_scripts(web: Client, watch: Watch) -> None:
    address = f"/products/{watch.product.num_iid}/"
    assert "11,000 checks are left today" in web.get(address).content.decode()
    assert web.post(f"{address}check/").headers["Location"] == address


def test_nothing_is_checked_now_while_the_operator_has_stopped_all_checks(
    web: Client, watch: Watch
) -> None:
    before = watch.product.next_check_at
    ProviderAccount.objects.create(halted_at=NOW)
    headers = {"HX-Request": "true", "HX-Target": "header"}
    text = web.post(f"/products/{watch.product.num_iid}/check/", headers=headers).content.decode()
    assert "All checks are paused." in text
    assert "/check/" not in text
    watch.product.refresh_from_db()
    assert watch.product.next_check_at == before
