"""The index of products follows whatever is written, and looks back a day and a week as time goes on."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from monitor.models import Product, ProductIndex, Watch, Watchlist
from monitor.models.product_index import MOST_LISTS
from monitor.provider.observation import Status
from monitor.recording.past_prices import look_back
from monitor.watchlists.services import add_products, create_watchlist, pause, remove, resume
from tests.story import SHOP, Story

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def row(story: Story) -> ProductIndex:
    return ProductIndex.objects.get(product=story.product)


def on_list(watchlist: Watchlist) -> set[str]:
    return set(ProductIndex.objects.on_lists([watchlist.pk]).values_list("product__num_iid", flat=True))


def found(*words: str) -> int:
    rows = ProductIndex.objects.all()
    for word in words:
        rows = rows.with_word(word)
    return rows.count()


def test_it_holds_what_the_last_check_told() -> None:
    story = Story()
    assert row(story).title is None
    story.hears(price=7200, status=Status.ON_SALE)
    story.hears(price=6500, status=Status.OFF_SHELF)
    found = row(story)
    assert (found.price, found.status, found.title) == (6500, "off_shelf", "磨毛衬衫")
    assert (found.shop_name, found.changed_at) == (SHOP.name, story.now)


def test_an_unchanged_check_leaves_its_row_alone() -> None:
    story = Story()
    story.hears()
    ProductIndex.objects.update(words="as it was")
    story.hears()
    assert row(story).words == "as it was"
    story.hears(price=1)
    assert row(story).words != "as it was"


def test_it_is_found_by_letters_of_its_title_shop_and_id_in_any_case() -> None:
    story = Story()
    story.hears(title="【岫云织】法式Polo衫 100%棉_白")
    assert found("法式") == found("式") == found("polo") == found("POLO衫") == found("0%") == found("_白") == 1
    assert found("古蒂歌") == found(story.product.num_iid[:5]) == found("法式", "古蒂") == 1
    assert found("法衫") == found("白古") == found("法式", "没有") == found("%") - 1 == 0


def test_a_shops_new_name_reaches_its_products() -> None:
    story = Story()
    story.hears()
    story.hears(shop=replace(SHOP, name="棠小梨女装店"))
    assert found("棠小梨") == 1
    assert row(story).shop_name == "棠小梨女装店"


def test_it_knows_which_lists_hold_a_product() -> None:
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


def test_what_more_lists_watch_than_its_row_tells_is_found_on_each() -> None:
    story = Story(products=2)
    more = [create_watchlist(story.user, f"{number}") for number in range(MOST_LISTS)]
    for watchlist in more:
        add_products(watchlist, story.num_iids[:1], story.now)
    assert on_list(more[-1]) == on_list(more[0]) == {story.num_iids[0]}
    assert on_list(story.watchlist) == set(story.num_iids)
    remove(Watch.objects.filter(watchlist__in=more[1:]), story.now)
    assert (on_list(more[-1]), on_list(more[0])) == (set(), {story.num_iids[0]})


def test_the_longest_title_and_as_many_lists_as_are_told_fit_into_an_index() -> None:
    story = Story()
    chance = Random(1)
    title = "".join(chr(0x20000 + chance.randrange(0x4000) * 2) for _ in range(500))
    for number in range(MOST_LISTS - 1):
        add_products(create_watchlist(story.user, f"{number}"), story.num_iids, story.now)
    story.hears(title=title)
    assert row(story).title == title


def test_it_follows_what_is_asked_of_its_checks() -> None:
    story = Story()
    assert (row(story).interval, row(story).soonest, row(story).hours) == (HOUR, HOUR, None)
    often = create_watchlist(story.user, "常变", DAY)
    add_products(often, story.num_iids, story.now)
    assert (row(story).interval, row(story).soonest) == (HOUR, often.soonest)
    Watchlist.objects.update(hours_from=9, hours_until=10)
    pause(story.watchlist.watches.all(), story.now)
    found = row(story)
    assert (found.interval, found.soonest, found.hours) == (DAY, often.soonest, 1 << 9)


def test_it_rests_with_its_product() -> None:
    story = Story()
    pause(Watch.objects.all(), story.now)
    assert row(story).is_paused
    resume(Watch.objects.all(), story.now)
    assert not row(story).is_paused
    Product.objects.all().delete()
    assert not ProductIndex.objects.exists()


def test_it_looks_back_when_a_price_becomes_a_day_and_a_week_old() -> None:
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
    assert row(story).look_back_at == began + 7 * DAY
    look_back(began + 8 * DAY)
    assert (row(story).price_a_day_ago, row(story).price_a_week_ago, row(story).look_back_at) == (8_000, 8_000, None)
