"""What an import costs: one sentence, and a decision only where the budget is too small."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from monitor.models import Import, Pace, Product, User, Watchlist
from monitor.polling.planning.rescheduling import reschedule
from monitor.watching.services import add_products
from tests.factories import NOW, WatchFactory, WatchlistFactory
from tests.pages import HTMX
from tests.pages.imports.importing import ADD, ONE, TWO, add, look, paste, squeezed, ticks

pytestmark = pytest.mark.django_db
TEN = "\n".join(str(int(ONE) + number) for number in range(10))


def test_the_cost_is_one_sentence(web: Client, watchlist: Watchlist) -> None:
    WatchFactory.create_batch(3, watchlist=watchlist)
    page = squeezed(look(web, paste(web, f"{ONE}\n{TWO}\n12", watchlist)))
    assert "+48 checks a day" in page
    assert "at least" not in page
    assert "Add 2 products" in page


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


def test_an_existing_list_keeps_its_pace(web: Client, watchlist: Watchlist) -> None:
    box = look(web, f"{ADD}?list={watchlist.pk}")
    assert '<option value="" selected>1 day</option>' in box
    assert '<option value="" selected>Smart</option>' in box
    paste(web, ONE, watchlist, pace="", interval="")
    import_, watch = Import.objects.get(), watchlist.watches.get()
    assert (import_.interval, import_.pace, watch.interval, watch.pace) == (
        watchlist.interval,
        "",
        None,
        "",
    )


def test_the_cost_is_the_same_if_another_user_watches_the_product(
    web: Client, watchlist: Watchlist
) -> None:
    add_products(WatchlistFactory.create(), [TWO], NOW)
    Product.objects.filter(num_iid=TWO).update(checked_at=NOW, rate=5.0)
    for num_iid in (ONE, TWO):
        address = paste(web, f"{num_iid}\n12", watchlist)
        assert "+24 checks a day" in look(web, address)
        assert "+24 checks a day" in add(web, address)


def test_products_of_other_own_lists_cost_only_the_additional_checks(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    own = WatchlistFactory.create(owner=merchant, interval=timedelta(hours=2))
    product = WatchFactory.create(watchlist=own).product
    WatchFactory.create(product=product, interval=timedelta(minutes=5))
    resting = WatchFactory.create(
        watchlist=WatchlistFactory.create(owner=merchant, is_paused=True)
    ).product
    reschedule(Product.objects.all(), NOW)
    address = paste(web, f"{product.num_iid}\n{resting.num_iid}", watchlist)
    web.post(address, {"all": "elsewhere:1"})
    assert "+36 checks a day" in look(web, address)


def test_an_unticked_row_costs_nothing_and_is_not_added(web: Client, watchlist: Watchlist) -> None:
    address = paste(web, f"{ONE}\n123", watchlist)
    import_ = Import.objects.get()
    row = import_.rows.get(num_iid="123").pk
    form = {**ticks(import_), "row": [row]}
    form["shown"] = str(row)
    page = web.post(address, form, headers=HTMX).content.decode()
    assert page.lstrip().startswith('<div id="step"')
    assert "+48 checks a day" in page
    assert (
        "+24 checks a day" in web.post(address, {**form, "row": []}, headers=HTMX).content.decode()
    )
    add(web, address, shown=form["shown"])
    assert list(watchlist.watches.values_list("product__num_iid", flat=True)) == [ONE]


def test_beyond_the_budget_an_interval_that_fits_is_offered(
    web: Client, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 100
    address = paste(web, TEN, watchlist)
    page = squeezed(look(web, address))
    assert "All lists need 140 checks a day more than the budget: checks will be late." in page
    assert "Check every 6 h instead" in page
    assert not watchlist.watches.exists()
    web.post(address, {"fit": 21600})
    assert "+40 checks a day" in look(web, address)
    settings.PROVIDER_DAILY_CALLS = 1
    page = look(web, address)
    assert "checks a day more than the budget" in page
    assert 'name="fit"' not in page
    settings.PROVIDER_DAILY_CALLS = 100
    add(web, address)
    assert watchlist.watches.filter(interval=timedelta(hours=6)).count() == 10


def test_a_paused_list_costs_nothing_until_it_is_resumed(web: Client, watchlist: Watchlist) -> None:
    Watchlist.objects.update(is_paused=True)
    for page in (
        look(web, paste(web, f"{ONE}\n12", watchlist)),
        look(web, paste(web, ONE, watchlist)),
    ):
        assert "This list is paused" in page
        assert "checks a day" not in page
