"""Beside the form of a rule: the values now, what its threshold means, missing values, and what fires at once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.models import Alert, Product, Shop, User, Watch, Watchlist
from monitor.pages.rules import present as module
from tests.factories import NOW, ChangeFactory, WatchFactory, WatchlistFactory
from tests.pages.rules.rule_forms import newest, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def watch(watchlist: Watchlist) -> Watch:
    """A shirt that costs ¥72.00, on a list with the default rules."""
    return WatchFactory.create(watchlist=watchlist, product__title="Shirt")


@pytest.fixture
def mine(merchant: User) -> Product:
    """The merchant's own shirt at ¥80.00, on another list."""
    shop = WatchlistFactory.create(owner=merchant, name="My shop")
    return WatchFactory.create(watchlist=shop, product__title="My shirt", product__price=8000).product


def moved(product: Product, *steps: tuple[float, str, int, int]) -> None:
    for days, field, before, after in steps:
        at = NOW - timedelta(days=days)
        ChangeFactory.create(product=product, field=field, before=before, after=after, first_seen_after=at)
        Product.objects.filter(pk=product.pk).update(**{field: after})


@pytest.mark.parametrize(
    ("filled", "expected"),
    [
        ({"kind": "price_changed"}, ["Now ¥72.00 · lowest in 30 days ¥63.00 · highest ¥89.00"]),
        ({"kind": "price_dropped", "threshold": ""}, ["Now ¥72.00 · lowest in 30 days", "needs a threshold"]),
        ({"kind": "price_dropped", "threshold": "10"}, ["10% is ¥7.20: it fires at ¥64.80 or less"]),
        (
            {"kind": "price_dropped", "threshold": "10", "also_0_kind": "price_lowest", "also_0_days": "7"},
            ["lowest in 30 days ¥63.00 · highest ¥89.00"],
        ),
        ({"kind": "price_moved", "threshold": "10"}, ["it fires at ¥64.80 or less and at ¥79.20 or more"]),
        ({"kind": "price_fell_by", "threshold": "5"}, ["It fires at ¥67.00 or less"]),
        ({"kind": "price_fell_by", "threshold": "500"}, ["the price would be below ¥0.01"]),
        ({"kind": "price_below", "threshold": "60"}, ["¥12.00 (16.7%) below the price now"]),
        ({"kind": "price_above", "threshold": "90"}, ["¥18.00 (25%) above the price now"]),
        ({"kind": "price_lowest", "days": "30"}, ["lowest in 30 days ¥63.00", "It fires at ¥62.99 or less"]),
        ({"kind": "price_lowest", "days": ""}, ["lowest ever ¥50.00 · highest ¥90.00", "It fires at ¥49.99 or less"]),
        ({"kind": "price_highest", "days": "7"}, ["It fires at ¥72.01 or more"]),
        ({"kind": "price_below_high", "threshold": "20", "days": "30"}, ["20% is ¥17.80: it fires at ¥71.20 or less"]),
        (
            {"kind": "under_mine", "threshold": "20", "own": "mine"},
            ["Now ¥72.00 · “My shirt” ¥80.00", "¥64.00 or less"],
        ),
        (
            {"kind": "sales_grew_by", "threshold": "500", "days": "7"},
            ["Now 13k+ sold · +400 in 7 days", "It fires at 13,100 sold"],
        ),
        ({"kind": "sales_grew", "threshold": "10", "days": "7"}, ["10% is 1,260: it fires at 13,860 sold"]),
        ({"kind": "sales_pace_doubled", "days": "7"}, ["+400 in 7 days · +600 in the 7 days before"]),
        ({"kind": "left_shelf"}, ["Now on sale"]),
        ({"kind": "list_price_changed"}, ["Now ¥99.00"]),
        ({"kind": "sku_range_changed"}, ["Now ¥72.00 – ¥89.00"]),
        ({"kind": "title_changed"}, ["Now Shirt"]),
        ({"kind": "shop_score_below", "threshold": "4"}, ["Now 4.85 · 5.00 · 4.96"]),
        ({"kind": "shop_score_fell", "threshold": "0.1"}, ["It fires at 4.75 · 4.90 · 4.86 or less"]),
        ({"kind": "shop_below_average"}, ["Now above average"]),
        ({"kind": "silent", "threshold": "6"}, ["Last check 11:59", "No alerts in the last"]),
    ],
)
def test_the_present_values_are_shown_beside_the_form(
    web: Client, watch: Watch, mine: Product, filled: dict[str, str], expected: list[str]
) -> None:
    product = watch.product
    moved(
        product,
        (60, "price", 9000, 5000),
        (40, "price", 5000, 8900),
        (20, "price", 8900, 6300),
        (5, "price", 6300, 7200),
    )
    moved(product, (10, "sales", 12000, 12600), (2, "sales", 12600, 13000))
    Product.objects.filter(pk=product.pk).update(answered_at=NOW - timedelta(minutes=1))
    if "own" in filled:
        filled = {**filled, "own": str(mine.pk)}
    text = post(web, watch, "trial/", **filled)
    for words in expected:
        assert words in text


