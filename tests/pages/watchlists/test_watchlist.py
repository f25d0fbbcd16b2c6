"""The page of a list: its products, its settings and what they take, for owners, editors and
viewers."""

import re
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from monitor.models import Product, User, Watch, Watchlist
from monitor.polling.planning.fit import fit_schedule
from monitor.polling.planning.rescheduling import reschedule
from tests.models.factories import NOW, AlertFactory, WatchFactory, WatchlistFactory
from tests.pages import Browser

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ADAPTIVE = {"pace": "adaptive", "soonest": "300"}


def save(web: Browser, watchlist: Watchlist, name: str, interval: int, **more: str) -> str:
    form = {"name": name, "interval": str(interval), "priority": "2", **more}
    text = web.send(f"/watchlists/{watchlist.pk}/", form)
    watchlist.refresh_from_db()
    return text


def page(web: Browser, watchlist: Watchlist) -> str:
    return web.page(f"/watchlists/{watchlist.pk}/")


def preview(web: Browser, watchlist: Watchlist, interval: int, **more: str) -> str:
    """Return the cost of settings that are not saved."""
    text = save(web, watchlist, "Rivals", interval, preview="1", **more)
    assert text.lstrip().startswith('<div id="list-cost"')
    return text


def takes(checks: str, change: str = "", tone: str = "warn") -> str:
    mark = f' <span class="mark {tone} num">{change}</span>' if change else ""
    word = "calls" if "about" not in checks else "checks"
    return f'<strong class="num">{checks}</strong> {word} a day{mark}'


@pytest.fixture
def ten(watchlist: Watchlist, settings: Settings) -> list[Watch]:
    """Ten products, once an hour, of 1,000 calls a day."""
    settings.PROVIDER_DAILY_CALLS = 1000
    watches = WatchFactory.create_batch(10, watchlist=watchlist)
    reschedule(Product.objects.all(), NOW)
    return watches


def test_settings_are_saved_and_reach_the_products(web: Browser, watchlist: Watchlist) -> None:
    WatchFactory.create(watchlist=watchlist)
    text = save(web, watchlist, "Close rivals", 600, priority="3")
    assert "Saved." in text
    assert "<h1>Close rivals</h1>" in text
    product = Product.objects.get()
    assert (product.interval, product.next_check_at) == (10 * MINUTE, NOW + 9 * MINUTE)
    text = save(web, watchlist, "Rivals", 86400, pace="adaptive", soonest="600", priority="3")
    assert "Smart · At least every 1 day · about" in text
    product.refresh_from_db()
    assert (product.interval, product.soonest, product.weight) == (DAY, 10 * MINUTE, 4)
    save(web, watchlist, "Renamed", 86400)
    kept = (watchlist.pace, watchlist.soonest)
    assert kept == ("adaptive", 10 * MINUTE), "What a form does not send stays."
    save(web, watchlist, "Rivals", 86400, **ADAPTIVE)
    assert Product.objects.get().soonest == 5 * MINUTE
    assert "Saved." in save(web, watchlist, "Rivals", 300, pace="fixed", soonest="21600")


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"soonest": "21600"}, "The longest interval is 1 h: choose 1 h or less here."),
        ({"pace": "hectic"}, "Select a valid choice."),
        ({"name": "SUPPLIERS"}, "This owner has a watchlist of that name already."),
    ],
)
def test_a_bad_form_changes_nothing_and_keeps_the_input(
    web: Browser, watchlist: Watchlist, more: dict[str, str], complaint: str
) -> None:
    WatchlistFactory.create(owner=watchlist.owner, name="Suppliers")
    form = {"name": "New name", "interval": "3600", "priority": "2", **ADAPTIVE, **more}
    text = web.send(f"/watchlists/{watchlist.pk}/", form)
    assert text.count(complaint) == 1
    assert f'value="{form["name"]}"' in text
    assert "<h1>Rivals</h1>" in text
    watchlist.refresh_from_db()
    assert (watchlist.name, watchlist.pace) == ("Rivals", "fixed")


