"""A shop's page: its scores, their history, its changes and its watched products."""

from datetime import timedelta

import pytest
from django.test import Client

from monitor.models import ShopScore, Watch, Watchlist
from monitor.provider.observation import Gap
from tests.models.factories import NOW, ChangeFactory, ShopFactory, WatchFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def watch(watchlist: Watchlist) -> Watch:
    watch = WatchFactory.create(watchlist=watchlist, product__shop_told_at=NOW)
    shop = watch.product.shop
    assert shop is not None
    for days, score in ((20, 470), (3, 485)):
        scores = {"score_scale": 5, "product_score": score, "product_gap": Gap.ABOVE.value}
        at = NOW - days * DAY
        ShopScore.objects.create(shop=shop, data_time=at, last_seen_before=at - DAY, **scores)
    return watch


def address(watch: Watch) -> str:
    return f"/shops/{watch.product.shop_id}/"


def test_it_shows_scores_their_moves_and_the_watched_products(web: Client, watch: Watch) -> None:
    text = web.get(f"{address(watch)}?range=30d").content.decode()
    title = watch.product.title or ""
    for expected in ("4.85", "above average", "up 0.15", "1 product on your lists", title):
        assert expected in text, expected
    assert f'href="/products/?shop={watch.product.shop_id}"' in text


def test_the_series_are_steps_with_gaps_to_the_average(web: Client, watch: Watch) -> None:
    data = web.get(f"{address(watch)}series/?range=30d").json()
    product, logistics, _service = data["lines"]
    assert product["score"] == [[10 * 86400, 17 * 86400, 3 * 86400], [470, 485, 485]]
    assert [text for _, _, text in product["gaps"]] == ["above average"]
    assert logistics["score"] == [[], []]
    assert data["scale"] == 500


def test_it_shows_the_shops_changes(web: Client, watch: Watch) -> None:
    for field, before, after in (("service_score", 496, 480), ("name", "旧店", "新店")):
        ChangeFactory.create(
            product=None, shop=watch.product.shop, field=field, before=before, after=after
        )
    text = web.get(address(watch)).content.decode()
    assert "4.96" in text
    assert "<del>旧</del><ins>新</ins><span>店</span>" in text


def test_a_shop_without_scores_says_so(web: Client, watchlist: Watchlist) -> None:
    shop = ShopFactory.create(
        score_scale=None, product_score=None, logistics_score=None, service_score=None
    )
    WatchFactory.create(watchlist=watchlist, product__shop=shop)
    text = web.get(f"/shops/{shop.pk}/").content.decode()
    assert "No scores yet" in text
    assert "<canvas" not in text
