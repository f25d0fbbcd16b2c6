"""The first page: news since the last visit, the state of checks, and a newcomer's first steps."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from monitor.checking import read_clock
from monitor.history import news as news_module
from monitor.models import Heartbeat, Membership, Product, ProviderAccount, Rule, UsageDay, User, Watch, Watchlist
from monitor.models.usage import provider_day
from monitor.pages.today import reads as today_module
from monitor.pages.today.reads import Today
from tests.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    MembershipFactory,
    ProductFactory,
    ShopFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages import HTMX

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def today(web: Client) -> Today:
    context: Today = web.get("/").context["today"]
    return context


def text(web: Client) -> str:
    return web.get("/").content.decode()


@pytest.fixture
def settled(watchlist: Watchlist) -> Product:
    """A watched and checked product with a rule, and a worker that runs."""
    Rule.objects.create(watchlist=watchlist, kind="price_below", threshold=5000)
    Heartbeat.objects.create(worker="w", work="stand_by", seen_at=NOW, expected_at=NOW + HOUR)
    watch = WatchFactory.create(watchlist=watchlist, product__title="磨毛衬衫")
    Watch.objects.update(created_at=watch.product.first_data_time)
    product: Product = watch.product
    return product


def moves(watchlist: Watchlist, *steps: int, field: str = "price", since: timedelta = HOUR, **fields: Any) -> Product:
    """A product of the list whose value changed through `steps`, a minute apart, beginning `since` ago."""
    product: Product = fields.get("product") or WatchFactory.create(watchlist=watchlist).product
    for number, (before, after) in enumerate(pairwise(steps)):
        at = NOW - since + timedelta(minutes=number)
        ChangeFactory.create(product=product, field=field, before=before, after=after, first_seen_after=at)
    return product


def test_the_page_begins_with_the_counts(web: Client, settled: Product, watchlist: Watchlist) -> None:
    assert 'class="glance"' not in text(web)
    moves(watchlist, 9900, 7200)
    moves(watchlist, 9900, 8000)
    AlertFactory.create(watchlist=watchlist, product=settled)
    summary = " ".join(text(web).split('class="glance"')[1].split("</ul>")[0].split())
    assert '<a href="#drops"><b class="num">2</b> Price drops</a>' in summary
    assert '<span><b class="num">0</b> Price rises</span>' in summary
    assert '<a href="#unread-title"><b class="num">1</b> Unread alerts</a>' in summary
    assert summary.count("<li>") == 6


def test_it_shows_the_last_24_hours(web: Client, settled: Product) -> None:
    assert "What changed in the last 24 hours" in text(web)


def test_the_biggest_moves_come_first_in_percent_and_yuan(web: Client, watchlist: Watchlist, settled: Product) -> None:
    small = moves(watchlist, 10000, 9900)
    big = moves(watchlist, 1000, 700)
    risen = moves(watchlist, 5000, 6000)
    news = today(web).news
    assert [drop.product.pk for drop in news.drops.shown] == [big.pk, small.pk]
    assert [rise.product.pk for rise in news.rises.shown] == [risen.pk]
    page = text(web)
    for expected in ("30%", "−", "¥3.00", "20%", "+", "¥10.00", "Rivals", big.title or "?"):
        assert expected in page, expected


def test_several_changes_of_a_price_are_one_move(web: Client, watchlist: Watchlist, settled: Product) -> None:
    moves(watchlist, 1000, 900, 950, 800)
    moves(watchlist, 1000, 900, 1000)
    drops = today(web).news.drops
    assert [(drop.move.before, drop.move.after) for drop in drops.shown if drop.move] == [(1000, 800)]
    assert (drops.count, today(web).news.rises.count) == (1, 0)


def test_moves_that_are_not_shown_are_counted(web: Client, watchlist: Watchlist, settled: Product) -> None:
    for number in range(8):
        moves(watchlist, 1000, 990 - number)
    assert (today(web).news.drops.hidden, "and 3 more" in text(web)) == (3, True)


def test_counting_is_capped_and_says_so(
    web: Client, watchlist: Watchlist, settled: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news_module, "MOST_CHANGES", 6)
    for number in range(8):
        moves(watchlist, 1000, 990 - number, since=HOUR * (number + 1))
    drops = today(web).news.drops
    assert (drops.count, drops.or_more) == (6, True)
    assert "and more than 1 others" in text(web)


def test_products_that_left_the_shelf_or_came_back(web: Client, watchlist: Watchlist, settled: Product) -> None:
    banned = WatchFactory.create(watchlist=watchlist).product
    back = WatchFactory.create(watchlist=watchlist).product
    blink = WatchFactory.create(watchlist=watchlist).product
    for product, steps in (
        (banned, ("on_sale", "off_shelf", "banned")),
        (back, ("off_shelf", "on_sale")),
        (blink, ("on_sale", "off_shelf", "on_sale")),
    ):
        moves(watchlist, *steps, field="status", product=product)
        Product.objects.filter(pk=product.pk).update(status=steps[-1])
    news = today(web).news
    assert [row.product.pk for row in news.left.shown] == [banned.pk]
    assert [row.product.pk for row in news.back.shown] == [back.pk]
    assert "banned" in text(web)


def test_falling_shop_scores_are_shown_and_rising_ones_are_not(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    shop = settled.shop
    assert shop is not None
    fell = (("logistics_score", 488, 487), ("service_score", 496, 480), ("product_score", 470, 485))
    for field, before, after in fell:
        ChangeFactory.create(
            product=None, shop=shop, field=field, before=before, after=after, first_seen_after=NOW - HOUR
        )
    stranger = ShopFactory.create()
    ChangeFactory.create(
        product=None, shop=stranger, field="service_score", before=500, after=1, first_seen_after=NOW - HOUR
    )
    scores = [(score.pk, score.change.field) for score in today(web).news.fallen.shown]
    assert scores == [(shop.pk, "service_score"), (shop.pk, "logistics_score")]
    assert "4.96</del> → <strong>4.80" in text(web)
    assert f'href="/shops/{shop.pk}/"' in text(web)


def test_a_strangers_changes_are_not_shown(web: Client, settled: Product) -> None:
    moves(WatchlistFactory.create(owner=UserFactory.create()), 1000, 100)
    assert today(web).is_calm


def test_without_changes_it_says_that_all_is_well(web: Client, settled: Product) -> None:
    User.objects.update(seen_at=NOW - timedelta(hours=17, minutes=20))
    page = text(web)
    assert "Nothing changed since yesterday 18:40." in page
    assert "1 product is checked, all is well." in page


def test_news_begin_with_the_end_of_the_last_visit(
    web: Client, merchant: User, watchlist: Watchlist, settled: Product
) -> None:
    moves(watchlist, 1000, 900, since=timedelta(hours=5))
    User.objects.update(seen_at=NOW - timedelta(hours=4))
    assert not today(web).news
    assert web.post("/seen/").status_code == 204
    merchant.refresh_from_db()
    assert (merchant.seen_at, merchant.last_visit_at) == (NOW, NOW - timedelta(hours=4))
    # During a visit the news stay.
    moves(watchlist, 1000, 800, since=timedelta(hours=3))
    web.post("/seen/")
    assert today(web).news.drops.count == 1
    assert today(web).since.at == NOW - timedelta(hours=4)


def test_opening_the_page_alone_is_not_a_visit(web: Client, merchant: User, settled: Product) -> None:
    web.get("/")
    merchant.refresh_from_db()
    assert merchant.seen_at is None


def test_after_a_long_absence_it_shows_the_last_week(web: Client, watchlist: Watchlist, settled: Product) -> None:
    User.objects.update(seen_at=NOW - timedelta(days=30))
    moves(watchlist, 1000, 900, since=timedelta(days=8))
    assert today(web).since.at == NOW - timedelta(days=7)
    assert not today(web).news
    assert "You were last here Mon 26 Oct 12:00" in text(web)


def test_everything_can_be_marked_as_seen(web: Client, watchlist: Watchlist, settled: Product) -> None:
    moves(watchlist, 1000, 900)
    assert "Mark as seen" in text(web)
    assert web.post("/seen/", {"all": "1"}).headers["Location"] == "/"
    assert today(web).is_calm
    assert "Mark as seen" not in text(web)


def test_a_newcomer_sees_the_first_steps(web: Client, merchant: User) -> None:
    assert text(web).count('class="done"') == 0
    watchlist = WatchlistFactory.create(owner=merchant)
    WatchFactory.create(watchlist=watchlist, product__data_time=None, product__first_data_time=None)
    assert text(web).count('class="done"') == 1
    Product.objects.update(data_time=NOW)
    assert text(web).count('class="done"') == 2
    assert f'href="/watchlists/{watchlist.pk}/rules/"' in text(web)
    Rule.objects.create(watchlist=watchlist, kind="price_below", threshold=5000)
    assert "Three steps" not in text(web)


def test_a_viewer_is_not_offered_to_add_products(web: Client, merchant: User) -> None:
    add = 'href="/products/add/"'
    assert add in text(web)
    membership = MembershipFactory.create(user=merchant, role=Membership.Role.VIEWER)
    assert add not in text(web)
    assert "Their owners can add some." in text(web)
    membership.role = Membership.Role.EDITOR
    membership.save()
    assert add in text(web)


def test_the_newest_unread_alerts_are_shown(web: Client, watchlist: Watchlist, settled: Product) -> None:
    for number in range(7):
        AlertFactory.create(watchlist=watchlist, product=settled, created_at=NOW - HOUR * number)
    assert len(today(web).alerts) == 5
    assert "To the inbox (7)" in text(web)


def test_failing_checks_are_grouped_by_reason_with_advice(web: Client, watchlist: Watchlist, settled: Product) -> None:
    fails = {"failing_since": NOW - HOUR, "failures": 3}
    for code in ("4003", "4003", "4002"):
        product = ProductFactory.create(last_outcome="provider_error", last_code=code, **fails)
        WatchFactory.create(watchlist=watchlist, product=product)
    ProductFactory.create(last_outcome="timeout", **fails)
    assert [(reason.code, reason.count) for reason in today(web).trouble.failing] == [("4003", 2), ("4002", 1)]
    page = text(web)
    assert "2 products fail" in page
    assert "Compare them with the links on Douyin" in page
    assert "tried again by themselves" in page


@pytest.mark.parametrize(
    ("lasts", "failures", "code", "is_shown"),
    [
        (timedelta(seconds=16), 1, "4008", False),
        (timedelta(minutes=3), 3, "4002", False),
        (timedelta(minutes=7), 3, "4002", True),
        (2 * HOUR, 2, "", False),
        (3 * HOUR, 2, "", True),
        # An unknown ID will not be known at the next check either.
        (timedelta(seconds=16), 1, "4003", True),
    ],
)
def test_a_failure_is_shown_when_it_has_lasted_for_a_few_checks(
    web: Client, settled: Product, lasts: timedelta, failures: int, code: str, is_shown: bool
) -> None:
    fails = {"failing_since": NOW - lasts, "failures": failures, "last_outcome": "provider_error", "last_code": code}
    Product.objects.filter(pk=settled.pk).update(**fails)
    page = text(web)
    assert ("1 product fails" in page) is is_shown
    assert ("All is well" in page) is not is_shown


def test_too_many_calls_at_once_are_named_in_words(web: Client, settled: Product) -> None:
    fails = {"failing_since": NOW - HOUR, "failures": 5, "last_outcome": "provider_error", "last_code": "4008"}
    Product.objects.filter(pk=settled.pk).update(**fails)
    assert "1 product fails: too many calls at once" in text(web)
    for address in ("/products/", f"/products/{settled.num_iid}/"):
        assert "too many calls at once (4008)" in web.get(address).content.decode()


def test_operators_see_advice_for_operators(web: Client, watchlist: Watchlist, settled: Product) -> None:
    fails = {"failing_since": NOW - HOUR, "failures": 3}
    WatchFactory.create(watchlist=watchlist, product=ProductFactory.create(last_outcome="network", **fails))
    assert "PROVIDER_URL" not in text(web)
    User.objects.update(is_staff=True)
    assert "PROVIDER_URL" in text(web)


@pytest.mark.parametrize(("staff", "says"), [(False, "Tell the operator."), (True, "as the Procfile has them")])
def test_it_says_that_no_worker_runs(web: Client, settled: Product, staff: bool, says: str) -> None:
    Heartbeat.objects.update(expected_at=NOW - HOUR)
    User.objects.update(is_staff=staff)
    assert says in text(web)


@pytest.mark.parametrize("staff", [False, True])
def test_operators_see_that_the_clock_was_set_back(web: Client, settled: Product, staff: bool) -> None:
    User.objects.update(is_staff=staff)
    read_clock(NOW + 2 * HOUR)
    page = text(web)
    assert ("The clock was set back by about 2 h" in page) is staff
    assert ("All is well" in page) is not staff
    read_clock(NOW)
    page = text(web)
    assert ("Times were put right." in page) is staff
    assert "All is well" in page


def test_before_the_first_heartbeat_checks_are_starting(web: Client, settled: Product) -> None:
    Heartbeat.objects.all().delete()
    page = text(web)
    assert "Checks are starting" in page
    assert "Nobody is checking" not in page
    Product.objects.filter(pk=settled.pk).update(next_check_at=NOW - timedelta(minutes=2))
    page = text(web)
    assert "Checks are starting" not in page
    assert "Nobody is checking" in page


def test_it_counts_the_users_overdue_products(web: Client, watchlist: Watchlist, settled: Product) -> None:
    ProductFactory.create(next_check_at=NOW - HOUR)
    Product.objects.filter(pk=settled.pk).update(next_check_at=NOW - HOUR)
    assert "1 product waits for its check" in text(web)


def test_a_stopped_account_is_shown_in_the_readers_words(web: Client, settled: Product) -> None:
    ProviderAccount.objects.create(circuit_code="4016", circuit_opened_at=NOW)
    assert "You need do nothing" in text(web)
    User.objects.update(is_staff=True)
    assert "start checks again in the administration" in text(web)


@pytest.mark.parametrize(
    ("calls", "says"),
    [
        (5000, "At this pace about 10,000 by midnight in China: they last."),
        (8000, "At this pace about 16,000 by midnight in China: the day's calls are spread,"),
        (11_000, "Used up."),
        (0, "As scheduled about 12 by midnight in China: they last."),
    ],
)
def test_it_predicts_the_days_calls(web: Client, settled: Product, calls: int, says: str) -> None:
    UsageDay.objects.create(day=provider_day(NOW), reserved=calls)
    assert says in text(web)


def test_the_prediction_is_the_schedules_if_that_is_more(web: Client, settled: Product) -> None:
    UsageDay.objects.create(day=provider_day(NOW), reserved=200)
    ProductFactory.create(interval=timedelta(seconds=10))
    ProductFactory.create(interval=None, next_check_at=None)
    assert "As scheduled about 4,532 by midnight in China: they last." in text(web)
    User.objects.update(is_staff=True)
    assert "4,532" in web.get("/usage/").content.decode()
    ProductFactory.create(interval=timedelta(seconds=4))
    page = text(web)
    assert "As scheduled about 15,332 by midnight in China: the day's calls are spread" in page
    assert "The lists need 19,264 calls a day more than the budget has." in page
    assert "Checks wait longer than their lists say" in page
    assert "as their lists say." not in page


def test_it_does_not_say_that_calls_last_if_they_are_lacking(web: Client, settled: Product, settings: Settings) -> None:
    settings.PROVIDER_DAILY_CALLS = 1500
    ProductFactory.create(interval=timedelta(seconds=50))
    page = text(web)
    assert "by midnight in China. The lists need" in page
    assert "they last" not in page


def test_adaptive_products_take_the_whole_budget(web: Client, settled: Product, settings: Settings) -> None:
    settings.PROVIDER_DAILY_CALLS = 100
    UsageDay.objects.create(day=provider_day(NOW), reserved=60)
    assert "At this pace about 120 by midnight" in text(web)
    ProductFactory.create(interval=timedelta(days=1), soonest=timedelta(minutes=5))
    page = text(web)
    assert "By midnight in China all are spent: what the lists don't need goes where most is found." in page
    assert "more than the budget has" not in page
    ProductFactory.create(interval=timedelta(minutes=15))
    page = text(web)
    assert "The lists need 21 calls a day more than the budget has." in page
    assert "what the lists don't need" not in page


def test_hours_without_checks_cost_nothing(web: Client, settled: Product, settings: Settings) -> None:
    settings.PROVIDER_DAILY_CALLS = 150
    ProductFactory.create(interval=timedelta(minutes=5), hours=0b111111)
    assert "more than the budget has" not in text(web)
    ProductFactory.create(interval=timedelta(minutes=5), hours=0b111111000000)
    assert "more than the budget has" in text(web)


def test_with_very_many_products_the_prediction_is_the_pace(
    web: Client, settled: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    UsageDay.objects.create(day=provider_day(NOW), reserved=5)
    monkeypatch.setattr(today_module, "MOST_COUNTED", 1)
    assert "At this pace about 10 by midnight in China" in text(web)


def test_an_htmx_request_gets_only_the_region_and_the_count(web: Client, settled: Product) -> None:
    page = web.get("/", headers={**HTMX, "If-None-Match": 'W/"old"'}).content.decode()
    assert page.lstrip().startswith('<div id="today"')
    assert 'id="unread-top" hx-swap-oob' in page
    assert "<html" not in page
