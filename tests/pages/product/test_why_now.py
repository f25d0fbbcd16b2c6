"""When a product is checked next, and why: in both languages, and naming only the user's own lists."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.budget.fitted import forget, planner
from monitor.models import Budget, Pace, Product, ProviderAccount, ScheduleFit, UsageDay, User, Watch, Watchlist
from monitor.models.usage import provider_day
from monitor.models.watchlists import Priority
from monitor.schedule.belief import Belief
from monitor.schedule.day import planned
from monitor.schedule.planner import Known
from monitor.watchlists.services import pause_watchlist, save_watchlist
from tests.factories import NOW, ProductFactory, WatchFactory, WatchlistFactory

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: What checks of a product with about two changes a day have learned.
TWICE_A_DAY = Known(Belief(40.0, 20.0)).dump()


@pytest.fixture
def product(watchlist: Watchlist) -> Product:
    """An adaptive product, checked at most every five minutes and at least once a day."""
    ask(watchlist, pace=Pace.ADAPTIVE, interval=DAY, soonest=5 * MINUTE)
    product = ProductFactory.create(known=TWICE_A_DAY)
    WatchFactory.create(watchlist=watchlist, product=product)
    save_watchlist(watchlist, NOW)
    return product


def ask(watchlist: Watchlist, **limits: Any) -> None:
    for name, value in limits.items():
        setattr(watchlist, name, value)
    save_watchlist(watchlist, NOW)


def fit(multiplier: float = 4.0, **fleet: Any) -> ScheduleFit:
    """Saves a check plan for all products."""
    defaults = {
        "prior": {"mean": 0.5, "shape": 1.0, "swinging": [0.0, 0.0, 0.0]},
        "multiplier": multiplier,
        "least": 0.0,
        "stretch": 0.0,
    }
    fitted, _ = ScheduleFit.objects.update_or_create(
        pk=1, defaults={"fleet": defaults | fleet, "fitted_at": NOW, "calls": 1000}
    )
    forget()
    return fitted


def update(product: Product, **values: Any) -> None:
    Product.objects.filter(pk=product.pk).update(**values)


def why(web: Client, product: Product) -> str:
    text = web.get(f"/products/{product.num_iid}/").content.decode()
    reasons = re.search(r'id="why">(.*?)</div>', text, re.DOTALL)
    coming = re.search(r'<span class="next">(.*?)</span>', text, re.DOTALL)
    assert reasons, text
    assert coming, text
    return " ".join(unescape(re.sub(r"<[^>]+>", "", f"{reasons[1]} {coming[1]}")).split())


def test_it_says_how_often_a_product_changes_and_when_it_is_checked(web: Client, product: Product) -> None:
    fit()
    save_watchlist(product.watches.get().watchlist, NOW)
    update(product, next_check_at=NOW + HOUR * 4)
    sentence = why(web, product)
    assert sentence.startswith("Apart from its sales it changes about twice a day. Checked about every 4 h")
    assert "Next check 16:00" in sentence


def test_it_names_the_hours_in_which_shops_change_prices(web: Client, product: Product) -> None:
    fitted = fit()
    day = planned(tuple(8.0 if 60 <= step < 72 else 0.36 for step in range(144)))
    fitted.day = {"weights": day.weights, "plans": day.plans, "intervals": day.intervals, "spending": []}
    fitted.save()
    forget()
    assert "Shops change prices mostly 10:00–12:00." in why(web, product)
    User.objects.update(time_zone="Asia/Tokyo")
    assert "mostly 11:00–13:00." in why(web, product)
    ScheduleFit.objects.update(day=None)
    forget()
    assert "Shops" not in why(web, product)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"known": None}, "How often it changes is still being learned."),
        ({"known": None, "checked_at": None, "next_check_at": NOW + HOUR}, "First check 13:00."),
        ({"known": None, "checked_at": None, "next_check_at": NOW}, "Its first check is due."),
        ({"failing_since": NOW, "failures": 2, "next_check_at": NOW + 2 * MINUTE}, "next try 12:02."),
        ({"last_outcome": "not_found", "next_check_at": NOW + DAY}, "Gone; checked every 1 day."),
        ({"doubted_at": NOW, "next_check_at": NOW + MINUTE}, "Second check to confirm: 12:01."),
        ({"asked_at": NOW, "next_check_at": NOW}, "Check requested; it comes next."),
        ({"next_check_at": NOW}, "A check is due."),
        ({"next_check_at": NOW - HOUR}, "Due since 11:00, waiting in line."),
        ({"next_check_at": None}, "Not checked: all its watchlists are paused."),
        ({"next_check_at": NOW + HOUR}, "Next check 13:00."),
        ({"hours": 0b111 << 9}, "Checked only 09:00–12:00."),
    ],
)
def test_each_case_has_its_sentence(web: Client, product: Product, values: dict[str, Any], expected: str) -> None:
    fit()
    update(product, **values)
    assert expected in why(web, product)


def test_a_check_is_under_way_until_its_claim_expires(web: Client, product: Product) -> None:
    fit()
    update(product, next_check_at=NOW)
    Product.objects.filter(pk=product.pk).update(claimed_until=NOW + MINUTE)
    assert "A check is under way." in why(web, product)
    Product.objects.update(claimed_until=NOW)
    assert "A check is due." in why(web, product)


def test_an_open_page_learns_of_a_check_before_it_is_due(web: Client, product: Product) -> None:
    fit()
    update(product, next_check_at=NOW + HOUR)
    header = {"HX-Request": "true", "HX-Target": "header"}
    page = web.get(f"/products/{product.num_iid}/").content.decode()
    version = re.search(r'id="header"[^>]*? data-version="([^"]+)"', page)
    assert version
    other = ProductFactory.create()
    Product.objects.filter(pk=other.pk).update(claimed_until=NOW + MINUTE)
    asks_again = {**header, "If-None-Match": f'W/"{version[1]}"'}
    assert web.get(f"/products/{product.num_iid}/", headers=asks_again).status_code == 304
    Product.objects.filter(pk=product.pk).update(claimed_until=NOW + MINUTE)
    assert why(web, product).endswith("A check is under way.")
    response = web.get(f"/products/{product.num_iid}/", headers=asks_again)
    assert response.status_code == 200
    assert 'data-refresh-every="3"' in response.content.decode()


@pytest.mark.parametrize(
    ("changes", "days", "expected"),
    [
        (4000.0, 40.0, "several times an hour"),
        (1000.0, 40.0, "about once an hour"),
        (560.0, 40.0, "about 15 times a day"),
        (160.0, 40.0, "about 4 times a day"),
        (40.0, 40.0, "about once a day"),
        (9.0, 50.0, "about once in 5 days"),
        (2.0, 60.0, "about once in 20 days"),
        (0.0, 200.0, "hardly ever"),
    ],
)
def test_rates_are_shown_in_words(web: Client, product: Product, changes: float, days: float, expected: str) -> None:
    fit()
    update(product, known=Known(Belief(changes, days)).dump())
    assert expected in why(web, product)


def test_a_limit_names_the_users_own_list(web: Client, product: Product, watchlist: Watchlist) -> None:
    fit(multiplier=0.001)
    assert "at least every 1 day, as “Rivals” asks." in why(web, product)
    fit(multiplier=1e6)
    assert "every 5 min, the most that “Rivals” allows." in why(web, product)
    ask(watchlist, pace=Pace.FIXED, interval=2 * HOUR)
    assert "every 2 h, as “Rivals” asks." in why(web, product)
    ask(watchlist, pace=Pace.ADAPTIVE, interval=2 * HOUR, soonest=2 * HOUR)
    assert "every 2 h, fixed by “Rivals”." in why(web, product)


@pytest.mark.parametrize(
    ("multiplier", "own", "expected"),
    [
        (0.001, {"interval": 8 * HOUR}, "at least every 8 h, as “Rivals” asks for this product."),
        (1e6, {"soonest": HOUR}, "every 1 h, the most that “Rivals” allows for this product."),
        (4.0, {"pace": Pace.FIXED}, "every 1 day, as “Rivals” asks for this product."),
        (4.0, {"interval": HOUR, "soonest": HOUR}, "every 1 h, as “Rivals” asks for this product."),
    ],
)
def test_a_setting_of_the_product_is_named_as_such(
    web: Client, product: Product, watchlist: Watchlist, multiplier: float, own: dict[str, Any], expected: str
) -> None:
    fit(multiplier=multiplier)
    Watch.objects.update(**own)
    save_watchlist(watchlist, NOW)
    assert expected in why(web, product)


def test_it_does_not_show_that_other_users_watch_the_product(
    web: Client, product: Product, watchlist: Watchlist
) -> None:
    fit(multiplier=0.001)
    other = WatchlistFactory.create(name="Secret list", owner__name="Stranger", owner__email="stranger@example.com")
    WatchFactory.create(watchlist=other, product=product)
    ask(other, pace=Pace.ADAPTIVE, interval=HOUR, soonest=MINUTE, priority=Priority.HIGH)
    text = web.get(f"/products/{product.num_iid}/").content.decode()
    assert "Checked every 1 h." in why(web, product)
    for word in ("Secret", "tranger", "omebody", "priority"):
        assert word not in why(web, product)
    assert "Secret" not in text
    assert "tranger" not in text
    fit(multiplier=1e6)
    assert "Checked every 1 min." in why(web, product)
    # A paused list asks for nothing.
    pause_watchlist(other, NOW, paused=True)
    assert "the most that “Rivals” allows" in why(web, product)
    pause_watchlist(watchlist, NOW, paused=True)
    pause_watchlist(other, NOW, paused=False)
    ask(other, pace=Pace.FIXED)
    assert "Checked every 1 h." in why(web, product)
    update(product, asked_at=NOW, next_check_at=NOW)
    assert "omebody" not in why(web, product)


def test_it_says_that_the_users_allowance_slows_the_checks(
    web: Client, merchant: User, product: Product, watchlist: Watchlist
) -> None:
    fit()
    User.objects.filter(pk=merchant.pk).update(granted_share=0.5)
    save_watchlist(Watchlist.objects.get(pk=watchlist.pk), NOW)
    says = "Your watchlists exceed your allowance, so it is checked less often."
    assert says in why(web, product)
    other = WatchlistFactory.create()
    WatchFactory.create(watchlist=other, product=product)
    save_watchlist(other, NOW)
    assert "allowance" not in why(web, product)


def test_it_says_how_much_checks_are_delayed_if_calls_are_lacking(web: Client, product: Product) -> None:
    fit(multiplier=1e-9, stretch=3.0)
    sentence = why(web, product)
    assert "Too few calls" in sentence
    assert "checked about every 3 days, not every 1 day." in sentence
    assert 'href="/usage/"' in web.get(f"/products/{product.num_iid}/").content.decode()


@pytest.mark.parametrize(("priority", "expected"), [(3, "High priority: about 2×"), (1, "Low priority: about ½×")])
def test_the_users_priority_is_shown(
    web: Client, product: Product, watchlist: Watchlist, priority: int, expected: str
) -> None:
    fit()
    assert "priority" not in why(web, product)
    ask(watchlist, priority=priority)
    assert expected in why(web, product)


def test_a_stop_of_all_checks_is_shown_instead_of_a_time(web: Client, product: Product) -> None:
    fit()
    Budget.objects.create(calls=10, begins_at=NOW)
    UsageDay.objects.create(day=provider_day(NOW), reserved=10)
    assert "Today's checks are used up; they resume tomorrow 00:00." in why(web, product)
    update(product, next_check_at=NOW + 13 * HOUR)
    assert "used up" not in why(web, product)
    ProviderAccount.objects.create(paused_until=NOW + 14 * HOUR)
    assert "All checks are paused until tomorrow 02:00." in why(web, product)
    ProviderAccount.objects.update(circuit_opened_at=NOW)
    assert "until the provider account works again" in why(web, product)
    ProviderAccount.objects.update(halted_at=NOW)
    assert "The operator has stopped all checks." in why(web, product)


def test_a_hostile_name_of_a_list_stays_text(web: Client, product: Product, watchlist: Watchlist) -> None:
    fit(multiplier=0.001)
    ask(watchlist, name="<script>alert(1)</script> %(at)s {{ x }}\u202e")
    assert "<script>alert(1)" not in web.get(f"/products/{product.num_iid}/").content.decode()
    assert "as “<script>alert(1)</script> %(at)s {{ x }}” asks" in why(web, product)


def test_it_is_shown_in_chinese_too(web: Client, product: Product, merchant: User) -> None:
    fit()
    User.objects.filter(pk=merchant.pk).update(language="zh-hans")
    update(product, next_check_at=NOW + HOUR)
    sentence = why(web, product)
    assert "除销量外，约每天变动 2 次。" in sentence
    assert not re.search("[A-Za-z]{3}", sentence)


def test_the_refreshed_header_shows_it_too(web: Client, product: Product) -> None:
    fit()
    headers = {"HX-Request": "true", "HX-Target": "header"}
    assert "Apart from its sales" in web.get(f"/products/{product.num_iid}/", headers=headers).content.decode()
    assert Watch.objects.count() == 1


def test_the_products_table_shows_it_in_short(web: Client, product: Product) -> None:
    fit()
    other = ProductFactory.create(known=None, next_check_at=NOW - MINUTE)
    WatchFactory.create(watchlist=product.watches.get().watchlist, product=other)
    update(product, next_check_at=NOW + DAY)

    def cells() -> list[tuple[str, str]]:
        text = web.get("/products/?cols=rate,next&sort=title").content.decode()
        rows = re.findall(
            r'data-label="Changes a day">(.*?)</td>.*?data-label="Next check">(.*?)</td>', text, re.DOTALL
        )
        return [(rate, re.sub("<[^>]+>", "", next_)) for rate, next_ in rows]

    assert sorted(cells()) == sorted([("≈1.9", "tomorrow 12:00"), ("—", "due")])
    update(other, next_check_at=None)
    assert sorted(cells()) == sorted([("≈1.9", "tomorrow 12:00"), ("—", "paused")])
    Product.objects.filter(pk=product.pk).update(claimed_until=NOW + MINUTE)
    assert sorted(cells()) == sorted([("≈1.9", "being checked"), ("—", "paused")])


def test_its_columns_take_no_queries(web: Client, product: Product) -> None:
    fit()
    planner()
    for _ in range(5):
        WatchFactory.create(watchlist=product.watches.get().watchlist, product__known=TWICE_A_DAY)
    counts = []
    for columns in ("interval", "rate,next"):
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            web.get(f"/products/?cols={columns}")
        counts.append(len(captured))
    assert counts[0] == counts[1]
