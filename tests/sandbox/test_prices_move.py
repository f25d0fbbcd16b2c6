from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from monitor.sandbox.catalogue import PriceHabit
from monitor.sandbox.festivals import BEIJING
from monitor.sandbox.world import World


def products(world: World, habit: PriceHabit) -> list[str]:
    wanted = ((num_iid, world.product(num_iid)) for num_iid in world.products())
    return [num_iid for num_iid, product in wanted if product and product.price_habit is habit]


def price(world: World, num_iid: str, when: datetime) -> int:
    state = world.state(num_iid, when)
    return state.prices.price if state else 0


def steps(world: World, num_iid: str, start: datetime, every: timedelta, count: int) -> list[int]:
    """How many rounds each price lasted, for the prices that began and ended within `count` rounds."""
    prices = [price(world, num_iid, start + every * turn) for turn in range(count)]
    turns = [turn for turn in range(1, count) if prices[turn] != prices[turn - 1]]
    return [after - before for before, after in pairwise(turns)]


def test_flash_ones_step_every_two_to_four_minutes_around_the_clock(world: World, now: datetime) -> None:
    flash = products(world, PriceHabit.FLASH)
    assert len(flash) >= 3
    for num_iid in flash:
        for hours in range(0, 24, 6):
            lasted = steps(world, num_iid, now + timedelta(hours=hours), timedelta(seconds=10), 360)
            assert 13 <= len(lasted) <= 22
            assert min(lasted) >= 11
            assert max(lasted) <= 25


def test_hourly_ones_step_about_every_hour(world: World, now: datetime) -> None:
    for num_iid in products(world, PriceHabit.HOURLY):
        assert 20 <= len(steps(world, num_iid, now, timedelta(minutes=5), 288)) <= 26


def test_still_ones_stay(world: World, now: datetime) -> None:
    for num_iid in products(world, PriceHabit.STILL):
        prices = {price(world, num_iid, now + timedelta(days=days)) for days in range(0, 300, 3)} - {0}
        assert len(prices) == 1


@pytest.mark.parametrize(
    ("habit", "before", "during", "after"),
    [
        (PriceHabit.WEEKEND, (2026, 10, 16, 12), (2026, 10, 17, 12), (2026, 10, 19, 12)),
        (PriceHabit.MORNING, (2026, 10, 16, 9, 59), (2026, 10, 16, 10), (2026, 10, 16, 12)),
        (PriceHabit.WEEKEND, (2026, 11, 6, 12), (2026, 11, 11, 12), (2026, 11, 13, 12)),
        (PriceHabit.MORNING, (2026, 6, 14, 12), (2026, 6, 18, 12), (2026, 6, 22, 13)),
    ],
)
def test_promotions_end_where_they_began(
    world: World, habit: PriceHabit, before: tuple[int, ...], during: tuple[int, ...], after: tuple[int, ...]
) -> None:
    moments = [datetime(*moment, tzinfo=BEIJING) for moment in (before, during, after)]  # type: ignore[arg-type,misc]
    reduced = 0
    for num_iid in products(world, habit):
        usual, asked, again = (price(world, num_iid, moment) for moment in moments)
        if usual and asked and again:
            assert usual == again
            assert 0.6 * usual < asked <= usual
            reduced += asked < usual
    assert reduced >= 6


def test_they_are_always_consistent(world: World, now: datetime) -> None:
    for num_iid in world.products():
        for days in range(0, 365, 11):
            if state := world.state(num_iid, now + timedelta(days=days)):
                prices = state.prices
                assert 10 <= prices.price == prices.sku_min <= prices.sku_max
                assert prices.price <= prices.list_price
