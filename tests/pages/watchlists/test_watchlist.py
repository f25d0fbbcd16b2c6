"""The page of a list: its products, its settings and what they take, for owners, editors and
viewers."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from monitor.models import Allowance, Membership, Product, ProductIndex, User, Watch, Watchlist
from monitor.planning.fair_shares import apply_fair_shares
from monitor.planning.fit import fit_schedule
from monitor.watchlists.rescheduling import reschedule
from monitor.watchlists.services import add_products
from tests.factories import (
    NOW,
    AlertFactory,
    MembershipFactory,
    ProductFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages import HTMX

pytestmark = pytest.mark.django_db


def save(
    web: Client, watchlist: Watchlist, name: str, interval: int, priority: int = 2, **more: str
) -> str:
    form = {"name": name, "interval": str(interval), "priority": str(priority), **more}
    return web.post(f"/watchlists/{watchlist.pk}/", form, headers=HTMX).content.decode()


def page(web: Client, watchlist: Watchlist) -> str:
    return web.get(f"/watchlists/{watchlist.pk}/").content.decode()


def test_a_shorter_interval_moves_the_next_checks(web: Client, watchlist: Watchlist) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    text = save(web, watchlist, "Close rivals", 600, 3)
    assert "Saved." in text
    assert "<h1>Close rivals</h1>" in text
    watchlist.refresh_from_db()
    product.refresh_from_db()
    assert (watchlist.name, watchlist.priority) == ("Close rivals", 3)
    assert (product.interval, product.next_check_at) == (
        timedelta(minutes=10),
        NOW + timedelta(minutes=9),
    )


def test_the_settings_say_how_many_products_have_their_own(
    web: Client, watchlist: Watchlist
) -> None:
    WatchFactory.create(watchlist=watchlist)
    address = f"/watchlists/{watchlist.pk}/"
    assert "set separately" not in web.get(address).content.decode()
    WatchFactory.create(watchlist=watchlist, interval=timedelta(minutes=1))
    page = " ".join(web.get(address).content.decode().split())
    assert "1 h · about 1,464 checks a day · 1 set separately" in page


def test_a_bad_form_changes_nothing_and_keeps_the_input(web: Client, watchlist: Watchlist) -> None:
    WatchlistFactory.create(owner=watchlist.owner, name="Suppliers")
    text = save(web, watchlist, "SUPPLIERS", 600)
    assert "This owner has a watchlist of that name already." in text
    assert 'value="SUPPLIERS"' in text
    assert "<h1>Rivals</h1>" in text
    watchlist.refresh_from_db()
    assert (watchlist.name, watchlist.interval) == ("Rivals", timedelta(hours=1))


def test_each_interval_shows_its_cost(web: Client, watchlist: Watchlist) -> None:
    for _ in range(10):
        WatchFactory.create(watchlist=watchlist)
    text = page(web, watchlist)
    assert "10 min · 1,440/day (+1,200)" in text
    assert ">1 h · 240/day</option>" in text
    assert "2 h · 120/day (−120)" in text
    assert "Fixed · Every 1 h · about 240 checks a day" in text


def test_the_cost_is_the_same_if_another_user_watches_the_products(
    web: Client, watchlist: Watchlist
) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    assert "10 min · 144/day (+120)" in page(web, watchlist)
    WatchFactory.create(product=product, interval=timedelta(minutes=10))
    reschedule(Product.objects.all(), NOW)
    assert "10 min · 144/day (+120)" in page(web, watchlist)


def test_checks_that_another_list_needs_anyway_cost_nothing(
    web: Client, watchlist: Watchlist
) -> None:
    shared = WatchFactory.create(watchlist=watchlist).product
    other = WatchlistFactory.create(owner=watchlist.owner)
    WatchFactory.create(watchlist=other, product=shared, interval=timedelta(minutes=10))
    WatchFactory.create(watchlist=watchlist, interval=timedelta(minutes=10))
    text = page(web, watchlist)
    assert "10 min · 288/day</option>" in text
    assert "5 min · 432/day (+144)" in text
    assert "2 h · 156/day</option>" in text


def test_checks_that_the_account_lacks_come_late(
    web: Client, watchlist: Watchlist, settings: Settings
) -> None:
    for _ in range(10):
        WatchFactory.create(watchlist=watchlist)
    settings.PROVIDER_DAILY_CALLS = 1000
    assert "not enough" not in preview(web, watchlist, 1800)
    text = preview(web, watchlist, 600)
    assert "not enough checks: some come late" in text
    assert "budget" not in text


ADAPTIVE = {"pace": "adaptive", "soonest": "300", "hours_from": "", "hours_until": ""}


def test_pace_limits_and_hours_are_saved(web: Client, watchlist: Watchlist) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    text = save(
        web,
        watchlist,
        "Rivals",
        86400,
        3,
        pace="adaptive",
        soonest="600",
        hours_from="22",
        hours_until="2",
    )
    assert "Smart · At least every 1 day · about" in text
    watchlist.refresh_from_db()
    assert (watchlist.pace, watchlist.soonest) == ("adaptive", timedelta(minutes=10))
    assert (watchlist.hours_from, watchlist.hours_until) == (22, 2)
    product.refresh_from_db()
    assert (product.interval, product.soonest, product.weight) == (
        timedelta(days=1),
        timedelta(minutes=10),
        4,
    )
    assert product.hours == 1 << 22 | 1 << 23 | 1 | 1 << 1
    assert '<details class="more" open>' in text
    assert '<details class="more">' in save(web, watchlist, "Rivals", 86400, 2, **ADAPTIVE)
    assert Product.objects.get(hours=None).soonest == timedelta(minutes=5)


def test_settings_that_an_old_form_does_not_send_stay(web: Client, watchlist: Watchlist) -> None:
    Watchlist.objects.update(
        pace="adaptive", soonest=timedelta(minutes=30), hours_from=0, hours_until=8
    )
    save(web, watchlist, "Renamed", 86400)
    watchlist.refresh_from_db()
    assert (watchlist.name, watchlist.pace, watchlist.soonest) == (
        "Renamed",
        "adaptive",
        timedelta(minutes=30),
    )
    assert (watchlist.hours_from, watchlist.hours_until) == (0, 8)
    assert '<details class="more" open>' in page(web, watchlist)


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (ADAPTIVE | {"soonest": "21600"}, "The longest interval is 1 h: choose 1 h or less here."),
        (ADAPTIVE | {"hours_from": "8"}, "Enter both hours, or neither."),
        (ADAPTIVE | {"hours_until": "8"}, "Enter both hours, or neither."),
        (ADAPTIVE | {"hours_from": "8", "hours_until": "8"}, "These are the same hour"),
        (ADAPTIVE | {"hours_from": "25", "hours_until": "8"}, "Select a valid choice."),
        (ADAPTIVE | {"pace": "hectic"}, "Select a valid choice."),
        (ADAPTIVE | {"soonest": "1"}, "Select a valid choice."),
    ],
)
def test_bad_limits_are_refused_with_advice(
    web: Client, watchlist: Watchlist, more: dict[str, str], complaint: str
) -> None:
    text = save(web, watchlist, "Rivals", 3600, 2, **more)
    assert text.count(complaint) == 1
    assert more["pace"] == "hectic" or '<details class="more" open>' in text
    watchlist.refresh_from_db()
    assert (watchlist.pace, watchlist.hours_from, watchlist.hours_until) == ("fixed", None, None)


def test_at_a_fixed_interval_the_shortest_interval_is_ignored(
    web: Client, watchlist: Watchlist
) -> None:
    assert "Saved." in save(web, watchlist, "Rivals", 300, pace="fixed", soonest="21600")


def preview(web: Client, watchlist: Watchlist, interval: int, **more: str) -> str:
    """Return the cost of settings that are not saved."""
    text = save(web, watchlist, "Rivals", interval, 2, preview="1", **more)
    assert text.lstrip().startswith('<div id="list-cost"')
    return " ".join(text.split())


def test_the_cost_is_shown_before_saving(
    web: Client, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 1000
    add_products(watchlist, [ProductFactory.create().num_iid for _ in range(10)], NOW)
    text = preview(web, watchlist, 3600)
    assert '<strong class="num">about 240</strong> checks a day' in text
    assert "allowance" not in text
    assert "mark" not in text
    text = preview(web, watchlist, 1800, pace="fixed")
    assert (
        '<strong class="num">about 480</strong> checks a day <span class="mark warn '
        'num">+240</span>' in text
    )
    text = preview(
        web, watchlist, 86400, pace="adaptive", soonest="300", hours_from="", hours_until=""
    )
    assert (
        '<strong class="num">about 10</strong> checks a day <span class="mark good num">−230</span>'
        in text
    )
    watchlist.refresh_from_db()
    assert (watchlist.pace, watchlist.interval) == ("fixed", timedelta(hours=1))


def test_operators_see_calls_and_whether_the_budget_is_enough(
    web: Client, merchant: User, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 1000
    User.objects.update(is_staff=True)
    other = WatchlistFactory.create(
        owner=watchlist.owner, interval=timedelta(days=1), pace="adaptive"
    )
    for checked in (watchlist, other):
        add_products(checked, [ProductFactory.create().num_iid for _ in range(10)], NOW)
    fit_schedule(NOW)
    text = preview(web, watchlist, 3600)
    assert '<strong class="num">240</strong> calls a day' in text
    assert "24% of the daily budget" in text
    assert "750 spare calls a day go to products that change most." in text
    text = preview(web, watchlist, 1800, pace="fixed")
    assert (
        '<strong class="num">480</strong> calls a day <span class="mark warn num">+240</span>'
        in text
    )
    text = preview(
        web, watchlist, 86400, pace="adaptive", soonest="300", hours_from="", hours_until=""
    )
    assert (
        '<strong class="num">at least 10</strong> calls a day <span class="mark good '
        'num">−230</span>' in text
    )
    text = preview(web, watchlist, 600, pace="adaptive")
    assert "All lists would need 450 calls a day more than the budget." in text


def test_a_list_takes_what_the_allowance_of_its_owner_permits(
    web: Client, merchant: User, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 1000
    add_products(watchlist, [ProductFactory.create().num_iid for _ in range(10)], NOW)
    WatchlistFactory.create()
    Allowance.objects.create(person=merchant, calls=60)
    apply_fair_shares(NOW)
    text = preview(web, watchlist, 3600)
    assert '<strong class="num">about 60</strong> checks a day' in text
    assert "beyond your allowance: cut to 25%" in text
    text = preview(web, watchlist, 21600)
    assert (
        '<strong class="num">about 10</strong> checks a day <span class="mark good num">−50</span>'
        in text
    )


def test_a_product_with_its_own_pace_keeps_it(
    web: Client, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 1000
    WatchFactory.create(watchlist=watchlist, pace="adaptive")
    WatchFactory.create(watchlist=watchlist, pace="fixed", interval=timedelta(hours=2))
    assert '<strong class="num">about 36</strong>' in preview(web, watchlist, 3600)
    assert "about 36 checks a day" in page(web, watchlist)


def test_a_paused_list_says_what_it_takes_when_resumed(web: Client, watchlist: Watchlist) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    text = web.post(
        f"/watchlists/{watchlist.pk}/pause/", {"paused": "1"}, headers=HTMX
    ).content.decode()
    assert "24 checks a day when resumed" in text
    assert 'id="list-cost"' not in text
    product.refresh_from_db()
    assert product.next_check_at is None


def test_a_product_shows_its_price_its_moves_and_its_status(
    web: Client, watchlist: Watchlist
) -> None:
    product = WatchFactory.create(watchlist=watchlist, product__status="off_shelf").product
    ProductIndex.objects.update(price_a_day_ago=8000, price_a_week_ago=6000)
    text = page(web, watchlist)
    assert f'href="/products/{product.num_iid}/"' in text
    assert "¥72.00" in text
    assert re.search(r"fallen by</span> 10%.*risen by</span> 20%", text)
    assert "off shelf</span>" in text
    Watch.objects.update(is_paused=True)
    assert "off shelf</span>" not in page(web, watchlist)


def test_the_count_of_unread_alerts_is_capped(
    web: Client, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    AlertFactory.create_batch(2, watchlist=watchlist)
    monkeypatch.setattr("monitor.templatetags.stallwatch.MOST_UNREAD", 2)
    assert "2+ unread</a>" in page(web, watchlist)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_name_must_differ_from_the_owners_lists_only(watchlist: Watchlist) -> None:
    member = MembershipFactory.create(watchlist=watchlist, role=Membership.Role.EDITOR).user
    WatchlistFactory.create(owner=member, name="Taken by me")
    assert "Saved." in save(client_of(member), watchlist, "Taken by me", 3600)
