"""The feed: a row a product or shop, the biggest move first, and a line of counts that chooses one
kind."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from hypothesis import strategies as st

from monitor.models import Product, Watchlist
from monitor.showing.history import news as news_module
from tests.models.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    ShopFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages import HTMX
from tests.pages.today.conftest import HOUR, moves, shown, text, today

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
prices = st.integers(0, 99_999_999)


def counts(web: Client) -> dict[str, int]:
    return {count["kind"].key: count["number"] for count in today(web).feed.counts}


def test_it_begins_with_what_happened_in_numbers(
    web: Client, settled: Product, watchlist: Watchlist
) -> None:
    assert 'class="counts"' not in text(web)
    moves(watchlist, 9900, 7200)
    moves(watchlist, 9900, 8000)
    AlertFactory.create(watchlist=watchlist, product=settled)
    line = text(web).split('class="counts"')[1].split("</ul>")[0]
    assert '>Price drops <b class="num">2</b></a>' in line
    assert "Price rises" not in line
    assert 'Unread alerts <b class="num">1</b>' in line
    assert 'href="/products/?changed=7d&amp;sort=week"' in line
    assert line.count("<li") == 3


def test_the_biggest_moves_come_first_in_percent_and_yuan(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    small = moves(watchlist, 10000, 9900)
    doubled = moves(watchlist, 5000, 10500)
    big = moves(watchlist, 1000, 700)
    assert shown(today(web).feed.shown) == [doubled.pk, big.pk, small.pk]
    page = text(web)
    assert "<del>¥10.00</del> → <strong>¥7.00</strong>" in page
    for expected in ("30%", "−¥3.00", "110%", "+¥55.00", "Rivals", big.title or "?"):
        assert expected in page, expected


def test_a_promotion_that_came_and_went_is_told(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    moves(watchlist, 12900, 9900, 12900)
    moves(watchlist, 12900, 12300, 12900)
    assert counts(web) == {"dips": 1}
    assert "short sale ¥99.00 (−23.3%), over<" in text(web)


def test_a_product_with_several_news_is_one_row(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    product = moves(watchlist, 9900, 7200)
    moves(watchlist, "on_sale", "off_shelf", field="status", product=product)
    Product.objects.update(status="off_shelf")
    assert counts(web) == {"drops": 1, "left": 1}
    [row] = today(web).feed.shown
    assert row.kinds == {"drops", "left"}
    assert text(web).count(f'href="/products/{product.num_iid}/"') == 1


def test_what_left_the_shelf_and_what_came_back_is_first(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    dropped = moves(watchlist, 9900, 100)
    stories = (
        ("on_sale", "off_shelf", "banned"),
        ("off_shelf", "on_sale"),
        ("on_sale", "off_shelf", "on_sale"),
    )
    banned, back, blink = (WatchFactory.create(watchlist=watchlist).product for _ in stories)
    for product, steps in zip((banned, back, blink), stories, strict=True):
        moves(watchlist, *steps, field="status", product=product)
        Product.objects.filter(pk=product.pk).update(status=steps[-1])
    assert shown(today(web).feed.shown) == [banned.pk, back.pk, dropped.pk]
    page = text(web)
    assert "</svg>banned</span>" in page
    assert "</svg>back on sale</span>" in page


def test_falling_shop_scores_are_one_row_a_shop(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    shop, stranger = settled.shop, ShopFactory.create()
    assert shop is not None
    steps = (
        ("logistics_score", 488, 487),
        ("service_score", 496, 480),
        ("product_score", 470, 485),
    )
    for owner, field, before, after in (
        *((shop, *step) for step in steps),
        (stranger, "service_score", 500, 1),
    ):
        at = NOW - HOUR
        ChangeFactory.create(
            product=None, shop=owner, field=field, before=before, after=after, first_seen_after=at
        )
    assert counts(web) == {"scores": 1}
    assert shown(today(web).feed.shown) == [shop.pk]
    page = text(web)
    assert "Service score <del>4.96</del> → <strong>4.80</strong>" in page
    assert "Logistics score <del>4.88</del>" in page
    assert "Product score" not in page
    assert f'href="/shops/{shop.pk}/"' in page


def test_only_ten_rows_are_shown_and_a_count_chooses_its_kind(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    for number in range(12):
        moves(watchlist, 1000, 990 - number)
    risen = moves(watchlist, 1000, 1400)
    feed = today(web).feed
    assert (len(feed.shown), feed.hidden, counts(web)) == (10, 3, {"drops": 12, "rises": 1})
    assert 'href="/products/?sort=-changed">and 3 more' in text(web)
    assert shown(today(web, "rises").feed.shown) == [risen.pk]
    region = " ".join(web.get("/", {"show": "drops"}, headers=HTMX).content.decode().split())
    assert 'data-refresh="/?show=drops"' in region
    assert 'aria-current="true" id="count-drops"' in region
    assert 'href="/products/?sort=day">and 2 more' in region
    assert "¥14.00" not in region
    # What has not happened, or is no kind, shows all.
    for kind in ("left", "<b>"):
        assert today(web, kind).feed.kind is None


def test_counting_is_capped_and_says_so(
    web: Client, watchlist: Watchlist, settled: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news_module, "MOST_CHANGES", 12)
    for number in range(14):
        moves(watchlist, 1000, 990 - number, since=HOUR * (number + 1))
    page = text(web)
    assert '>Price drops <b class="num">12+</b>' in page
    assert "and 2+ more" in page
    # Also where all rows fit: the number says that there may be more.
    monkeypatch.setattr(news_module, "MOST_CHANGES", 6)
    page = text(web)
    assert '>Price drops <b class="num">6+</b>' in page
    assert re.search(r'class="more-line"[^>]*>\s*and more', page)


def test_a_strangers_changes_are_not_shown(web: Client, settled: Product) -> None:
    foreign = WatchlistFactory.create(owner=UserFactory.create())
    moves(foreign, 1000, 100)
    assert not today(web).feed
