import json
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from monitor.sandbox import demo
from monitor.sandbox.catalogue import Edit, PriceHabit, SalesHabit, ShelfHabit
from monitor.sandbox.protocol import Account, answer
from monitor.sandbox.world import ProductState, World
from tests.sandbox.conftest import KEY, SECRET

HOUR = timedelta(hours=1)


def test_a_replay_is_what_http_would_have_answered(world: World, now: datetime) -> None:
    account = Account(KEY, SECRET, demo.DAILY_CALLS)
    same = 0
    for num_iid in world.products()[::5]:
        for when, payload in demo.replay(num_iid, [now - timedelta(days=60), now], thin=True):
            params = {"key": KEY, "secret": SECRET, "num_iid": num_iid, "cache": "no"}
            body = json.loads(answer("item_get_app", params, when, world, 0, account).body)
            if body["error_code"] in {"0000", "2000"}:
                assert payload == body
                same += 1
    assert same > 110


def test_a_replay_has_no_failures_and_thin_records_only_if_asked(world: World, now: datetime) -> None:
    times = [now + timedelta(minutes=minutes) for minutes in range(1500)]
    num_iid = world.products()[0]
    whole = [payload for _, payload in demo.replay(num_iid, times)]
    with_thin = [payload for _, payload in demo.replay(num_iid, times, thin=True)]
    assert {payload["error_code"] for payload in whole + with_thin} == {"0000"}
    assert whole != with_thin
    assert sum(before != after for before, after in zip(whole, with_thin, strict=True)) < 60


def test_a_product_that_vanished_is_replayed_as_not_found(world: World, now: datetime) -> None:
    products = (world.product(num_iid) for num_iid in world.products())
    vanishing = next(product for product in products if product and product.shelf_habit is ShelfHabit.VANISHING)
    times = [now + timedelta(days=days) for days in range(100)]
    codes = {payload["error_code"] for _, payload in demo.replay(vanishing.num_iid, times)}
    assert codes == {"0000", "2000"}


def told(world: World, num_iid: str, when: datetime) -> tuple[object, ...] | None:
    state = world.state(num_iid, when)
    return (state.prices, state.place, state.page, state.scores) if state else None


@pytest.mark.parametrize("habit", [PriceHabit.STILL, PriceHabit.STEPPING, PriceHabit.WEEKEND, PriceHabit.MORNING])
def test_interesting_times_bracket_every_lasting_change(world: World, now: datetime, habit: PriceHabit) -> None:
    products = (world.product(num_iid) for num_iid in world.products())
    num_iid = next(product.num_iid for product in products if product and product.price_habit is habit)
    start = now - timedelta(days=90)
    times = set(demo.interesting_times(num_iid, start, now))
    for hours in range(1, 90 * 24):
        before, after = start + (hours - 1) * HOUR, start + hours * HOUR
        if told(world, num_iid, before) != told(world, num_iid, after):
            assert {before, after} <= times


def test_interesting_times_bracket_every_change_of_sales(world: World, now: datetime) -> None:
    products = (world.product(num_iid) for num_iid in world.products())
    num_iid = next(product.num_iid for product in products if product and product.sales_habit is SalesHabit.MODEST)
    start = now - timedelta(days=90)
    times = set(demo.interesting_times(num_iid, start, now))
    states = [world.state(num_iid, start + hours * HOUR) for hours in range(90 * 24)]
    changes = [hours for hours in range(1, len(states)) if _sold(states[hours - 1]) != _sold(states[hours])]
    assert len(changes) > 20
    assert {start + hours * HOUR for change in changes for hours in (change - 1, change)} <= times


def _sold(state: ProductState | None) -> object:
    return state and state.sold


def test_interesting_times_are_few_ordered_and_within_the_span(world: World, now: datetime) -> None:
    start = now - timedelta(days=90)
    for watchlist in demo.featured():
        for num_iid in watchlist.num_iids:
            times = demo.interesting_times(num_iid, start, now, most=300)
            assert times == sorted(set(times))
            assert times[0] == start
            assert now - HOUR < times[-1] <= now
            assert 20 < len(times) <= 300


def test_interesting_times_of_a_restless_price_are_spread_over_the_whole_span(world: World, now: datetime) -> None:
    products = (world.product(num_iid) for num_iid in world.products())
    flash = next(product for product in products if product and product.price_habit is PriceHabit.FLASH)
    start = now - timedelta(days=90)
    times = demo.interesting_times(flash.num_iid, start, now, most=300)
    assert len(times) > 200
    assert max(after - before for before, after in pairwise(times)) < timedelta(days=2)


def test_three_watchlists_are_featured(world: World) -> None:
    own, rivals, suppliers = demo.featured()
    assert [(watchlist.name_zh, watchlist.name_en) for watchlist in (own, rivals, suppliers)] == [
        ("本店商品", "My shop"),
        ("竞品", "Rivals"),
        ("供应商", "Suppliers"),
    ]
    assert [len(watchlist.num_iids) for watchlist in (own, rivals, suppliers)] == [16, 20, 12]
    assert len({num_iid for watchlist in (own, rivals, suppliers) for num_iid in watchlist.num_iids}) == 48
    flash = [
        num_iid for num_iid in rivals.num_iids if (p := world.product(num_iid)) and p.price_habit is PriceHabit.FLASH
    ]
    assert len(flash) >= 3


def test_the_featured_products_show_every_behaviour(world: World) -> None:
    numbers = [num_iid for watchlist in demo.featured() for num_iid in watchlist.num_iids]
    products = [product for product in map(world.product, numbers) if product]
    assert {product.price_habit for product in products} == set(PriceHabit)
    assert {product.sales_habit for product in products} == set(SalesHabit)
    assert {product.shelf_habit for product in products} >= set(ShelfHabit) - {ShelfHabit.ABNORMAL}
    assert {edit for product in products for edit in product.edits} == set(Edit)
