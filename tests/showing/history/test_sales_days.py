"""Units and revenue of each day: counted where the count is exact, shared out between the steps of
a rounded one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from monitor.models import Product
from monitor.models.clock import seconds
from monitor.showing.history.reads import ToldState
from monitor.showing.history.sales_days import SalesDay, sales_days

#: Midnight in Beijing.
START = datetime(2026, 9, 30, 16, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def days_of(counts: Sequence[int], step: int = 1, every: timedelta = HOUR) -> list[SalesDay]:
    """Return the days of a product at ¥50.00, whose count was told with each check."""
    states: list[ToldState] = []
    for place, count in enumerate(counts):
        at = seconds(START + every * place)
        if not states or states[-1].sales != count // step * step:
            seen = None if not states else at - int(every.total_seconds())
            rounded = count // step * step
            states.append(
                ToldState(
                    at, seen, 5000, None, None, None, rounded, step, "on_sale", from_cache=False
                )
            )
    end = START + every * (len(counts) - 1)
    product = Product(data_time=end, sales_step=step)
    with timezone.override("Asia/Shanghai"):
        return sales_days(product, START, end, states)


def test_exact_counts_are_told_by_day_as_they_were_sold() -> None:
    sold_by = [0, *(10 * day for day in (3, 1, 4, 1, 5))]
    counts = [
        1000 + sum(sold_by[: hour // 24 + 1]) + sold_by[hour // 24 + 1] * (hour % 24) // 24
        for hour in range(5 * 24)
    ]
    days = days_of([*counts, 1000 + sum(sold_by)])
    assert [day.units for day in days[-4:]] == [10, 40, 10, 50]
    assert [day.revenue for day in days[-4:]] == [50_000, 200_000, 50_000, 250_000]
    assert all(day.is_sure for day in days)
    assert {day.end - day.start for day in days} == {24 * 3600}


def test_a_rounded_count_tells_what_was_sold_from_one_step_to_the_next() -> None:
    """It sells 100 a day, and 300 in a promotion of five days: no day of it is known."""
    sold = [300 if 12 <= day < 17 else 100 for day in range(40)]
    counts = [
        9900 + sum(sold[: hour // 24]) + sold[hour // 24] * (hour % 24) // 24
        for hour in range(40 * 24)
    ]
    bars = days_of(counts, 1000)
    assert [(bar.days, bar.together) for bar in bars] == [
        (10, 1000),
        (4, 1000),
        (6, 1000),
        (10, 1000),
    ]
    assert [bar.end for bar in bars[:-1]] == [bar.start for bar in bars[1:]]
    assert not any(bar.is_sure or bar.is_part for bar in bars)
    assert days_of(counts[: 10 * 24], 1000) == [], "one step tells nothing"


def test_today_is_told_apart_until_it_is_over() -> None:
    days = days_of([1000 + hour for hour in range(3 * 24 + 15)])
    assert [(day.units, day.is_part) for day in days] == [
        (24, False),
        (24, False),
        (24, False),
        (14, True),
    ]


def test_units_that_an_audit_gives_back_were_not_sold_on_that_day() -> None:
    counts = [6000 + hour // 4 for hour in range(40 * 24)]
    audited = [
        count * 85 // 100 if 10 * 24 < hour < 15 * 24 else count
        for hour, count in enumerate(counts)
    ]
    assert max(day.units for day in days_of(audited)) <= 6
    assert max(day.units for day in days_of(audited[::10], every=timedelta(hours=10))) <= 7


def test_a_history_of_more_than_90_days_is_told_by_whole_weeks() -> None:
    days = days_of([5000 + 6 * day for day in range(200)], every=DAY)
    assert len(days) == 199 // 7
    assert {day.units for day in days} == {6}
    assert {day.end - day.start for day in days[:-1]} == {7 * 24 * 3600}


def test_checks_far_apart_share_units_out_between_the_days_and_say_so() -> None:
    days = days_of([1000 + 10 * place for place in range(40)], every=timedelta(hours=10))
    assert {day.units for day in days[:-1]} == {24}
    assert sum(day.is_sure for day in days) < len(days) / 2
