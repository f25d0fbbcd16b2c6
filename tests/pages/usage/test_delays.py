"""The usage page shows how soon changes were found, by day."""

import math
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from monitor.history import caching
from monitor.models import Change, Product, ScheduleFit, Shop, UsageDay, User
from monitor.models.usage import provider_day
from monitor.pages.usage import delays as module
from monitor.pages.usage.delays import DelaySpan, delays, within
from monitor.planning import fit as fitting
from tests.factories import NOW, ProductFactory, ShopFactory

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TODAY = provider_day(NOW)
spans = st.lists(st.builds(DelaySpan, st.floats(1, 1e7), st.integers(1, 10_000)), min_size=1, max_size=30)


def record_change(
    product: Product | None, at: datetime, after: timedelta, field: str = "price", shop: Shop | None = None
) -> None:
    Change.objects.create(
        product=product, shop=shop, field=field, before=1, after=2, last_seen_before=at - after, first_seen_after=at
    )


def measured(days: int = 3, products: int = 10, calls: int = 0) -> dict[str, Any]:
    return delays({TODAY - n * DAY: calls for n in range(days)}, products, NOW)


def card(web: Client) -> str:
    text = web.get("/usage/?days=7").content.decode()
    section = re.search(r'<section[^>]*id="found".*?</section>', text, re.DOTALL)
    assert section
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", section[0])).split())


@given(spans, st.floats(0.01, 1))
def test_the_time_for_a_share_of_changes_contains_that_share(some: list[DelaySpan], share: float) -> None:
    length = within(some, share)
    assert length is not None
    seconds = length.total_seconds()
    part = sum(span.changes * min(seconds / span.seconds, 1) for span in some) / sum(span.changes for span in some)
    assert part == pytest.approx(share, rel=1e-3, abs=1e-5)
    assert seconds <= max(span.seconds for span in some) + 1e-3


@given(spans)
def test_half_are_found_before_nearly_all(some: list[DelaySpan]) -> None:
    half, nearly_all = within(some, 0.5), within(some, 0.95)
    assert half is not None
    assert nearly_all is not None
    assert half <= nearly_all
    assert within([], 0.5) is None


def test_a_mixture_agrees_with_random_samples() -> None:
    chance = Random(5)
    mixed = [DelaySpan(60, 300), DelaySpan(3600, 100), DelaySpan(86400, 50)]
    drawn = sorted(chance.random() * span.seconds for span in mixed for _ in range(40 * span.changes))
    for share in (0.5, 0.95):
        length = within(mixed, share)
        assert length is not None
        assert length.total_seconds() == pytest.approx(drawn[math.floor(share * len(drawn))], rel=0.08)


@pytest.mark.django_db
def test_each_day_in_china_has_the_delays_of_its_changes() -> None:
    product = ProductFactory.create()
    midnight = datetime(2026, 11, 24, 16, tzinfo=UTC)
    record_change(product, midnight - MINUTE, HOUR)
    record_change(product, midnight + MINUTE, 2 * HOUR)
    record_change(product, midnight + 2 * MINUTE, 6 * HOUR)
    _, yesterday, today = measured()["days"]
    assert (yesterday["day"], yesterday["changes"], today["changes"]) == (TODAY - DAY, 1, 2)
    assert yesterday["half"] == timedelta(minutes=30)
    # One of the two: x/2h + x/6h = 1.
    assert today["half"] == timedelta(hours=1.5)
    assert measured()["overall"]["changes"] == 3


@pytest.mark.django_db
def test_sales_shops_and_older_changes_do_not_count() -> None:
    product = ProductFactory.create()
    record_change(product, NOW - HOUR, HOUR, field="sales")
    record_change(None, NOW - HOUR, HOUR, field="product_score", shop=ShopFactory.create())
    record_change(product, NOW - 5 * DAY, HOUR)
    assert [day["changes"] for day in measured()["days"]] == [0, 0, 0]
    assert measured()["overall"]["half"] is None


@pytest.mark.django_db
def test_a_span_without_length_is_no_error() -> None:
    record_change(ProductFactory.create(), NOW - HOUR, timedelta(0))
    assert measured()["overall"]["changes"] == 1


