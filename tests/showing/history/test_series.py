"""History as lines of a chart: steps between known values, gaps where the value is unknown."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.showing.history.series import (
    SLICES,
    Dot,
    Held,
    Span,
    held,
    joined,
    known,
    points,
    simplified,
    sparkline,
)

START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours: float) -> int:
    return int((START + hours * HOUR).timestamp())


@dataclass(frozen=True, slots=True)
class State:
    data_time: int
    last_seen_before: int | None
    price: int | None
    status: str


def state(
    hour: float, price: int | None, *, last_seen: float | None = None, status: str = "on_sale"
) -> State:
    return State(at(hour), None if last_seen is None else at(last_seen), price, status)


def line(
    states: list[State], *, until: float, outages: list[Span] | None = None, start: float = 0
) -> list[Dot]:
    spans = known(held(states, until=at(until)), outages or [], at(start), at(until))
    return points(joined((state.price, since, end) for state, since, end in spans))


def test_a_price_lasts_until_the_next_is_first_seen() -> None:
    assert line([state(0, 100), state(5, 90, last_seen=4)], until=8) == [
        (at(0), 100),
        (at(5), 90),
        (at(8), 90),
    ]


def test_the_line_breaks_where_no_check_was_made_for_long() -> None:
    states = [
        state(0, 100),
        state(5, 90, last_seen=4),
        state(30, 95, last_seen=9),
        state(32, 96, last_seen=31),
    ]
    drawn = line(states, until=40)
    assert drawn[2:5] == [(at(9), 90), (at(9), None), (at(30), 95)]


def test_the_usual_time_between_checks_is_learned_from_the_neighbours() -> None:
    daily = [
        state(24 * day, 100 + day, last_seen=24 * (day - 1) if day else None) for day in range(8)
    ]
    assert all(value is not None for _, value in line(daily, until=24 * 8))


def test_failed_checks_leave_a_gap_though_the_price_stayed() -> None:
    drawn = line([state(0, 100)], until=10, outages=[Span(at(3), at(5))])
    assert drawn == [(at(0), 100), (at(3), 100), (at(3), None), (at(5), 100), (at(10), 100)]


def test_a_state_from_before_the_range_is_cut_to_it() -> None:
    assert line([state(0, 100)], until=10, start=4) == [(at(4), 100), (at(10), 100)]


def test_many_outages_and_many_states_are_cut_against_each_other() -> None:
    spans = [Held(number, at(2 * number), at(2 * number + 2)) for number in range(100)]
    outages = [Span(at(3 * number), at(3 * number + 1)) for number in range(70)]
    parts = known(spans, outages, at(0), at(200))
    assert sum(part.end - part.start for part in parts) == (200 - 67) * 3600
    assert all(before.end <= after.start for before, after in pairwise(parts))
    assert not any(
        part.start < outage.end and outage.start < part.end for part in parts for outage in outages
    )


def test_a_sparkline_fills_its_box_and_holds_its_last_price() -> None:
    path = sparkline([(START, 100), (START + 5 * HOUR, 200)], START, START + 10 * HOUR, 100, 20)
    assert path == "M0 20h50v-20H100"


def test_a_sparkline_keeps_short_peaks_and_drops_repeated_values() -> None:
    minute = HOUR / 60
    prices = [
        (START, 100),
        (START + 5 * HOUR, 200),
        (START + 5 * HOUR + minute, 100),
        (START + 6 * HOUR, 100),
    ]
    assert sparkline(prices, START, START + 10 * HOUR, 100, 20) == "M0 20h50v-20v20H100"


def test_a_sparkline_of_one_price_lies_in_the_middle() -> None:
    assert sparkline([(START, 100)], START, START + 10 * HOUR, 100, 20) == "M0 10H100"
    assert sparkline([(START, None)], START, START + 10 * HOUR, 100, 20) == ""


def test_a_line_that_swings_becomes_its_median_in_a_band() -> None:
    # ¥1 for 40 s and ¥2 for 20 s of each minute, for a day; then ¥3 for a month.
    swings = [
        Held(value, minute * 60 + since, minute * 60 + until)
        for minute in range(1440)
        for value, since, until in ((100, 0, 40), (200, 40, 60))
    ]
    drawn = simplified([*swings, Held(300, 86_400, 31 * 86_400)], 0, 31 * 86_400)
    assert {span.value for span in drawn.line} == {100, 300}
    assert [span.value for span in drawn.band] == [(100, 200), (100, 200), (100, 200), (100, 300)]
    assert drawn.line[-1].end == 31 * 86_400
    assert drawn.band[-1].end <= 86_400 + 31 * 86_400 / SLICES


histories = st.lists(
    st.tuples(st.integers(1, 5_000), st.integers(1, 5_000), st.integers(0, 20)), max_size=600
)


@given(histories)
def test_a_simplified_line_keeps_times_and_stays_within_the_band(
    pieces: list[tuple[int, int, int]],
) -> None:
    spans, at = [], 0
    for gap, length, value in pieces:
        at += gap if gap > 4_000 else 0
        spans.append(Held(value, at, at + length))
        at += length
    drawn = simplified(spans, 0, at)
    assert all(first.end <= second.start for first, second in pairwise(drawn.line))
    assert all(span.start <= span.end for span in drawn.line)
    assert len(drawn.line) <= max(len(spans), 1)
    if spans:
        assert (drawn.line[0].start, drawn.line[-1].end) == (spans[0].start, spans[-1].end)
    values = [value for span in drawn.band for value in span.value] + [
        span.value for span in drawn.line
    ]
    assert set(values) <= {span.value for span in spans}
    for band in drawn.band:
        inside = [span.value for span in spans if band.start <= span.start < band.end]
        assert inside
        assert band.value == (min(inside), max(inside))
