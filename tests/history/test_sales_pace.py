"""The pace of sales: its bounds contain the truth, however the provider rounds."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.history.sales_pace import DAY, Crossing, SalesPace, SalesReading, pace
from monitor.text.formatting import pace as written

START = datetime(2026, 11, 18, tzinfo=UTC)
steps = st.sampled_from([1, 10, 100, 1000, 10_000])
#: Units sold in each hour of a week.
hours = st.lists(st.integers(0, 3000), min_size=30, max_size=168)


def rounded(count: int, step: int) -> int:
    return count // step * step


def counts(sold: list[int], begin: int) -> list[int]:
    totals = [begin]
    for units in sold:
        totals.append(totals[-1] + units)
    return totals


def crossings(totals: list[int], step: int) -> list[Crossing]:
    """The steps that hourly checks see."""
    return [
        Crossing(rounded(now, step), START + timedelta(hours=hour), START + timedelta(hours=hour + 1))
        for hour, (before, now) in enumerate(pairwise(totals))
        if rounded(now, step) > rounded(before, step)
    ]


@given(sold=hours, begin=st.integers(0, 10**6), step=steps)
def test_two_readings_bound_what_was_sold_between_them(sold: list[int], begin: int, step: int) -> None:
    totals = counts(sold, begin)
    days = timedelta(hours=len(sold)) / DAY
    result = pace(
        SalesReading(START, rounded(begin, step), step),
        SalesReading(START + days * DAY, rounded(totals[-1], step), step),
    )
    assert result is not None
    truth = (totals[-1] - begin) / days
    assert result.low - 1e-6 <= truth <= result.high + 1e-6
    assert result.low >= 0
    assert (result.high - result.low) / 2 <= (step - 1) / days + 1e-6


@given(sold=hours, begin=st.integers(0, 10**6))
def test_exact_counts_have_an_exact_pace(sold: list[int], begin: int) -> None:
    end = START + timedelta(hours=len(sold))
    result = pace(SalesReading(START, begin), SalesReading(end, begin + sum(sold)))
    assert result is not None
    assert result.low == result.high


@given(rate=st.integers(1, 3000), begin=st.integers(0, 10**6), step=steps, length=st.integers(24, 168))
def test_steady_sales_lie_within_the_bounds_and_crossings_narrow_them(
    rate: int, begin: int, step: int, length: int
) -> None:
    totals = counts([rate] * length, begin)
    first = SalesReading(START, rounded(begin, step), step)
    last = SalesReading(START + timedelta(hours=length), rounded(totals[-1], step), step)
    plain, result = pace(first, last), pace(first, last, crossings(totals, step))
    assert plain is not None
    assert result is not None
    assert result.low - 1e-6 <= rate * 24 <= result.high + 1e-6
    assert result.high - result.low <= plain.high - plain.low


@given(sold=hours, begin=st.integers(0, 10**6), step=steps)
def test_crossings_bound_what_was_sold_from_the_first_to_the_last(sold: list[int], begin: int, step: int) -> None:
    steps_seen = crossings(counts(sold, begin), step)
    unknown = SalesReading(START, 0, 10**9)
    result = pace(unknown, SalesReading(START + timedelta(days=8), 0, 10**9), steps_seen)
    if result is None or result.high > 10**6:
        return
    units = steps_seen[-1].units - steps_seen[0].units
    assert result.low <= units / ((steps_seen[-1].until - steps_seen[0].after) / DAY) + 1e-6
    assert result.high >= units / ((steps_seen[-1].after - steps_seen[0].until) / DAY) - 1e-6


def test_less_than_a_day_has_no_pace() -> None:
    assert pace(SalesReading(START, 5), SalesReading(START + timedelta(hours=23), 50)) is None


def test_a_count_that_fell_for_certain_has_no_pace() -> None:
    assert pace(SalesReading(START, 5000), SalesReading(START + 7 * DAY, 12)) is None
    assert pace(SalesReading(START, 5000, 1000), SalesReading(START + 7 * DAY, 4999)) is None
    assert pace(SalesReading(START, 5000, 1000), SalesReading(START + 7 * DAY, 4000, 1000)) is None


def test_two_steps_far_apart_are_more_precise_than_the_ends_of_the_week() -> None:
    first, last = SalesReading(START, 12_000, 1000), SalesReading(START + 7 * DAY, 14_000, 1000)
    plain = pace(first, last)
    steps_seen = [
        Crossing(13_000, START + 2 * DAY, START + 2 * DAY + timedelta(hours=1)),
        Crossing(14_000, START + 6 * DAY, START + 6 * DAY + timedelta(hours=1)),
    ]
    result = pace(first, last, steps_seen)
    assert plain is not None
    assert result is not None
    assert written(plain.low, plain.high) == "≈290 ± 150"
    assert written(result.low, result.high) == "≈250 ± 2.7"


def test_a_pace_is_written_as_exactly_as_it_is_known() -> None:
    texts = {
        SalesPace(120, 120): "120",
        SalesPace(1234.4, 1234.4): "1,234",
        SalesPace(0.57, 0.57): "0.6",
        SalesPace(0, 0): "0",
        SalesPace(80, 160): "≈120 ± 40",
        SalesPace(1139, 1427): "≈1,280 ± 150",
        SalesPace(0, 142.7): "<143",
        SalesPace(0, 1427): "<1,430",
        SalesPace(0.14, 285.6): "<290",
        SalesPace(1199, 1201): "≈1,200",
        SalesPace(2, 9): "≈5.5 ± 3.5",
    }
    assert {written(bounds.low, bounds.high) for bounds in texts} == set(texts.values())
