"""Readings of shops are even, and cost a call a page."""

from datetime import timedelta

import pytest

from monitor.models.assortments import PAGES_EXPECTED
from monitor.polling.planning.calls import calls_a_day
from monitor.polling.planning.fit import fit_schedule
from monitor.polling.planning.forecast import scheduled_paces
from tests.polling.stall import Stall
from tests.provider.servers import ProviderServer

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_a_shop_is_read_at_its_interval_whether_it_changes_or_not(provider: ProviderServer) -> None:
    stall = Stall(provider)
    stall.follow()
    days: list[int] = []
    for hour in range(14 * 24):
        if hour >= 7 * 24 and hour % 10 == 0:
            stall.products |= {str(1000 + hour): 990}
        if hour % 24 == 0:
            fit_schedule(stall.now)
        days += [hour] * bool(stall.read(HOUR))
    assert days == [24 * day for day in range(14)]


def test_a_forecast_counts_a_call_a_page_of_followed_shops(provider: ProviderServer) -> None:
    stall = Stall(provider)
    stall.follow()
    assert sum(scheduled_paces().values()) == PAGES_EXPECTED
    stall.read()
    assert calls_a_day(scheduled_paces()).least == 4