def test_each_interval_shows_its_cost(web: Browser, watchlist: Watchlist) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    for _ in range(2):
        text = page(web, watchlist)
        for shown in (
            *("10 min · 144/day</option>", ">1 h · 24/day</option>", "2 h · 12/day</option>"),
            "Fixed · Every 1 h · about 24 checks a day",
        ):
            assert shown in text
        # Another user's list must not show in the cost.
        WatchFactory.create(product=product, interval=10 * MINUTE)
        reschedule(Product.objects.all(), NOW)


def test_products_with_their_own_pace_are_counted_and_those_of_other_lists_cost_nothing_more(
    web: Browser, watchlist: Watchlist
) -> None:
    shared = WatchFactory.create(watchlist=watchlist).product
    assert "set separately" not in page(web, watchlist)
    other = WatchlistFactory.create(owner=watchlist.owner)
    WatchFactory.create(watchlist=other, product=shared, interval=10 * MINUTE)
    WatchFactory.create(watchlist=watchlist, interval=10 * MINUTE)
    text = page(web, watchlist)
    assert "1 h · about 168 checks a day · 1 set separately" in text
    for choice in ("10 min · 288/day<", "5 min · 432/day<", "2 h · 156/day<"):
        assert choice in text


def test_the_cost_is_shown_before_saving(
    web: Browser, watchlist: Watchlist, ten: list[Watch]
) -> None:
    text = preview(web, watchlist, 3600)
    assert takes("about 240") in text
    for word in ("allowance", "mark", "not enough"):
        assert word not in text
    assert takes("about 480", "+240") in preview(web, watchlist, 1800, pace="fixed")
    assert takes("about 10", "−230", "good") in preview(web, watchlist, 86400, **ADAPTIVE)
    text = preview(web, watchlist, 600)
    assert "not enough checks: some come late" in text
    assert "budget" not in text
    watchlist.refresh_from_db()
    assert (watchlist.pace, watchlist.interval) == ("fixed", HOUR)


def test_operators_see_calls_and_whether_the_budget_is_enough(
    web: Browser, watchlist: Watchlist, ten: list[Watch]
) -> None:
    User.objects.update(is_staff=True)
    other = WatchlistFactory.create(owner=watchlist.owner, interval=DAY, pace="adaptive")
    WatchFactory.create_batch(10, watchlist=other)
    reschedule(Product.objects.all(), NOW)
    fit_schedule(NOW)
    text = preview(web, watchlist, 3600)
    for shown in (
        *(takes("240"), "24% of the daily budget"),
        "750 spare calls a day go to products that change most.",
    ):
        assert shown in text
    assert takes("480", "+240") in preview(web, watchlist, 1800, pace="fixed")
    assert takes("at least 10", "−230", "good") in preview(web, watchlist, 86400, **ADAPTIVE)
    text = preview(web, watchlist, 600, pace="adaptive")
    assert "All lists would need 450 calls a day more than the budget." in text


def test_it_shows_its_products_and_unread_alerts(
    web: Browser, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = WatchFactory.create(watchlist=watchlist, product__status="off_shelf").product
    Product.objects.update(price_a_day_ago=8000, price_a_week_ago=6000)
    AlertFactory.create_batch(2, watchlist=watchlist)
    monkeypatch.setattr("monitor.showing.templatetags.stallwatch.MOST_UNREAD", 2)
    text = page(web, watchlist)
    for shown in (
        *(f'href="/products/{product.num_iid}/"', "¥72.00", "off shelf</span>"),
        "2+ unread</a>",
    ):
        assert shown in text
    assert re.search(r"fallen by</span> 10%.*risen by</span> 20%", text)
    Watch.objects.update(is_paused=True)
    assert "off shelf</span>" not in page(web, watchlist)
