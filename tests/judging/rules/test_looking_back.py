"""Conditions that need more than the current change: a table of stories for each."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.judging.changes import FieldChange, ProductState
from monitor.judging.rules.conditions import Condition, judge
from monitor.judging.rules.judging import Firing, KnownValue, Memory, RuleCase, gather
from monitor.judging.rules.kinds import Kind

START = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def days(number: float) -> datetime:
    return START + number * DAY


def fires(condition: Condition, field: str, *values: tuple[float, int]) -> list[float]:
    """Return the days on which a rule fires for these values on these days; the rule is made on the
    first."""
    memory, fired = Memory(), []
    steps: list[KnownValue] = []
    for at, value in values:
        changes = (
            [FieldChange(field, steps[-1].value, value)]
            if steps and steps[-1].value != value
            else []
        )
        if not steps or changes:
            steps.append(KnownValue(days(at), value))
        history: dict[str, Any] = {"price": {"prices": steps}, "sales": {"sales": steps}}[field]
        state = ProductState(price=value) if field == "price" else ProductState(sales=value)
        firings, memory = judge(condition, memory, RuleCase(state, changes, days(at), **history))
        fired += [at] if firings else []
    return fired


LOWEST_7, HIGHEST_7 = Condition(Kind.PRICE_LOWEST, days=7), Condition(Kind.PRICE_HIGHEST, days=7)
LOWEST, OFF_HIGH = Condition(Kind.PRICE_LOWEST), Condition(Kind.PRICE_BELOW_HIGH, 1000, 30)


@pytest.mark.parametrize(
    ("story", "condition", "values", "fires_on"),
    [
        ("each further low fires", LOWEST_7, [(0, 100), (1, 99), (2, 98)], [1, 2]),
        ("the same low again does not", LOWEST_7, [(0, 100), (1, 90), (2, 100), (3, 90)], [1]),
        ("a low before the window does not count", LOWEST_7, [(0, 90), (1, 100), (9, 95)], [9]),
        (
            "a price that was still in force in the window counts",
            LOWEST_7,
            [(0, 90), (5, 100), (11, 95)],
            [],
        ),
        (
            "without a window every low counts",
            LOWEST,
            [(0, 90), (1, 100), (400, 95), (401, 89)],
            [401],
        ),
        ("a single price is no low", LOWEST, [(0, 90), (5, 90)], []),
        ("a rise to a new high fires", HIGHEST_7, [(0, 100), (1, 101), (2, 101), (3, 99)], [1]),
        ("10 % below the high fires", OFF_HIGH, [(0, 1000), (1, 901), (2, 900)], [2]),
        ("another 10 % fires again", OFF_HIGH, [(0, 1000), (1, 900), (2, 850), (3, 800)], [1, 3]),
        (
            "after a recovery it fires again",
            OFF_HIGH,
            [(0, 1000), (1, 900), (2, 950), (3, 900)],
            [1, 3],
        ),
        ("a high before the window does not count", OFF_HIGH, [(0, 1000), (1, 950), (40, 900)], []),
    ],
)
def test_it_compares_with_the_extremes_of_a_window(
    story: str, condition: Condition, values: Sequence[tuple[float, int]], fires_on: list[float]
) -> None:
    assert fires(condition, "price", *values) == fires_on, story


SOLD_100, SOLD_10_PERCENT = (
    Condition(Kind.SALES_GREW_BY, 100, 7),
    Condition(Kind.SALES_GREW, 1000, 7),
)
TWICE = Condition(Kind.SALES_PACE_DOUBLED, days=2)


@pytest.mark.parametrize(
    ("story", "condition", "values", "fires_on"),
    [
        ("100 units within the window fire", SOLD_100, [(0, 1000), (1, 1060), (2, 1100)], [2]),
        (
            "100 units in a longer time do not fire",
            SOLD_100,
            [(0, 1000), (8, 1060), (16, 1120), (24, 1180)],
            [],
        ),
        (
            "after an alert it counts from there",
            SOLD_100,
            [(0, 1000), (1, 1100), (2, 1199), (3, 1200)],
            [1, 3],
        ),
        (
            "a count that starts again is no growth",
            SOLD_100,
            [(0, 1000), (1, 5), (2, 104), (3, 105)],
            [],
        ),
        ("the first sales fire", SOLD_10_PERCENT, [(0, 0), (1, 1)], [1]),
        ("twice as many as before", TWICE, [(0, 100), (2, 110), (3, 120), (4, 130)], [4]),
        ("an unknown earlier window does not fire", TWICE, [(0, 100), (2, 110), (3, 200)], []),
        ("the first sales double nothing", TWICE, [(0, 100), (4, 200)], []),
        (
            "after slower sales it fires again",
            TWICE,
            [(0, 0), (2, 10), (4, 30), (6, 40), (8, 90)],
            [4, 8],
        ),
    ],
)
def test_it_compares_sales_within_a_window(
    story: str, condition: Condition, values: Sequence[tuple[float, int]], fires_on: list[float]
) -> None:
    assert fires(condition, "sales", *values) == fires_on, story


def both(condition: Condition, *states: tuple[int, str]) -> list[int]:
    """Return the places at which a rule fires in this sequence of prices and statuses."""
    memory, before, fired = Memory(), states[0], []
    for place, now in enumerate(states):
        changes = [FieldChange("price", before[0], now[0])] if before[0] != now[0] else []
        changes += [FieldChange("status", before[1], now[1])] if before[1] != now[1] else []
        state = ProductState(price=now[0], status=now[1])
        firings, memory = judge(condition, memory, RuleCase(state, changes, days(place)))
        fired += [place] if firings else []
        before = now
    return fired


ON, OFF = "on_sale", "off_shelf"
ON_SALE, UNDER_800 = Condition(Kind.ON_SALE), Condition(Kind.PRICE_BELOW, 800)
BELOW = Condition(Kind.PRICE_BELOW, 950, also=(ON_SALE,))
DROP, DEEP_DROP = (
    Condition(Kind.PRICE_DROPPED, 1000, also=(other,)) for other in (ON_SALE, UNDER_800)
)
CHANGE = Condition(Kind.PRICE_CHANGED, also=(ON_SALE,))
BETWEEN = (ON_SALE, Condition(Kind.PRICE_ABOVE, 5), Condition(Kind.PRICE_BELOW, 9))


@pytest.mark.parametrize(
    ("story", "condition", "states", "fires_at"),
    [
        ("one condition does not fire", BELOW, [(1000, OFF), (900, OFF)], []),
        ("the other condition later fires", BELOW, [(900, OFF), (900, ON)], [1]),
        (
            "the other condition again fires again",
            BELOW,
            [(900, ON), (900, OFF), (900, ON)],
            [0, 2],
        ),
        (
            "a drop fires later, when the product is on sale",
            DROP,
            [(1000, OFF), (850, OFF), (850, ON)],
            [2],
        ),
        (
            "a drop adds up until the other condition is true",
            DEEP_DROP,
            [(1000, ON), (900, ON), (810, ON), (790, ON)],
            [3],
        ),
        ("a change does not fire later", CHANGE, [(9, OFF), (8, OFF), (8, ON), (7, ON)], [3]),
        (
            "all three conditions fire",
            Condition(Kind.STATUS_CHANGED, also=BETWEEN),
            [(9, ON), (9, OFF), (8, ON), (8, OFF)],
            [2],
        ),
    ],
)
def test_further_conditions_must_be_true_too(
    story: str, condition: Condition, states: Sequence[tuple[int, str]], fires_at: list[int]
) -> None:
    assert both(condition, *states) == fires_at, story


def alerts_of(cooldown: float, *hours: float, field: str = "price") -> list[tuple[float, int]]:
    """Return the hours of the alerts and the firings in each, if a rule fires at these hours."""
    memory, alerts = Memory(), {}
    for number, hour in enumerate(hours):
        at = START + timedelta(hours=hour)
        rest, memory = gather(
            memory, Firing(field, number, number + 1), at, timedelta(hours=cooldown)
        )
        if rest is None:
            alerts[hour] = 1
        else:
            alerts[(rest.until - START) / timedelta(hours=1)] = rest.gathered[field].times
    return list(alerts.items())


@pytest.mark.parametrize(
    ("story", "cooldown", "hours", "alerts"),
    [
        ("without a cool-down each firing is an alert", 0, (0, 1, 2), [(0, 1), (1, 1), (2, 1)]),
        ("the first firing alerts at once", 6, (0,), [(0, 1)]),
        ("further firings alert after the cool-down", 6, (0, 1, 2, 5), [(0, 1), (6, 3)]),
        ("a firing after the cool-down alerts at once", 6, (0, 6, 12), [(0, 1), (6, 1), (12, 1)]),
        (
            "after a collected alert another cool-down follows",
            6,
            (0, 1, 7, 8),
            [(0, 1), (6, 1), (12, 2)],
        ),
    ],
)
def test_firings_during_the_cooldown_are_one_alert(
    story: str, cooldown: float, hours: Sequence[float], alerts: list[tuple[float, int]]
) -> None:
    assert alerts_of(cooldown, *hours) == alerts, story


@given(
    st.floats(0.5, 48),
    st.lists(st.integers(0, 200), min_size=1, max_size=40, unique=True).map(sorted),
)
def test_every_firing_is_in_an_alert_and_alerts_are_a_cooldown_apart(
    cooldown: float, hours: list[int]
) -> None:
    alerts = alerts_of(cooldown, *hours)
    assert sum(times for _, times in alerts) == len(hours)
    times = [at for at, _ in alerts]
    assert all(later - earlier > cooldown - 0.001 for earlier, later in itertools.pairwise(times))
