"""Beside the form of a rule: what is left out, and what a rule waits for."""

from datetime import timedelta

import pytest
from django.test import Client

from monitor.models import Product, Rule, Watch, Watchlist
from monitor.watching.pairings import set_rivals
from tests.models.factories import NOW, ChangeFactory, WatchFactory
from tests.models.statements import queries_of
from tests.pages.rules.rule_forms import newest, post

pytestmark = pytest.mark.django_db


def moved(product: Product, *steps: tuple[float, str, int, int]) -> None:
    for days, field, before, after in steps:
        at = NOW - timedelta(days=days)
        ChangeFactory.create(
            product=product, field=field, before=before, after=after, first_seen_after=at
        )
        Product.objects.filter(pk=product.pk).update(**{field: after})


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


def test_a_rule_among_rivals_waits_for_a_pairing(
    web: Client, watchlist: Watchlist, watch: Watch
) -> None:
    rival = WatchFactory.create(watchlist=watchlist, product__price=8000)
    waiting = "Waiting: no product here has rivals yet."
    assert waiting in post(web, watchlist, kind="rival_cheaper", threshold="10")
    set_rivals(watch, [rival.product.num_iid], watchlist.owner)
    assert waiting not in web.get(f"/watchlists/{watchlist.pk}/rules/").content.decode()
    for kind in ("rival_outsells", "rivals_raised"):
        post(web, watchlist, kind=kind, days="7")
        assert newest(watchlist).condition.kind == kind
    text = web.get(f"/watches/{watch.pk}/rules/?template=stay-cheapest").content.decode()
    assert "new products" not in text, "these are of a list alone"
    assert "No longer the cheapest" in text or "no longer the cheapest" in text
