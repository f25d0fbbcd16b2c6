"""Working through the inbox: filters, marking, undo, muting, pages."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from monitor.models import Alert, AlertRead, Mute, Product, User, Watchlist
from monitor.pages.alerts import reads
from tests.models.factories import NOW, AlertFactory, UserFactory, WatchFactory, WatchlistFactory
from tests.pages import Browser, seen_by

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def product(watchlist: Watchlist) -> Product:
    return WatchFactory.create(watchlist=watchlist, product__title="磨毛衬衫").product


def shown(web: Browser, query: str = "") -> list[Alert]:
    groups = web.get(f"/alerts/?{query}").context["page"].object_list
    return [alert for group in groups for alert in group.alerts]


def unread(user: User) -> int:
    return Alert.objects.for_user(user).unread_by(user).count()


def test_an_empty_inbox_leads_on(web: Browser, watchlist: Watchlist) -> None:
    assert "All read" in web.page("/alerts/")
    assert "No alerts yet" in web.page("/alerts/?show=all")
    newcomer = seen_by(UserFactory.create()).page("/alerts/")
    assert "No alerts yet" in newcomer
    assert 'href="/products/add/"' in newcomer


def test_alerts_leave_the_inbox_when_read(
    web: Browser, watchlist: Watchlist, merchant: User
) -> None:
    old = AlertFactory.create(watchlist=watchlist, created_at=NOW - 2 * DAY)
    new = AlertFactory.create(watchlist=watchlist)
    for _ in range(2):
        answer = web.post("/alerts/read/?show=all", {"alert": [old.pk]})
        assert answer.headers["Location"] == "/alerts/?show=all"
    assert AlertRead.objects.get().user == merchant
    assert (shown(web), shown(web, "show=all")) == ([new], [new, old])
    web.send("/alerts/unread/", {"alert": [old.pk]})
    assert shown(web) == [new, old]


@pytest.mark.parametrize("key", ["²", "9" * 30])
def test_odd_keys_and_those_of_strangers_change_nothing(
    web: Browser, watchlist: Watchlist, key: str
) -> None:
    AlertFactory.create(watchlist=watchlist)
    stranger = AlertFactory.create()
    AlertRead.objects.create(alert=stranger, user=stranger.watchlist.owner)
    for verb in ("read", "unread"):
        for name in ("alert", "group"):
            for value in (key, stranger.pk):
                answer = web.post(f"/alerts/{verb}/", {name: value})
                assert answer.status_code in ({404} if name == "group" else {302, 404})
    assert AlertRead.objects.count() == 1


def test_it_filters_by_list_product_time_and_what_happened(
    web: Browser, watchlist: Watchlist, merchant: User, product: Product
) -> None:
    other = WatchlistFactory.create(owner=merchant)
    late = AlertFactory.create(watchlist=watchlist)
    here = AlertFactory.create(watchlist=watchlist, product=product, created_at=NOW - 2 * DAY)
    left = AlertFactory.create(watchlist=other, field="status", created_at=NOW - 8 * DAY)
    for query, expected in {
        f"list={other.pk}": [left],
        "kind=price": [late, here],
        "kind=status": [left],
        f"product={product.num_iid}": [here],
        "period=24h": [late],
        "period=7d": [late, here],
        "kind=nonsense&list=x&show=x&period=yesterday&product=<b>": [late, here, left],
    }.items():
        assert shown(web, query) == expected, query
    assert "Only “磨毛衬衫”." in web.page(f"/alerts/?product={product.num_iid}")
    page = web.page("/alerts/?period=yesterday&product=<b>")
    assert "“yesterday” was ignored" in page
    assert "“&lt;b&gt;” was ignored" in page


def test_the_last_marking_can_be_undone(
    web: Browser, merchant: User, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all that passes the filters, also on other pages; what was read before stays read."""
    monkeypatch.setattr(reads, "PAGE", 1)
    before, *_others = AlertFactory.create_batch(4, watchlist=watchlist)
    AlertRead.objects.create(alert=before, user=merchant, read_at=NOW - DAY)
    AlertFactory.create(watchlist=WatchlistFactory.create(owner=merchant))
    AlertFactory.create()
    of_list = f"?list={watchlist.pk}"
    assert "Mark results as read" in web.page(f"/alerts/{of_list}")
    assert "3 alerts marked as read." in web.send(f"/alerts/read/{of_list}", {"all": "1"})
    assert (unread(merchant), AlertRead.objects.count()) == (1, 4)
    assert "Undone: 3 alerts marked as read." in web.send("/alerts/unread/", {"undo": "1"})
    assert unread(merchant) == 4
    assert "marked as read." not in web.page("/alerts/")