def test_for_a_list_it_shows_the_range_and_an_example(web: Client, watchlist: Watchlist, watch: Watch) -> None:
    WatchFactory.create(watchlist=watchlist, product__title="Shoe", product__price=19900, product__status="off_shelf")
    text = post(web, watchlist, "trial/", kind="price_dropped", threshold="5")
    assert "Now ¥72.00–¥199.00" in text
    assert "For example “Shirt”: now ¥72.00 · lowest in 30 days ¥72.00" in text
    assert "5% is ¥3.60: it fires at ¥68.40 or less" in text
    assert "For example" not in post(web, watchlist, "trial/", kind="under_mine", threshold="5")
    assert "1 of 2 products are on sale" in post(web, watchlist, "trial/", kind="left_shelf")
    assert "For example “Shop" in post(web, watchlist, "trial/", kind="shop_score_fell", threshold="0.1")


def test_chinese_writes_no_space_after_its_colon(web: Client, watchlist: Watchlist, watch: Watch) -> None:
    WatchFactory.create(watchlist=watchlist, product__title="Shoe", product__price=7100)
    User.objects.update(language="zh-hans")
    assert "例如“Shirt”：当前 ¥72.00" in post(web, watchlist, "trial/", kind="price_dropped", threshold="5")
    text = post(web, watchlist, kind="price_below", threshold="80")
    assert "会立即逐一提醒：“Shoe” ¥71.00、“Shirt” ¥72.00" in text


def test_missing_values_are_reported(web: Client, watchlist: Watchlist, watch: Watch) -> None:
    Product.objects.update(sales=None, list_price=None, sku_min_price=None)
    lowest = {"kind": "price_lowest", "days": "7"}
    for filled, field in (
        ({"kind": "sales_grew_by", "threshold": "500", "days": "7"}, "sales"),
        ({"kind": "list_price_changed"}, "list price"),
        ({"kind": "sku_range_changed"}, "SKU price range"),
        ({"kind": "freight_changed"}, "freight"),
        (lowest | {"also_0_kind": "sales_grew", "also_0_threshold": "5", "also_0_days": "7"}, "sales"),
    ):
        notice = f"Not known for this product: {field}. The rule waits for it."
        assert notice in post(web, watch, "trial/", **filled)
    assert "Not known" not in post(web, watch, "trial/", **lowest)
    WatchFactory.create(watchlist=watchlist)
    WatchFactory.create(watchlist=watchlist, product__content={"freight": []})
    text = post(web, watchlist, "trial/", kind="sales_grew_by", threshold="5", days="7")
    assert "Not known for 1 of 3 products: sales. The rule waits for it." in text
    text = post(web, watchlist, "trial/", kind="freight_changed")
    assert "Not known for 2 of 3 products: freight. The rule waits for it." in text
    Shop.objects.update(score_scale=None, product_score=None, logistics_score=None, service_score=None)
    assert "This product's shop has no scores yet" in post(web, watch, "trial/", kind="shop_score_below", threshold="4")


def test_a_product_without_a_check_reports_no_missing_values(web: Client, watch: Watch) -> None:
    Product.objects.update(first_data_time=None, data_time=None, price=None)
    text = post(web, watch, "trial/", kind="price_dropped", threshold="5")
    assert "Not known" not in text
    assert "No history to try it on yet." in text


