"""The index of products follows every write, and its prices of a day and a week ago follow the
time."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from monitor.models import Product, ProductIndex, Watch, Watchlist
from monitor.models.product_index import MOST_LISTS
from monitor.provider.observation import Sales, Status
from monitor.recording.ageing import look_back
from monitor.watchlists.services import add_products, create_watchlist, pause, remove
from tests.story import SHOP, TELLS, Story

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def row(story: Story) -> ProductIndex:
    return ProductIndex.objects.get(product=story.product)


def on_list(watchlist: Watchlist) -> set[str]:
    return set(
        ProductIndex.objects.on_lists([watchlist.pk]).values_list("product__num_iid", flat=True)
    )


def matches(*words: str) -> int:
    rows = ProductIndex.objects.all()
    for word in words:
        rows = rows.with_word(word)
    return rows.count()


def test_the_index_has_the_values_of_the_last_check() -> None:
    story = Story()
    assert row(story).title is None
    story.hears(price=7200, status=Status.ON_SALE)
    story.hears(price=6500, status=Status.OFF_SHELF)
    index = row(story)
    assert (index.price, index.status, index.title) == (6500, "off_shelf", "磨毛衬衫")
    assert (index.shop_name, index.changed_at) == (SHOP.name, story.now)


def test_an_unchanged_check_does_not_write_the_index() -> None:
    story = Story()
    story.hears()
    ProductIndex.objects.update(words="as it was")
    story.hears()
    assert row(story).words == "as it was"
    story.hears(price=1)
    assert row(story).words != "as it was"


def test_a_product_is_found_by_parts_of_title_shop_and_id_in_any_case() -> None:
    story = Story()
    story.hears(title="【岫云织】法式Polo衫 100%棉_白")
    for words in (("法式",), ("式",), ("polo",), ("POLO衫",), ("0%",), ("_白",), ("%",)):
        assert matches(*words) == 1, words
    assert matches("古蒂歌") == matches(story.product.num_iid[:5]) == matches("法式", "古蒂") == 1
    assert matches("法衫") == matches("白古") == matches("法式", "没有") == 0


def test_a_shops_new_name_reaches_its_products() -> None:
    story = Story()
    story.hears()
    story.hears(shop=replace(SHOP, name="棠小梨女装店"))
    assert matches("棠小梨") == 1
    assert row(story).shop_name == "棠小梨女装店"


def test_the_index_knows_the_lists_of_a_product() -> None:
    story = Story(products=2)
    other = create_watchlist(story.user, "供应商")
    assert on_list(story.watchlist) == set(story.num_iids)
    assert on_list(other) == set()
    add_products(other, story.num_iids[:1], story.now)
    assert on_list(other) == {story.num_iids[0]}
    assert ProductIndex.objects.on_lists([story.watchlist.pk, other.pk]).count() == 2
    remove(Watch.objects.filter(watchlist=story.watchlist, product=story.product), story.now)
    assert on_list(story.watchlist) == {story.num_iids[1]}
    add_products(other, story.num_iids, story.now)
    assert on_list(other) == set(story.num_iids)
    assert ProductIndex.objects.on_lists([]).count() == 0


def test_a_product_on_more_lists_than_its_row_names_is_found_on_each() -> None:
    story = Story(products=2)
    more = [create_watchlist(story.user, f"{number}") for number in range(MOST_LISTS)]
    for watchlist in more:
        add_products(watchlist, story.num_iids[:1], story.now)
    assert on_list(more[-1]) == on_list(more[0]) == {story.num_iids[0]}
    assert on_list(story.watchlist) == set(story.num_iids)
    remove(Watch.objects.filter(watchlist__in=more[1:]), story.now)
    assert (on_list(more[-1]), on_list(more[0])) == (set(), {story.num_iids[0]})


def test_the_longest_title_with_most_lists_fits_into_an_index() -> None:
    story = Story()
    chance = Random(1)
    title = "".join(chr(0x20000 + chance.randrange(0x4000) * 2) for _ in range(500))
    for number in range(MOST_LISTS - 1):
        add_products(create_watchlist(story.user, f"{number}"), story.num_iids, story.now)
    story.hears(title=title)
    assert row(story).title == title


def test_the_index_follows_intervals_and_hours() -> None:
    story = Story()
    assert (row(story).interval, row(story).soonest, row(story).hours) == (HOUR, HOUR, None)
    often = create_watchlist(story.user, "常变", DAY)
    add_products(often, story.num_iids, story.now)
    assert (row(story).interval, row(story).soonest) == (HOUR, often.soonest)
    Watchlist.objects.update(hours_from=9, hours_until=10)
    pause(story.watchlist.watches.all(), story.now)
    index = row(story)
    assert (index.interval, index.soonest, index.hours) == (DAY, often.soonest, 1 << 9)


def test_the_index_is_paused_and_deleted_with_its_product() -> None:
    story = Story()
    pause(Watch.objects.all(), story.now)
    assert row(story).is_paused
    pause(Watch.objects.all(), story.now, paused=False)
    assert not row(story).is_paused
    Product.objects.all().delete()
    assert not ProductIndex.objects.exists()


def test_the_index_updates_when_a_price_becomes_a_day_or_a_week_old() -> None:
    story = Story()
    story.hears(price=10_000)
    look_back(story.now)
    assert (row(story).price_a_day_ago, row(story).day_share) == (None, None)
    assert row(story).look_back_at == story.now + DAY
    began = story.now
    story.hears(price=8_000, after=6 * HOUR)
    assert look_back(story.now) == 1
    assert look_back(began + DAY - HOUR) == 0
    assert look_back(began + DAY) == 1
    assert (row(story).price_a_day_ago, row(story).day_share) == (10_000, -0.2)
    assert row(story).look_back_at == began + DAY + 6 * HOUR
    look_back(began + DAY + 6 * HOUR)
    assert (row(story).price_a_day_ago, row(story).price_a_week_ago) == (8_000, None)
    assert row(story).look_back_at == began + 2 * DAY + 6 * HOUR
    look_back(began + 8 * DAY)
    assert (row(story).price_a_day_ago, row(story).price_a_week_ago) == (8_000, 8_000)


def test_units_a_day_follow_a_rounded_count_and_the_time_since() -> None:
    story = Story()
    for after in (DAY, 27 * DAY, 27 * DAY):
        story.hears(price=12_000, sales=Sales(row(story).sales or 0, 10_000), after=after - HOUR)
        story.hears(price=12_000, sales=Sales((row(story).sales or 0) + 10_000, 10_000))
    look_back(story.now)
    index = row(story)
    assert index.units
    assert index.units_low is not None
    assert index.units_high
    assert index.units == pytest.approx(370, rel=0.01)
    assert index.units_low < 10_000 / 27 < index.units_high
    assert index.revenue == round(index.units * 12_000)
    assert look_back(story.now + HOUR) == 0
    story.hears(price=12_000, sales=Sales(30_000, 10_000), after=60 * DAY)
    assert look_back(story.now) == 1
    assert (row(story).units or 0) < 370 * 0.7
    story.hears(status=Status.DELETED)
    look_back(story.now)
    assert (row(story).units, row(story).units_high, row(story).revenue) == (None, None, None)


def test_looking_back_takes_as_many_statements_for_many_products(
    django_assert_num_queries: Any,
) -> None:
    story = Story(products=4)
    for number in (1, 4):
        story.records(
            [replace(TELLS, data_time=story.now, sales=Sales(number * 1000, 1000))] * number
        )
        story.now += HOUR
        # Keys, prices, changes, readings, units and rules about them, between a savepoint's two.
        with django_assert_num_queries(8):
            look_back(story.now)
