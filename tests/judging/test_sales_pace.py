"""Units a day: estimates against the truth, however the provider rounds."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from statistics import median

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from monitor.judging.sales_pace import DAY, SalesChange, SalesCount, SalesEstimate, estimate
from monitor.text.formatting import revenue, units, units_a_day, units_range
from tests.showing.history.sales_truth import pace_at

START = datetime(2026, 9, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
steps = st.sampled_from([1, 10, 100, 1000, 10_000])
#: Units sold in each hour of a week.
hours = st.lists(st.integers(0, 3000), min_size=30, max_size=168)


def told(counts: Iterable[int], step: int = 1, every: timedelta = DAY) -> list[SalesCount]:
    """Return what regular checks are told of these counts."""
    return [
        SalesCount(START + every * place, count // step * step, step)
        for place, count in enumerate(counts)
    ]


def now_of(readings: list[SalesCount]) -> SalesEstimate | None:
    return pace_at(readings, readings[-1].at)


@pytest.mark.parametrize(
    ("a_day", "step"), [(0.1, 1), (6, 1), (900, 1), (60, 1000), (370, 10_000), (3000, 1000)]
)
def test_ranges_hold_nine_times_in_ten_when_days_and_buyers_vary(a_day: float, step: int) -> None:
    chance, found = Random(7), []
    for _ in range(60):
        sold = [
            _poisson(chance, a_day * chance.gammavariate(11, 1 / 11) / 4) for _ in range(4 * 95)
        ]
        counts = accumulate(sold, initial=chance.randrange(50_000, 99_999))
        found.append(now_of(told(counts, step, 6 * HOUR)))
    paces = [pace for pace in found if pace]
    assert sum(pace.units_low <= a_day <= pace.units_high for pace in paces) >= 0.9 * len(found)
    wrong = [pace.units / a_day - 1 for pace in paces if pace.units is not None]
    assert median(map(abs, wrong)) <= (0.15 if a_day > 1 else 0.4)


def _poisson(chance: Random, mean: float) -> int:
    if mean > 50:
        return max(0, round(chance.gauss(mean, mean**0.5)))
    arrivals = accumulate(chance.expovariate(1) for _ in range(200))
    return next(count for count, at in enumerate(arrivals) if at > mean)


def crossing_days(
    *days: float, step: int = 10_000, until: float, wide: timedelta = HOUR
) -> SalesEstimate | None:
    """Return the estimate for a count that rises by a step on each of these days."""
    changes = [
        SalesChange(
            (number + 3) * step, (number + 4) * step, START + day * DAY - wide, START + day * DAY
        )
        for number, day in enumerate(days)
    ]
    last = SalesCount(START + until * DAY, (len(days) + 3) * step, step)
    return estimate(changes, last, START)


def test_one_step_or_none_gives_only_a_bound() -> None:
    assert crossing_days(until=0.5) is None
    for pace in (crossing_days(until=50), crossing_days(40, until=50)):
        assert pace is not None
        assert (pace.units_low, pace.units) == (0, None)
        assert 10_000 / 50 < pace.units_high <= 3 * 10_000 / 50


def test_a_step_that_is_overdue_lowers_the_estimate() -> None:
    paces = [crossing_days(10, 15, 20, until=day, step=1000) for day in (24, 30, 36)]
    rates = [pace.units for pace in paces if pace and pace.units]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == pytest.approx(200, abs=3)
    assert rates[-1] < 120
    stopped = crossing_days(10, 15, 20, until=75, step=1000)
    assert stopped is not None
    assert (stopped.units or 0) < 20
    assert stopped.risen_30 == 0


def test_units_that_an_audit_takes_and_gives_back_are_no_sales() -> None:
    sold = [6000 + 6 * day for day in range(80)]
    audited = [count * 85 // 100 if 50 <= day < 58 else count for day, count in enumerate(sold)]
    for length in (55, 60, 80):
        pace = now_of(told(audited[:length]))
        assert pace is not None
        assert pace.units == pytest.approx(6, rel=0.15), (
            "while it is audited, only 85 % of new sales are told"
        )
        assert pace.units_low < 6 < pace.units_high


@pytest.mark.parametrize("back", [True, False])
def test_a_hundred_million_at_once_are_no_sales(back: bool) -> None:
    counts = [
        5000 + 40 * day + (10**8 if day >= 60 and not (back and day > 62) else 0)
        for day in range(80)
    ]
    pace = now_of(told(counts))
    assert pace is not None
    assert pace.units == pytest.approx(40, rel=0.05)


def test_another_scale_is_still_a_step_at_a_known_number() -> None:
    counts = [9000 + 100 * day for day in range(80)]
    finer = [
        SalesCount(START + day * DAY, count // 1000 * 1000, 1000)
        for day, count in enumerate(counts)
    ]
    # '2万+' may stand for any count below 30,000.
    coarse = [
        SalesCount(told.at, told.at_least, 10_000 if told.at_least % 10_000 == 0 else 1000)
        for told in finer
    ]
    growing = told([95_000 + 300 * day for day in range(17)], 1000)
    growing += told([95_000 + 300 * day for day in range(85)], 10_000)[17:]
    for readings, truth in ((finer, 100), (coarse, 100), (growing, 300)):
        pace = now_of(readings)
        assert pace is not None
        assert pace.units_low <= truth <= pace.units_high
        assert pace.units == pytest.approx(truth, rel=0.15)


@given(sold=hours, begin=st.integers(0, 10**6), step=steps, missing=st.sets(st.integers(1, 160)))
def test_an_estimate_is_a_number_in_its_range(
    sold: list[int], begin: int, step: int, missing: set[int]
) -> None:
    readings = told(accumulate(sold, initial=begin), step, HOUR)
    pace = now_of([reading for place, reading in enumerate(readings) if place not in missing])
    if pace is not None and pace.units is not None:
        assert 0 <= pace.units_low <= pace.units <= pace.units_high < 10**7
    assert pace is None or pace.units_high > 0


def test_a_pace_is_written_as_exactly_as_it_is_known() -> None:
    texts: dict[tuple[float, float | None, float], str] = {
        (120, 120, 120): "120 a day",
        (1234.4, 1234.4, 1234.4): "1,234 a day",
        (0, 0, 0): "0 a day",
        (80, 123.4, 160): "about 120 a day",
        (1139, 1283, 1427): "about 1,300 a day",
        (2, 5.47, 9): "about 5.5 a day",
        (0.001, 0.0213, 0.1): "under 0.1 a day",
        (0, None, 142.7): "under 150 a day",
        (0, None, 1427): "under 1,500 a day",
        (0, None, 0.0367): "under 0.1 a day",
    }
    with translation.override("en"):
        assert [units_a_day(*bounds) for bounds in texts] == list(texts.values())
        assert (units(80, 123, 160), units(0, None, 143)) == ("≈120", "<150")
        assert units_range(80.4, 1643) == "80–1,600 a day"
        assert [revenue(fen) for fen in (0, 50, 123_400, 4_600_000)] == [
            "¥0",
            "¥1",
            "¥1,200",
            "¥46k",
        ]
    with translation.override("zh-hans"):
        assert units_a_day(320, 371, 420) == "日销约 370 件"
        assert units_a_day(0, None, 1.4e7) == "不到 1,400万 件/天"
        assert revenue(4_623_456) == "¥4.6万"
