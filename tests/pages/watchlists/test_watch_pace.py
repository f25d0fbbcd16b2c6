"""A product on a list can have its own pace, limits, hours and priority."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from monitor.models import Pace, Product, Watch, Watchlist
from monitor.models.watchlists import Priority
from monitor.watchlists.rescheduling import reschedule
from monitor.watchlists.services import save_watchlist
from tests.factories import NOW, WatchFactory, WatchlistFactory
from tests.pages import HTMX

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: The empty form: all settings are the list's.
NOTHING = {
    "pace": "",
    "interval": "",
    "priority": "",
    "soonest": "",
    "hours_from": "",
    "hours_until": "",
}


@pytest.fixture
def watch(watchlist: Watchlist) -> Watch:
    """On an adaptive list: at most every ten minutes and at least once a day."""
    Watchlist.objects.update(pace=Pace.ADAPTIVE, interval=DAY, soonest=10 * MINUTE)
    watch = WatchFactory.create(watchlist=watchlist, product__title="Shirt")
    reschedule(Product.objects.all(), NOW)
    return Watch.objects.get(pk=watch.pk)


def address(watch: Watch) -> str:
    return f"/watches/{watch.pk}/pace/"


def text_of(web: Client, url: str) -> str:
    return " ".join(web.get(url).content.decode().split())


def save(web: Client, watch: Watch, **settings: Any) -> str:
    """Save `settings` and return the next page."""
    page = web.post(address(watch), {**NOTHING, **settings}, follow=True)
    watch.refresh_from_db()
    return " ".join(page.content.decode().split())


def preview(web: Client, watch: Watch, **settings: Any) -> str:
    answer = web.post(address(watch), {**NOTHING, **settings, "preview": "1"}, headers=HTMX)
    return " ".join(answer.content.decode().split())


def test_the_form_offers_the_lists_settings_as_default(web: Client, watch: Watch) -> None:
    assert f'href="{address(watch)}"' in text_of(web, f"/products/{watch.product.num_iid}/")
    text = text_of(web, address(watch))
    for usual in (
        '<option value="" selected>As the list: 1 day · 1/day</option>',
        '<option value="" selected>As the list: 10 min</option>',
        '<option value="" selected>As the list: normal priority</option>',
        '<option value="" selected>at any hour</option>',
    ):
        assert usual in text
    assert re.search(r'name="pace" value=""[^>]* checked', text)
    assert "Use list settings" not in text
    Watchlist.objects.update(hours_from=8, hours_until=20)
    assert '<option value="" selected>As the list: 20:00</option>' in text_of(web, address(watch))


def test_settings_reach_the_product_and_are_shown_on_its_page(web: Client, watch: Watch) -> None:
    page = save(
        web,
        watch,
        pace="adaptive",
        interval="7200",
        priority="3",
        soonest="1800",
        hours_from="8",
        hours_until="20",
    )
    product = watch.product
    assert (product.interval, product.soonest, product.priority) == (
        2 * HOUR,
        30 * MINUTE,
        Priority.HIGH,
    )
    assert product.hours == sum(1 << hour for hour in range(8, 20))
    terms = (
        "smart, at least every 2 h; at most every 30 min; from 8:00 until 20:00 in China; "
        "priority high"
    )
    assert f"On “Rivals”, for this product alone: {terms}." in page
    assert f"for this product alone: {terms}" in text_of(web, f"/products/{product.num_iid}/")


def test_a_change_can_be_undone_once(web: Client, watch: Watch) -> None:
    save(web, watch, interval="3600")
    page = save(web, watch, pace="fixed", hours_from="0", hours_until="24")
    assert f'action="{address(watch)}undo/"' in page
    assert watch.product.soonest == DAY
    page = " ".join(web.post(f"{address(watch)}undo/", follow=True).content.decode().split())
    assert "Undone: On “Rivals”, for this product alone:" in page
    watch.refresh_from_db()
    assert (watch.pace, watch.interval, watch.hours_from) == ("", HOUR, None)
    assert watch.product.interval == HOUR
    assert "Not undone" in web.post(f"{address(watch)}undo/", follow=True).content.decode()


def test_undo_is_not_offered_for_other_products_and_skips_later_changes(
    web: Client, watch: Watch
) -> None:
    other = WatchFactory.create(watchlist=watch.watchlist)
    web.post(address(watch), {**NOTHING, "interval": "3600"})
    assert "undo/" not in text_of(web, f"/products/{other.product.num_iid}/")
    assert f"{address(watch)}undo/" in text_of(web, f"/products/{watch.product.num_iid}/")
    Watch.objects.filter(pk=watch.pk).update(interval=2 * HOUR)
    assert "Not undone" in web.post(f"{address(watch)}undo/", follow=True).content.decode()
    assert Watch.objects.get(pk=watch.pk).interval == 2 * HOUR
    web.post(address(other), {**NOTHING, "interval": "3600"})
    assert "Not undone" in web.post(f"{address(watch)}undo/", follow=True).content.decode()


def test_one_button_resets_to_the_lists_settings(web: Client, watch: Watch) -> None:
    save(web, watch, pace="fixed", interval="600", priority="1", hours_from="8", hours_until="20")
    assert "Use list settings" in text_of(web, address(watch))
    page = web.post(address(watch), {"reset": "1"}, follow=True).content.decode()
    assert "On “Rivals”, as the list: smart, at least every 1 day." in page
    watch.refresh_from_db()
    assert (watch.pace, watch.interval, watch.priority, watch.hours_from) == ("", None, None, None)
    assert (watch.product.interval, watch.product.hours) == (DAY, None)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"soonest": "21600", "interval": "3600"}, "The longest interval is 1 h"),
        ({"hours_from": "9"}, "Enter both hours, or neither."),
        ({"hours_from": "9", "hours_until": "9"}, "These are the same hour"),
        ({"interval": "7"}, "Select a valid choice"),
        ({"pace": "sometimes"}, "Select a valid choice"),
    ],
)
def test_a_bad_form_changes_nothing_and_keeps_the_input(
    web: Client, watch: Watch, fields: dict[str, str], expected: str
) -> None:
    page = save(web, watch, priority="3", **fields)
    assert expected in page
    assert '<option value="3" selected>' in page
    assert watch.priority is None
    assert expected in " ".join(
        web.post(address(watch), {**NOTHING, **fields, "preview": "1"}).content.decode().split()
    )


def test_the_cost_is_shown_before_saving(web: Client, watch: Watch, settings: Any) -> None:
    settings.PROVIDER_DAILY_CALLS = 1000
    text = preview(web, watch)
    assert '<strong class="num">about 1</strong> check a day <span class="quiet"></span>' in text
    text = preview(web, watch, pace="fixed", interval="300")
    assert (
        '<strong class="num">about 288</strong> checks a day <span class="mark warn '
        'num">+287</span>' in text
    )
    settings.PROVIDER_DAILY_CALLS = 100
    assert "not enough checks: some come late" in preview(web, watch, interval="300")
    assert Watch.objects.get(pk=watch.pk).interval is None


def test_the_cost_is_the_same_if_another_user_watches_the_product(
    web: Client, watch: Watch
) -> None:
    alone = preview(web, watch, pace="fixed", interval="3600")
    assert '<span class="mark warn num">+23</span>' in alone
    other = WatchlistFactory.create(pace=Pace.FIXED, interval=HOUR)
    WatchFactory.create(watchlist=other, product=watch.product)
    save_watchlist(other, NOW)
    assert '<span class="mark warn num">+23</span>' in preview(
        web, watch, pace="fixed", interval="3600"
    )


def test_the_cost_of_a_list_includes_products_with_their_own_settings(
    web: Client, watch: Watch
) -> None:
    """Fewer hours and longer intervals make a list take fewer checks."""
    save(web, watch, pace="fixed", interval="3600", hours_from="8", hours_until="20")
    text = text_of(web, f"/watchlists/{watch.watchlist_id}/")
    assert "about 12 checks a day" in text
