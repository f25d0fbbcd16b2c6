"""Changes fire rules: each alert is recorded once, with its evidence."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.judging.rules.kinds import Kind
from monitor.models import Alert, Rule, Watch
from monitor.provider.errors import NotFound
from monitor.provider.observation import Gap, Scores, ShopObservation, Status
from monitor.watching.services import add_products, create_watchlist, pause, remove, rule_changed
from tests.polling.story import SHOP, START, TELLS, Story

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def fired() -> list[tuple[str, object, object]]:
    return list(Alert.objects.order_by("pk").values_list("field", "before", "after"))


def test_price_and_status_alert_by_default() -> None:
    story = Story()
    at_first = story.rule(Kind.PRICE_BELOW, 10000)
    story.hears()
    assert Alert.objects.get().rule == at_first, "true already"
    story.hears(price=6300, status=Status.OFF_SHELF)
    story.hears(NotFound("nothing found", code="2000"))
    pause(Watch.objects.all(), story.now)
    story.hears(price=5000)
    assert fired()[1:] == [
        ("price", 7200, 6300),
        ("status", "on_sale", "off_shelf"),
        ("status", "off_shelf", "not_found"),
    ]


def test_an_alert_keeps_its_evidence() -> None:
    story = Story()
    story.hears()
    story.hears(price=6300, request_id="gw-2")
    alert = Alert.objects.get()
    assert alert.change is not None
    assert alert.change.last_seen_before == START + HOUR
    assert (alert.data_time, alert.request_id, alert.created_at) == (story.now, "gw-2", story.now)
    assert alert.rule_as_it_was == {"kind": "price_changed", "is_urgent": False}
    Rule.objects.all().delete()
    alert.refresh_from_db()
    assert (alert.rule, alert.rule_as_it_was["kind"]) == (None, "price_changed")


def test_a_watchs_own_rules_replace_those_of_its_list() -> None:
    story = Story(products=1)
    story.hears()
    watch = Watch.objects.get()
    rule_changed(story.rule(Kind.PRICE_DROPPED, 5000, watch=watch), story.now)
    story.hears(price=6300)
    assert fired() == []
    story.hears(price=3600)
    assert fired() == [("price", 6300, 3600)]


def test_a_fallen_shop_score_is_one_alert_for_each_list() -> None:
    story = Story(products=2)
    story.records([replace(TELLS, num_iid=num_iid) for num_iid in story.num_iids])
    story.now += HOUR
    fallen = replace(SHOP, scores=Scores(scale=5, product=470, logistics=500, service=496))
    story.records(
        [
            replace(TELLS, num_iid=num_iid, data_time=story.now, shop=fallen)
            for num_iid in story.num_iids
        ]
    )
    assert fired() == [("product_score", 485, 470)]
    alert = Alert.objects.get()
    assert (alert.product, alert.shop and alert.shop.shop_id) == (None, "sXahcZg")


def shops(score: int, gap: Gap = Gap.ABOVE) -> ShopObservation:
    """Return the story's shop with another product score."""
    return replace(
        SHOP, scores=Scores(scale=5, product=score, logistics=500, service=496, product_gap=gap)
    )


@pytest.mark.parametrize("is_new", [True, False])
def test_a_shop_that_is_below_already_alerts_once(is_new: bool) -> None:
    """By a new rule, or by the first check of a product of the shop."""
    story = Story(products=2)
    if is_new:
        story.rule(Kind.SHOP_SCORE_BELOW, 490)
    story.records([replace(TELLS, num_iid=num_iid) for num_iid in story.num_iids])
    if not is_new:
        rule_changed(story.rule(Kind.SHOP_SCORE_BELOW, 490), story.now)
    assert fired() == [("product_score", None, 485)]
    alert = Alert.objects.get()
    assert (alert.product, alert.shop and alert.shop.shop_id, alert.data_time) == (
        None,
        SHOP.shop_id,
        START,
    )
    story.hears(shop=shops(480))
    assert Alert.objects.filter(rule=alert.rule).count() == 1


def test_a_rules_memory_stays_true_while_its_watch_is_paused() -> None:
    story = Story()
    other = create_watchlist(story.user, "供应商")
    add_products(other, story.num_iids, story.now)
    rule = story.rule(Kind.PRICE_BELOW, 7000)
    story.hears(price=6000)
    mine = Watch.objects.filter(watchlist=story.watchlist)
    pause(mine, story.now)
    story.hears(price=9000)
    pause(mine, story.now, paused=False)
    story.hears(price=5000)
    assert list(Alert.objects.filter(rule=rule).values_list("after", flat=True)) == [6000, 5000]


def test_a_rule_forgets_a_product_that_is_taken_off_its_list() -> None:
    story = Story()
    other = create_watchlist(story.user, "供应商")
    add_products(other, story.num_iids, story.now)
    rule = story.rule(Kind.PRICE_DROPPED, 1000)
    story.hears(price=9000)
    remove(Watch.objects.filter(watchlist=story.watchlist), story.now)
    story.hears(price=5000)
    add_products(story.watchlist, story.num_iids, story.now)
    story.hears(price=4999)
    assert not Alert.objects.filter(rule=rule).exists()
