"""The limits that people set for a product's checks, single and combined."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.judging.schedule.limits import Limits, combined

HOUR = timedelta(hours=1)
limits = st.builds(
    Limits,
    st.timedeltas(timedelta(minutes=1), timedelta(days=30)),
    st.none() | st.timedeltas(timedelta(minutes=1), timedelta(days=30)),
    st.sampled_from([0.25, 1.0, 4.0]),
)


def test_combined_limits_have_the_strictest_times() -> None:
    together = combined([(1, Limits(6 * HOUR, HOUR)), (2, Limits(24 * HOUR, HOUR / 6))])
    assert together == Limits(6 * HOUR, HOUR / 6, 2.0)


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
    assert together == combined(reversed(wishes))


@given(limits, st.floats(0, 1e5))
def test_waits_are_stretched_up_to_30_days_and_the_least_important_first(
    wish: Limits, stretch: float
) -> None:
    assert wish.latest <= wish.stretched(stretch) <= max(wish.latest, timedelta(days=30))
    more = Limits(wish.latest, wish.soonest, wish.weight * 4)
    assert more.stretched(stretch) <= wish.stretched(stretch)
