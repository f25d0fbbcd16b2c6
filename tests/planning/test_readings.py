"""Readings of shops go where something changes."""

import pytest

from monitor.models.ranges import PAGES_EXPECTED
from monitor.planning.calls import calls_a_day
from monitor.planning.forecast import scheduled_paces
from tests.planning.readings_table import compared
from tests.servers import ProviderServer
from tests.stall import Stall


def test_half_the_calls_find_launches_as_soon_as_daily_readings() -> None:
    figures = compared(range(6))
    calls, delay, launches = figures["daily"]
    scheduled = figures["by schedule"]
    assert scheduled[0] == pytest.approx(calls / 2, rel=0.05)
    assert scheduled[1] == pytest.approx(delay, rel=0.15)
    assert scheduled[2] == pytest.approx(launches, rel=0.05)


@pytest.mark.django_db
def test_a_forecast_counts_a_call_a_page_of_followed_shops(provider: ProviderServer) -> None:
    stall = Stall(provider)
    stall.follow()
    assert sum(scheduled_paces().values()) == PAGES_EXPECTED
    stall.read()
    assert calls_a_day(scheduled_paces()).least == 4
