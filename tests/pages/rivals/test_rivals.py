"""The page Rivals: the user's own products among their rivals."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from monitor.models import Membership, Product, User, Watch, Watchlist
from monitor.pages.rivals.reads import line_of, own_products
from monitor.watching.pairings import set_rivals
from tests.models.factories import (
    NOW,
    ChangeFactory,
    MembershipFactory,
    ProductFactory,
    UserFactory,
    WatchFactory,
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
        *("no. 3 of 5", "¥80.00 mean ¥100.00", "+¥20.00 25%", "40% 25% if matched"),
        "cheaper 1 same (±1%) 2 dearer 1",
    ):
        assert figure in text, figure
    assert "best rival" not in text
    all_columns = text_of(page_of(web, "/rivals/?columns=all"))
    for figure in ("100.0", "best rival ≈40", "Rival at 8000 3 h ago"):
        assert figure in all_columns, figure


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


def test_mine_are_those_with_a_cost_or_rivals(web: Client, watchlist: Watchlist) -> None:
    WatchFactory.create(watchlist=watchlist, product__title="Only watched")
    WatchFactory.create(watchlist=watchlist, product__title="With cost", cost=1)
    paired(watchlist, 100, 100, title="With a rival")
    assert set(titles(page_of(web))) == {"With cost", "With a rival"}


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
    assert "no. 2 of 2" in text_of(html)
    assert "Secret" not in html
    assert "¥10.00" not in html
    assert f"/rivals/{watch.pk}/" not in html
    assert web.get(f"/rivals/{watch.pk}/").status_code == 404
