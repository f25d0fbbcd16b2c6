"""How long ago something was, in words."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone, translation
from time_machine import TimeMachineFixture

from monitor.text.clock import ago


@pytest.mark.parametrize(
    ("when", "text"),
    [
        ("2026-11-25 10:30", "29 min ago"),
        ("2026-11-24 11:30", "23 h ago"),
        ("2026-11-24 10:30", "1 day ago"),
        ("2026-11-23 23:30", "2 days ago"),
        ("2026-11-23 11:30", "2 days ago"),
        ("2026-10-01 10:00", "2026-10-01"),
    ],
)
def test_days_are_those_of_the_calendar(
    when: str, text: str, time_machine: TimeMachineFixture
) -> None:
    """An event of the day before yesterday is 2 days ago, even if fewer than 48 hours have
    passed."""
    time_machine.move_to(datetime(2026, 11, 25, 2, 59, 30, tzinfo=UTC), tick=False)
    with timezone.override("Asia/Shanghai"), translation.override("en"):
        assert ago(timezone.make_aware(datetime.fromisoformat(when))) == text
