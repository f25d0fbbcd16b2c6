"""Shops: the replies of many products describe them, each at its own data time."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from monitor.models import Change, Product, Shop, ShopScore
from monitor.polling.checking import claims
from monitor.polling.recording import Result, record
from monitor.provider.observation import Gap, Observation
from tests.polling.story import SHOP, START, TELLS, Story
from tests.polling.threads import at_once

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def scored(story: Story, number: int, **scores: object) -> Observation:
    assert SHOP.scores is not None
    shop = replace(SHOP, scores=replace(SHOP.scores, **scores))  # type: ignore[arg-type]
    return replace(TELLS, num_iid=story.num_iids[number], data_time=story.now, shop=shop)


def test_products_of_a_shop_share_one_row_and_a_lower_score_in_their_replies_is_one_change() -> (
    None
):
    story = Story(products=3)
    story.records([scored(story, number) for number in range(3)])
    shop = Shop.objects.get()
    assert (shop.products.count(), ShopScore.objects.count()) == (3, 1)
    assert (shop.name, shop.product_score, shop.score_scale) == ("古蒂歌精品女装店", 485, 5)
    story.now += HOUR
    story.records(
        [scored(story, number, product=470, product_gap=Gap.BELOW) for number in range(3)]
    )
    story.now += HOUR
    story.records(
        [scored(story, number, product=470, product_gap=Gap.BELOW) for number in range(3)]
    )
    changes = Change.objects.filter(shop__isnull=False).order_by("field")
    assert [(change.field, change.before, change.after) for change in changes] == [
        ("product_gap", 1, 3),
        ("product_score", 485, 470),
    ]
    assert {(change.last_seen_before, change.first_seen_after) for change in changes} == {
        (START, START + HOUR)
    }
    assert [row.product_score for row in ShopScore.objects.order_by("data_time")] == [485, 470]


def test_an_older_reply_does_not_change_the_shop() -> None:
    story = Story(products=2)
    story.now += 5 * HOUR
    story.records([scored(story, 0, product=470)])
    late = scored(story, 1, product=485)
    story.records(
        [
            replace(scored(story, 0, product=470), data_time=story.now),
            replace(late, data_time=START),
        ]
    )
    assert Shop.objects.get().product_score == 470
    assert not Change.objects.exists()


def test_a_product_moves_to_another_shop_known_or_new() -> None:
    story = Story(products=2)
    others = scored(story, 1)
    assert others.shop is not None
    story.records(
        [
            scored(story, 0),
            replace(others, shop=replace(others.shop, shop_id="other", name="另一家")),
        ]
    )
    for shop_id, shops in (("other", 2), ("third", 3)):
        story.now += HOUR
        reading = scored(story, 0)
        assert reading.shop is not None
        story.records(
            [replace(reading, shop=replace(reading.shop, shop_id=shop_id, name="另一家"))]
        )
        assert story.product.shop == Shop.objects.get(shop_id=shop_id)
        assert Shop.objects.count() == shops
    story.hears(shop=None)
    assert story.product.shop == Shop.objects.get(shop_id="third"), "a reply may lack it"


def test_scores_were_last_seen_when_they_were_last_told() -> None:
    story = Story()
    story.hears()
    story.hears(shop=replace(SHOP, scores=None))
    story.hears(shop=replace(SHOP, scores=replace(SHOP.scores, product=470)))  # type: ignore[type-var]
    assert Change.objects.get().last_seen_before == START + HOUR


@pytest.mark.django_db(transaction=True)
def test_two_batches_with_the_same_new_shop_keep_the_newer_reply() -> None:
    story = Story(products=2)
    keys = list(Product.objects.order_by("num_iid").values_list("pk", flat=True))
    [first], [second] = (claims.seize([key], story.now) for key in keys)
    older = replace(scored(story, 1), data_time=START - 30 * HOUR, shop=replace(SHOP, scores=None))
    written = threading.Event()

    def record_the_newer() -> None:
        with transaction.atomic():
            record([Result(first, scored(story, 0), story.now)], now=story.now)
            written.set()

    def record_the_older() -> None:
        written.wait()
        record([Result(second, older, story.now)], now=story.now)

    at_once(record_the_newer, record_the_older)
    assert Shop.objects.get().product_score == 485
