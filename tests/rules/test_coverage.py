"""A rule that another one covers adds nothing, whatever happens."""

import itertools
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.changes import FieldChange, ProductState, ShopState
from monitor.rules.backtest import PastChange, replay
from monitor.rules.conditions import Condition
from monitor.rules.coverage import covers
from monitor.rules.kinds import Kind
from tests.factories import NOW

DAY = timedelta(days=1)
ON_SALE = Condition(Kind.ON_SALE)


def drop(percent: int, *also: Condition) -> Condition:
    return Condition(Kind.PRICE_DROPPED, percent * 100, also=also)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (drop(5), drop(10), True),
        (drop(5), drop(10, ON_SALE), True),
        (drop(10), drop(5), False),
        (drop(5, ON_SALE), drop(10), False),
        (drop(5), Condition(Kind.PRICE_ROSE, 1000), False),
        (drop(5), Condition(Kind.PRICE_FELL_BY, 1000), False),
        (Condition(Kind.PRICE_CHANGED), drop(1), True),
        # It also becomes true by a product that comes back.
        (Condition(Kind.PRICE_CHANGED), Condition(Kind.PRICE_BELOW, 100), False),
        # A price that falls below ¥2 and then below ¥1 fires the first rule once.
        (Condition(Kind.PRICE_BELOW, 200), Condition(Kind.PRICE_BELOW, 100), False),
        (Condition(Kind.PRICE_LOWEST, days=7), Condition(Kind.PRICE_LOWEST, days=30), True),
        (Condition(Kind.PRICE_LOWEST, days=30), Condition(Kind.PRICE_LOWEST), True),
        (Condition(Kind.PRICE_LOWEST), Condition(Kind.PRICE_LOWEST, days=30), False),
        (Condition(Kind.STATUS_CHANGED), Condition(Kind.BANNED), True),
        # It has left the shelf already when it is banned.
        (Condition(Kind.LEFT_SHELF), Condition(Kind.BANNED), False),
        (Condition(Kind.SHOP_SCORE_FELL, 10), Condition(Kind.SHOP_SCORE_SLIPPED), True),
        (Condition(Kind.SHOP_SCORE_FELL, 11), Condition(Kind.SHOP_SCORE_SLIPPED), False),
        (Condition(Kind.SHOP_SCORE_SLIPPED), Condition(Kind.SHOP_SCORE_FELL, 10), False),
        (Condition(Kind.SHOP_SCORE_SLIPPED), Condition(Kind.SHOP_SCORE_FELL, 100), True),
    ],
)
def test_a_rule_covers_what_it_tells_anyway(a: Condition, b: Condition, expected: bool) -> None:
    assert covers(a, b) is expected


CONDITIONS = st.one_of(
    st.builds(
        Condition,
        st.sampled_from([Kind.PRICE_DROPPED, Kind.PRICE_ROSE, Kind.PRICE_MOVED]),
        st.integers(1, 6000),
        also=st.sampled_from([(), (ON_SALE,)]),
    ),
    st.builds(
        Condition, st.sampled_from([Kind.PRICE_FELL_BY, Kind.PRICE_ROSE_BY]), st.integers(1, 60)
    ),
    st.builds(
        Condition, st.sampled_from([Kind.PRICE_BELOW, Kind.PRICE_ABOVE]), st.integers(1, 100)
    ),
    st.builds(
        Condition,
        st.sampled_from([Kind.PRICE_LOWEST, Kind.PRICE_HIGHEST]),
        days=st.sampled_from([1, 3, 7, None]),
        also=st.sampled_from([(), (ON_SALE,)]),
    ),
    st.builds(
        Condition,
        st.sampled_from(
            [
                Kind.PRICE_CHANGED,
                Kind.STATUS_CHANGED,
                Kind.LEFT_SHELF,
                Kind.CAME_BACK,
                Kind.BANNED,
                Kind.GONE,
            ]
        ),
    ),
)
PRODUCTS = st.lists(
    st.tuples(
        st.integers(1, 100),
        st.sampled_from(["on_sale", "on_sale", "off_shelf", "banned", "deleted"]),
    ),
    min_size=2,
    max_size=25,
)
SHOP_CONDITIONS = st.one_of(
    st.just(Condition(Kind.SHOP_SCORE_SLIPPED)),
    st.builds(Condition, st.just(Kind.SHOP_SCORE_FELL), st.integers(1, 150)),
)
SHOPS = st.lists(
    st.tuples(st.integers(0, 500), st.sampled_from([5, 5, 100])), min_size=2, max_size=25
)


def assert_covered(
    a: Condition,
    b: Condition,
    fields: Sequence[str],
    states: Sequence[tuple[object, object]],
    make: type,
) -> None:
    """Whenever `b` fires in the replay, `a` has fired since `b` fired last."""
    past = [
        PastChange(NOW + number * DAY / 2, FieldChange(name, old, new))  # type: ignore[arg-type]
        for number, (before, after) in enumerate(itertools.pairwise(states), 1)
        for name, old, new in zip(fields, before, after, strict=True)
        if old != new
    ]
    present = make(**dict(zip(fields, states[-1], strict=True)))
    moments_a, moments_b = (
        [fired.at for fired in replay(condition, past, present, begins=NOW)] for condition in (a, b)
    )
    last = NOW
    for at in moments_b:
        assert any(last < moment <= at for moment in moments_a), (a, b, states)
        last = at


@given(CONDITIONS, CONDITIONS, PRODUCTS)
def test_a_covered_rule_of_a_product_never_fires_alone(
    a: Condition, b: Condition, states: list[tuple[int, str]]
) -> None:
    if covers(a, b):
        assert_covered(a, b, ("price", "status"), states, ProductState)


@given(SHOP_CONDITIONS, SHOP_CONDITIONS, SHOPS)
def test_a_covered_rule_of_a_shop_never_fires_alone(
    a: Condition, b: Condition, states: list[tuple[int, int]]
) -> None:
    if covers(a, b):
        assert_covered(a, b, ("product_score", "score_scale"), states, ShopState)
