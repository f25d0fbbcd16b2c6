"""The rest of the news: a row a product or shop, the biggest move first; flash sales and swings are
folded."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from monitor.models import Product, Watchlist
from monitor.showing.history import news as news_module
from monitor.watching.pairings import set_rivals
from tests.models.factories import (
    NOW,
    ChangeFactory,
    ShopFactory,
    UserFactory,
    WatchlistFactory,
)
from tests.pages.today.conftest import HOUR, moves, shown, text, today

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_the_biggest_moves_come_first_in_percent_and_yuan(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    small = moves(watchlist, 10000, 9900)
    doubled = moves(watchlist, 5000, 10500)
    big = moves(watchlist, 1000, 700)
    assert shown(today(web).feed.shown) == [doubled.pk, big.pk, small.pk]
    page = text(web)
    assert "<del>¥10.00</del> → <strong>¥7.00</strong>" in page
    for expected in ("30%", "110%", "Rivals", big.title or "?"):
        assert expected in page, expected


def test_a_flash_sale_that_ended_is_folded(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    sale = moves(watchlist, 12900, 9900, 12900)
    moves(watchlist, 12900, 12300, 12900)
    feed = today(web).feed
    assert (shown(feed.shown), shown(feed.minor), feed.minor_count) == ([], [sale.pk], 1)
    page = text(web)
    assert "flash sale ¥99.00 (−23.3%), ended<" in page
    assert "1 flash sale that ended, or price that ranged as usual" in page
    assert "at stake" not in page


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
    assert shown(today(web).feed.shown) == [shop.pk]
    page = text(web)
    assert "Service score <del>4.96</del> → <strong>4.80</strong>" in page
    assert "Logistics score <del>4.88</del>" in page
    assert "Product score" not in page
    assert f'href="/shops/{shop.pk}/"' in page


def test_the_rest_and_the_drops_of_rivals_are_a_click_away(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    drops = [moves(watchlist, 1000, 990 - number) for number in range(9)]
    risen = moves(watchlist, 1000, 1400)
    for product in drops[:3]:
        Product.objects.filter(pk=product.pk).update(price_a_week_ago=1000, price=500)
    Product.objects.filter(pk=risen.pk).update(price_a_week_ago=1000, price=1400)
    rivals = [drops[0], drops[1], risen]
    set_rivals(settled.watches.get(), [rival.num_iid for rival in rivals], watchlist.owner)
    feed = today(web).feed
    assert (len(feed.shown), feed.hidden) == (8, 2)
    page = text(web)
    assert 'href="/products/?sort=-changed">and 2 more' in page
    [link] = re.findall(r'href="([^"]*)">Rivals\' drops in 7 days <b class="num">2</b>', page)
    rows = web.get(link.replace("&amp;", "&")).context["page"]
    assert {row.product.pk for row in rows} == {drops[0].pk, drops[1].pk}


def test_counting_is_capped_and_says_so(
    web: Client, watchlist: Watchlist, settled: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    for most, words in ((12, "and 4+ more"), (6, "and more")):
        monkeypatch.setattr(news_module, "MOST_CHANGES", most)
        for number in range(14):
            moves(watchlist, 1000, 990 - number, since=HOUR * (number + 1))
        assert re.search(rf'class="more-line"[^>]*>\s*{re.escape(words)}', text(web))


def test_a_strangers_changes_are_not_shown(web: Client, settled: Product) -> None:
    foreign = WatchlistFactory.create(owner=UserFactory.create())
    moves(foreign, 1000, 100)
    assert not today(web).feed
