"""What the simulation takes for a change is what a check would tell as one."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from monitor.changes import ProductState, product_after, product_changes
from monitor.provider.errors import ProviderError
from monitor.provider.parse import parse_item
from monitor.sandbox import demo
from monitor.sandbox.catalogue import Edit, PriceHabit, ShelfHabit
from monitor.sandbox.world import World, shared_world
from monitor.simulation.truth import Life, lives

BEGIN = datetime(2026, 10, 31, 16, tzinfo=UTC)
LENGTH = timedelta(days=40)


@pytest.fixture(scope="module")
def found() -> dict[str, Life]:
    return dict(zip(shared_world().products(), lives(shared_world(), BEGIN, LENGTH), strict=True))


def looked(num_iid: str, seconds: list[int]) -> list[set[str] | None]:
    """The fields that a check at each of `seconds` finds changed since the last that was answered; None: not found."""
    state, told = ProductState(), list[set[str] | None]()
    for when, payload in demo.replay(num_iid, [BEGIN + timedelta(seconds=second) for second in seconds]):
        try:
            after = product_after(state, parse_item(payload, num_iid, when))
        except ProviderError:
            told.append(None)
            continue
        told.append({change.field for change in product_changes(state, after)} - {"sales"})
        state = after
    return told


def chosen(world: World) -> list[str]:
    """Two products of every habit and edit."""
    products = [product for num_iid in world.products() if (product := world.product(num_iid))]
    of_habits = (
        [product.num_iid for product in products if habit in {product.price_habit, product.shelf_habit, *product.edits}]
        for habit in (*PriceHabit, *ShelfHabit, *Edit)
    )
    return sorted({num_iid for of_habit in of_habits for num_iid in of_habit[:2]})


def test_it_is_what_checks_find_and_when(found: dict[str, Life]) -> None:
    fields: set[str] = set()
    for num_iid in chosen(shared_world()):
        life = found[num_iid]
        # Just before each moment and at it, but no more than some of a price that never rests.
        some = life.seconds[1:][: 60 if len(life.seconds) > 60 else None]
        seconds = sorted({0, *(moment - 1 for moment in some), *some})
        told = looked(num_iid, seconds)
        changes = set(life.changes())
        for second, changed in zip(seconds, told, strict=True):
            assert (changed is None) == (life.at(second) is None), (num_iid, second)
            assert bool(changed) == (second in changes), (num_iid, second, changed)
            fields |= changed or set()
    assert fields >= {"price", "list_price", "sku_range", "status", "presale", "title", "images", "specification"}
    assert fields >= {"freight", "service_promises"}


def test_nothing_changes_between_its_moments(found: dict[str, Life]) -> None:
    for num_iid in shared_world().products()[::6]:
        seconds = list(range(0, int(LENGTH.total_seconds()), 8 * 3600 + 11))
        kept: int | None = None
        for second, changed in zip(seconds, looked(num_iid, seconds), strict=True):
            value = found[num_iid].at(second)
            assert (changed is None) == (value is None)
            if value is not None:
                assert bool(changed) == (kept is not None and value != kept), (num_iid, second, changed)
                kept = value


def test_what_comes_back_as_it_was_has_not_changed() -> None:
    life = Life([0, 10, 20, 30, 40], [0, None, 0, None, 1])
    assert list(life.changes()) == [40]
    assert [life.at(second) for second in (0, 9, 10, 19, 20, 40, 99)] == [0, 0, None, None, 0, 1, 1]


def test_what_is_never_found_at_first_is_not_new_when_it_is_found() -> None:
    assert list(Life([0, 10, 20], [None, 3, 4]).changes()) == [20]


def test_moments_are_in_order_and_two_of_the_same_world_agree(found: dict[str, Life]) -> None:
    assert lives(World(), BEGIN, timedelta(days=2)) == lives(World(), BEGIN, timedelta(days=2))
    for life in found.values():
        assert life.seconds[0] == 0
        assert all(one < other for one, other in pairwise(life.seconds))
        assert all(one != other for one, other in pairwise(life.values))
