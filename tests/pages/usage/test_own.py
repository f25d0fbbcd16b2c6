"""Merchants see their own allowance; the account's figures are the operators'."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from monitor.models import Assortment, Charge, User, Watchlist
from monitor.models.usage import PARTS, provider_day
from monitor.polling.planning.fair_shares import asked_by_people
from monitor.watching.following import follow_shop
from tests.models.factories import NOW, ShopFactory, UserFactory, WatchFactory, WatchlistFactory

pytestmark = pytest.mark.django_db
TODAY = provider_day(NOW)


@pytest.fixture
def merchant(db: None) -> User:
    return UserFactory.create(email="merchant@example.com", name="Li")


@pytest.fixture
def others(db: None) -> Watchlist:
    return WatchlistFactory.create(name="Of another user")


@pytest.fixture(autouse=True)
def small_budget(settings: Settings) -> None:
    settings.PROVIDER_DAILY_CALLS = 200


def charge(person: User, reason: str, calls: float) -> None:
    Charge.objects.create(day=TODAY, person=person, reason=reason, parts=round(calls * PARTS))


def text(web: Client, address: str = "/usage/") -> str:
    return re.sub(r"(<[^>]+>|\s)+", " ", web.get(address).content.decode())


def test_a_merchant_sees_what_is_used_and_when_it_fills_again(
    web: Client, merchant: User, watchlist: Watchlist, others: Watchlist
) -> None:
    watches = WatchFactory.create_batch(3, watchlist=watchlist)
    WatchFactory.create(
        watchlist=WatchlistFactory.create(owner=merchant, deleted_at=NOW),
        product=watches[0].product,
    )
    charge(merchant, "asked", 4)
    charge(merchant, "schedule", 7.5)
    page = text(web)
    assert "Checks you ask for 4 / 20 4" in page
    assert "Watchlists 2 / 100 · products 3 / 20,000 · alert mails today 0 / 200" in page, (
        "Deleted lists count."
    )
    assert "2026-11-25 7.5 0 4 0 0 11.5" in page
    charge(merchant, "first", 16)
    assert "All 20 checks for today are used. More tomorrow 00:00." in text(web)


def test_a_merchant_sees_nothing_of_the_account_or_of_others(
    web: Client, merchant: User, others: Watchlist
) -> None:
    charge(others.owner, "schedule", 123)
    page = text(web)
    assert "123" not in page
    assert "budget" not in page
    assert "Of another user" not in page


def test_lists_that_ask_for_too_much_are_explained(
    web: Client, merchant: User, watchlist: Watchlist, others: Watchlist
) -> None:
    WatchFactory.create_batch(10, watchlist=watchlist)
    User.objects.filter(pk=merchant.pk).update(granted_share=0.25)
    page = text(web)
    assert "Your watchlists get 60 checks a day of 240: above your allowance." in page


def test_operators_see_what_the_accounts_calls_went_to(
    web: Client, merchant: User, others: Watchlist
) -> None:
    User.objects.filter(pk=merchant.pk).update(is_staff=True)
    for person, calls in ((merchant, 4), (others.owner, 60)):
        charge(person, "asked", calls)
        charge(person, "schedule", 10)
    WatchFactory.create(watchlist=others)
    page = text(web)
    assert page.index(f"{others.owner.email} 70 10 0 60 0") < page.index(
        "Li merchant@example.com 14 10 0 4 0"
    )
    assert "All users 84 20 0 64 0" in page
    assert re.search(rf"Of another user .{{0,3}}{others.owner.email}", page), (
        "lists name their owners"
    )


def test_the_readings_of_followed_shops_are_in_what_a_list_costs(
    web: Client, watchlist: Watchlist, others: Watchlist
) -> None:
    shop = ShopFactory.create()
    follow_shop(watchlist, shop, NOW, interval=timedelta(hours=12))
    Assortment.objects.update(pages=30)
    assert "0 + 1 followed shop 60" in text(web)
    assert asked_by_people()[watchlist.owner_id] == 60
    assert "about 60 checks a day" in text(web, f"/watchlists/{watchlist.pk}/")
    WatchFactory.create(watchlist=watchlist)
    assert "1 + 1 followed shop 84" in text(web), "beside a check an hour"
