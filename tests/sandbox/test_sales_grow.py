from datetime import datetime, timedelta
from itertools import pairwise

from monitor.sandbox.catalogue import SalesHabit
from monitor.sandbox.festivals import BEIJING, festival_at
from monitor.sandbox.world import World

HABITS = set(SalesHabit)


def products(world: World, habits: set[SalesHabit]) -> list[str]:
    wanted = ((num_iid, world.product(num_iid)) for num_iid in world.products())
    return [num_iid for num_iid, product in wanted if product and product.sales_habit in habits]


def units(world: World, num_iid: str, moments: list[datetime]) -> list[int]:
    return [state.units for state in (world.state(num_iid, moment) for moment in moments) if state]


def test_they_never_fall_unless_audited(world: World, now: datetime) -> None:
    moments = [now + timedelta(hours=19 * step) for step in range(90 * 24 // 19)]
    for num_iid in products(world, HABITS - {SalesHabit.AUDITED}):
        sold = units(world, num_iid, moments)
        assert sold == sorted(sold)


def test_they_fall_at_an_audit_and_grow_in_between(world: World, now: datetime) -> None:
    moments = [now + timedelta(days=step) for step in range(120)]
    for num_iid in products(world, {SalesHabit.AUDITED}):
        steps = [after - before for before, after in pairwise(units(world, num_iid, moments))]
        assert 1 <= sum(step < 0 for step in steps) <= 6
        assert sum(step >= 0 for step in steps) > 100


def test_hot_ones_grow_every_few_minutes(world: World) -> None:
    evening = datetime(2026, 10, 14, 20, 0, tzinfo=BEIJING)
    hot = products(world, {SalesHabit.HOT})
    assert len(hot) >= 10
    for num_iid in hot:
        first, last = units(world, num_iid, [evening, evening + timedelta(minutes=10)])
        assert last > first


def test_they_follow_the_hours_of_the_day(world: World) -> None:
    night = datetime(2026, 10, 14, 3, 0, tzinfo=BEIJING)
    evening = datetime(2026, 10, 14, 20, 0, tzinfo=BEIJING)
    for num_iid in products(world, {SalesHabit.HOT}):
        asleep, awake = (units(world, num_iid, [start, start + timedelta(hours=1)]) for start in (night, evening))
        assert awake[1] - awake[0] > 4 * (asleep[1] - asleep[0])


def test_they_grow_without_jumps(world: World, now: datetime) -> None:
    moments = [now + timedelta(hours=step) for step in range(21 * 24)]
    quiet = [moment for moment in moments if festival_at(int(moment.timestamp())) is None]
    for num_iid in products(world, {SalesHabit.HOT, SalesHabit.HIT}):
        sold = units(world, num_iid, quiet)
        a_day = (sold[-1] - sold[0]) / (len(sold) / 24)
        for before, after in pairwise(quiet):
            if after - before == timedelta(hours=1):
                first, last = units(world, num_iid, [before, after])
                assert last - first <= 0.2 * a_day


def test_some_sellers_hide_them(world: World, now: datetime) -> None:
    hidden = products(world, {SalesHabit.HIDDEN})
    assert hidden
    assert {state.sold for num_iid in hidden if (state := world.state(num_iid, now))} == {""}
