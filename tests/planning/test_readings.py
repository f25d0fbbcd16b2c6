"""Readings of shops go where something changes."""

import pytest

from tests.planning.readings_table import compared


def test_half_the_calls_find_launches_as_soon_as_daily_readings() -> None:
    figures = compared(range(6))
    calls, delay, launches = figures["daily"]
    scheduled = figures["by schedule"]
    assert scheduled[0] == pytest.approx(calls / 2, rel=0.05)
    assert scheduled[1] == pytest.approx(delay, rel=0.15)
    assert scheduled[2] == pytest.approx(launches, rel=0.05)