def test_the_rule_waits_for_an_own_product_without_a_price(web: Client, watch: Watch, mine: Product) -> None:
    Product.objects.filter(pk=mine.pk).update(price=None)
    text = post(web, watch, "trial/", kind="under_mine", threshold="5", own=str(mine.pk))
    assert "“My shirt” has no price now: the rule waits for one." in text


def test_a_trial_has_the_rules_cooldown(web: Client, watch: Watch) -> None:
    steps = [(1 + hour / 24, "price", 7000 + 100 * (hour % 2), 7100 - 100 * (hour % 2)) for hour in range(10)]
    moved(watch.product, *reversed(steps))
    assert "10 alerts" in post(web, watch, "trial/", kind="price_moved", threshold="1", cooldown="0")
    text = post(web, watch, "trial/", kind="price_moved", threshold="1", cooldown="86400")
    assert "2 alerts" in text


@pytest.mark.parametrize(
    ("filled", "expected"),
    [
        ({"kind": "under_mine", "threshold": "5", "own": "mine"}, "“Shirt” (¥72.00)"),
        ({"kind": "price_below_high", "threshold": "10", "days": "30"}, "“Shirt” (¥72.00)"),
        ({"kind": "price_lowest", "days": "30"}, "“Shirt” (¥72.00)"),
        ({"kind": "sales_grew_by", "threshold": "100", "days": "30"}, "“Shirt” (13,000)"),
        ({"kind": "price_below", "threshold": "80", "also_0_kind": "on_sale"}, "“Shirt” (¥72.00)"),
        ({"kind": "left_shelf", "also_0_kind": "price_below", "also_0_threshold": "80"}, ""),
        ({"kind": "price_below", "threshold": "80", "also_0_kind": "left_shelf"}, ""),
        ({"kind": "under_mine_by", "threshold": "9", "own": "mine"}, ""),
    ],
)
def test_rules_on_history_or_other_products_can_be_true_already(
    web: Client, watchlist: Watchlist, watch: Watch, mine: Product, filled: dict[str, str], expected: str
) -> None:
    moved(watch.product, (20, "price", 9000, 7200), (2, "sales", 12600, 13000))
    filled |= {"own": str(mine.pk)} if "own" in filled else {}
    text = post(web, watchlist, **filled)
    assert ("Already true" in text) == bool(expected)
    if expected:
        assert f"Already true: {expected}. It alerts at once." in text
        word = text.partition('-sure" value="')[2].partition('"')[0]
        post(web, watchlist, **filled, sure=word)
        assert Alert.objects.get().product == watch.product
    assert newest(watchlist).condition.kind == filled["kind"]


def test_of_very_many_products_only_a_part_is_evaluated(
    web: Client, watchlist: Watchlist, watch: Watch, mine: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    for price in (7300, 7400):
        WatchFactory.create(watchlist=watchlist, product__price=price)
    monkeypatch.setattr(module, "MOST_JUDGED", 2)
    text = post(web, watchlist, kind="under_mine", threshold="5", own=str(mine.pk))
    assert "Already true for at least 2 products, with an alert each at once: “Shirt” ¥72.00" in text


@pytest.mark.parametrize("tail", ["", "trial/"])
@pytest.mark.parametrize(
    "filled",
    [
        {"kind": "under_mine", "threshold": "5"},
        {"kind": "sales_grew", "threshold": "5", "days": "7", "also_0_kind": "price_lowest", "also_0_days": ""},
        {"kind": "freight_changed"},
    ],
)
def test_more_products_take_no_more_queries(
    web: Client, watchlist: Watchlist, watch: Watch, mine: Product, tail: str, filled: dict[str, str]
) -> None:
    def queries() -> int:
        watchlist.rules.filter(pk__gt=last).delete()
        with CaptureQueriesContext(connection) as captured:
            post(web, watchlist, tail, **filled)
        return len(captured)

    last = newest(watchlist).pk
    filled = {**filled, "own": str(mine.pk)}
    few = queries()
    for watched in WatchFactory.create_batch(12, watchlist=watchlist):
        moved(watched.product, (20, "price", 9000, 7200), (2, "sales", 12600, 13000))
    assert queries() <= few + (1 if not tail else 0)
    assert few <= 23
