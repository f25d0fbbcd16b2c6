"""The log of changes: what swings all day is one entry, and no change is lost."""

from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.judging.changes import Json
from monitor.showing.history.swings import FEWEST, LoggedChange, LogGroup, grouped

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def day_of(moment: datetime) -> date:
    return moment.date()


def log(*values: tuple[str, Json, Json], minutes: int = 5) -> list[LogGroup]:
    """Return the groups of changes of (field, before, after), the newest first."""
    changes = [
        LoggedChange(number, field, before, after, NOON - number * timedelta(minutes=minutes))
        for number, (field, before, after) in enumerate(values)
    ]
    return list(grouped(changes, day_of))


def test_another_field_between_two_swings_stays_where_it_was() -> None:
    swings = [("price", 1, 2), ("price", 2, 1)] * 2
    groups = log(*swings, ("title", "a", "b"), *swings)
    assert [bool(group.swings) for group in groups] == [True, False, True]


def test_a_sku_range_that_repeats_the_price_is_not_counted() -> None:
    changes = []
    for number, (before, after) in enumerate([(100, 90), (90, 100), (100, 90)]):
        at = NOON - number * timedelta(minutes=1)
        changes.append(LoggedChange(2 * number, "price", before, after, at))
        changes.append(
            LoggedChange(2 * number + 1, "sku_range", [before, before], [after, after], at)
        )
    [group] = grouped(changes, day_of)
    assert [swing.field for swing in group.swings] == ["price"]
    assert len(group.changes) == 6


values = st.one_of(st.integers(0, 5), st.sampled_from(["a", "b"]), st.none())
changes_of_moments = st.lists(
    st.tuples(
        st.integers(1, 600),
        st.dictionaries(
            st.sampled_from(["price", "sales", "status"]), st.tuples(values, values), min_size=1
        ),
    ),
    max_size=40,
)


@given(changes_of_moments)
def test_no_change_is_lost_or_moved(
    moments: list[tuple[int, dict[str, tuple[Json, Json]]]],
) -> None:
    at = NOON
    changes: list[LoggedChange] = []
    for minutes, fields in moments:
        at -= timedelta(minutes=minutes)
        changes += [
            LoggedChange(len(changes) + n, name, *both, at)
            for n, (name, both) in enumerate(fields.items())
        ]
    groups = list(grouped(changes, day_of))
    assert [change for group in groups for change in group.changes] == changes
    for group in groups:
        times = [at for at, _ in groupby(change.first_seen_after for change in group.changes)]
        assert len(times) == 1 or (len(times) >= FEWEST and group.swings)
        assert day_of(group.begins) == day_of(group.ends)
        assert sum(swing.count for swing in group.swings) in (0, len(group.changes))
        for swing in group.swings:
            mine = [change for change in group.changes if change.field == swing.field]
            assert len(mine) == swing.count
            numbers = [
                value
                for change in mine
                for value in (change.before, change.after)
                if isinstance(value, int)
            ]
            if len(numbers) == 2 * len(mine):
                assert (swing.low, swing.high) == (min(numbers), max(numbers))
    assert all(first.begins > second.ends for first, second in pairwise(groups))
