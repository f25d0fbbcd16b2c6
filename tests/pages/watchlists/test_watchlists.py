"""The page of all lists: a row for each, making a list, pausing one."""

from datetime import timedelta

import pytest
from django.test import Client

from monitor.models import ProductIndex, Rule, User, Watchlist
from tests.factories import (
    NOW,
    AlertFactory,
    MembershipFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages import HTMX

pytestmark = pytest.mark.django_db
EVERY_TEN_MINUTES = str(10 * 60)


def make(web: Client, name: str, interval: str = "3600", priority: str = "2") -> str:
    form = {"name": name, "interval": interval, "priority": priority}
    return web.post("/watchlists/", form, headers=HTMX).content.decode()


def test_a_new_list_has_the_rules_that_a_merchant_would_choose(web: Client, merchant: User) -> None:
    form = {"name": " Suppliers ", "interval": EVERY_TEN_MINUTES, "priority": "3"}
    assert web.post("/watchlists/", form).headers["Location"] == "/watchlists/"
    watchlist = Watchlist.objects.get(owner=merchant)
    assert (watchlist.name, watchlist.interval, watchlist.priority) == (
        "Suppliers",
        timedelta(minutes=10),
        3,
    )
    assert [str(rule) for rule in watchlist.rules.order_by("pk")] == [
        "price drops ≥ 5%",
        "price rises ≥ 10%",
        "off shelf, deleted or banned",
        "shop score falls by at least 0.1 (1 if out of 100)",
    ]


def test_rules_that_nobody_chose_finish_no_first_step(web: Client, merchant: User) -> None:
    """Today asks for a rule of one's own; those of lists of an earlier version are none either."""
    WatchFactory.create(watchlist=WatchlistFactory.create(owner=merchant))
    assert web.get("/").content.decode().count('class="done"') == 2
    for kind, threshold in (
        ("price_changed", None),
        ("status_changed", None),
        ("shop_score_fell", 1),
    ):
        Rule.objects.create(watchlist=Watchlist.objects.get(), kind=kind, threshold=threshold)
    assert web.get("/").content.decode().count('class="done"') == 2


def test_a_new_list_is_adaptive_with_a_check_a_day_by_default(web: Client, merchant: User) -> None:
    text = web.get("/watchlists/").content.decode()
    assert '<option value="86400" selected>1 day · 1/day each</option>' in text
    assert 'value="adaptive" class="form-check-input" id="id_pace_0" checked' in text
    limits = {"pace": "adaptive", "soonest": "1800", "hours_from": "8", "hours_until": "20"}
    web.post("/watchlists/", {"name": "Suppliers", "interval": "86400", "priority": "1", **limits})
    saved = Watchlist.objects.get(owner=merchant)
    assert (saved.pace, saved.interval, saved.soonest) == (
        "adaptive",
        timedelta(days=1),
        timedelta(minutes=30),
    )
    assert (saved.priority, saved.hours_from, saved.hours_until) == (1, 8, 20)


def test_a_new_list_with_bad_limits_is_refused(web: Client, merchant: User) -> None:
    form = {
        "name": "Suppliers",
        "interval": "300",
        "priority": "2",
        "pace": "adaptive",
        "soonest": "3600",
    }
    text = web.post("/watchlists/", form, headers=HTMX).content.decode()
    assert "The longest interval is 5 min: choose 5 min or less here." in text
    assert '<details class="more" open>' in text
    assert not Watchlist.objects.exists()


def test_a_name_may_not_contain_a_web_address(web: Client, watchlist: Watchlist) -> None:
    assert "Leave out web addresses" in make(web, "系统安全通知 https://evil.test/login")
    settings = {"name": "evil.com", "interval": "3600", "priority": "2"}
    page = web.post(f"/watchlists/{watchlist.pk}/", settings, headers=HTMX).content.decode()
    assert "Leave out web addresses" in page
    assert list(Watchlist.objects.values_list("name", flat=True)) == ["Rivals"]


@pytest.mark.parametrize(
    ("name", "interval", "complaint"),
    [
        ("Rivals", "3600", "This owner has a watchlist of that name already."),
        ("  ", "3600", "This field is required."),
        ("\u200b\u2060", "3600", "Enter a name."),
        ("Fast", "1", "Select a valid choice."),
        ("Odd", "abc", "Select a valid choice."),
    ],
)
def test_errors_are_shown(
    web: Client, watchlist: Watchlist, name: str, interval: str, complaint: str
) -> None:
    assert complaint in make(web, name, interval)
    assert Watchlist.objects.get() == watchlist


def test_the_names_of_deleted_and_strangers_lists_are_free(
    web: Client, watchlist: Watchlist
) -> None:
    WatchlistFactory.create(owner=UserFactory.create(), name="Theirs")
    web.post(f"/watchlists/{watchlist.pk}/delete/")
    make(web, "Rivals")
    make(web, "Theirs")
    assert Watchlist.objects.kept().filter(owner=watchlist.owner).count() == 2


def test_a_row_counts_products_those_that_changed_and_rules(
    web: Client, watchlist: Watchlist
) -> None:
    for hours in (1, 23, 25):
        product = WatchFactory.create(watchlist=watchlist).product
        ProductIndex.objects.filter(pk=product.pk).update(changed_at=NOW - timedelta(hours=hours))
    WatchFactory.create(watchlist=watchlist, is_paused=True)
    watchlist.rules.filter(kind="left_shelf").update(is_active=False)
    text = web.get("/watchlists/").content.decode()
    assert f'<a href="/products/?list={watchlist.pk}">4</a>' in text
    assert f'<a href="/products/?list={watchlist.pk}&amp;changed=24h">2</a>' in text
    assert f'<a href="/watchlists/{watchlist.pk}/rules/">3</a>' in text


def test_a_row_counts_the_users_unread_alerts(web: Client, watchlist: Watchlist) -> None:
    for _ in range(3):
        AlertFactory.create(watchlist=watchlist)
    AlertFactory.create()
    assert (
        f'<a href="/alerts/?list={watchlist.pk}">3</a>' in web.get("/watchlists/").content.decode()
    )


def test_a_row_shows_the_owner_and_the_users_role(web: Client, merchant: User) -> None:
    shared = WatchlistFactory.create(owner__name="Zhang San", name="Theirs")
    MembershipFactory.create(watchlist=shared, user=merchant)
    text = web.get("/watchlists/").content.decode()
    assert "Zhang San" in text
    assert "view only" in text
    assert "/pause/" not in text


def test_a_list_can_be_paused_and_resumed_on_its_card(web: Client, watchlist: Watchlist) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    text = web.post(
        f"/watchlists/{watchlist.pk}/pause/",
        {"paused": "1"},
        headers={**HTMX, "HX-Target": "lists"},
    ).content.decode()
    assert 'id="lists"' in text
    assert "paused" in text
    product.refresh_from_db()
    assert product.next_check_at is None
    web.post(f"/watchlists/{watchlist.pk}/pause/", {"paused": "0"})
    product.refresh_from_db()
    assert product.next_check_at is not None


def test_a_list_sums_what_its_products_sell_and_whose_sales_are_known(
    web: Client, watchlist: Watchlist
) -> None:
    """What counts rose by is off by 60 and by 80 independently: by 100 together, which is 130 nine
    times in ten."""
    for number, off in enumerate((60, 80)):
        row = ProductIndex.objects.get(product=WatchFactory.create(watchlist=watchlist).product)
        row.price, row.units, row.risen_error = 1000 + number, 500, off
        row.risen_7 = row.risen_14 = row.risen_30 = row.units_low = row.units_high = 500
        row.save()
    unknown = WatchFactory.create(watchlist=watchlist).product
    ProductIndex.objects.filter(product=unknown).update(units_low=0, units_high=90_000)
    ProductIndex.objects.filter(product=WatchFactory.create().product).update(
        units=10_000, units_high=20_000
    )
    for address in ("/watchlists/", f"/shops/{row.product.shop_id}/"):
        text = " ".join(web.get(address).content.decode().split())
        if address == "/watchlists/":
            assert "<strong>about 1,000 a day</strong>" in text
            assert "(870–1,100 a day)" in text
            assert "of 2 of 3 products" in text
            assert "est. ¥10k a day" in text
        else:
            assert "<strong>about 500 a day</strong>" in text
