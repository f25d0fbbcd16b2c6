"""What matches in a followed shop goes onto the list by itself, up to a number, and once."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from monitor.models import Product
from monitor.models.assortments import Adding
from monitor.watching.following import add_matching
from monitor.watching.services import create_watchlist, pause_watchlist
from tests.models.factories import UserFactory
from tests.polling.stall import Stall
from tests.provider.servers import ProviderServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def stall(provider: ProviderServer) -> Stall:
    return Stall(provider)


def asks(stall: Stall, adds: Adding, **terms: Any) -> None:
    follow = stall.follow()
    for name, value in {"adds": adds, **terms}.items():
        setattr(follow, name, value)
    follow.save()


def days(stall: Stall, count: int = 1) -> set[str]:
    """Let days pass; return the products on the list."""
    for _day in range(count):
        stall.read()
        add_matching(stall.now)
    return set(stall.watchlist.watches.values_list("product__num_iid", flat=True))


def test_new_products_join_the_list_and_are_checked(stall: Stall) -> None:
    asks(stall, Adding.NEW)
    assert days(stall) == set(), "those of the first reading are not new"
    stall.products |= {"200": 990}
    assert days(stall) == {"200"}
    assert Product.objects.get(num_iid="200").next_check_at is not None


def test_words_and_prices_choose_and_the_number_bounds(stall: Stall) -> None:
    stall.products = {"100": 990, "101": 1990, "102": 2990, "1021": 2000, "103": 9900}
    asks(stall, Adding.ALL, words="衬衫 10", lowest=1500, highest=3000, most=2)
    assert days(stall) == {"101", "102"}
    stall.products |= {"104": 2500}
    assert days(stall) == {"101", "102"}, "the number is reached"


def test_best_sellers_join_when_they_become_some(stall: Stall) -> None:
    stall.products = {str(100 + number): 5990 for number in range(12)}
    asks(stall, Adding.BEST)
    days(stall)
    for place, num_iid in enumerate(stall.products):
        Product.objects.filter(num_iid=num_iid).update(units=100 - place)
    days(stall)
    Product.objects.filter(num_iid="111").update(units=500)
    assert "111" in days(stall)


def test_where_not_all_have_room_those_that_sell_most_join(stall: Stall) -> None:
    stall.follow()
    days(stall)
    for place, num_iid in enumerate(stall.products):
        Product.objects.filter(num_iid=num_iid).update(units=place)
    asks(stall, Adding.ALL, most=2)
    assert days(stall) == {"105", "106"}


def test_twice_adds_nothing_and_a_paused_list_waits(stall: Stall) -> None:
    asks(stall, Adding.ALL)
    stall.read(timedelta(0))
    pause_watchlist(stall.watchlist, stall.now, paused=True)
    assert add_matching(stall.now) == 0
    pause_watchlist(stall.watchlist, stall.now, paused=False)
    assert [add_matching(stall.now), add_matching(stall.now)] == [7, 0]


def test_the_owners_allowance_holds(stall: Stall, settings: Settings) -> None:
    settings.PERSON_PRODUCTS = 3
    create_watchlist(UserFactory.create(), "别的")
    asks(stall, Adding.ALL)
    assert len(days(stall)) == 3
