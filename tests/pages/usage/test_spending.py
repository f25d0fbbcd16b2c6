"""The usage page shows what the schedule spends calls on, and how soon changes are expected to be found."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.budget.fitted import load_fleet
from monitor.models import Budget, Product, ScheduleFit, User
from monitor.pages.usage.spending import Lively, spending
from monitor.planning import fit as fitting
from tests.factories import NOW

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def make(count: int, rate: float | None, **limits: Any) -> None:
    first = Product.objects.count()
    values = {"interval": DAY, "soonest": 5 * MINUTE, "next_check_at": NOW + HOUR, "rate": rate, **limits}
    Product.objects.bulk_create(Product(num_iid=str(10**15 + first + n), **values) for n in range(count))


def fit(calls: int) -> ScheduleFit:
    Budget.objects.create(calls=calls, begins_at=NOW)
    return fitting.fit_schedule(NOW)


def card(web: Client) -> str:
    text = web.get("/usage/").content.decode()
    section = re.search(r'<section[^>]*id="spending".*?</section>', text, re.DOTALL)
    assert section
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", section[0])).split())


def test_before_the_first_fit_it_says_that_it_is_still_learning(web: Client) -> None:
    assert spending() is None
    assert "still being learned" in card(web)


def test_it_shows_calls_and_changes_by_group(web: Client) -> None:
    make(50, 4.0)
    make(50, 1.0)
    make(100, 0.2)
    make(100, 0.01)
    make(10, 1.0, interval=HOUR, soonest=None)
    fit(2000)
    result = spending()
    assert result is not None
    groups = {group["lively"]: group for group in result["groups"]}
    assert list(groups) == list(Lively)
    assert [group["products"] for group in groups.values()] == [50, 50, 100, 100, 10]
    assert groups[Lively.FIXED]["calls_a_day"] == pytest.approx(240)
    assert sum(group["calls"] for group in result["groups"]) == pytest.approx(Decimal(100))
    assert sum(group["changes"] for group in result["groups"]) == pytest.approx(Decimal(100))
    assert sum(group["calls_a_day"] for group in result["groups"]) == pytest.approx(0.96 * 2000, rel=0.02)
    # 200 of 281 changes a day; rates are rounded to a tenth of their logarithm.
    assert groups[Lively.OFTEN]["changes"] == pytest.approx(Decimal(71), abs=3)
    text = card(web)
    assert "several times a day 50" in text
    assert "fixed interval 10 240" in text


def test_it_shows_the_expected_delay_and_what_more_calls_would_bring(web: Client) -> None:
    make(50, 4.0)
    make(200, 0.1)
    fit(1000)
    result = spending()
    assert result is not None
    assert result["expected"] is not None
    assert result["expected"]["sooner"] is not None
    assert result["expected"]["even"] is not None
    assert result["expected"]["sooner"] < result["expected"]["median"] < result["expected"]["even"]
    assert result["expected"]["more"] == 100
    assert re.search(r"found within .+\. With 100 more calls a day:", card(web))


def test_it_says_that_more_calls_would_bring_nothing(web: Client) -> None:
    make(2, 1.0)
    fit(1_000_000)
    assert "More calls would not help" in card(web)


def test_beyond_the_budget_it_shows_how_much_longer_products_wait(web: Client) -> None:
    make(20, 1.0, interval=HOUR, soonest=None)
    fitted = fit(100)
    stretch = load_fleet(fitted).stretch
    result = spending()
    assert result is not None
    assert result["stretched"] is not None
    assert result["stretched"]["normal"] == pytest.approx(stretch)
    assert result["stretched"]["low"] == pytest.approx(2 * stretch)
    assert result["stretched"]["high"] == pytest.approx(stretch / 2)
    assert "low priority 9.6 times, normal 4.8 times, high 2.4 times" in card(web)


@pytest.mark.parametrize("calls", [0, 1])
def test_hardly_any_budget_is_no_error(web: Client, calls: int) -> None:
    make(5, 1.0)
    fit(calls)
    assert "Intervals are longer" in card(web)


def test_more_products_take_no_more_queries(web: Client) -> None:
    make(5, 1.0)
    fit(100)
    web.get("/usage/")
    with CaptureQueriesContext(connection) as few:
        web.get("/usage/")
    for hours in range(1, 20):
        make(3, 1.0 / hours, interval=hours * HOUR)
    fitting.fit_schedule(NOW)
    with CaptureQueriesContext(connection) as many:
        web.get("/usage/")
    assert len(many) == len(few)
    with CaptureQueriesContext(connection) as own:
        spending()
    assert len(own) == 1


def test_it_is_shown_in_chinese_too(web: Client, merchant: User) -> None:
    make(20, 4.0)
    make(20, 1.0, interval=HOUR, soonest=None)
    fit(100)
    User.objects.filter(pk=merchant.pk).update(language="zh-hans")
    text = card(web)
    assert "每天多次" in text
    assert not re.search("[A-Za-z]{3}", text)
