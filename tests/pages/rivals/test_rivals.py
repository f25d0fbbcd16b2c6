"""The page Rivals: the user's own products among their rivals."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.models import Membership, Product, User, Watch, Watchlist
from monitor.pages.rivals.reads import line_of, own_products
from monitor.provider.observation import Status
from monitor.watching.pairings import set_rivals
from tests.factories import (
    NOW,
    ChangeFactory,
    MembershipFactory,
    ProductFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)

pytestmark = pytest.mark.django_db


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def page_of(web: Client, address: str = "/rivals/", **headers: str) -> str:
    response = web.get(address, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def paired(watchlist: Watchlist, price: int, *rivals: int, **columns: Any) -> Watch:
    """Watch a product of mine, with rivals at these prices on the same list."""
    watch = WatchFactory.create(
        watchlist=watchlist, product=ProductFactory.create(price=price, **columns)
    )
    others = [ProductFactory.create(price=rival, title=f"Rival at {rival}") for rival in rivals]
    for other in others:
        WatchFactory.create(watchlist=watchlist, product=other)
    set_rivals(watch, [other.num_iid for other in others], watchlist.owner)
    return watch


def titles(html: str) -> list[str]:
    return re.findall(r'class="title"[^>]*>([^<]+)<', html)


def test_a_row_has_the_figures_of_the_market(web: Client, watchlist: Watchlist) -> None:
    watch = paired(watchlist, 10000, 8000, 9900, 10100, 12000, title="My dress")
    Watch.objects.filter(pk=watch.pk).update(cost=6000)
    Product.objects.filter(title="Rival at 9900").update(units_low=35, units=40, units_high=46)
    ChangeFactory.create(
        product=Product.objects.get(title="Rival at 8000"),
        before=8800,
        first_seen_after=NOW - timedelta(hours=3),
    )
    text = text_of(page_of(web))
    for figure in (
        *("¥80.00 mean ¥100.00 ¥120.00", "100.0", "3 / 5", "+¥20.00 25%", "best rival ≈40"),
        *("40% at the cheapest's 25%", "Rival at 8000 3 h ago", "cheaper 1 level (±1%) 2 dearer 1"),
    ):
        assert figure in text, figure


def test_the_head_sums_up_and_each_figure_opens_its_products(
    web: Client, watchlist: Watchlist
) -> None:
    paired(watchlist, 12000, 10000, title="Dear")
    paired(watchlist, 9000, 10000, title="Cheap")
    paired(watchlist, 10000, 10000, title="Tied")
    WatchFactory.create(watchlist=watchlist, product__title="Unpaired", cost=100)
    html = page_of(web)
    text = text_of(html)
    assert "Price index 103.3" in text
    assert "Dearer than the cheapest 1 / 3" in text
    assert "Cheapest of all 2 / 3" in text
    shown = {
        name: titles(page_of(web, f"/rivals/?show={name}"))
        for name in re.findall(r"show=(\w+)", html)
    }
    assert shown == {
        "compared": ["Dear", "Tied", "Cheap"],
        "dearer": ["Dear"],
        "first": ["Tied", "Cheap"],
        "below": ["Dear"],
        "level": ["Tied"],
        "above": ["Cheap"],
    }
    assert titles(page_of(web, "/rivals/?show=unpaired")) == ["Unpaired"]


@pytest.mark.parametrize(
    "sort", ["title", "price", "market", "index", "position", "gap", "units", "margin"]
)
def test_it_is_sorted_by_each_head_with_unknown_values_last(
    web: Client, watchlist: Watchlist, sort: str
) -> None:
    for number, (price, rival) in enumerate([(3000, 5000), (6000, 5500), (9000, 6000)]):
        watch = paired(watchlist, price, rival, title=f"{number}")
        Watch.objects.filter(pk=watch.pk).update(cost=2000)
        Product.objects.filter(pk=watch.product.pk).update(units=number + 1)
    gone = paired(watchlist, 5000, 5000, title="gone", status=Status.OFF_SHELF.value)
    up, down = (titles(page_of(web, f"/rivals/?sort={way}{sort}")) for way in ("", "-"))
    ends = ["2", "1", "0"] if sort == "position" else ["0", "1", "2"]
    if sort == "position":
        assert up[0] == "0"
        assert set(down[:2]) == {"1", "2"}
    else:
        assert [title for title in up if title != "gone"] == ends
        assert [title for title in down if title != "gone"] == ends[::-1]
    if sort not in ("title", "market"):
        assert up[-1] == down[-1] == gone.product.title


def test_what_is_off_the_shelf_does_not_count(web: Client, watchlist: Watchlist) -> None:
    watch = paired(watchlist, 10000, 5000, 11000)
    cheap = Product.objects.get(price=5000)
    Product.objects.filter(pk=cheap.pk).update(status=Status.OFF_SHELF.value)
    assert "1 / 2" in text_of(page_of(web))
    set_rivals(watch, [cheap.num_iid], watchlist.owner)
    assert "none on sale" in page_of(web)


def test_mine_are_those_with_a_cost_or_rivals(web: Client, watchlist: Watchlist) -> None:
    WatchFactory.create(watchlist=watchlist, product__title="Only watched")
    WatchFactory.create(watchlist=watchlist, product__title="With cost", cost=1)
    paired(watchlist, 100, 100, title="With a rival")
    assert set(titles(page_of(web))) == {"With cost", "With a rival"}


def test_the_index_of_thirty_days_is_a_line(web: Client, watchlist: Watchlist) -> None:
    """By hand: mine 100 yuan all the time; the rival 200 yuan until 10 days ago, then 100, and 80
    since yesterday."""
    watch = paired(watchlist, 10000, 8000)
    rival = Product.objects.get(price=8000)
    for days, before, after in ((10, 20000, 10000), (1, 10000, 8000)):
        ChangeFactory.create(
            product=rival, before=before, after=after, first_seen_after=NOW - timedelta(days=days)
        )
    line = line_of(own_products(watchlist.owner, [watch.watchlist_id], NOW), NOW)
    assert [(NOW - at).days for at, _index in line] == list(range(30, -1, -1))
    assert [index for _at, index in line] == [50] * 20 + [100] * 9 + [125] * 2
    assert "Price index over 30 days: from 50.0 to 125.0" in page_of(web)


def test_the_line_counts_on_each_day_what_was_on_sale_that_day(
    web: Client, watchlist: Watchlist
) -> None:
    """By hand: mine is ¥90 all the time. One rival is ¥120. The other, at ¥80, was off the shelf
    from 20 to 10 days ago and is again since yesterday: 90 / 100 with both, 90 / 120 without it. A
    third one vanished 25 days ago."""
    watch = paired(watchlist, 9000, 12000, 8000, 3000)
    came_back, vanished = (Product.objects.get(price=price) for price in (8000, 3000))
    for rival, days, before, after in (
        *((came_back, 20, "on_sale", "off_shelf"), (came_back, 10, "off_shelf", "on_sale")),
        *((came_back, 1, "on_sale", "off_shelf"), (vanished, 25, "on_sale", "not_found")),
    ):
        at = NOW - timedelta(days=days)
        ChangeFactory.create(
            product=rival, field="status", before=before, after=after, first_seen_after=at
        )
        Product.objects.filter(pk=rival.pk).update(status=after)
    line = line_of(own_products(watchlist.owner, [watch.watchlist_id], NOW), NOW)
    with_all = 9000 * 3 * 100 / (12000 + 8000 + 3000)
    assert [index for _at, index in line] == [with_all] * 5 + [90] * 5 + [75] * 10 + [90] * 9 + [
        75
    ] * 2
    assert "Price index 75.0" in text_of(page_of(web))


def test_it_is_filtered_by_list(web: Client, merchant: User, watchlist: Watchlist) -> None:
    other = WatchlistFactory.create(owner=merchant)
    paired(watchlist, 100, 100, title="Here")
    paired(other, 100, 100, title="There")
    assert titles(page_of(web, f"/rivals/?list={other.pk}")) == ["There"]
    assert "was ignored" in page_of(web, "/rivals/?list=999999&sort=no&show=no")


def test_a_viewer_sees_the_rivals_that_they_watch_and_changes_none(
    watchlist: Watchlist, merchant: User
) -> None:
    watch = paired(watchlist, 10000, 9500)
    secret = WatchFactory.create(
        watchlist__owner=merchant, product=ProductFactory.create(title="Secret", price=1000)
    )
    rival = Product.objects.get(price=9500)
    set_rivals(watch, [rival.num_iid, secret.product.num_iid], merchant)
    viewer = UserFactory.create()
    MembershipFactory.create(watchlist=watchlist, user=viewer, role=Membership.Role.VIEWER)
    web = Client()
    web.force_login(viewer)
    html = page_of(web)
    assert "2 / 2" in text_of(html)
    assert "Secret" not in html
    assert "¥10.00" not in html
    assert f"/rivals/{watch.pk}/" not in html
    assert web.get(f"/rivals/{watch.pk}/").status_code == 404


def test_the_empty_page_leads_to_pairing(web: Client, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    assert "/rivals/add/" in page_of(web)
    mine = WatchFactory.create(watchlist=watchlist, cost=1)
    html = page_of(web, "/rivals/add/")
    assert 0 < html.index(f"/rivals/{mine.pk}/") < html.index(f"/rivals/{watch.pk}/"), (
        "mine come first"
    )
    assert "No product matches" in page_of(web, "/rivals/add/?q=nothing")


def test_pages_have_twenty_rows(web: Client, watchlist: Watchlist) -> None:
    for number in range(21):
        WatchFactory.create(watchlist=watchlist, product__title=f"P{number:02}", cost=1)
    assert len(titles(page_of(web))) == 20
    assert titles(page_of(web, "/rivals/?page=2")) == ["P20"]


def test_more_rows_cost_no_more_statements(web: Client, watchlist: Watchlist) -> None:
    def statements() -> list[int]:
        counts = []
        for address in (
            "/rivals/",
            "/rivals/?show=dearer&sort=index",
            "/rivals/add/",
            f"/rivals/{watch.pk}/?q=R",
        ):
            cache.clear()
            with CaptureQueriesContext(connection) as captured:
                page_of(web, address)
            counts.append(len(captured))
        return counts

    watch = paired(watchlist, 10000, 9000)
    paired(watchlist, 9999, 9000)
    few = statements()
    for number in range(6):
        paired(watchlist, 10000 + number, 9000, 8000)
    assert statements() == few
    assert max(few) <= 12, few
