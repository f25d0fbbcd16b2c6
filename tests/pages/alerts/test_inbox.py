"""Working through the inbox: marking and taking back, narrowing down, muting, one alert by its link."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from monitor.models import Alert, AlertRead, Membership, Mute, Product, User, Watchlist
from monitor.pages.shared import alert_reads as alerts_module
from tests.factories import (
    NOW,
    AlertFactory,
    MembershipFactory,
    ProductFactory,
    ShopFactory,
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
    return [alert.pk for alert in web.get(f"/alerts/?{query}").context["page"].object_list]


def unread(user: User) -> int:
    return Alert.objects.for_user(user).unread_by(user).count()


def test_one_alert_can_be_unread_again(web: Client, merchant: User, watchlist: Watchlist) -> None:
    alert = AlertFactory.create(watchlist=watchlist)
    web.post("/alerts/read/", {"alert": [alert.pk]})
    assert web.post("/alerts/unread/?show=all", {"alert": [alert.pk]}).headers["Location"] == "/alerts/?show=all"
    assert unread(merchant) == 1


def test_what_was_marked_last_can_be_taken_back(web: Client, merchant: User, watchlist: Watchlist) -> None:
    before = AlertFactory.create(watchlist=watchlist)
    AlertRead.objects.create(alert=before, user=merchant, read_at=NOW - DAY)
    shown_ones = [AlertFactory.create(watchlist=watchlist).pk for _ in range(3)]
    web.post("/alerts/read/", {"alert": [before.pk, *shown_ones]})
    assert "3 alerts marked as read." in web.get("/alerts/").content.decode()
    web.post("/alerts/unread/", {"undo": "1"})
    assert unread(merchant) == 3
    assert "Undone: 3 alerts marked as read." in web.get("/alerts/").content.decode()
    assert "marked as read." not in web.get("/alerts/").content.decode()


def test_single_reads_count_together_while_their_notice_stands(
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
        assert "Undone: 1 alert" in web.post("/alerts/unread/", {"undo": "1"}, headers=HTMX).content.decode()
    assert unread(merchant) == 1


def test_reads_that_count_together_are_undone_together(web: Client, merchant: User, watchlist: Watchlist) -> None:
    for minute in range(3):
        alert = AlertFactory.create(watchlist=watchlist)
        with time_machine.travel(NOW + timedelta(minutes=minute), tick=False):
            web.post("/alerts/read/", {"alert": [alert.pk]}, headers=HTMX)
    assert unread(merchant) == 0
    assert "Undone: 3 alerts" in web.post("/alerts/unread/", {"undo": "1"}, headers=HTMX).content.decode()
    assert unread(merchant) == 3


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_undo_is_offered_where_it_was_read_and_on_no_later_visit(
    web: Client, watchlist: Watchlist, headers: dict[str, str]
) -> None:
    alert, said = AlertFactory.create(watchlist=watchlist), "1 alert marked as read."
    first = web.post("/alerts/read/", {"alert": [alert.pk]}, headers=headers, follow=True)
    assert said in first.content.decode()
    assert said in web.get("/alerts/?show=all", headers=HTMX).content.decode()
    assert said not in web.get("/alerts/").content.decode()
    assert said not in web.get("/alerts/?show=all", headers=HTMX).content.decode()


def test_the_inbox_and_the_products_have_each_their_own_undo(web: Client, watchlist: Watchlist) -> None:
    watch, alert = WatchFactory.create(watchlist=watchlist), AlertFactory.create(watchlist=watchlist)
    web.post(f"/products/{watch.product.num_iid}/pause/")
    web.post("/alerts/read/", {"alert": [alert.pk]})
    text = web.get("/products/").content.decode()
    assert ("is paused." in text, "marked as read." in text) == (True, False)
    text = web.get("/alerts/").content.decode()
    assert ("is paused." in text, "marked as read." in text) == (False, True)


def test_all_means_all_that_the_filters_find_and_can_be_taken_back(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    for _ in range(60):
        AlertFactory.create(watchlist=watchlist)
    AlertFactory.create(watchlist=WatchlistFactory.create(owner=merchant))
    AlertFactory.create(watchlist=WatchlistFactory.create(owner=UserFactory.create()))
    assert "Mark all found as read" in web.get(f"/alerts/?list={watchlist.pk}").content.decode()
    text = web.post(f"/alerts/read/?list={watchlist.pk}", {"all": "1"}, headers=HTMX).content.decode()
    assert "60 alerts marked as read." in text
    assert (unread(merchant), AlertRead.objects.count()) == (1, 60)
    web.post("/alerts/unread/", {"undo": "1"})
    assert unread(merchant) == 61


def test_an_undo_that_came_too_late_does_nothing(web: Client, merchant: User, watchlist: Watchlist) -> None:
    AlertFactory.create(watchlist=watchlist)
    web.post("/alerts/read/", {"all": "1"})
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        text = web.post("/alerts/unread/", {"undo": "1"}, headers=HTMX).content.decode()
    assert "Nothing was undone: the time for it is over" in text
    assert unread(merchant) == 0


def test_a_strangers_alert_stays_as_it_is(web: Client) -> None:
    theirs = AlertFactory.create()
    AlertRead.objects.create(alert=theirs, user=theirs.watchlist.owner)
    web.post("/alerts/unread/", {"alert": [theirs.pk]})
    assert AlertRead.objects.count() == 1


def test_it_narrows_down_to_a_product_and_to_a_time(web: Client, watchlist: Watchlist, product: Product) -> None:
    here = AlertFactory.create(watchlist=watchlist, product=product, created_at=NOW - 2 * DAY)
    late = AlertFactory.create(watchlist=watchlist)
    assert shown(web, f"product={product.num_iid}") == [here.pk]
    assert shown(web, "period=24h") == [late.pk]
    assert shown(web, "period=7d") == [late.pk, here.pk]
    assert "Only alerts of “磨毛衬衫”." in web.get(f"/alerts/?product={product.num_iid}").content.decode()


def test_what_is_not_understood_is_passed_over_and_said(web: Client, watchlist: Watchlist) -> None:
    AlertFactory.create(watchlist=watchlist)
    page = web.get("/alerts/?period=yesterday&product=<b>")
    assert len(page.context["page"].object_list) == 1
    text = page.content.decode()
    assert "“yesterday” in the address is not understood" in text
    assert "“&lt;b&gt;” in the address" in text


def test_a_mail_leads_to_one_alert_with_its_evidence_and_looking_reads_nothing(
    web: Client, merchant: User, watchlist: Watchlist, product: Product
) -> None:
    alert = AlertFactory.create(
        watchlist=watchlist, product=product, rule_as_it_was={"kind": "price_dropped", "threshold": 1000}
    )
    text = web.get(f"/alerts/{alert.pk}/").content.decode()
    for said in (
        "磨毛衬衫",
        "¥99.00 → ¥72.00",
        "the price drops by at least 10%",
        "gw-1",
        f"/products/{product.num_iid}/",
    ):
        assert said in text, said
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


def test_the_products_page_mutes_too_and_knows_when_it_is_over(web: Client, merchant: User, product: Product) -> None:
    address = f"/products/{product.num_iid}/"
    assert f"{address}mute/" in web.get(address).content.decode()
    mute = Mute.objects.create(user=merchant, product=product, until=NOW + DAY)
    assert "muted until tomorrow 12:00" in web.get(address).content.decode()
    Mute.objects.filter(pk=mute.pk).update(until=NOW)
    assert "muted until" not in web.get(address).content.decode()


def test_a_mute_is_ones_own(web: Client, watchlist: Watchlist, product: Product) -> None:
    AlertFactory.create(watchlist=watchlist, product=product)
    Mute.objects.create(user=UserFactory.create(), product=product, until=NOW + DAY)
    assert "muted until" not in web.get("/alerts/").content.decode()


def test_far_pages_can_be_reached_and_nobody_counts_further(
    web: Client, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerts_module, "PAGE", 1)
    monkeypatch.setattr(alerts_module, "MOST_PAGES", 8)
    product = ProductFactory.create()
    for _ in range(10):
        AlertFactory.create(watchlist=watchlist, product=product)
    page = web.get("/alerts/?show=all&page=4")
    text = page.content.decode()
    assert page.context["page"].paginator.num_pages == 8
    for number in (1, 3, 5, 8):
        assert f"/alerts/?show=all&amp;page={number}" in text, number
    assert '<input type="hidden" name="show" value="all">' in text
    assert "or more: choose a list" in text
    assert web.get("/alerts/?show=all&page=999").context["page"].number == 8


def test_what_is_all_read_is_not_looked_through_again(web: Client, merchant: User, watchlist: Watchlist) -> None:
    old, new = (AlertFactory.create(watchlist=watchlist, created_at=NOW - days * DAY) for days in (9, 3))
    web.post("/alerts/read/", {"alert": [old.pk]})
    merchant.refresh_from_db()
    assert merchant.alerts_read_before == new.created_at
    web.post("/alerts/read/", {"alert": [new.pk]})
    merchant.refresh_from_db()
    # The last hour stays open: a worker may be recording an alert of that time.
    assert merchant.alerts_read_before == NOW - timedelta(hours=1)
    late = AlertFactory.create(watchlist=watchlist, created_at=NOW - timedelta(minutes=30))
    assert shown(web) == [late.pk]
    web.post("/alerts/unread/", {"alert": [old.pk]})
    assert shown(web) == [late.pk, old.pk]
    assert [alert.is_read for alert in web.get("/alerts/?show=all").context["page"].object_list] == [False, True, False]


@pytest.fixture
def left(watchlist: Watchlist) -> Product:
    """A product with an alert that was taken off the list since; somebody else watches it still."""
    product: Product = WatchFactory.create(product__title="旧衬衫").product
    AlertFactory.create(watchlist=watchlist, product=product)
    WatchFactory.create(watchlist=watchlist)
    return product


@pytest.mark.parametrize("address", ["/alerts/", "/", "/alerts/{}/"])
def test_an_alert_of_what_is_no_longer_watched_says_so_and_leads_nowhere_dead(
    web: Client, watchlist: Watchlist, left: Product, address: str
) -> None:
    address = address.format(Alert.objects.get().pk)
    text = web.get(address).content.decode()
    assert "旧衬衫" in text
    assert "no longer watched" in text
    assert f'"/products/{left.num_iid}/' not in text
    WatchFactory.create(watchlist=watchlist, product=left)
    assert "no longer watched" not in web.get(address).content.decode()


def test_so_does_an_alert_of_a_shop_that_sells_nothing_watched(web: Client, watchlist: Watchlist) -> None:
    shop = ShopFactory.create()
    sold = ProductFactory.create(shop=shop)
    alert = AlertFactory.create(watchlist=watchlist, product=None, shop=shop, field="service_score")
    for address in ("/alerts/", f"/alerts/{alert.pk}/"):
        text = web.get(address).content.decode()
        assert ("no longer watched" in text, f"/shops/{shop.pk}/" in text) == (True, False), address
    WatchFactory.create(watchlist=watchlist, product=sold)
    for address in ("/alerts/", f"/alerts/{alert.pk}/"):
        text = web.get(address).content.decode()
        assert ("no longer watched" in text, f"/shops/{shop.pk}/" in text) == (False, True), address


def test_what_is_no_longer_watched_can_be_added_again_from_its_alert(
    web: Client, watchlist: Watchlist, left: Product
) -> None:
    address = f"/products/add/?product={left.num_iid}&amp;list={watchlist.pk}"
    assert address in web.get(f"/alerts/{Alert.objects.get().pk}/").content.decode()
    form = web.get(address.replace("&amp;", "&")).context["form"]
    assert (form["text"].value(), form["watchlist"].value()) == (left.num_iid, str(watchlist.pk))
    assert web.get("/products/add/?product=<b>").context["form"]["text"].value() is None


def test_who_may_add_nothing_is_not_asked_to(watchlist: Watchlist, left: Product) -> None:
    member = MembershipFactory.create(watchlist=watchlist, role=Membership.Role.VIEWER).user
    theirs = Client()
    theirs.force_login(member)
    text = theirs.get(f"/alerts/{left.alerts.get().pk}/").content.decode()
    assert "no longer watched" in text
    assert "/products/add/" not in text