@pytest.mark.django_db
def test_of_few_changes_it_is_not_told_when_nearly_all_were_record_change() -> None:
    product = ProductFactory.create()
    for number in range(19):
        record_change(product, NOW - number * MINUTE, HOUR)
    assert measured()["days"][-1]["nearly_all"] is None
    assert measured()["days"][-1]["are_few"]
    record_change(product, NOW - HOUR, HOUR)
    last = measured()["days"][-1]
    assert not last["are_few"]
    assert last["nearly_all"] is not None
    assert abs(last["nearly_all"] - 57 * MINUTE) < timedelta(seconds=1)


@pytest.mark.django_db
def test_even_polling_is_compared_on_past_days_only() -> None:
    product = ProductFactory.create()
    for days in range(2):
        record_change(product, NOW - days * DAY, HOUR)
    _, yesterday, today = measured(products=240, calls=240)["days"]
    # Each product is checked once a day.
    assert (yesterday["even"], today["even"]) == (12 * HOUR, None)
    assert measured(products=240, calls=240)["overall"]["even"] == 12 * HOUR
    assert measured(products=0, calls=240)["overall"]["even"] is None
    assert measured(products=240, calls=0)["overall"]["even"] is None


@pytest.mark.django_db
def test_of_very_many_changes_a_sample_of_products_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    products = ProductFactory.create_batch(40)
    for number, product in enumerate(products):
        for times in range(4):
            record_change(product, NOW - (times + 1) * HOUR - number * MINUTE, HOUR)
    whole = measured()
    monkeypatch.setattr(module, "READ_A_DAY", 80)
    part = measured()
    assert (whole["every"], part["every"]) == (1, 3)
    assert whole["overall"]["changes"] == 160
    assert part["overall"]["changes"] == pytest.approx(160, rel=0.1)
    assert part["overall"]["half"] == whole["overall"]["half"]
    assert len(part["days"]) == 3
    monkeypatch.setattr(module, "READ", 320)
    assert [delay["day"] for delay in measured()["days"]] == [TODAY - DAY, TODAY]


@pytest.mark.django_db
def test_the_page_shows_a_table(web: Client) -> None:
    assert "No price or status changes found." in card(web)
    product = ProductFactory.create(known=None)
    fitting.fit_schedule(NOW)
    UsageDay.objects.create(day=TODAY - DAY, reserved=24)
    for number in range(25):
        record_change(product, NOW - DAY - number * MINUTE, 4 * HOUR)
    text = card(web)
    assert "Changes found 25 Half within 2 h Nearly all within 4 h Half, checked evenly 30 min" in text
    assert "2026-11-24 25 2 h 4 h 30 min 24" in text
    assert ScheduleFit.objects.count() == 1


@pytest.mark.django_db
def test_it_makes_a_fixed_number_of_queries(web: Client) -> None:
    product = ProductFactory.create()
    record_change(product, NOW - HOUR, HOUR)
    counts = []
    for minutes in range(2):
        with CaptureQueriesContext(connection) as captured:
            measured(days=90)
        counts.append(len(captured))
        for number in range(100):
            record_change(product, NOW - number * HOUR - (minutes + 1) * MINUTE, HOUR)
    assert counts == [2, 2]


@pytest.mark.django_db
def test_many_rows_are_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    product = ProductFactory.create()
    monkeypatch.setattr(caching, "CACHED_FROM_ROWS", 5)
    for number in range(5):
        record_change(product, NOW - number * HOUR - MINUTE, HOUR)
    before = measured()
    with CaptureQueriesContext(connection) as captured:
        assert measured() == before
    assert len(captured) == 0


@pytest.mark.django_db
def test_it_is_shown_in_chinese_too(web: Client, merchant: User) -> None:
    record_change(ProductFactory.create(), NOW - HOUR, HOUR)
    User.objects.filter(pk=merchant.pk).update(language="zh-hans")
    assert "发现变动用时" in card(web)
    assert not re.search("[A-Za-z]{3}", card(web))
