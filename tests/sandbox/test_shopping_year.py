from datetime import UTC, datetime
from itertools import pairwise

import pytest

from monitor.sandbox import festivals


def second(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=festivals.BEIJING).timestamp())  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        ((2026, 6, 18, 12), "618-2026"),
        ((2026, 11, 11, 0), "1111-2026"),
        ((2027, 12, 12, 23), "1212-2027"),
        ((2026, 11, 8, 19, 59), None),
        ((2026, 11, 8, 20), "1111-2026"),
        ((2026, 11, 13, 0), None),
    ],
)
def test_it_knows_the_great_sales(moment: tuple[int, ...], name: str | None) -> None:
    festival = festivals.festival_at(second(*moment))
    assert (festival and festival.name) == name


def test_it_counts_days_and_hours_in_beijing() -> None:
    late = int(datetime(2026, 11, 24, 16, 30, tzinfo=UTC).timestamp())
    day = festivals.day_of(late)
    assert festivals.start_of(day) == second(2026, 11, 25)
    assert festivals.hour_of(late) == 0.5
    assert festivals.weekday_of(day) == datetime(2026, 11, 25).weekday()  # noqa: DTZ001


def test_it_counts_sales_so_far_without_a_jump() -> None:
    half = (second(2026, 11, 8, 20) + second(2026, 11, 13)) // 2
    counts = [
        festivals.festivals_so_far(2023, moment) for moment in range(second(2024, 12, 1), second(2025, 2, 1), 3600)
    ]
    assert festivals.festivals_so_far(2023, half) == pytest.approx(3 * 6 + 4.5)
    assert counts == sorted(counts)
    assert max(after - before for before, after in pairwise(counts)) < 0.02
