from datetime import datetime, timedelta
from itertools import pairwise

from monitor.sandbox.scores import Score
from monitor.sandbox.world import World

DAYS = 120


def scores(world: World, slug: str, now: datetime) -> list[dict[str, Score]]:
    num_iid = world.products_of(slug)[0].num_iid
    states = (world.state(num_iid, now + timedelta(days=days)) for days in range(DAYS))
    return [state.scores for state in states if state]


def test_they_are_on_one_of_two_scales(world: World, now: datetime) -> None:
    for shop in world.shops:
        values = [score.value for day in scores(world, shop.seller.slug, now) for score in day.values()]
        if shop.seller.scale == 5:
            assert all(4 <= value <= 5 for value in values)
        else:
            assert all(60 <= value <= 100 and value == int(value) for value in values)
    assert [shop.seller.scale for shop in world.shops].count(5) == 4


def test_they_drift_and_keep_still_most_days(world: World, now: datetime) -> None:
    for shop in world.shops:
        days = scores(world, shop.seller.slug, now)
        changes = sum(before != after for before, after in pairwise(days))
        assert 10 <= changes <= DAYS * 0.6


def test_gaps_follow_the_average(world: World, now: datetime) -> None:
    for shop in world.shops:
        average = 4.75 if shop.seller.scale == 5 else 90
        for day in scores(world, shop.seller.slug, now):
            for score in day.values():
                if score.gap == 1:
                    assert score.value >= average
                elif score.gap == 3:
                    assert score.value <= average


def test_now_and_then_one_falls_below_average_and_recovers(world: World, now: datetime) -> None:
    falls = recoveries = 0
    for shop in world.shops:
        for before, after in pairwise(scores(world, shop.seller.slug, now)):
            for dimension in before:
                falls += before[dimension].gap != 3 == after[dimension].gap
                recoveries += before[dimension].gap == 3 != after[dimension].gap
    assert falls > 10
    assert recoveries > 10
