from datetime import datetime, timedelta

import pytest

from monitor.sandbox.catalogue import ShelfHabit
from monitor.sandbox.world import World

PLACES = {
    ShelfHabit.IN_AND_OUT: (1, 3),
    ShelfHabit.REVIEWED: (0, 2),
    ShelfHabit.BANNED: (0, 5),
    ShelfHabit.DELETED: (2, 3),
    ShelfHabit.REJECTED: (0, 4),
    ShelfHabit.AWAITED: (0, 7),
    ShelfHabit.ABNORMAL: (-1, 3),
    ShelfHabit.VANISHING: None,
}


def places(world: World, habit: ShelfHabit, moments: list[datetime]) -> list[list[tuple[int, int] | None]]:
    """For each product of the habit, status and check status at `moments`, or None where it is not found."""
    told = []
    for num_iid in world.products():
        product = world.product(num_iid)
        if product and product.shelf_habit is habit:
            states = (world.state(num_iid, moment) for moment in moments)
            told.append([(state.place.status, state.place.check_status) if state else None for state in states])
    return told


@pytest.mark.parametrize("habit", PLACES)
def test_each_kind_goes_its_own_way_and_comes_back(world: World, now: datetime, habit: ShelfHabit) -> None:
    told = places(world, habit, [now + timedelta(hours=hours) for hours in range(0, 200 * 24, 3)])
    assert told
    for places_in_turn in told:
        assert set(places_in_turn) == {(0, 3), PLACES[habit]}
        away = places_in_turn.count(PLACES[habit]) / len(places_in_turn)
        assert away < 0.5


def test_the_others_are_always_there(world: World, now: datetime) -> None:
    told = places(world, ShelfHabit.ALWAYS, [now + timedelta(days=days) for days in range(0, 90, 4)])
    assert len(told) > 240
    assert {place for places_in_turn in told for place in places_in_turn} == {(0, 3)}
