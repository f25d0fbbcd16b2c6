from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from monitor.sandbox.shelf import ON_SALE
from monitor.sandbox.world import ProductState, World
from tests.sandbox.conftest import Ask

DAYS = 90


@pytest.fixture(scope="module")
def lives(world: World) -> dict[str, list[ProductState | None]]:
    """Every second product, looked at every twelve hours for ninety days."""
    start = datetime.fromisoformat("2026-09-01T00:00:00+08:00")
    moments = [start + timedelta(hours=12 * turn) for turn in range(DAYS * 2)]
    return {num_iid: [world.state(num_iid, moment) for moment in moments] for num_iid in world.products()[::2]}


def changes(states: list[ProductState | None], *parts: str) -> int:
    """How often any of `parts` differed from the look before."""
    told = [state and tuple(getattr(state, part) for part in parts) for state in states]
    return sum(before != after for before, after in pairwise(told))


def share(lives: dict[str, list[ProductState | None]], least: int, *parts: str) -> float:
    return sum(changes(states, *parts) >= least for states in lives.values()) / len(lives)


def test_most_products_rarely_change(lives: dict[str, list[ProductState | None]]) -> None:
    everything = ("prices", "sold", "place", "page")
    assert share(lives, 1, *everything) < 0.95
    # Half of them less than once in six days.
    assert share(lives, DAYS // 6, *everything) < 0.5
    assert 0.02 < share(lives, DAYS, *everything) < 0.15


def test_a_good_part_never_changes_its_price_and_few_change_it_daily(
    lives: dict[str, list[ProductState | None]],
) -> None:
    assert 0.2 < 1 - share(lives, 1, "prices") < 0.5
    assert 0.01 < share(lives, DAYS, "prices") < 0.1


def test_some_products_leave_the_shelf_and_some_are_edited(lives: dict[str, list[ProductState | None]]) -> None:
    assert 0.08 < share(lives, 1, "place") < 0.25
    assert 0.25 < share(lives, 1, "page") < 0.6


def test_few_products_are_away_at_any_time(lives: dict[str, list[ProductState | None]]) -> None:
    for turn in range(0, DAYS * 2, 12):
        seen = [states[turn] for states in lives.values()]
        away = sum(state is None or state.place != ON_SALE for state in seen)
        assert away <= 0.08 * len(lives)


def outcomes(world: World, ask: Ask, now: datetime) -> list[dict[str, Any]]:
    """Each product once an hour for sixteen hours."""
    return [
        ask(num_iid=num_iid, cache="no", at=now + timedelta(hours=hours))
        for hours in range(16)
        for num_iid in world.products()
    ]


def test_failures_and_thin_records_come_at_realistic_rates(world: World, ask: Ask, now: datetime) -> None:
    replies = outcomes(world, ask, now)
    failed = [reply["error_code"] for reply in replies if reply["error_code"] not in {"0000", "2000"}]
    items = [reply["item"] for reply in replies if reply["error_code"] == "0000"]
    thin = [item for item in items if item["credit_score"] is None]
    assert 0.003 < len(failed) / len(replies) < 0.008
    assert set(failed) <= {"4000", "4001", "4002", "4008", "4017", "5000"}
    assert 0.01 < len(thin) / len(items) < 0.02


def test_hardly_anything_is_too_odd_to_be_believed(lives: dict[str, list[ProductState | None]]) -> None:
    """Each such reading costs a call more: promotions must not make them."""
    halved = [
        (before, after)
        for states in lives.values()
        for before, after in pairwise(states)
        if before and after and after.prices.price * 2 <= before.prices.price
    ]
    assert halved == []
