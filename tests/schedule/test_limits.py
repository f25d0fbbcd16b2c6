"""The limits that people set for a product's checks, single and combined."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.schedule.limits import (
    ALL_DAY,
    SHOPS_ZONE,
    Limits,
    combined,
    hours_between,
    within_hours,
)

HOUR = timedelta(hours=1)
MORNING = hours_between(8, 12)
limits = st.builds(
    Limits,
    st.timedeltas(timedelta(minutes=1), timedelta(days=30)),
    st.none() | st.timedeltas(timedelta(minutes=1), timedelta(days=30)),
    st.sampled_from([0.25, 1.0, 4.0]),
    st.integers(1, ALL_DAY),
)


def test_combined_limits_have_the_strictest_times_and_all_hours() -> None:
    evening = hours_between(18, 22)
    together = combined(
        [
            (1, Limits(6 * HOUR, HOUR, hours=MORNING)),
            (2, Limits(24 * HOUR, HOUR / 6, hours=evening)),
        ]
    )
    assert together == Limits(6 * HOUR, HOUR / 6, 2.0, MORNING | evening)


def test_a_person_counts_once_with_their_highest_priority() -> None:
    together = combined(
        [
            (1, Limits(HOUR, weight=1.0)),
            (1, Limits(HOUR, weight=4.0)),
            (2, Limits(HOUR, weight=0.25)),
        ]
    )
    assert together is not None
    assert together.weight == 4.25


def test_without_watchers_there_are_no_limits() -> None:
    assert combined([]) is None


def test_a_fixed_interval_stays_fixed_unless_another_list_allows_more() -> None:
    fixed = Limits(HOUR)
    alone, with_another = (
        combined([(1, fixed)]),
        combined([(1, fixed), (2, Limits(24 * HOUR, HOUR / 12))]),
    )
    assert alone is not None
    assert with_another is not None
    assert alone.is_fixed
    assert (with_another.latest, with_another.soonest) == (HOUR, HOUR / 12)


@given(st.lists(st.tuples(st.integers(1, 3), limits), min_size=1))
def test_combined_limits_satisfy_everybody(wishes: list[tuple[int, Limits]]) -> None:
    together = combined(wishes)
    assert together is not None
    assert together.soonest is not None
    assert together.soonest <= together.latest
    for _, wish in wishes:
        assert together.latest <= wish.latest
        assert together.weight >= wish.weight
        assert together.hours & wish.hours == wish.hours
    assert together == combined(reversed(wishes))


@pytest.mark.parametrize(
    ("first", "until", "wanted"),
    [
        (8, 12, {8, 9, 10, 11}),
        (22, 2, {22, 23, 0, 1}),
        (0, 24, set(range(24))),
        (5, 5, set(range(24))),
    ],
)
def test_hours_go_past_midnight(first: int, until: int, wanted: set[int]) -> None:
    assert {hour for hour in range(24) if hours_between(first, until) >> hour & 1} == wanted


@given(
    st.datetimes(
        datetime(2026, 1, 1),  # noqa: DTZ001
        datetime(2027, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    st.integers(0, ALL_DAY),
)
def test_a_check_waits_for_the_next_allowed_hour(at: datetime, hours: int) -> None:
    moved = within_hours(at, hours)
    assert at <= moved < at + timedelta(days=1)
    assert not hours or hours >> moved.astimezone(SHOPS_ZONE).hour & 1
    if moved != at:
        assert (moved.minute, moved.second, moved.microsecond) == (0, 0, 0)
        assert not hours >> at.astimezone(SHOPS_ZONE).hour & 1


@given(limits, st.floats(0, 1e5))
def test_waits_are_stretched_up_to_30_days_and_the_least_important_first(
    wish: Limits, stretch: float
) -> None:
    assert wish.latest <= wish.stretched(stretch) <= max(wish.latest, timedelta(days=30))
    more = Limits(wish.latest, wish.soonest, wish.weight * 4, wish.hours)
    assert more.stretched(stretch) <= wish.stretched(stretch)
