"""Rules that compared a list with one product of the user's own: what the upgrade makes of them,
and what it keeps."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django.utils import translation

from monitor.models import Alert, Pairing, Product, Rule
from monitor.rules.conditions import Condition
from monitor.rules.kinds import Kind
from monitor.watchlists.services import add_products, create_watchlist
from tests.factories import AlertFactory
from tests.recording.test_rival_rules import FIRST, MINE, SECOND, Market, told

pytestmark = pytest.mark.django_db
MIGRATION = next(
    name for name in MigrationLoader(None).disk_migrations if name[1].endswith("_rules_of_rivals")
)


@pytest.fixture
def before() -> Any:
    """The models of the version before."""
    return MigrationLoader(connection).project_state([MIGRATION], at_end=False).apps


def bring_over(before: Any) -> None:
    editor = SimpleNamespace(connection=connection)
    import_module(f"monitor.migrations.{MIGRATION[1]}").bring_over(before, editor)


def under(before: Any, market: Market, kind: str = "under_mine", **fields: Any) -> Any:
    own = Product.objects.get(num_iid=MINE)
    values = {
        "watchlist_id": market.watchlist.pk,
        "kind": kind,
        "threshold": 500,
        "own_id": own.pk,
        **fields,
    }
    return before.get_model("monitor", "Rule").objects.create(**values)


def test_it_fires_once_after_the_upgrade_and_for_a_paired_rival_only(before: Any) -> None:
    """Mine is ¥100; 甲 is paired and ¥110, 乙 is on the list and not paired."""
    market = Market()
    market.pair(FIRST)
    rule = under(before, market, also=[{"kind": "on_sale"}])
    bring_over(before)
    kept = Rule.objects.get()
    assert (kept.pk, kept.condition) == (rule.pk, Condition(Kind.RIVAL_CHEAPER, 500)), (
        "what followed 'and' was about the rival"
    )
    market.asks(second=5_000)
    assert told() == [], "乙 is on the list, but no rival"
    market.asks(first=9_600).asks(first=9_500)
    market.asks(first=9_400, second=4_000)
    assert told() == [(10_000, "over “甲” at ¥95.00")]


def test_what_was_so_before_the_upgrade_is_no_news_but_the_next_fall_is(before: Any) -> None:
    market = Market()
    market.asks(first=9_000)
    under(before, market)
    under(before, market, kind="under_mine_by")
    bring_over(before)
    market.asks(first=9_000, mine=10_000).asks(second=11_900)
    assert told() == []
    market.asks(first=8_400)
    assert [value for value, _reason in told()] == [10_000, 10_000], "a further 5 % and ¥5 cheaper"


def test_it_moves_to_the_list_on_which_its_product_has_rivals(before: Any) -> None:
    market = Market()
    rivals = create_watchlist(market.story.user, "别人的")
    rivals.rules.all().delete()
    add_products(rivals, [FIRST, SECOND], market.now)
    under(before, market, watchlist_id=rivals.pk)
    bring_over(before)
    assert Rule.objects.get().watchlist == market.watchlist
    market.asks(first=9_000)
    assert told() == [(10_000, "over “甲” at ¥90.00")]


def test_a_rule_of_one_rival_pairs_it(before: Any) -> None:
    market = Market()
    Pairing.objects.all().delete()
    rival = market.watchlist.watches.get(product__num_iid=SECOND)
    under(before, market, watch_id=rival.pk)
    bring_over(before)
    assert Rule.objects.get().watch is None
    assert list(Pairing.objects.values_list("product__num_iid", "rival__num_iid")) == [
        (MINE, SECOND)
    ]
    market.asks(first=1_000, second=9_000)
    assert told() == [(10_000, "over “乙” at ¥90.00")]


def test_two_that_say_the_same_become_one_and_a_paused_one_stays_paused(before: Any) -> None:
    market = Market()
    for fields in ({"is_active": False}, {}, {"threshold": 600, "is_active": False}):
        under(before, market, **fields)
    bring_over(before)
    rows = Rule.objects.order_by("threshold").values_list("kind", "threshold", "is_active")
    assert list(rows) == [("rival_cheaper", 500, True), ("rival_cheaper", 600, False)]
    bring_over(before)
    assert Rule.objects.count() == 2, "a second run finds nothing to do"


def test_an_alert_from_before_stays_readable(before: Any, client: Client) -> None:
    market = Market()
    mine, rival = (Product.objects.get(num_iid=num_iid) for num_iid in (MINE, FIRST))
    evidence = {"kind": "under_mine", "threshold": 500, "own": mine.pk, "own_name": "我的"}
    alert = AlertFactory.create(
        watchlist=market.watchlist,
        product=rival,
        rule_as_it_was=evidence,
        after=9_000,
        reference=10_000,
    )
    bring_over(before)
    client.force_login(market.story.user)
    text = " ".join(client.get(f"/alerts/{alert.pk}/").content.decode().split())
    assert "我的 ¥100.00" in text
    stored = Alert.objects.for_reader(market.story.user, market.now).get(pk=alert.pk)
    with translation.override("en"):
        assert (stored.rule_in_words, stored.reason) == (
            "price ≥ 5% under my product",
            "under my product ¥100.00",
        )
    assert stored.rule_as_it_was == evidence
