"""What an import costs: one sentence, and a decision only where the budget is too small."""

from datetime import timedelta

import pytest
from django.test import Client

from monitor.models import Import, Pace, Product, User, Watchlist
from monitor.polling.planning.rescheduling import reschedule
from monitor.watching.services import add_products
from tests.models.factories import NOW, WatchFactory, WatchlistFactory
from tests.pages.imports.importing import ADD, ONE, TWO, add, look, paste, squeezed

pytestmark = pytest.mark.django_db
TEN = "\n".join(str(int(ONE) + number) for number in range(10))


def test_a_new_list_is_smart_and_the_cost_its_least(web: Client, merchant: User) -> None:
    address = paste(web, f"{ONE}\n{TWO}\n12", list_name="New")
    assert "at least +2 checks a day" in squeezed(look(web, address))
    assert "at least +2 checks a day" in squeezed(add(web, address))
    new_list = Watchlist.objects.get(name="New")
    asked = new_list.pace, new_list.interval, new_list.watches.filter(pace="").count()
    assert asked == ("adaptive", timedelta(days=1), 2)


def test_a_new_list_may_have_another_pace(web: Client, merchant: User) -> None:
    address = paste(web, f"{ONE}\n12", list_name="New", pace="fixed", interval=600)
    assert "+144 checks a day" in squeezed(look(web, address))
    back = look(web, f"{ADD}?again={Import.objects.get().pk}")
    assert ('<option value="fixed" selected>' in back, '<option value="600" selected>' in back) == (
        True,
        True,
    )
    add(web, address)
    new_list = Watchlist.objects.get(name="New")
    assert (new_list.pace, new_list.interval) == (Pace.FIXED, timedelta(minutes=10))


def test_the_cost_is_the_same_if_another_user_watches_the_product(
    web: Client, watchlist: Watchlist
) -> None:
    add_products(WatchlistFactory.create(), [TWO], NOW)
    Product.objects.filter(num_iid=TWO).update(checked_at=NOW, rate=5.0)
    for num_iid in (ONE, TWO):
        address = paste(web, f"{num_iid}\n12", watchlist)
        assert "+24 checks a day" in look(web, address)
        assert "+24 checks a day" in add(web, address)


def test_products_that_another_own_list_checks_cost_at_least_nothing(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    own = WatchlistFactory.create(owner=merchant, interval=timedelta(hours=2))
    product = WatchFactory.create(watchlist=own).product
    resting = WatchFactory.create(
        watchlist=WatchlistFactory.create(owner=merchant, is_paused=True)
    ).product
    reschedule(Product.objects.all(), NOW)
    address = paste(web, f"{product.num_iid}\n{resting.num_iid}", watchlist)
    assert "at least +24 checks a day" in squeezed(look(web, address))
