"""All products together: the fit to the budget."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.judging.schedule.census import Cell, Census
from monitor.judging.schedule.fleet import Fleet
from monitor.judging.schedule.limits import Limits
from monitor.judging.schedule.pace import IN_TIME

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)
FREE = Limits(DAY, HOUR / 12)
cells = st.lists(
    st.builds(
        Cell,
        st.builds(
            Limits,
            st.sampled_from([HOUR, 6 * HOUR, DAY, 30 * DAY]),
            st.sampled_from([None, HOUR / 60, HOUR / 12, HOUR]),
            st.sampled_from([0.25, 1.0, 4.0, 5.25]),
        ),
        st.floats(1e-6, 5000.0),
        st.integers(1, 100_000),
    ),
    min_size=1,
    max_size=8,
)


def test_the_budget_is_spent_where_changes_are() -> None:
    census = Census((Cell(FREE, 0.001, 1000), Cell(FREE, 0.1, 100)))
    fleet = census.fitted(Fleet(), 4400)
    assert census.calls(fleet) == pytest.approx(4400, rel=0.002)
    quiet, lively = (Census((cell._replace(products=1),)).calls(fleet) for cell in census.cells)
    assert lively / quiet == pytest.approx(10, rel=0.01)  # As the square root of 100.


@given(cells, st.floats(0, 1e7))
def test_the_fit_keeps_to_the_budget_as_far_as_waits_can_be_stretched(
    some: list[Cell], budget: float
) -> None:
    census = Census(tuple(some))
    fleet = census.fitted(Fleet(), budget)
    assert census.calls(fleet) <= max(budget * 1.01, census.needs(1e5) * 1.001)
    assert fleet.stretch == 0 or census.needs() > budget


@given(cells, st.floats(1, 10))
def test_if_the_budget_covers_the_limits_only_their_margin_is_stretched(
    some: list[Cell], part: float
) -> None:
    """Except for the longest waits, which cannot be stretched."""
    few = (
        cell._replace(limits=replace(cell.limits, weight=1.0))
        for cell in some
        if cell.limits.latest <= DAY
    )
    census = Census(tuple(few))
    budget = census.asked() * 1.001 + 1e-3
    fleet = census.fitted(Fleet(), budget / part, budget)
    assert fleet.stretch <= 1 / IN_TIME
    assert census.calls(fleet) <= budget * 1.01


@given(cells)
def test_the_lowest_weight_is_stretched_first(some: list[Cell]) -> None:
    census = Census(
        (
            *some,
            Cell(Limits(HOUR, weight=0.25), 1.0, 1000),
            Cell(Limits(HOUR, weight=4.0), 1.0, 1000),
        )
    )
    fleet = census.fitted(Fleet(), census.needs() * 0.9)
    assert fleet.stretch > 0
    low, high = (Limits(HOUR, weight=weight).stretched(fleet.stretch) for weight in (0.25, 4.0))
    assert low > HOUR or fleet.stretch <= 0.5
    assert high <= low
