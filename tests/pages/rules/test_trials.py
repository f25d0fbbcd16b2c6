"""Beside the form of a rule: the values now, missing values, and what fires at once."""

from datetime import timedelta

import pytest
from django.test import Client

from monitor.models import Alert, Product, Rule, Shop, Watch, Watchlist
from monitor.watchlists.pairings import set_rivals
from tests.factories import NOW, ChangeFactory, WatchFactory
from tests.pages.rules.rule_forms import newest, post
from tests.statements import queries_of

pytestmark = pytest.mark.django_db


def moved(product: Product, *steps: tuple[float, str, int, int]) -> None:
    for days, field, before, after in steps:
        at = NOW - timedelta(days=days)
        ChangeFactory.create(
            product=product, field=field, before=before, after=after, first_seen_after=at
        )
        Product.objects.filter(pk=product.pk).update(**{field: after})


@pytest.mark.parametrize(
    ("filled", "expected"),
    [
        ({"kind": "price_dropped", "threshold": ""}, ["Now ¥72.00<", "needs a threshold"]),
        ({"kind": "sales_grew", "threshold": "10", "days": "7"}, ["Now 13,000<"]),
        (
            {"kind": "shop_score_fell", "threshold": "0.1"},
            ["4.85 · 5.00 · 4.96"],
        ),
        ({"kind": "silent", "threshold": "6"}, ["Last check 11:59", "No alerts in the last"]),
    ],
)
def test_the_present_values_are_shown_beside_the_form(
    web: Client, watch: Watch, filled: dict[str, str], expected: list[str]
) -> None:
    product = watch.product
    steps = ((60, 9000, 5000), (40, 5000, 8900), (20, 8900, 6300), (5, 6300, 7200))
    moved(product, *((days, "price", before, after) for days, before, after in steps))
    moved(product, (10, "sales", 12000, 12600), (2, "sales", 12600, 13000))
    Product.objects.filter(pk=product.pk).update(answered_at=NOW - timedelta(minutes=1))
    text = post(web, watch, "trial/", **filled)
    for words in expected:
        assert words in text


def test_for_a_list_it_shows_the_range(web: Client, watchlist: Watchlist, watch: Watch) -> None:
    WatchFactory.create(
        watchlist=watchlist,
        product__title="Shoe",
        product__price=19900,
        product__status="off_shelf",
    )
    watchlist.rules.all().delete()
    text = post(web, watchlist, "trial/", kind="price_dropped", threshold="10")
    assert "Now ¥72.00–¥199.00" in text
    assert "1 of 2 products are on sale" in post(web, watchlist, "trial/", kind="left_shelf")


def test_missing_values_are_reported(web: Client, watchlist: Watchlist, watch: Watch) -> None:
    Product.objects.update(sales=None)
    Shop.objects.update(
        score_scale=None, product_score=None, logistics_score=None, service_score=None
    )
    lowest = {"kind": "price_lowest", "days": "7"}
    for filled, field in (
        ({"kind": "freight_changed"}, "freight"),
        ({"kind": "shop_score_below", "threshold": "4"}, "product score"),
        (
            lowest | {"also_0_kind": "sales_grew", "also_0_threshold": "5", "also_0_days": "7"},
            "sales",
        ),
    ):
        notice = f"Not known for this product: {field}. The rule waits for it."
        assert notice in post(web, watch, "trial/", **filled)
    assert "Not known" not in post(web, watch, "trial/", **lowest)
    WatchFactory.create(watchlist=watchlist, product__content={"freight": []})
    text = post(web, watchlist, "trial/", kind="freight_changed")
    assert "Not known for 1 of 2 products: freight. The rule waits for it." in text


def test_a_trial_names_the_products_that_it_leaves_out(
    web: Client, watchlist: Watchlist, watch: Watch
) -> None:
    apart = WatchFactory.create(watchlist=watchlist, product__title="<Coat>")
    Rule.objects.create(watchlist=watchlist, watch=apart, kind="price_changed")
    left_out = "Not tried, with rules of their own: &lt;Coat&gt;"
    assert left_out in post(web, watchlist, "trial/", kind="price_below", threshold="80")
    assert "Not tried" not in post(web, watch, "trial/", kind="price_below", threshold="80")


