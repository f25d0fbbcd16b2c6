"""The page of all lists: a row for each, making a list, pausing one."""

from datetime import timedelta

import pytest

from monitor.models import Product, User, Watchlist
from tests.models.factories import (
    NOW,
    AlertFactory,
    MembershipFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages import Browser

pytestmark = pytest.mark.django_db
LISTS = "/watchlists/"


def make(web: Browser, name: str, interval: str = "3600", **more: str) -> str:
    return web.send(LISTS, {"name": name, "interval": interval, "priority": "2", **more})


def test_a_new_list_is_adaptive_with_rules_that_a_merchant_would_choose(
    web: Browser, merchant: User
) -> None:
    text = web.page(LISTS)
    assert '<option value="86400" selected>1 day · 1/day each</option>' in text
    assert 'value="adaptive" class="form-check-input" id="id_pace_0" checked' in text
    form = {"name": " Suppliers ", "interval": "86400", "priority": "1", "pace": "adaptive"}
    assert web.post(LISTS, form | {"soonest": "1800"}).headers["Location"] == LISTS
    saved = Watchlist.objects.get(owner=merchant)
    assert (saved.name, saved.pace, saved.priority) == ("Suppliers", "adaptive", 1)
    assert (saved.interval, saved.soonest) == (timedelta(days=1), timedelta(minutes=30))
    assert [str(rule) for rule in saved.rules.order_by("pk")] == [
        "price drops ≥ 5%",
        "price rises ≥ 10%",
        "off shelf, deleted or banned",
        "shop score falls by at least 0.1 (1 if out of 100)",
    ]


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"name": "Rivals"}, "This owner has a watchlist of that name already."),
        ({"name": "\u200b\u2060"}, "Enter a name."),
        ({"name": "系统安全通知 https://evil.test/login"}, "Leave out web addresses"),
        ({"name": "Fast", "interval": "1"}, "Select a valid choice."),
        (
            {"name": "New", "interval": "300", "pace": "adaptive", "soonest": "3600"},
            "The longest interval is 5 min: choose 5 min or less here.",
        ),
    ],
)
def test_errors_are_shown(
    web: Browser, watchlist: Watchlist, form: dict[str, str], complaint: str
) -> None:
    assert complaint in make(web, **form)
    assert Watchlist.objects.get().name == "Rivals"


def test_a_row_counts_products_those_that_changed_rules_and_unread_alerts(
    web: Browser, watchlist: Watchlist
) -> None:
    for hours in (1, 23, 25):
        product = WatchFactory.create(watchlist=watchlist).product
        Product.objects.filter(pk=product.pk).update(changed_at=NOW - timedelta(hours=hours))
    WatchFactory.create(watchlist=watchlist, is_paused=True)
    watchlist.rules.filter(kind="left_shelf").update(is_active=False)
    AlertFactory.create_batch(5, watchlist=watchlist)
    AlertFactory.create()
    text = web.page(LISTS)
    for address, count in {
        f"/products/?list={watchlist.pk}": 4,
        f"/products/?list={watchlist.pk}&amp;changed=24h": 2,
        f"/watchlists/{watchlist.pk}/rules/": 3,
        f"/alerts/?list={watchlist.pk}": 5,
    }.items():
        assert f'<a href="{address}">{count}</a>' in text


def test_a_list_is_paused_and_resumed_on_its_card_by_those_who_may_edit_it(
    web: Browser, watchlist: Watchlist, merchant: User
) -> None:
    WatchFactory.create(watchlist=watchlist)
    text = web.send(f"{LISTS}{watchlist.pk}/pause/", {"paused": "1"}, "lists")
    assert 'id="lists"' in text
    assert "paused" in text
    assert Product.objects.get().next_check_at is None
    web.post(f"{LISTS}{watchlist.pk}/pause/", {"paused": "0"})
    assert Product.objects.get().next_check_at is not None
    watchlist.delete()
    shared = WatchlistFactory.create(owner__name="Zhang San")
    MembershipFactory.create(watchlist=shared, user=merchant)
    text = web.page(LISTS)
    assert "Zhang San" in text
    assert "view only" in text
    assert "/pause/" not in text


def test_a_list_sums_what_its_products_sell_and_whose_sales_are_known(
    web: Browser, watchlist: Watchlist
) -> None:
    """What counts rose by is off by 60 and by 80 independently: by 100 together, which is 130 nine
    times in ten."""
    rises = dict.fromkeys(("risen_7", "risen_14", "risen_30", "units_low", "units_high"), 500)
    for number, off in enumerate((60, 80)):
        product = WatchFactory.create(watchlist=watchlist).product
        Product.objects.filter(pk=product.pk).update(
            price=1000 + number, units=500, risen_error=off, **rises
        )
    unknown = WatchFactory.create(watchlist=watchlist).product
    Product.objects.filter(pk=unknown.pk).update(units_low=0, units_high=90_000)
    other = WatchFactory.create().product
    Product.objects.filter(pk=other.pk).update(units=10_000, units_high=20_000)
    text = web.page(LISTS)
    for shown in (
        *("<strong>about 1,000 a day</strong>", "(870–1,100 a day)", "of 2 of 3 products"),
        "est. ¥10k a day",
    ):
        assert shown in text
    assert "<strong>about 500 a day</strong>" in web.page(f"/shops/{product.shop_id}/")
