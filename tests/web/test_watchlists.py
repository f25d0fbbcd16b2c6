"""Making, changing, pausing and deleting lists."""

from datetime import timedelta

import pytest
from django.test import Client

from monitor.models import Alert, Product, User, Watchlist
from tests.factories import NOW, AlertFactory, SnapshotFactory, WatchFactory
from tests.web import HTMX

pytestmark = pytest.mark.django_db
EVERY_TEN_MINUTES = str(10 * 60)


def change(web: Client, watchlist: Watchlist, name: str, interval: str, headers: dict[str, str] | None = None) -> str:
    form = {f"list-{watchlist.pk}-name": name, f"list-{watchlist.pk}-interval": interval}
    return web.post(f"/watchlists/{watchlist.pk}/", form, headers=headers).content.decode()


def test_a_new_list_has_the_default_rules(web: Client, merchant: User) -> None:
    response = web.post("/watchlists/", {"name": " Suppliers ", "interval": EVERY_TEN_MINUTES})
    assert response.headers["Location"] == "/watchlists/"
    watchlist = Watchlist.objects.get(owner=merchant)
    assert (watchlist.name, watchlist.interval, watchlist.rules.count()) == ("Suppliers", timedelta(minutes=10), 3)


@pytest.mark.parametrize(
    ("name", "interval", "complaint"),
    [
        ("Rivals", "3600", "This owner has a watchlist of that name already."),
        ("  ", "3600", "This field is required."),
        ("Fast", "1", "Select a valid choice."),
        ("Odd", "abc", "Select a valid choice."),
    ],
)
def test_it_says_what_is_wrong(web: Client, watchlist: Watchlist, name: str, interval: str, complaint: str) -> None:
    assert complaint in web.post("/watchlists/", {"name": name, "interval": interval}).content.decode()
    assert Watchlist.objects.get() == watchlist


def test_a_card_says_what_a_list_costs(web: Client, watchlist: Watchlist) -> None:
    for _ in range(60):
        WatchFactory.create(watchlist=watchlist)
    WatchFactory.create(watchlist=watchlist, is_paused=True)
    WatchFactory.create(watchlist=watchlist, is_paused=True, interval=timedelta(minutes=1))
    WatchFactory.create(watchlist=watchlist, interval=timedelta(minutes=2))
    text = web.get("/watchlists/").content.decode()
    assert "<dd>63</dd>" in text
    assert "<dd>2,160</dd>" in text


def test_a_shorter_interval_moves_the_next_checks(web: Client, watchlist: Watchlist) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    change(web, watchlist, "Close rivals", EVERY_TEN_MINUTES)
    watchlist.refresh_from_db()
    product.refresh_from_db()
    assert watchlist.name == "Close rivals"
    assert (product.interval, product.next_check_at) == (timedelta(minutes=10), NOW + timedelta(minutes=9))


def test_an_interval_that_is_not_among_the_usual_ones_can_be_kept(web: Client, watchlist: Watchlist) -> None:
    watchlist.interval = timedelta(minutes=7)
    watchlist.save()
    change(web, watchlist, "Renamed", "420")
    watchlist.refresh_from_db()
    assert (watchlist.name, watchlist.interval) == ("Renamed", timedelta(minutes=7))


def test_a_bad_change_opens_its_form_with_the_complaint(web: Client, watchlist: Watchlist) -> None:
    text = change(web, watchlist, "", EVERY_TEN_MINUTES, headers=HTMX)
    assert '<details class="edit" open>' in text
    assert "This field is required." in text


def test_a_paused_list_costs_nothing_until_it_is_resumed(web: Client, watchlist: Watchlist) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    web.post(f"/watchlists/{watchlist.pk}/pause/", {"paused": "1"})
    product.refresh_from_db()
    assert product.next_check_at is None
    web.post(f"/watchlists/{watchlist.pk}/pause/", {"paused": "0"})
    product.refresh_from_db()
    assert product.next_check_at is not None


def test_deleting_asks_first_and_keeps_the_histories(web: Client, watchlist: Watchlist) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    SnapshotFactory.create(product=product)
    AlertFactory.create(watchlist=watchlist, product=product)
    address = f"/watchlists/{watchlist.pk}/delete/"
    assert "Its 1 product, its rules and all its alerts go with it" in web.get(address).content.decode()
    assert Watchlist.objects.exists()
    assert web.post(address).headers["Location"] == "/watchlists/"
    assert not Watchlist.objects.exists()
    assert not Alert.objects.exists()
    assert Product.objects.get(pk=product.pk).next_check_at is None
    assert product.snapshots.exists()
