"""The models refuse contradictory settings of checks, whatever form they come from."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from monitor.models import Pace
from tests.factories import WatchFactory, WatchlistFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"interval": HOUR, "soonest": HOUR}, ""),
        ({"interval": HOUR, "soonest": 2 * HOUR, "pace": Pace.ADAPTIVE}, "soonest"),
        ({"interval": HOUR, "soonest": 2 * HOUR, "pace": Pace.FIXED}, ""),
        ({"interval": None}, "interval"),
    ],
)
def test_a_list_may_not_contradict_itself(fields: dict[str, Any], fault: str) -> None:
    watchlist = WatchlistFactory.create(interval=24 * HOUR)
    for name, value in fields.items():
        setattr(watchlist, name, value)
    assert faults(watchlist) == [fault] * bool(fault)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({}, ""),
        ({"soonest": 5 * HOUR}, "soonest"),
        ({"soonest": 5 * HOUR, "interval": 6 * HOUR}, ""),
        ({"soonest": 5 * HOUR, "pace": Pace.FIXED}, ""),
        # Shorter than the list's "at most every": the product is checked at exactly this interval.
        ({"interval": HOUR}, ""),
    ],
)
def test_a_watch_may_contradict_neither_itself_nor_its_list(
    fields: dict[str, Any], fault: str
) -> None:
    watchlist = WatchlistFactory.create(pace=Pace.ADAPTIVE, interval=4 * HOUR, soonest=2 * HOUR)
    watch = WatchFactory.create(watchlist=watchlist)
    for name, value in fields.items():
        setattr(watch, name, value)
    assert faults(watch) == [fault] * bool(fault)


def faults(row: Any) -> list[str]:
    """Return the names of the invalid fields."""
    try:
        row.full_clean()
    except ValidationError as error:
        return sorted(error.message_dict)
    return []
