"""The pace of sales: its bounds contain the truth, however the provider rounds."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from monitor.history.sales_pace import DAY, Crossing, SalesPace, SalesReading, pace
from monitor.text.formatting import revenue_a_day, units_a_day

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
    """Return the steps that hourly checks see."""
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
    assert (round(plain.low), round(plain.high)) == (143, 428)
    assert (round(result.low), round(result.high)) == (247, 253)


def test_a_pace_is_written_as_exactly_as_it_is_known() -> None:
    texts = {
        SalesPace(120, 120): "120 a day",
        SalesPace(1234.4, 1234.4): "1,234 a day",
        SalesPace(0.57, 0.57): "0.6 a day",
        SalesPace(0, 0): "0 a day",
        SalesPace(80, 160): "about 120 a day",
        SalesPace(1139, 1427): "about 1,300 a day",
        SalesPace(0, 142.7): "under 150 a day",
        SalesPace(0, 1427): "under 1,500 a day",
        SalesPace(1199, 1201): "about 1,200 a day",
        SalesPace(2, 9): "about 5.5 a day",
    }
    with translation.override("en"):
        assert [units_a_day(bounds.low, bounds.high) for bounds in texts] == list(texts.values())
        assert revenue_a_day(80, 160, 9990) == "about ¥12k a day"
        assert revenue_a_day(2, 2, 50) == "¥1 a day"
        assert revenue_a_day(0, 160, 9990) == "under ¥16k a day"
    with translation.override("zh-hans"):
        assert units_a_day(80, 160) == "约 120 件/天"
        assert units_a_day(9e6, 2e7) == "约 1,500万 件/天"
        assert revenue_a_day(0, 1.5e6, 99999900) == "不到 ¥1.5万亿/天"
        assert revenue_a_day(80, 160, 9990) == "约 ¥1.2万/天"
