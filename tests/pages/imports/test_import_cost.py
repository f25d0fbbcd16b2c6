"""The preview of an import shows its cost."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from monitor.models import Import, Pace, Product, User, Watch, Watchlist
from monitor.watchlists.rescheduling import reschedule
from monitor.watchlists.services import add_products
from tests.factories import NOW, ProductFactory, WatchFactory, WatchlistFactory
from tests.pages import HTMX
from tests.pages.imports.importing import ADD, ONE, TWO, add, look, paste, squeezed, ticks

pytestmark = pytest.mark.django_db


def test_the_cost_is_compared_with_the_budget_and_all_lists(web: Client, watchlist: Watchlist) -> None:
    for _ in range(3):
        WatchFactory.create(watchlist=watchlist)
    page = squeezed(look(web, paste(web, f"{ONE}\n{TWO}", watchlist)))
    assert "+48</strong> calls a day" in page
    assert "1,440 in 30 days" in page
    assert 'All lists, as they are</dt><dd class="num">72<' in page
    assert 'With these</dt><dd class="num">120<' in page
    assert 'Left each day</dt><dd class="num">10,880<' in page
    assert "2 first checks are made at once; 11,000 checks are left today." in page
    assert "Add 2 products" in page


def test_a_new_list_is_adaptive_and_the_preview_shows_its_least_cost(
    web: Client, merchant: User, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 1000
    other = WatchlistFactory.create(owner=merchant, pace=Pace.ADAPTIVE, interval=timedelta(days=1))
    add_products(other, [ProductFactory.create().num_iid for _ in range(8)], NOW)
    address = paste(web, f"{ONE}\n{TWO}", list_name="New")
    page = squeezed(look(web, address))
    assert 'at least <strong class="num">+2</strong> calls a day' in page
    assert "60 in 30 days, 0.2% of the budget" in page
    assert 'Each new product</dt><dd class="num">at least 1 a day<' in page
    assert 'All lists, as they are</dt><dd class="num">at least 8<' in page
    assert 'Beyond that, where most is found</dt><dd class="num">990<' in page
    assert "Left each day" not in page
    assert "Other products that are checked as they change would be checked about 20% less often." in page
    form = {"watchlist": "new", "list_name": "New", "pace": "fixed", "interval": 86400}
    page = squeezed(web.post(address, form, headers=HTMX).content.decode())
    assert '<strong class="num">+2</strong> calls a day' in page
    assert "at least <strong" not in page
    assert "would be checked about 0.2% less often." in page
    web.post(address, {**form, "pace": "adaptive", "add": "1"})
    new_list = Watchlist.objects.get(name="New")
    assert (new_list.pace, new_list.interval, new_list.watches.filter(pace="").count()) == (
        "adaptive",
        timedelta(days=1),
        2,
    )


def test_an_import_may_have_another_pace_than_its_list(web: Client, watchlist: Watchlist) -> None:
    address = paste(web, ONE, watchlist)
    assert '<option value="fixed" selected>' in look(web, address)
    web.post(address, {"watchlist": watchlist.pk, "pace": "adaptive", "interval": 86400}, headers=HTMX)
    assert '<option value="adaptive" selected>' in look(web, address)
    back = look(web, f"{ADD}?again={Import.objects.get().pk}")
    assert ('<option value="adaptive" selected>' in back, '<option value="86400" selected>' in back) == (True, True)
    add(web, address, pace="adaptive", interval=86400)
    watch = watchlist.watches.get()
    assert (watch.pace, watch.interval) == ("adaptive", timedelta(days=1))
    assert (watch.product.interval, watch.product.soonest) == (timedelta(days=1), timedelta(minutes=5))


def test_an_existing_list_keeps_its_pace_by_default(web: Client, watchlist: Watchlist) -> None:
    box = look(web, f"{ADD}?list={watchlist.pk}")
    assert '<option value="" selected>1 day</option>' in box
    assert '<option value="" selected>As often as they change</option>' in box
    paste(web, ONE, watchlist, pace="", interval="")
    of = Import.objects.get()
    assert (of.interval, of.pace) == (watchlist.interval, "")
    assert '<option value="fixed" selected>' in look(web, f"{ADD}{of.pk}/")


def test_many_first_checks_are_spread_over_a_time_that_is_shown(
    web: Client, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 240
    page = squeezed(look(web, paste(web, "\n".join(str(int(ONE) + number) for number in range(60)), watchlist)))
    assert "60 first checks are made within 12 h, beside those of other products." in page


def test_a_product_that_another_list_checks_as_often_costs_nothing(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    product = WatchFactory.create(watchlist=WatchlistFactory.create(owner=merchant)).product
    address = paste(web, product.num_iid, watchlist)
    assert "Nothing is ticked that could be added." in look(web, address)
    web.post(address, {"watchlist": watchlist.pk, "interval": 3600, "all": "elsewhere:1"})
    page = squeezed(look(web, address))
    assert "+0</strong> calls a day" in page
    assert "Add 1 product" in page


def test_the_cost_is_the_same_if_another_user_watches_the_product(web: Client, watchlist: Watchlist) -> None:
    def cost(num_iid: str) -> str:
        text = squeezed(look(web, paste(web, num_iid, watchlist)))
        return text[text.index('<div class="card-body">', text.index('id="cost"')) : text.index("</section>")]

    add_products(WatchlistFactory.create(), [TWO], NOW)
    Product.objects.filter(num_iid=TWO).update(checked_at=NOW, rate=5.0)
    assert "+24</strong> calls a day" in cost(ONE)
    assert "1 first check is made at once" in cost(ONE)
    assert re.sub(r"/add/\d+|again=\d+", "", cost(TWO)) == re.sub(r"/add/\d+|again=\d+", "", cost(ONE))


def test_products_of_other_own_lists_cost_only_the_additional_checks(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    own = WatchlistFactory.create(owner=merchant, interval=timedelta(hours=2))
    product = WatchFactory.create(watchlist=own).product
    WatchFactory.create(product=product, interval=timedelta(minutes=5))
    resting = WatchFactory.create(watchlist=WatchlistFactory.create(owner=merchant, is_paused=True)).product
    reschedule(Product.objects.all(), NOW)
    address = paste(web, f"{product.num_iid}\n{resting.num_iid}", watchlist)
    web.post(address, {"watchlist": watchlist.pk, "interval": 3600, "all": "elsewhere:1"})
    page = squeezed(look(web, address))
    assert "+36</strong> calls a day" in page
    assert "1 first check is made at once" in page


def test_another_interval_changes_the_cost_and_nothing_else(web: Client, watchlist: Watchlist) -> None:
    address = paste(web, f"{ONE}\n{TWO}", watchlist)
    response = web.post(address, {"watchlist": watchlist.pk, "interval": 600}, headers=HTMX)
    text = squeezed(response.content.decode())
    assert response.headers["HX-Retarget"] == "#cost"
    assert text.startswith('<section id="cost"')
    assert "+288</strong>" in text
    assert not Watch.objects.exists()
    assert "+288</strong>" in look(web, address)


def test_an_unticked_row_costs_nothing_and_is_not_added(web: Client, watchlist: Watchlist) -> None:
    address = paste(web, f"{ONE}\n{TWO}\n123", watchlist)
    of = Import.objects.get()
    keep = of.rows.get(num_iid=ONE).pk
    form = {**ticks(of), "row": [keep], "watchlist": watchlist.pk, "interval": 3600}
    assert "+24</strong>" in web.post(address, form, headers=HTMX).content.decode()
    add(web, address, **{**ticks(of), "row": [keep]})
    assert list(watchlist.watches.values_list("product__num_iid", flat=True)) == [ONE]


def test_beyond_the_budget_an_interval_that_fits_is_offered(
    web: Client, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 100
    address = paste(web, "\n".join(str(int(ONE) + number) for number in range(10)), watchlist)
    page = squeezed(look(web, address))
    assert "All lists together would need 140 calls a day more than the budget has." in page
    assert "Checks would come late, those of low priority first." in page
    assert 'Lacking each day</dt><dd class="num">140<' in page
    assert "Check every 6 h instead" in page
    web.post(address, {"watchlist": watchlist.pk, "interval": 3600, "fit": 21600})
    assert 'Left each day</dt><dd class="num">60<' in squeezed(look(web, address))
    settings.PROVIDER_DAILY_CALLS = 1
    assert "Not even a check a week of each would fit" in look(web, address)


def test_choosing_another_list_sets_its_interval_and_compares_the_rows_again(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    other = WatchlistFactory.create(owner=merchant, name="Other", interval=timedelta(days=1))
    WatchFactory.create(watchlist=other, product=ProductFactory.create(num_iid=ONE))
    address = paste(web, ONE, watchlist)
    text = web.post(address, {"watchlist": other.pk, "interval": 3600}, headers=HTMX).content.decode()
    assert text.lstrip().startswith('<div id="step"')
    assert "1</b> on this list already" in text
    assert Import.objects.get().interval == timedelta(days=1)


def test_a_paused_list_costs_nothing_until_it_is_resumed(web: Client, watchlist: Watchlist) -> None:
    Watchlist.objects.update(is_paused=True)
    page = look(web, paste(web, ONE, watchlist))
    assert "This list is paused" in page
    assert "+0</strong>" in page
    assert "first check" not in page.split('id="cost"')[1]
