"""The log of changes: what swings all day is one entry, and no change is lost."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.judging.changes import Json
from monitor.models import Change
from monitor.showing.history.swings import FEWEST, LogEntry, Moment, grouped

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def day_of(moment: datetime) -> date:
    return moment.date()


def moment(at: datetime, **fields: tuple[Json, Json]) -> Moment:
    """Return a moment in which each field had a value before and after."""
    changes = [Change(field=name, before=old, after=new) for name, (old, new) in fields.items()]
    for change in changes:
        change.alert_id = None  # type: ignore[attr-defined]
    return Moment(at, changes)


def log(*changes: tuple[str, Json, Json]) -> list[LogEntry]:
    """Return the entries of changes, the newest first."""
    moments = [
        moment(NOON - number * timedelta(minutes=5), **{field: (before, after)})
        for number, (field, before, after) in enumerate(changes)
    ]
    return list(grouped(moments, day_of))


def test_another_field_between_two_swings_stays_where_it_was() -> None:
    swings = [("price", 1, 2), ("price", 2, 1)] * 2
    entries = log(*swings, ("title", "a", "b"), *swings)
    assert [bool(entry.swings) for entry in entries] == [True, False, True]


def test_a_sku_range_that_repeats_the_price_is_not_counted() -> None:
    moments = [
        moment(
            NOON - number * timedelta(minutes=1),
            price=(before, after),
            sku_range=([before, before], [after, after]),
        )
        for number, (before, after) in enumerate([(100, 90), (90, 100), (100, 90)])
    ]
    [entry] = grouped(moments, day_of)
    assert [swing.field for swing in entry.swings] == ["price"]
    assert entry.moments == moments


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
def test_no_change_is_lost_or_moved(given: list[tuple[int, dict[str, tuple[Json, Json]]]]) -> None:
    at, moments = NOON, []
    for minutes, fields in given:
        at -= timedelta(minutes=minutes)
        moments.append(moment(at, **fields))
    entries = list(grouped(moments, day_of))
    assert [moment for entry in entries for moment in entry.moments] == moments
    for entry in entries:
        assert len(entry.moments) == 1 or (len(entry.moments) >= FEWEST and entry.swings)
        assert day_of(entry.begins) == day_of(entry.ends)
        for swing in entry.swings:
            mine = [
                change
                for moment in entry.moments
                for change in moment.changes
                if change.field == swing.field
            ]
            assert len(mine) == swing.count
            values = [value for change in mine for value in (change.before, change.after)]
            if all(isinstance(value, int) for value in values):
                assert (swing.low, swing.high) == (min(values), max(values))
    assert all(first.begins > second.ends for first, second in pairwise(entries))
