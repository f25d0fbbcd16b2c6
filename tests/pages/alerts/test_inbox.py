"""Working through the inbox: marking, undoing, filtering, muting, and the page of one alert."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from monitor.models import Alert, AlertRead, Mute, Product, User, Watchlist
from monitor.pages.alerts import reads
from tests.factories import (
    NOW,
    AlertFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages import HTMX

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def product(watchlist: Watchlist) -> Product:
    watched: Product = WatchFactory.create(watchlist=watchlist, product__title="磨毛衬衫").product
    return watched


def shown(web: Client, query: str = "") -> list[int]:
    groups = web.get(f"/alerts/?{query}").context["page"].object_list
    return [alert.pk for group in groups for alert in group.alerts]


def unread(user: User) -> int:
    return Alert.objects.for_user(user).unread_by(user).count()


def test_the_last_marking_can_be_undone(web: Client, merchant: User, watchlist: Watchlist) -> None:
    before = AlertFactory.create(watchlist=watchlist)
    AlertRead.objects.create(alert=before, user=merchant, read_at=NOW - DAY)
    unread_before = [AlertFactory.create(watchlist=watchlist).pk for _ in range(3)]
    web.post("/alerts/read/", {"alert": [before.pk, *unread_before]})
    assert "3 alerts marked as read." in web.get("/alerts/").content.decode()
    web.post("/alerts/unread/", {"undo": "1"})
    assert unread(merchant) == 3
    assert "Undone: 3 alerts marked as read." in web.get("/alerts/").content.decode()
    assert "marked as read." not in web.get("/alerts/").content.decode()


def test_single_reads_add_up_until_the_inbox_is_opened_again(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    first, second, third = (AlertFactory.create(watchlist=watchlist).pk for _ in range(3))
    web.post("/alerts/read/", {"alert": [first]}, headers=HTMX)
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        text = web.post("/alerts/read/", {"alert": [second]}, headers=HTMX).content.decode()
        assert "2 alerts marked as read." in text
        web.get("/alerts/")
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        text = web.post("/alerts/read/", {"alert": [third]}, headers=HTMX).content.decode()
        assert "1 alert marked as read." in text
        assert (
            "Undone: 1 alert"
            in web.post("/alerts/unread/", {"undo": "1"}, headers=HTMX).content.decode()
        )
    assert unread(merchant) == 1


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_undo_is_offered_until_the_inbox_is_opened_again(
    web: Client, watchlist: Watchlist, headers: dict[str, str]
) -> None:
    alert, notice = AlertFactory.create(watchlist=watchlist), "1 alert marked as read."
    first = web.post("/alerts/read/", {"alert": [alert.pk]}, headers=headers, follow=True)
    assert notice in first.content.decode()
    assert notice in web.get("/alerts/?show=all", headers=HTMX).content.decode()
    assert notice not in web.get("/alerts/").content.decode()
    assert notice not in web.get("/alerts/?show=all", headers=HTMX).content.decode()


def test_the_inbox_and_the_products_page_have_separate_undos(
    web: Client, watchlist: Watchlist
) -> None:
    watch, alert = (
        WatchFactory.create(watchlist=watchlist),
        AlertFactory.create(watchlist=watchlist),
    )
    web.post(f"/products/{watch.product.num_iid}/pause/")
    web.post("/alerts/read/", {"alert": [alert.pk]})
    text = web.get("/products/").content.decode()
    assert ("was paused." in text, "marked as read." in text) == (True, False)
    text = web.get("/alerts/").content.decode()
    assert ("was paused." in text, "marked as read." in text) == (False, True)


def test_marking_all_covers_all_filtered_alerts_and_can_be_undone(
    web: Client, merchant: User, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "PAGE", 1)
    for _ in range(3):
        AlertFactory.create(watchlist=watchlist)
    AlertFactory.create(watchlist=WatchlistFactory.create(owner=merchant))
    AlertFactory.create(watchlist=WatchlistFactory.create(owner=UserFactory.create()))
    assert "Mark results as read" in web.get(f"/alerts/?list={watchlist.pk}").content.decode()
    text = web.post(
        f"/alerts/read/?list={watchlist.pk}", {"all": "1"}, headers=HTMX
    ).content.decode()
    assert "3 alerts marked as read." in text
    assert (unread(merchant), AlertRead.objects.count()) == (1, 3)
    web.post("/alerts/unread/", {"undo": "1"})
    assert unread(merchant) == 4


def test_a_late_undo_does_nothing(web: Client, merchant: User, watchlist: Watchlist) -> None:
    AlertFactory.create(watchlist=watchlist)
    web.post("/alerts/read/", {"all": "1"})
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        text = web.post("/alerts/unread/", {"undo": "1"}, headers=HTMX).content.decode()
    assert "Not undone: too late" in text
    assert unread(merchant) == 0


def test_a_strangers_alert_cannot_be_marked_as_unread(web: Client) -> None:
    alert = AlertFactory.create()
    AlertRead.objects.create(alert=alert, user=alert.watchlist.owner)
    web.post("/alerts/unread/", {"alert": [alert.pk]})
    assert AlertRead.objects.count() == 1


def test_it_filters_by_product_and_time(
    web: Client, watchlist: Watchlist, product: Product
) -> None:
    here = AlertFactory.create(watchlist=watchlist, product=product, created_at=NOW - 2 * DAY)
    late = AlertFactory.create(watchlist=watchlist)
    assert shown(web, f"product={product.num_iid}") == [here.pk]
    assert shown(web, "period=24h") == [late.pk]
    assert shown(web, "period=7d") == [late.pk, here.pk]
    assert "Only “磨毛衬衫”." in web.get(f"/alerts/?product={product.num_iid}").content.decode()


def test_unknown_filters_are_ignored_and_reported(web: Client, watchlist: Watchlist) -> None:
    AlertFactory.create(watchlist=watchlist)
    page = web.get("/alerts/?period=yesterday&product=<b>")
    assert len(page.context["page"].object_list) == 1
    text = page.content.decode()
    assert "“yesterday” was ignored" in text
    assert "“&lt;b&gt;” was ignored" in text


def test_the_page_of_an_alert_shows_its_evidence_and_does_not_mark_it_as_read(
    web: Client, merchant: User, watchlist: Watchlist, product: Product
) -> None:
    alert = AlertFactory.create(
        watchlist=watchlist,
        product=product,
        rule_as_it_was={"kind": "price_dropped", "threshold": 1000},
    )
    text = web.get(f"/alerts/{alert.pk}/").content.decode()
    address = f"/products/{product.num_iid}/"
    for expected in ("磨毛衬衫", "¥99.00 → ¥72.00", "price drops ≥ 10%", "gw-1", address):
        assert expected in text, expected
    assert unread(merchant) == 1
    assert web.get(f"/alerts/{2**63}/").status_code == 404
    assert web.get(f"/alerts/{AlertFactory.create().pk}/").status_code == 404


def test_a_product_is_muted_for_a_day_or_a_week_and_unmuted(
    web: Client, merchant: User, watchlist: Watchlist, product: Product
) -> None:
    AlertFactory.create(watchlist=watchlist, product=product)
    address = f"/products/{product.num_iid}"
    web.post(f"{address}/mute/?alerts=1", {"for": "week"}, headers=HTMX)
    assert Mute.objects.get(user=merchant, product=product).until == NOW + 7 * DAY
    assert "muted until Wed 2 Dec 12:00" in web.get("/alerts/").content.decode()
    assert web.post(f"{address}/mute/?alerts=1", {"for": "day"}).headers["Location"] == "/alerts/"
    assert Mute.objects.get().until == NOW + DAY
    part = web.post(f"{address}/unmute/", headers={**HTMX, "HX-Target": "mute"}).content.decode()
    assert part.lstrip().startswith('<div id="mute"')
    assert not Mute.objects.exists()
    assert web.post(f"{address}/mute/").headers["Location"] == f"{address}/"


def test_the_link_of_a_message_only_asks_and_a_click_mutes_for_a_day(
    web: Client, merchant: User, watchlist: Watchlist, product: Product
) -> None:
    AlertFactory.create(watchlist=watchlist, product=product)
    address = f"/products/{product.num_iid}/mute/"
    assert Client().get(address).headers["Location"] == f"/login/?next={address}"
    asked = web.get(address).content.decode()
    assert "Mute this product?" in asked
    assert not Mute.objects.exists(), "Chats open links to show a preview of them."
    answer = web.post(address, {"for": "day"}, follow=True).content.decode()
    assert "muted until tomorrow 12:00" in answer
    assert Mute.objects.get(user=merchant, product=product).until == NOW + DAY
    again = web.get(address).content.decode()
    assert "Muted until tomorrow 12:00" in again
    assert "Mute this product?" not in again
    assert "hx-post" not in again, "A part of the page alone would leave the old heading above it."
    answer = web.post(f"/products/{product.num_iid}/unmute/", follow=True).content.decode()
    assert "muted until" not in answer
    stranger = Client()
    stranger.force_login(UserFactory.create())
    assert stranger.get(address).status_code == 404


def test_a_mute_is_for_its_user_alone(web: Client, watchlist: Watchlist, product: Product) -> None:
    AlertFactory.create(watchlist=watchlist, product=product)
    Mute.objects.create(user=UserFactory.create(), product=product, until=NOW + DAY)
    assert "muted until" not in web.get("/alerts/").content.decode()


def test_far_pages_can_be_reached_and_counting_is_capped(
    web: Client, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "PAGE", 1)
    monkeypatch.setattr(reads, "MOST", 8)
    for _ in range(10):
        AlertFactory.create(watchlist=watchlist)
    page = web.get("/alerts/?show=all&page=4")
    text = page.content.decode()
    assert page.context["page"].paginator.num_pages == 8
    for number in (1, 3, 5, 8):
        assert f"/alerts/?show=all&amp;page={number}" in text, number
    assert '<input type="hidden" name="show" value="all">' in text
    assert "to see older alerts" in text
    assert web.get("/alerts/?show=all&page=999").context["page"].number == 8


def test_alerts_that_are_all_read_are_not_searched_again(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    old, new = (
        AlertFactory.create(watchlist=watchlist, created_at=NOW - days * DAY) for days in (9, 3)
    )
    web.post("/alerts/read/", {"alert": [old.pk]})
    merchant.refresh_from_db()
    assert merchant.alerts_read_before == new.created_at
    web.post("/alerts/read/", {"alert": [new.pk]})
    merchant.refresh_from_db()
    # Not the last hour: a worker may be recording an alert of that time.
    assert merchant.alerts_read_before == NOW - timedelta(hours=1)
    late = AlertFactory.create(watchlist=watchlist, created_at=NOW - timedelta(minutes=30))
    assert shown(web) == [late.pk]
    web.post("/alerts/unread/", {"alert": [old.pk]})
    assert shown(web) == [late.pk, old.pk]
    assert [
        group.is_read for group in web.get("/alerts/?show=all").context["page"].object_list
    ] == [False, True, False]


@pytest.fixture
def removed(watchlist: Watchlist) -> Product:
    """A product that was removed from the list after its alert, and that another user still
    watches."""
    product: Product = WatchFactory.create(product__title="旧衬衫").product
    AlertFactory.create(watchlist=watchlist, product=product)
    WatchFactory.create(watchlist=watchlist)
    return product


@pytest.mark.parametrize("address", ["/alerts/", "/alerts/{}/"])
def test_an_alert_of_a_removed_product_says_so_and_has_no_link_to_it(
    web: Client, watchlist: Watchlist, removed: Product, address: str
) -> None:
    address = address.format(Alert.objects.get().pk)
    text = web.get(address).content.decode()
    assert "旧衬衫" in text
    assert "no longer watched" in text
    assert f'"/products/{removed.num_iid}/' not in text
    WatchFactory.create(watchlist=watchlist, product=removed)
    assert "no longer watched" not in web.get(address).content.decode()


def test_a_removed_product_can_be_added_again_from_its_alert(
    web: Client, watchlist: Watchlist, removed: Product
) -> None:
    address = f"/products/add/?product={removed.num_iid}&amp;list={watchlist.pk}"
    assert address in web.get(f"/alerts/{Alert.objects.get().pk}/").content.decode()
    form = web.get(address.replace("&amp;", "&")).context["form"]
    assert (form["text"].value(), form["watchlist"].value()) == (removed.num_iid, str(watchlist.pk))
    assert web.get("/products/add/?product=<b>").context["form"]["text"].value() == ""
