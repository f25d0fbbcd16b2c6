"""A day's calls are spent evenly, a little ahead, and some are kept until the day's last hour."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.schedule import spendable

HOUR, INSTANT = timedelta(hours=1), timedelta(microseconds=1)
CHINA = ZoneInfo("Asia/Shanghai")
#: Clocks that change at two, at midnight, by half an hour, and over the date line.
ZONES = st.sampled_from(
    [
        ZoneInfo(name)
        for name in (
            *("Asia/Shanghai", "Europe/Berlin", "America/Havana", "Africa/Cairo"),
            *("Australia/Lord_Howe", "Pacific/Apia", "Asia/Beirut"),
        )
    ]
)
CAPS = st.integers(0, 10_000_000)
DAYS = st.dates(date(2005, 1, 1), date(2035, 12, 31)).filter(lambda day: day != date(2011, 12, 30))


def bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    begins = datetime.combine(day, time.min, zone).astimezone(UTC)
    return begins, datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("hour", "calls"), [(0, 20), (6, 270), (12, 520), (18, 770), (22, 936), (22.5, 950), (23, 978), (23.75, 1000)]
)
def test_it_is_the_even_share_and_a_little_ahead_but_for_what_is_kept(hour: float, calls: int) -> None:
    now = datetime(2026, 11, 11, tzinfo=CHINA) + hour * HOUR
    assert spendable(1000, now, CHINA) == spendable(1000, now.astimezone(UTC), CHINA) == calls


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_of_a_change_of_clocks_is_as_long_as_it_is(day: date, hours: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    begins, ends = bounds(day, zone)
    assert ends - begins == hours * HOUR
    assert spendable(1000, begins + hours * HOUR / 2, zone) == 520
    assert spendable(1000, ends - HOUR - INSTANT, zone) == 950
    assert spendable(1000, ends - INSTANT, zone) == 1000


def test_a_budget_of_nothing_allows_nothing() -> None:
    begins, _ = bounds(date(2026, 11, 11), CHINA)
    assert {spendable(0, begins + number * HOUR, CHINA) for number in range(24)} == {0}


@given(CAPS, DAYS, st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True), ZONES)
def test_it_grows_through_the_day_and_never_over_the_cap(
    cap: int, day: date, one: float, other: float, zone: tzinfo
) -> None:
    begins, ends = bounds(day, zone)
    earlier, later = (begins + share * (ends - begins - INSTANT) for share in sorted((one, other)))
    assert 0 <= spendable(cap, earlier, zone) <= spendable(cap, later, zone) <= cap
    if ends - later > HOUR:
        assert spendable(cap, later, zone) <= cap - cap * 5 // 100


@given(CAPS, DAYS, ZONES)
def test_all_of_it_can_be_spent_by_the_days_end(cap: int, day: date, zone: tzinfo) -> None:
    assert spendable(cap, bounds(day, zone)[1] - INSTANT, zone) == cap


@given(st.integers(0, 10_000), DAYS, ZONES)
def test_no_hour_stands_still_with_as_many_calls_as_hours(more: int, day: date, zone: tzinfo) -> None:
    begins, ends = bounds(day, zone)
    hours = -((begins - ends) // HOUR)
    for hour in range(hours - 1):
        at = begins + hour * HOUR
        assert spendable(hours + more, at, zone) < spendable(hours + more, at + HOUR, zone)
    assert spendable(hours + more, ends - HOUR - INSTANT, zone) < hours + more or (hours + more) < 20


@given(
    st.integers(0, 3000),
    st.lists(st.tuples(st.integers(-86_400, 86_400), st.integers(0, 5000)), max_size=40),
    ZONES,
)
def test_whoever_keeps_to_it_stays_below_the_cap_however_the_clock_jumps(
    cap: int, steps: list[tuple[int, int]], zone: tzinfo
) -> None:
    now, spent = datetime(2026, 10, 25, 12, tzinfo=UTC), dict[date, int]()
    for jump, wanted in steps:
        now += timedelta(seconds=jump)
        day = now.astimezone(zone).date()
        room = spendable(cap, now, zone) - spent.get(day, 0)
        spent[day] = spent.get(day, 0) + min(wanted, max(0, room))
    assert all(calls <= cap for calls in spent.values())
