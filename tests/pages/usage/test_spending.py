"""What the schedule spends calls on, and how soon it is expected to find changes, on the usage page."""

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
    found = re.search(r'<section[^>]*id="spending".*?</section>', text, re.DOTALL)
    assert found
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


def test_before_the_first_fit_it_says_that_it_is_being_learned(web: Client) -> None:
    assert spending() is None
    assert "still being learned" in card(web)


def test_it_tells_where_calls_go_and_what_is_found_with_them(web: Client) -> None:
    make(50, 4.0)
    make(50, 1.0)
    make(100, 0.2)
    make(100, 0.01)
    make(10, 1.0, interval=HOUR, soonest=None)
    fit(2000)
    found = spending()
    assert found is not None
    groups = {one["lively"]: one for one in found["groups"]}
    assert list(groups) == list(Lively)
    assert {lively: one["products"] for lively, one in groups.items()} == dict(
        zip(Lively, (50, 50, 100, 100, 10), strict=True)
    )
    assert groups[Lively.FIXED]["calls_a_day"] == pytest.approx(240)
    assert sum(one["calls"] for one in found["groups"]) == pytest.approx(Decimal(100))
    assert sum(one["changes"] for one in found["groups"]) == pytest.approx(Decimal(100))
    assert sum(one["calls_a_day"] for one in found["groups"]) == pytest.approx(0.96 * 2000, rel=0.02)
    # Of all 281 changes a day, to a tenth of the logarithm.
    assert groups[Lively.OFTEN]["changes"] == pytest.approx(Decimal(71), abs=3)
    told = card(web)
    assert "several times a day 50" in told
    assert "at a fixed interval, however often 10 240" in told


def test_it_tells_how_soon_changes_are_expected_to_be_found_and_what_more_calls_would_bring(web: Client) -> None:
    make(50, 4.0)
    make(200, 0.1)
    fit(1000)
    found = spending()
    assert found is not None
    assert found["expected"] is not None
    assert found["expected"]["sooner"] is not None
    assert found["expected"]["even"] is not None
    assert found["expected"]["sooner"] < found["expected"]["median"] < found["expected"]["even"]
    assert found["expected"]["more"] == 100
    assert re.search(r"expected to be found within .+\. 100 more calls a day would make it", card(web))


def test_it_tells_that_lively_products_take_calls_from_calm_ones_and_what_to_do_about_it(web: Client) -> None:
    make(50, 4.0)
    make(200, 0.01)
    fit(1000)
    assert "most changes are found soonest that way, and those of calm products later." in card(web)
    assert "If a calm product matters, give it high priority or a shorter “at least every”" in card(web)


def test_where_all_are_looked_at_alike_nobody_takes_anything(web: Client) -> None:
    make(50, 4.0, soonest=DAY)
    make(200, 0.01, soonest=DAY)
    fit(1000)
    assert "calm" not in card(web)


def test_where_more_calls_bring_nothing_it_says_so(web: Client) -> None:
    make(2, 1.0)
    fit(1_000_000)
    assert "More calls would hardly find them sooner" in card(web)


def test_where_limits_take_more_than_there_is_it_tells_how_much_longer_products_wait(web: Client) -> None:
    make(20, 1.0, interval=HOUR, soonest=None)
    fitted = fit(100)
    stretch = load_fleet(fitted).stretch
    found = spending()
    assert found is not None
    assert found["stretched"] is not None
    assert (found["stretched"]["needs"], found["stretched"]["calls"]) == (480, 100)
    assert found["stretched"]["normal"] == pytest.approx(stretch)
    assert found["stretched"]["low"] == pytest.approx(2 * stretch)
    assert found["stretched"]["high"] == pytest.approx(stretch / 2)
    assert "takes 480 calls a day; the budget has 100." in card(web)
    assert "with low priority 9.6 times as long, with normal priority 4.8 times, with high priority 2.4" in card(web)


@pytest.mark.parametrize("calls", [0, 1])
def test_hardly_any_budget_is_no_reason_to_fail(web: Client, calls: int) -> None:
    make(5, 1.0)
    fit(calls)
    assert "What all lists ask for takes" in card(web)


def test_it_is_one_query_however_much_there_is(web: Client) -> None:
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


def test_it_is_told_in_chinese_too(web: Client, merchant: User) -> None:
    make(20, 4.0)
    make(20, 1.0, interval=HOUR, soonest=None)
    fit(100)
    User.objects.filter(pk=merchant.pk).update(language="zh-hans")
    told = card(web)
    assert "每天多次" in told
    assert not re.search("[A-Za-z]{3}", told)
