"""Facts about the prices of a time range: each price counts by how long it lasted, not by how often
it was checked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.showing.history.facts import (
    extremes,
    facts,
    percentiles,
    position,
    readable_scale,
    usual_range,
)
from monitor.showing.history.series import Held

DAY = 86_400


def spans(*values_and_days: tuple[int, float]) -> list[Held[int]]:
    """Return values, each for some days after the previous one."""
    values, at = [], 0
    for value, days in values_and_days:
        end = at + round(days * DAY)
        values.append(Held(value, at, end))
        at = end
    return values


histories = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 400)), min_size=1, max_size=60
).map(lambda parts: spans(*parts))


def test_the_usual_band_leaves_out_a_short_sale_and_a_short_rise() -> None:
    price = facts(spans((100, 40), (60, 2), (110, 30), (300, 1)))
    assert price is not None
    assert (price.lowest, price.highest) == (60, 300)
    assert (price.usual_low, price.usual_high) == (100, 110)


def test_since_looks_back_over_gaps_and_the_time_adds_up() -> None:
    days = [
        Held(90, 0, DAY),
        Held(80, DAY, 2 * DAY),
        Held(90, 2 * DAY, 3 * DAY),
        Held(90, 5 * DAY, 6 * DAY),
    ]
    price = facts(days)
    assert price is not None
    assert price.current == 90
    assert price.since == 2 * DAY
    assert price.stands_for == 4 * DAY


def test_the_last_value_may_last_longer_than_it_was_seen() -> None:
    history = spans((90, 1), (80, 1), (90, 1))
    price, longer = facts(history), facts(history, stands_until=5 * DAY)
    assert price is not None
    assert longer is not None
    assert (price.stands_for, longer.stands_for) == (DAY, 3 * DAY)
    assert (longer.usual_low, longer.usual_high) == (price.usual_low, price.usual_high)
    assert facts(history, stands_until=DAY) == price


def test_extremes_have_the_time_of_their_first_sight() -> None:
    price = facts(spans((5, 1), (9, 1), (5, 1), (9, 1)))
    assert price is not None
    assert (price.lowest_at, price.highest_at) == (0, DAY)
    assert facts(spans()) is None


@given(st.dictionaries(st.integers(0, 999), st.integers(0, 9), min_size=1, max_size=12))
def test_no_narrower_range_holds_as_long(seconds_held: dict[int, int]) -> None:
    def holds(low: int, high: int) -> bool:
        held = sum(seconds for value, seconds in seconds_held.items() if low <= value <= high)
        return held * 100 >= 80 * sum(seconds_held.values())

    low, high = usual_range(seconds_held)
    assert holds(low, high)
    ends = [(first, last) for first in seconds_held for last in seconds_held if first <= last]
    assert high - low == min(last - first for first, last in ends if holds(first, last))


@given(histories, st.integers(1, 99))
def test_a_percentile_splits_the_time(history: list[Held[int]], percent: int) -> None:
    [value] = percentiles(history, [percent])
    weights = [(span.value, max(span.end - span.start, 1)) for span in history]
    total = sum(seconds for _, seconds in weights)
    assert sum(seconds for price, seconds in weights if price <= value) * 100 >= percent * total
    assert sum(seconds for price, seconds in weights if price < value) * 100 < percent * total


def test_one_absurd_reading_does_not_set_the_scale() -> None:
    assert readable_scale(spans((7200, 20), (999_900, 0.1), (6800, 10))) == (6800, 7200)
    assert readable_scale(spans((7200, 20), (1, 0.1), (6800, 10))) == (6800, 7200)


def test_a_real_sale_is_never_cut_off() -> None:
    assert readable_scale(spans((10_000, 300), (4_000, 1), (10_000, 60))) is None
    assert readable_scale(spans((100, 5), (1000, 5))) is None
    assert readable_scale(spans()) is None


def test_a_position_is_the_share_of_the_time_at_lower_prices() -> None:
    assert position(spans((50, 1), (90, 1), (60, 2)), 4 * DAY) == (60, 50, 90, 4, 0.25)
    months = [spans((50, 1), (90, 1), (price, 1)) for price in (50, 90, 71)]
    assert [position(month, 3 * DAY).name for month in months] == ["lowest", "highest", "between"]  # type: ignore[union-attr]


@given(histories)
def test_a_position_is_what_a_count_of_all_seconds_says(history: list[Held[int]]) -> None:
    place, price = position(history, history[-1].end + DAY), history[-1].value
    assert place is not None
    values = [span.value for span in history]
    assert (place.low, place.high) == (min(values), max(values)) == extremes(values)
    weights = [(span.value, max(span.end - span.start, 1)) for span in history]
    lower, all_seconds = (
        sum(time for value, time in weights if value < price),
        sum(time for _, time in weights),
    )
    assert place.above == pytest.approx(lower / all_seconds, abs=0.01)
    assert (lower == 0) == (place.name in ("only", "lowest"))


def test_a_price_of_less_than_a_day_has_no_position() -> None:
    assert position([], DAY) is None
    assert position(spans((50, 1)), DAY - 1) is None
