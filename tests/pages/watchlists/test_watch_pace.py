"""A product on a list can have its own pace, limits and priority."""

from datetime import timedelta
from typing import Any

import pytest

from monitor.models import Pace, Product, Watch, Watchlist
from monitor.models.watchlists import Priority
from monitor.polling.planning.rescheduling import reschedule
from tests.factories import NOW, WatchFactory
from tests.pages import Browser

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: The empty form: all settings are the list's.
NOTHING = dict.fromkeys(("pace", "interval", "priority", "soonest"), "")


@pytest.fixture
def watch(watchlist: Watchlist) -> Watch:
    """On an adaptive list: at most every ten minutes and at least once a day."""
    Watchlist.objects.update(pace=Pace.ADAPTIVE, interval=DAY, soonest=10 * MINUTE)
    watch = WatchFactory.create(watchlist=watchlist, product__title="Shirt")
    reschedule(Product.objects.all(), NOW)
    return Watch.objects.get(pk=watch.pk)


def address(watch: Watch) -> str:
    return f"/watches/{watch.pk}/pace/"


def save(web: Browser, watch: Watch, **settings: Any) -> str:
    """Save `settings` and return the next page."""
    page = web.post(address(watch), {**NOTHING, **settings}, follow=True)
    watch.refresh_from_db()
    return page.content.decode()


def undo(web: Browser, watch: Watch) -> str:
    page = web.post(f"{address(watch)}undo/", follow=True)
    watch.refresh_from_db()
    return page.content.decode()


def test_settings_reach_the_product_and_are_reset_to_the_lists(web: Browser, watch: Watch) -> None:
    settings = {"pace": "adaptive", "interval": "7200", "priority": "3", "soonest": "1800"}
    page = save(web, watch, **settings)
    product = watch.product
    assert (product.interval, product.soonest) == (2 * HOUR, 30 * MINUTE)
    assert product.priority == Priority.HIGH
    terms = "at most every 30 min; priority high"
    own = f"for this product alone: smart, at least every 2 h; {terms}"
    assert f"On “Rivals”, {own}." in page
    assert own in web.page(f"/products/{product.num_iid}/")
    assert "about 12 checks a day" in web.page(f"/watchlists/{watch.watchlist_id}/")
    assert "Use list settings" in web.page(address(watch))
    page = web.post(address(watch), {"reset": "1"}, follow=True).content.decode()
    assert "On “Rivals”, as the list: smart, at least every 1 day." in page
    watch.refresh_from_db()
    assert (watch.pace, watch.interval, watch.priority) == ("", None, None)
    assert watch.product.interval == DAY


def test_a_change_can_be_undone_once_where_it_was_made(web: Browser, watch: Watch) -> None:
    save(web, watch, interval="3600")
    assert f'action="{address(watch)}undo/"' in save(web, watch, pace="fixed", interval="600")
    other = WatchFactory.create(watchlist=watch.watchlist)
    assert "undo/" not in web.page(f"/products/{other.product.num_iid}/")
    assert "Undone: On “Rivals”, for this product alone:" in undo(web, watch)
    assert (watch.pace, watch.interval, watch.product.interval) == ("", HOUR, HOUR)
    assert "Not undone" in undo(web, watch)
    save(web, watch, interval="7200")
    Watch.objects.filter(pk=watch.pk).update(interval=DAY)
    assert "Not undone" in undo(web, watch), "It was changed since."
    assert watch.interval == DAY
    save(web, other, interval="3600")
    assert "Not undone" in undo(web, watch)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"soonest": "21600", "interval": "3600"}, "The longest interval is 1 h"),
        ({"interval": "7"}, "Select a valid choice"),
        ({"pace": "sometimes"}, "Select a valid choice"),
    ],
)
def test_a_bad_form_changes_nothing_and_keeps_the_input(
    web: Browser, watch: Watch, fields: dict[str, str], complaint: str
) -> None:
    page = save(web, watch, priority="3", **fields)
    assert complaint in page
    assert '<option value="3" selected>' in page
    assert watch.priority is None
