"""Trying a rule on history before it is saved."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import Outage, Product, Rule, Shop, Watch, Watchlist
from monitor.showing.reads import trial as backtest
from monitor.showing.reads.rules import RuleSet
from tests.models.factories import NOW, ChangeFactory, WatchFactory
from tests.pages import HTMX
from tests.pages.rules.rule_forms import post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("alerts_on_any_change")]


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def price_moves(watch: Watch, *prices: int) -> None:
    """Record a price change a day, through `prices`, the last one yesterday."""
    for days, (before, after) in enumerate(zip(prices[-2::-1], prices[:0:-1], strict=True), 1):
        ChangeFactory.create(
            product=watch.product,
            field="price",
            before=before,
            after=after,
            first_seen_after=ago(days),
        )
    Product.objects.filter(pk=watch.product_id).update(price=prices[-1])


def of_shop(shop: Shop, field: str, before: Any, after: Any, days: float = 1) -> None:
    ChangeFactory.create(
        product=None, shop=shop, field=field, before=before, after=after, first_seen_after=ago(days)
    )
    Shop.objects.filter(pk=shop.pk).update(**{field: after})


def try_it(
    web: Client,
    target: Watch | Watchlist,
    kind: str,
    threshold: str = "",
    headers: Any = HTMX,
    **more: str,
) -> str:
    """Return the answer to a trial of a new rule."""
    return post(web, target, "trial/", headers, kind=kind, threshold=threshold, **more)


def test_it_says_how_often_a_rule_would_have_fired_and_when_last(web: Client, watch: Watch) -> None:
    price_moves(watch, 10000, 9000, 8900, 8000, 9280, 7000)
    text = try_it(web, watch, "price_dropped", "10")
    assert "3 alerts in the last 30 days, most recently:" in text
    times = [
        text.index(when) for when in ("yesterday 12:00", "Sun 22 Nov 12:00", "Fri 20 Nov 12:00")
    ]
    values = [
        text.index(f'<span class="value">{value}') for value in ("¥70.00", "¥80.00", "¥90.00")
    ]
    assert sorted(times + values) == [
        position for pair in zip(times, values, strict=True) for position in pair
    ]
    assert "Shirt" not in text
    assert not Rule.objects.filter(kind="price_dropped").exists()


def test_for_a_list_it_names_some_products_and_counts_them(
    web: Client, watchlist: Watchlist, watch: Watch
) -> None:
    other = WatchFactory.create(watchlist=watchlist, product__title="Shoe")
    WatchFactory.create(watchlist=watchlist, product__title="Sock")
    price_moves(watch, 8000, 7000)
    price_moves(other, 7000, 9900, 6900, 6800, 6700, 6600)
    text = try_it(web, watchlist, "price_changed")
    assert "This rule exists already." in text
    text = try_it(web, watchlist, "price_moved", "0.01")
    assert "6 alerts in the last 30 days, for 2 of 3 products, most recently:" in text
    assert text.count("<li>") == backtest.NAMED
    assert "Shirt" in text
    assert "Sock" not in text


def test_a_shop_with_many_products_is_tried_once(
    web: Client, watchlist: Watchlist, watch: Watch
) -> None:
    shop = watch.product.shop
    assert shop is not None
    WatchFactory.create(watchlist=watchlist, product__shop=shop)
    WatchFactory.create(watchlist=watchlist)
    of_shop(shop, "product_score", 490, 470)
    of_shop(shop, "logistics_gap", 2, 3)
    text = try_it(web, watchlist, "shop_score_below", "4.80")
    assert "1 alert in the last 30 days, for 1 of 2 shops:" in text
    assert (
        f'<span class="value">Product score 4.70</span><span class="of">{shop.name}</span>' in text
    )
    assert "Logistics score below average" in try_it(web, watch, "shop_below_average")
    assert "Product score 4.70" in try_it(web, watch, "shop_score_fell", "0.2")


def test_without_a_history_it_says_so(web: Client, watchlist: Watchlist, watch: Watch) -> None:
    Product.objects.update(first_data_time=None, data_time=None)
    assert "No history to try it on yet." in try_it(web, watch, "price_dropped", "5")
    assert "No history to try it on yet." in try_it(web, watchlist, "price_dropped", "5")
    assert "No history to try it on yet." in try_it(web, watch, "shop_score_below", "4")


def test_a_trial_on_a_part_of_a_list_says_so(
    web: Client, watchlist: Watchlist, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    for watched in (watch, *WatchFactory.create_batch(2, watchlist=watchlist)):
        price_moves(watched, 1000, 2000, 3000)
    assert "for 3 of 3 products" in try_it(web, watchlist, "price_rose", "5")
    monkeypatch.setattr(backtest, "MOST_PRODUCTS", 2)
    text = try_it(web, watchlist, "price_rose", "5")
    assert "4 alerts in the last 30 days, for 2 of 2 products" in text
    assert "Tried on 2 products only." in text


def test_silence_is_tried_on_outages(watchlist: Watchlist, watch: Watch) -> None:
    for days, hours in ((3, 7), (2, 5), (40, 9)):
        began = ago(days)
        Outage.objects.create(
            product=watch.product,
            outcome="network",
            began_at=began,
            ended_at=began + timedelta(hours=hours),
            checks=3,
        )
    Product.objects.filter(pk=watch.product_id).update(failing_since=ago(0.5))
    trial = backtest.try_on_history(
        RuleSet(watchlist, None, True, [], []), Condition(Kind.SILENT, 6), watchlist.owner, NOW
    )
    assert trial["moments"] == [ago(3) + timedelta(hours=6), ago(0.5) + timedelta(hours=6)]
    assert [moment["at"] for moment in trial["latest"]] == trial["moments"][::-1]
    assert (trial["tried"], trial["fired_for"]) == (1, 1)
