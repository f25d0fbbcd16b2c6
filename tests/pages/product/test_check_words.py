"""How often a product is checked, why, and when next: in both languages, and without a word of
other users."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from monitor.judging.schedule.belief import Belief
from monitor.judging.schedule.planner import Known
from monitor.models import (
    Budget,
    Pace,
    Product,
    ProviderAccount,
    ScheduleFit,
    UsageDay,
    Watchlist,
)
from monitor.models.usage import provider_day
from monitor.models.watchlists import Priority
from monitor.watching.services import pause_watchlist, save_watchlist
from tests.models.factories import NOW, ProductFactory, WatchFactory, WatchlistFactory

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: What checks of a product with about two changes a day have learned.
TWICE_A_DAY = Known(Belief(40.0, 20.0), shown_rate=1.94).dump()


@pytest.fixture
def product(watchlist: Watchlist) -> Product:
    """An adaptive product, checked at most every five minutes and at least once a day."""
    ask(watchlist, pace=Pace.ADAPTIVE, interval=DAY, soonest=5 * MINUTE)
    product = ProductFactory.create(knowledge=TWICE_A_DAY)
    WatchFactory.create(watchlist=watchlist, product=product)
    save_watchlist(watchlist, NOW)
    return product


def ask(watchlist: Watchlist, **limits: Any) -> None:
    for name, value in limits.items():
        setattr(watchlist, name, value)
    save_watchlist(watchlist, NOW)


def fit(multiplier: float = 4.0, **fleet: Any) -> ScheduleFit:
    """Save a check plan for all products."""
    defaults = {
        "prior": {"mean": 0.5, "shape": 1.0},
        "multiplier": multiplier,
        "least": 0.0,
        "stretch": 0.0,
    }
    fitted, _ = ScheduleFit.objects.update_or_create(
        pk=1, defaults={"fleet": defaults | fleet, "fitted_at": NOW, "calls": 1000}
    )
    return fitted


def update(product: Product, **values: Any) -> None:
    Product.objects.filter(pk=product.pk).update(**values)


def words(web: Client, product: Product) -> str:
    text = web.get(f"/products/{product.num_iid}/").content.decode()
    reason = re.search(r'id="why">(.*?)</div>', text, re.DOTALL)
    coming = re.search(r'<span class="next">(.*?)</span>', text, re.DOTALL)
    assert reason, text
    assert coming, text
    return " ".join(unescape(re.sub(r"<[^>]+>", "", f"{coming[1]} {reason[1]}")).split())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"next_check_at": NOW + 4 * HOUR}, "Next check 16:00. Smart: checked about every 4 h."),
        ({"checked_at": None, "next_check_at": NOW}, "A check is due. Smart"),
        (
            {"failing_since": NOW, "failures": 2, "next_check_at": NOW + 2 * MINUTE},
            "Next check 12:02. The last check failed.",
        ),
        (
            {"last_outcome": "not_found", "next_check_at": NOW + DAY},
            "Next check tomorrow 12:00. Checked every 1 day.",
        ),
        ({"next_check_at": NOW - HOUR}, "A check is due."),
        ({"next_check_at": NOW, "claimed_until": NOW + MINUTE}, "A check is under way. Smart"),
        ({"next_check_at": NOW, "claimed_until": NOW}, "A check is due."),
        ({"next_check_at": None, "interval": None}, "Not checked: all its watchlists are paused."),
    ],
)
def test_each_state_has_its_words(
    web: Client, product: Product, values: dict[str, Any], expected: str
) -> None:
    fit()
    update(product, **values)
    assert words(web, product).startswith(expected)


def test_an_open_page_learns_of_a_check_before_it_is_due(web: Client, product: Product) -> None:
    fit()
    update(product, next_check_at=NOW + HOUR)
    header = {"HX-Request": "true", "HX-Target": "header"}
    first = web.get(f"/products/{product.num_iid}/", headers={**header, "If-None-Match": '""'})
    asks_again = {**header, "If-None-Match": first["ETag"]}
    Product.objects.filter(pk=product.pk).update(claimed_until=NOW + MINUTE)
    assert words(web, product).startswith("A check is under way.")
    response = web.get(f"/products/{product.num_iid}/", headers=asks_again)
    assert response.status_code == 200
    assert 'data-refresh-every="3"' in response.content.decode()


def test_it_does_not_show_that_other_users_watch_the_product(
    web: Client, product: Product, watchlist: Watchlist
) -> None:
    fit(multiplier=0.001)
    other = WatchlistFactory.create(
        name="Secret list", owner__name="Stranger", owner__email="stranger@example.com"
    )
    WatchFactory.create(watchlist=other, product=product)
    ask(other, pace=Pace.ADAPTIVE, interval=HOUR, soonest=MINUTE, priority=Priority.HIGH)
    assert "Checked every 1 h." in words(web, product)
    text = web.get(f"/products/{product.num_iid}/").content.decode()
    assert "Secret" not in text
    assert "tranger" not in text
    # A paused list asks for nothing.
    pause_watchlist(other, NOW, paused=True)
    assert "Checked every 1 day." in words(web, product)
    pause_watchlist(watchlist, NOW, paused=True)
    pause_watchlist(other, NOW, paused=False)
    ask(other, pace=Pace.FIXED)
    assert "Checked every 1 h." in words(web, product)


def test_it_says_how_much_checks_are_slowed_if_calls_are_lacking(
    web: Client, product: Product
) -> None:
    fit(multiplier=1e-9, stretch=3.0)
    assert "Slowed to the budget: checked about every 3 days, not every 1 day. Usage" in words(
        web, product
    )
    assert "too few checks" in web.get(f"/products/{product.num_iid}/").content.decode()


def test_the_next_check_waits_for_calls_and_for_the_provider_account(
    web: Client, product: Product
) -> None:
    fit()
    Budget.objects.create(calls=10, begins_at=NOW)
    UsageDay.objects.create(day=provider_day(NOW), reserved=10)
    update(product, next_check_at=NOW)
    assert "Next check tomorrow 00:00." in words(web, product)
    update(product, next_check_at=NOW + 13 * HOUR)
    assert "Next check tomorrow 01:00." in words(web, product)
    ProviderAccount.objects.create(paused_until=NOW + 14 * HOUR)
    assert "Next check tomorrow 02:00." in words(web, product)
    ProviderAccount.objects.update(circuit_opened_at=NOW)
    assert words(web, product).startswith("All checks are paused.")
    ProviderAccount.objects.update(circuit_opened_at=None, halted_at=NOW)
    assert words(web, product).startswith("All checks are paused.")
