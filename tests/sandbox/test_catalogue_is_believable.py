import re
from collections import Counter
from datetime import datetime

from monitor.sandbox.catalogue import PriceHabit
from monitor.sandbox.world import World


def test_it_has_three_hundred_products_in_a_dozen_shops(world: World) -> None:
    assert len(world.shops) == 12
    assert len(set(world.products())) == 300
    assert len({shop.shop_id for shop in world.shops} | {shop.number for shop in world.shops}) == 24


def test_it_numbers_products_beyond_what_a_float_holds(world: World) -> None:
    assert all(re.fullmatch(r"[37]\d{18}", num_iid) for num_iid in world.products())
    assert sum(int(float(num_iid)) != int(num_iid) for num_iid in world.products()) > 290


def test_it_names_every_product_differently(world: World, now: datetime) -> None:
    states = (world.state(num_iid, now) for num_iid in world.products())
    titles = [state.page.title for state in states if state]
    assert len(set(titles)) == len(titles)
    assert all(12 <= len(title) <= 60 and re.search("[\u4e00-\u9fff]", title) for title in titles)
    assert any(title.startswith("【") for title in titles)
    assert any(title.endswith(" ") for title in titles)


def test_it_has_restless_prices_and_mostly_quiet_ones(world: World) -> None:
    habits = Counter(product.price_habit for num_iid in world.products() if (product := world.product(num_iid)))
    assert habits[PriceHabit.FLASH] >= 3
    assert habits[PriceHabit.HOURLY] >= 3
    assert habits[PriceHabit.STILL] + habits[PriceHabit.SEASONAL] > 180


def test_it_knows_no_other_product(world: World, now: datetime) -> None:
    assert world.product("3000000000000000001") is None
    assert world.state("3000000000000000001", now) is None