def test_the_undo_is_offered_until_the_inbox_is_opened_again(
    web: Browser, merchant: User, watchlist: Watchlist
) -> None:
    """The products page has an undo of its own."""
    first, second, third = AlertFactory.create_batch(3, watchlist=watchlist)
    watch = WatchFactory.create(watchlist=watchlist)
    web.post(f"/products/{watch.product.num_iid}/pause/")
    web.send("/alerts/read/", {"alert": first.pk})
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        assert "1 alert marked as read." in web.send("/alerts/read/", {"alert": second.pk})
        assert "1 alert marked as read." in web.region("/alerts/?show=all")
        assert "was paused." not in web.region("/alerts/")
        for page in (web.page("/alerts/"), web.region("/alerts/"), web.page("/products/")):
            assert "marked as read." not in page
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        assert "1 alert marked as read." in web.send("/alerts/read/", {"alert": third.pk})
        assert "Undone: 1 alert" in web.send("/alerts/unread/", {"undo": "1"})
    assert unread(merchant) == 1
    web.send("/alerts/read/", {"all": "1"})
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        assert "Not undone: too late" in web.send("/alerts/unread/", {"undo": "1"})
    assert unread(merchant) == 0


def test_a_product_is_muted_for_a_day_or_a_week_and_unmuted(
    web: Browser, merchant: User, watchlist: Watchlist, product: Product
) -> None:
    AlertFactory.create(watchlist=watchlist, product=product)
    Mute.objects.create(user=UserFactory.create(), product=product, until=NOW + DAY)
    assert "muted until" not in web.page("/alerts/")
    address, mine = f"/products/{product.num_iid}", Mute.objects.filter(user=merchant)
    web.send(f"{address}/mute/?alerts=1", {"for": "week"})
    assert mine.get().until == NOW + 7 * DAY
    assert "muted until Wed 2 Dec 12:00" in web.page("/alerts/")
    assert web.post(f"{address}/mute/?alerts=1", {"for": "day"}).headers["Location"] == "/alerts/"
    assert mine.get().until == NOW + DAY
    assert web.send(f"{address}/unmute/", target="mute").lstrip().startswith('<div id="mute"')
    assert not mine.exists()
    assert web.post(f"{address}/mute/").headers["Location"] == f"{address}/"


def test_the_link_of_a_message_only_asks_and_a_click_mutes_for_a_day(
    web: Browser, merchant: User, watchlist: Watchlist, product: Product
) -> None:
    AlertFactory.create(watchlist=watchlist, product=product)
    address = f"/products/{product.num_iid}/mute/"
    assert Client().get(address).headers["Location"] == f"/login/?next={address}"
    assert "Mute this product?" in web.page(address)
    assert not Mute.objects.exists(), "Chats open links to show a preview of them."
    web.post(address, {"for": "day"})
    assert Mute.objects.get(user=merchant, product=product).until == NOW + DAY
    again = web.page(address)
    assert "Muted until tomorrow 12:00" in again
    assert "Mute this product?" not in again
    assert "hx-post" not in again, "A part of the page alone would leave the old heading above it."


def test_far_pages_can_be_reached_and_counting_is_capped(
    web: Browser, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "PAGE", 1)
    monkeypatch.setattr(reads, "MOST", 8)
    AlertFactory.create_batch(10, watchlist=watchlist)
    text = web.page("/alerts/?show=all&page=4")
    for number in (1, 3, 5, 8):
        assert f"/alerts/?show=all&amp;page={number}" in text, number
    assert '<input type="hidden" name="show" value="all">' in text
    assert "to see older alerts" in text
    assert web.get("/alerts/?show=all&page=999").context["page"].number == 8
