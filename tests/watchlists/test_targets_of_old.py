"""Target prices that replaced their list's rules, from before version 0006, stand beside them."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from monitor.models import Rule, RuleMemory, Watch, Watchlist
from monitor.watchlists.targets import targets_of
from tests.factories import WatchFactory

pytestmark = pytest.mark.django_db


def migrate() -> None:
    import_module("monitor.migrations.0006_targets_beside_rules").make_targets(apps, None)


def own(watch: Watch, kind: str, threshold: int | None = None, **more: Any) -> Rule:
    return Rule.objects.create(watchlist=watch.watchlist, watch=watch, kind=kind, threshold=threshold, **more)


def test_copies_of_the_lists_rules_go_and_what_users_chose_stays(watchlist: Watchlist) -> None:
    watchlist.rules.all().delete()
    of_list = Rule.objects.create(watchlist=watchlist, kind="price_dropped", threshold=500)
    alone, copied, chosen, several, besides = WatchFactory.create_batch(5, watchlist=watchlist)
    for watch in (alone, copied, chosen, several):
        own(watch, "price_below", 5000)
        RuleMemory.objects.create(rule=of_list, product=watch.product, memory={})
    own(copied, "price_dropped", 500)
    own(chosen, "price_dropped", 900)
    own(several, "price_below", 4000)
    own(besides, "price_below", 5000, also=[{"kind": "on_sale"}])
    migrate()
    assert targets_of(Watch.objects.values_list("pk", flat=True)) == dict.fromkeys(
        [alone.pk, copied.pk, chosen.pk], 5000
    )
    counts = [
        Rule.objects.replacing().filter(watch=watch).count() for watch in (alone, copied, chosen, several, besides)
    ]
    assert counts == [0, 0, 1, 2, 1]
    remembered = RuleMemory.objects.values_list("product", flat=True)
    assert set(remembered) == {chosen.product_id, several.product_id}, "Memories of the list's rules are outdated."
