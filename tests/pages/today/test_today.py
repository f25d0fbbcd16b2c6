"""The first page: news since the last visit, and a newcomer's first steps."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from monitor.models import Alert, Product, Rule, User, Watch, Watchlist
from monitor.people import channels
from tests.models.factories import (
    NOW,
    AlertFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages.today.conftest import moves, shown, text, today

pytestmark = pytest.mark.django_db


def test_without_changes_it_says_so_and_since_when(web: Client, settled: Product) -> None:
    User.objects.update(seen_at=NOW - timedelta(hours=17, minutes=20))
    page = text(web)
    assert "Since yesterday 18:40" in page
    assert "Nothing changed" in page
    assert "Mark all as read" not in page


def test_news_begin_with_the_end_of_the_last_visit(
    web: Client, merchant: User, watchlist: Watchlist, settled: Product
) -> None:
    moves(watchlist, 1000, 900, since=timedelta(hours=5))
    User.objects.update(seen_at=NOW - timedelta(hours=4))
    assert not today(web).feed
    assert web.post("/seen/").status_code == 204
    merchant.refresh_from_db()
    assert (merchant.seen_at, merchant.last_visit_at) == (NOW, NOW - timedelta(hours=4))
    # During a visit the news stay.
    moves(watchlist, 1000, 800, since=timedelta(hours=3))
    web.post("/seen/")
    assert len(today(web).feed.shown) == 1
    assert today(web).since.at == NOW - timedelta(hours=4)


def test_opening_the_page_alone_is_not_a_visit(
    web: Client, merchant: User, settled: Product
) -> None:
    web.get("/")
    merchant.refresh_from_db()
    assert merchant.seen_at is None


def test_after_a_long_absence_it_shows_the_last_week(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    User.objects.update(seen_at=NOW - timedelta(days=30))
    moves(watchlist, 1000, 900, since=timedelta(days=8))
    assert today(web).since.at == NOW - timedelta(days=7)
    assert not today(web).feed
    assert "Last 7 days" in text(web)


def test_news_and_alerts_are_marked_as_read_together(
    web: Client, merchant: User, watchlist: Watchlist, settled: Product
) -> None:
    moves(watchlist, 1000, 900)
    of_others = AlertFactory.create(product=settled)
    AlertFactory.create(watchlist=watchlist, product=settled)
    assert "Mark all as read" in text(web)
    assert web.post("/seen/", {"all": "1"}).headers["Location"] == "/"
    assert not today(web).feed
    assert not Alert.objects.for_user(merchant).unread_by(merchant).exists()
    assert Alert.objects.unread_by(of_others.watchlist.owner).contains(of_others)
    assert "Mark all as read" not in text(web)


def test_marking_all_as_read_can_be_undone(
    web: Client, merchant: User, watchlist: Watchlist, settled: Product
) -> None:
    User.objects.update(seen_at=NOW - timedelta(hours=4))
    web.post("/seen/")
    product = moves(watchlist, 1000, 900)
    AlertFactory.create(watchlist=watchlist, product=settled)
    web.post("/seen/", {"all": "1"})
    assert 'name="undo"' in text(web)
    assert (
        "Undone: Everything was marked as read."
        in web.post("/seen/", {"undo": "1"}, follow=True).content.decode()
    )
    assert shown(today(web).feed.shown) == [product.pk]
    assert today(web).since.last_visit == NOW - timedelta(hours=4)
    assert Alert.objects.for_user(merchant).unread_by(merchant).count() == 1
    assert 'name="undo"' not in text(web)
    assert "Not undone" in web.post("/seen/", {"undo": "1"}, follow=True).content.decode()


def test_a_newcomer_sees_the_first_steps(web: Client, merchant: User) -> None:
    assert text(web).count('class="done"') == 0
    watchlist = WatchlistFactory.create(owner=merchant)
    WatchFactory.create(watchlist=watchlist, product__data_time=None, product__first_data_time=None)
    assert text(web).count('class="done"') == 1
    Product.objects.update(data_time=NOW)
    assert text(web).count('class="done"') == 2
    assert f'href="/watchlists/{watchlist.pk}/rules/"' in text(web)
    # Products with news are not below the steps.
    assert text(web).index("What happens next") < text(web).index("Three steps")
    Rule.objects.create(watchlist=watchlist, kind="price_below", threshold=5000)
    assert "Three steps" not in text(web)


def test_a_channel_that_takes_no_alerts_is_told_until_it_is_mended_or_paused(
    web: Client, merchant: User, settled: Product
) -> None:
    def is_told() -> bool:
        return "A channel is failing: fix it" in web.get("/").content.decode()

    for owner in (merchant, UserFactory.create()):
        channels.add(owner, "webhook", "ERP", {"url": "https://x.test/"}, "…est/", NOW)
    merchant.channels.model.objects.exclude(owner=merchant).update(refused_at=NOW)
    with CaptureQueriesContext(connection) as before:
        assert not is_told()
    merchant.channels.update(refused_at=NOW)
    with CaptureQueriesContext(connection) as after:
        assert is_told()
    assert len(after) == len(before) <= 12
    assert (
        f'href="/channels/{merchant.channels.added().get().pk}/"' in web.get("/").content.decode()
    )
    merchant.channels.update(is_paused=True)
    assert not is_told()


def test_the_sandbox_offers_products_to_begin_with_and_then_says_what_happens_next(
    web: Client, merchant: User, settings: Settings
) -> None:
    settings.PROVIDER_SANDBOX = False
    assert not today(web).samples  # With a real account each of them would cost calls.
    settings.PROVIDER_SANDBOX = True
    samples = today(web).samples
    page = web.get("/").content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', page))
    web.post("/products/add/", {**fields, "text": "\n".join(samples)})
    assert set(Watch.objects.values_list("product__num_iid", flat=True)) == set(samples)
    page = text(web)
    assert "Nothing" not in page
    assert "First checks: within minutes." in page
    assert "price drops ≥ 5%; price rises ≥ 10%" in page
    assert f"Alerts go to: {merchant.email}" in page
    Product.objects.update(data_time=NOW, next_check_at=NOW + timedelta(minutes=20))
    assert "Next check: 12:20" in text(web)
    assert not today(web).samples