def test_a_trial_has_the_rules_cooldown(web: Client, watch: Watch) -> None:
    steps = [
        (1 + hour / 24, "price", 7000 + 100 * (hour % 2), 7100 - 100 * (hour % 2))
        for hour in range(10)
    ]
    moved(watch.product, *reversed(steps))
    assert "10 alerts" in post(
        web, watch, "trial/", kind="price_moved", threshold="1", cooldown="0"
    )
    text = post(web, watch, "trial/", kind="price_moved", threshold="1", cooldown="86400")
    assert "2 alerts" in text


@pytest.mark.parametrize(
    ("filled", "expected"),
    [
        ({"kind": "sales_grew_by", "threshold": "100", "days": "30"}, "“Shirt” (13,000)"),
        ({"kind": "price_below", "threshold": "80", "also_0_kind": "on_sale"}, "“Shirt” (¥72.00)"),
        ({"kind": "left_shelf", "also_0_kind": "price_below", "also_0_threshold": "80"}, ""),
        ({"kind": "price_below_high", "threshold": "25", "days": "30"}, ""),
    ],
)
def test_rules_on_history_can_be_true_already(
    web: Client, watchlist: Watchlist, watch: Watch, filled: dict[str, str], expected: str
) -> None:
    moved(watch.product, (20, "price", 9000, 7200), (2, "sales", 12600, 13000))
    text = post(web, watchlist, **filled)
    assert ("Already true" in text) == bool(expected)
    if expected:
        assert f"Already true: {expected}. It alerts immediately." in text
        word = text.partition('-sure" value="')[2].partition('"')[0]
        post(web, watchlist, **filled, sure=word)
        assert Alert.objects.get().product == watch.product
    assert newest(watchlist).condition.kind == filled["kind"]


@pytest.mark.parametrize("tail", ["", "trial/"])
@pytest.mark.parametrize(
    "filled",
    [
        {"kind": "rival_cheaper", "threshold": "5"},
        {
            "kind": "sales_grew",
            "threshold": "5",
            "days": "7",
            "also_0_kind": "price_lowest",
            "also_0_days": "",
        },
    ],
)
def test_more_products_take_no_more_queries(
    web: Client, watchlist: Watchlist, watch: Watch, tail: str, filled: dict[str, str]
) -> None:
    def queries() -> int:
        watchlist.rules.filter(pk__gt=last).delete()
        return queries_of(lambda: post(web, watchlist, tail, **filled))

    last = newest(watchlist).pk
    set_rivals(watch, [WatchFactory.create(watchlist=watchlist).product.num_iid], watchlist.owner)
    few = queries()
    for watched in WatchFactory.create_batch(12, watchlist=watchlist):
        moved(watched.product, (20, "price", 9000, 7200), (2, "sales", 12600, 13000))
    assert queries() <= few + (1 if not tail else 0)
    assert few <= 27


def test_a_rule_among_rivals_waits_for_a_pairing_and_says_what_is_true_already(
    web: Client, watchlist: Watchlist, watch: Watch
) -> None:
    rival = WatchFactory.create(watchlist=watchlist, product__price=8000, product__title="Coat")
    assert "No product here has rivals yet" in post(web, watchlist, "trial/", kind="not_cheapest")
    set_rivals(watch, [rival.product.num_iid], watchlist.owner)
    text = post(web, watchlist, "trial/", kind="rival_cheaper", threshold="10")
    assert "Now ¥72.00<" in text
    assert "Now " not in post(web, watchlist, "trial/", kind="rival_outsells"), (
        "all sales are no units a day"
    )
    Product.objects.filter(pk=rival.product_id).update(price=7000)
    assert "Already true: “Shirt” (¥72.00). It alerts immediately." in post(
        web, watchlist, kind="not_cheapest"
    )
    for kind in ("rival_outsells", "rivals_raised"):
        post(web, watchlist, kind=kind, days="7")
        assert newest(watchlist).condition.kind == kind
    text = web.get(f"/watches/{watch.pk}/rules/?template=stay-cheapest").content.decode()
    assert "new products" not in text, "these are of a list alone"
    assert "No longer the cheapest" in text or "no longer the cheapest" in text
