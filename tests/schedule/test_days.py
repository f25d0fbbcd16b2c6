"""The hours of the day at which products are checked."""

import math
import random
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.schedule.day import STEPS, Day, fitted_day, planned

MINUTES = 1 / 1440
#: Quiet nights, busy days, and a tenth of all changes just after 8:00, 12:00 and 20:00 each.
SHAPE = tuple(
    (0.06 if step < 48 or step >= 132 else 1.0) + (STEPS / 12 if step in (48, 72, 120) else 0.0)
    for step in range(STEPS)
)
SHOPS = tuple(weight / sum(SHAPE) * STEPS for weight in SHAPE)


@cache
def shops_day() -> Day:
    return planned(SHOPS)


days = st.sampled_from([Day(), shops_day(), planned((1.0,) * STEPS)])
times = st.floats(0, 5000)


@given(days, times, st.floats(0, 30), st.floats(0, 30))
def test_activity_adds_up(day: Day, since: float, first: float, then: float) -> None:
    middle, until = since + first, since + first + then
    parts = day.activity(since, middle) + day.activity(middle, until)
    assert parts == pytest.approx(day.activity(since, until), abs=1e-6)
    assert day.activity(since, middle) >= -1e-9
    assert day.activity(since, since + 3) == pytest.approx(3, abs=1e-6)


def test_most_of_the_activity_is_by_day() -> None:
    assert shops_day().activity(7 + 22 / 24, 8 + 8 / 24) < 0.05
    assert shops_day().activity(8 + 8 / 24, 8 + 22 / 24) > 0.95


@given(days, times, st.floats(MINUTES, 400))
def test_the_wait_is_about_as_long_as_without_a_profile(day: Day, since: float, even: float) -> None:
    wait = day.wait(since, even)
    assert 0 < wait < 8 * even + 1
    if not day.weights:
        assert wait == even


def looks(wait: Callable[[float], float], count: int) -> tuple[float, float]:
    """Return checks a day, and the mean delay of changes in days."""
    time = cost = mass = 0.0
    for _ in range(count):
        until = time + wait(time)
        # Changes happen in the middle of their steps.
        for step in range(math.floor(time * STEPS), math.floor(until * STEPS)):
            cost += SHOPS[step % STEPS] * (until - (step + 0.5) / STEPS)
            mass += SHOPS[step % STEPS]
        time = until
    return count / time, cost / mass


@pytest.mark.parametrize(("even", "saves"), [(1.0, 0.15), (0.5, 0.25), (0.25, 0.3), (0.1, 0.2), (0.05, 0.2)])
def test_a_planned_day_finds_changes_sooner_with_as_many_checks(even: float, saves: float) -> None:
    often, delay = looks(lambda time: shops_day().wait(time, even), 400)
    draw = random.Random(1)
    # With random waits, so that the hours are not good by chance.
    at_any_hour = looks(lambda _: even * draw.uniform(0.9, 1.1), 2000)[1]
    assert often * even == pytest.approx(1, abs=0.35)
    assert delay * often * even < (1 - saves) * at_any_hour


def test_checks_are_even_if_all_hours_are_alike() -> None:
    flat = planned((1.0,) * STEPS)
    for even in (0.05, 0.25, 1.0):
        assert flat.wait(0.3, even) == pytest.approx(even, rel=0.2)


def detected(
    draw: random.Random, weights: Sequence[float], count: int, every: float, spread: float = 0.3
) -> list[tuple[int, float, float]]:
    """Return changes of products that are checked about every `every` days."""
    changes = []
    for number in range(count):
        change = draw.choices(range(STEPS), weights)[0] / STEPS + draw.random() / STEPS + draw.randrange(1, 28)
        interval = every * draw.uniform(1 - spread, 1 + spread)
        since = change - draw.random() * interval
        changes.append((number % 50, since, since + interval))
    return changes


@pytest.mark.parametrize("every", [0.02, 0.1, 0.25])
def test_the_hours_are_learned(every: float) -> None:
    day = fitted_day(detected(random.Random(2), SHOPS, 4000, every))
    assert day.activity(4 - 2 / 24, 4 + 8 / 24) < 0.15
    spikes = [day.weights[step] for step in (48, 72, 120)]
    assert min(spikes) > 2


@pytest.mark.parametrize("every", [0.02, 0.1, 0.25])
def test_nothing_is_learned_from_even_hours(every: float) -> None:
    assert fitted_day(detected(random.Random(0), [1.0] * STEPS, 4000, every)) == Day()


def test_the_hours_of_checks_are_not_taken_for_those_of_changes() -> None:
    draw = random.Random(5)
    changes = []
    for product in range(200):
        # Each product has its own hours, four times a day; most are in the morning.
        at = draw.gauss(0.3, 0.05)
        for day in range(1, 20):
            begins = [day + at + look / 4 for look in range(4)]
            changes += [(product, begin, begin + 0.25) for begin in begins if draw.random() < 0.2]
    assert fitted_day(changes) == Day()


def test_nothing_is_learned_from_few_changes() -> None:
    assert fitted_day(detected(random.Random(3), SHOPS, 200, 0.05)) == Day()
    assert fitted_day([]) == Day()


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), max_size=50))
def test_any_changes_give_a_valid_day(changes: list[tuple[int, float, float]]) -> None:
    day = fitted_day(changes * 20)
    assert not day.weights or sum(day.weights) == pytest.approx(STEPS)


@given(days, st.floats(0.001, 100))
def test_spending_rises_to_the_whole_budget(day: Day, even: float) -> None:
    spending = day.spending(even)
    assert len(spending) == STEPS
    assert all(before <= after for before, after in pairwise(spending))
    assert spending[-1] == pytest.approx(1)
