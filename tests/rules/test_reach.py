"""The reach of a threshold: the rule fires at the named value, and a fen before it, it does not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.changes import FieldChange, ProductState
from monitor.rules.conditions import Condition, KnownValue, Look, Memory, judge
from monitor.rules.kinds import Kind, Unit
from monitor.rules.reach import Reach, reach

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
#: The prices until now.
PATH = (9000, 7700, 6300, 7200)
OWN = 8000


def look(*more: KnownValue, price: int = PATH[-1], changes: Sequence[FieldChange] = ()) -> Look:
    days = [KnownValue(NOW - timedelta(days=20 - 5 * place), price) for place, price in enumerate(PATH)]
    sold = [KnownValue(NOW - timedelta(days=20), 1000), KnownValue(NOW - timedelta(days=3), 1300)]
    prices = [*days, *(step for step in more if step.value)]
    return Look(ProductState(price=price, sales=1300), changes, NOW + timedelta(hours=1), prices, sold, OWN)


def fires_at(condition: Condition, price: int) -> bool:
    """Whether a rule that is made now fires if this is the next price."""
    _, memory = judge(condition, Memory(), look())
    change = FieldChange("price", PATH[-1], price)
    firings, _ = judge(
        condition, memory, look(KnownValue(NOW + timedelta(hours=1), price), price=price, changes=[change])
    )
    return bool(firings)


KINDS = [
    *(Kind.PRICE_DROPPED, Kind.PRICE_ROSE, Kind.PRICE_MOVED, Kind.PRICE_FELL_BY, Kind.PRICE_ROSE_BY),
    *(Kind.PRICE_LOWEST, Kind.PRICE_HIGHEST, Kind.PRICE_BELOW_HIGH, Kind.PRICE_ABOVE_LOW),
    *(Kind.UNDER_MINE, Kind.UNDER_MINE_BY),
]


@given(st.sampled_from(KINDS), st.integers(1, 9000), st.integers(1, 30))
def test_a_rule_fires_at_its_reach_and_not_a_fen_before(kind: Kind, threshold: int, days: int) -> None:
    condition = Condition(kind, None if kind.spec.unit is Unit.NONE else threshold, days)
    if judge(condition, Memory(), look())[0]:
        return  # It is true already.
    values = reach(condition, look())
    assert values.most is not None or values.least is not None
    if values.most is not None and values.most > 0:
        assert fires_at(condition, values.most)
        assert not fires_at(condition, values.most + 1)
    if values.least is not None:
        assert fires_at(condition, values.least)
        assert not fires_at(condition, values.least - 1)


@pytest.mark.parametrize(
    ("story", "condition", "expected"),
    [
        ("a share is rounded up to the fen", Condition(Kind.PRICE_DROPPED, 1001), Reach(6479, None, 721)),
        ("a move has both limits", Condition(Kind.PRICE_MOVED, 1000), Reach(6480, 7920, 720)),
        ("below the lowest of the days", Condition(Kind.PRICE_LOWEST, days=12), Reach(6299)),
        ("below the lowest ever", Condition(Kind.PRICE_LOWEST), Reach(6299)),
        ("above the highest of the days", Condition(Kind.PRICE_HIGHEST, days=7), Reach(None, 7201)),
        ("a tenth of the highest", Condition(Kind.PRICE_BELOW_HIGH, 1000, 30), Reach(8100, None, 900)),
        ("below the own price", Condition(Kind.UNDER_MINE_BY, 1), Reach(7999)),
        ("sales count from the start of the window", Condition(Kind.SALES_GREW_BY, 500, 7), Reach(None, 1500)),
        ("sales in percent", Condition(Kind.SALES_GREW, 5000, 7), Reach(None, 1500, 500)),
        ("a status has no values", Condition(Kind.LEFT_SHELF), Reach()),
    ],
)
def test_the_reach_is_as_the_story_says(story: str, condition: Condition, expected: Reach) -> None:
    assert reach(condition, look()) == expected


def test_without_values_there_is_no_reach() -> None:
    assert reach(Condition(Kind.PRICE_DROPPED, 1000), Look(ProductState())) == Reach()
    assert reach(Condition(Kind.SALES_GREW_BY, 10, 7), Look(ProductState())) == Reach()
    assert reach(Condition(Kind.UNDER_MINE, 500), Look(ProductState(price=100))) == Reach()
