"""A day's calls are spent as planned or a little ahead, and some are kept until the last hour.
After an outage the remaining calls are spread over the rest of the day."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.judging.schedule.spending import Mark, Spending

HOUR, INSTANT = timedelta(hours=1), timedelta(microseconds=1)
CHINA = ZoneInfo("Asia/Shanghai")
#: Clocks that change at 2:00, at midnight, by half an hour, and over the date line.
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
    ("hour", "calls"),
    [(0, 20), (6, 270), (12, 520), (18, 770), (22, 936), (22.5, 950), (23, 978), (23.75, 1000)],
)
def test_spending_follows_the_even_share_and_keeps_some_calls(hour: float, calls: int) -> None:
    now = datetime(2026, 11, 11, tzinfo=CHINA) + hour * HOUR
    assert (
        Spending(1000, now, CHINA).spendable
        == Spending(1000, now.astimezone(UTC), CHINA).spendable
        == calls
    )


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_with_a_change_of_clocks_has_its_real_length(day: date, hours: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    begins, ends = bounds(day, zone)
    assert ends - begins == hours * HOUR
    assert Spending(1000, begins + hours * HOUR / 2, zone).spendable == 520
    assert Spending(1000, ends - HOUR - INSTANT, zone).spendable == 950
    assert Spending(1000, ends - INSTANT, zone).spendable == 1000


@given(CAPS, DAYS, st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True), ZONES)
def test_spending_grows_through_the_day_up_to_the_cap(
    cap: int, day: date, first_share: float, second_share: float, zone: tzinfo
) -> None:
    begins, ends = bounds(day, zone)
    earlier, later = (
        begins + share * (ends - begins - INSTANT) for share in sorted((first_share, second_share))
    )
    assert (
        0 <= Spending(cap, earlier, zone).spendable <= Spending(cap, later, zone).spendable <= cap
    )
    if ends - later > HOUR:
        assert Spending(cap, later, zone).spendable <= cap - cap * 5 // 100


NOON = datetime(2026, 11, 11, 12, tzinfo=CHINA)


def test_after_an_outage_until_noon_the_rest_is_spread_over_the_rest_of_the_day() -> None:
    plan = Spending(1000, NOON, CHINA).caught_up(0)
    assert (plan.mark, plan.planned, plan.spendable) == (Mark(NOON, 20), 20, 40)
    afternoon = [
        Spending(1000, NOON + hours * HOUR, CHINA, plan.mark).planned for hours in (3, 6, 9, 11.5)
    ]
    assert afternoon == [265, 510, 755, 959]


def test_a_small_delay_is_caught_up() -> None:
    assert Spending(1000, NOON, CHINA).caught_up(480).mark is None
    assert Spending(1000, NOON, CHINA).caught_up(479).mark == Mark(NOON, 499)


@pytest.mark.parametrize("at", [NOON + HOUR, NOON - 13 * HOUR])
def test_a_mark_of_a_wrong_clock_is_ignored(at: datetime) -> None:
    assert Spending(1000, NOON, CHINA, Mark(at, 900)).planned == 500


@given(
    st.lists(st.tuples(st.integers(-90_000, 90_000), st.integers(0, 3000)), max_size=40),
    st.lists(st.integers(0, 3000), min_size=40, max_size=40),
    ZONES,
)
def test_there_is_never_a_burst_nor_more_than_the_cap(
    steps: list[tuple[int, int]], caps: list[int], zone: tzinfo
) -> None:
    """Ticks of clocks that jump; each wants some calls, and the cap changes."""
    now, spent, marks = (
        datetime(2026, 10, 25, 12, tzinfo=UTC),
        dict[date, int](),
        dict[date, Mark | None](),
    )
    for (jump, wanted), cap in zip(steps, caps, strict=False):
        now += timedelta(seconds=jump)
        day = now.astimezone(zone).date()
        before = spent.get(day, 0)
        plan = Spending(cap, now, zone, marks.get(day)).caught_up(before)
        marks[day] = plan.mark
        granted = min(wanted, max(0, plan.spendable - before))
        spent[day] = before + granted
        assert spent[day] <= max(cap, before)
        assert granted <= cap * 4 / 100 + 2
        assert plan.planned <= plan.spendable <= cap


@settings(max_examples=30)
@given(st.integers(300, 20_000), DAYS, ZONES, st.integers(0, 130), st.integers(1, 40))
def test_a_day_with_a_gap_spends_what_is_left(
    cap: int, day: date, zone: tzinfo, begins: int, lasts: int
) -> None:
    """Ticks every ten minutes, with one gap."""
    now, ends = bounds(day, zone)
    tick, spent, mark = 0, 0, None
    while now < ends - INSTANT:
        if not begins <= tick < min(begins + lasts, 130):
            plan = Spending(cap, now, zone, mark).caught_up(spent)
            mark, spent = plan.mark, max(spent, plan.spendable)
        tick, now = tick + 1, min(now + timedelta(minutes=10), ends - INSTANT)
    assert spent >= 0.97 * cap


def test_checks_that_cannot_wait_may_run_further_ahead() -> None:
    plan = Spending(1000, NOON + 4 * HOUR, CHINA)
    assert (plan.planned, plan.spendable, plan.spendable_at_once) == (666, 686, 836)
