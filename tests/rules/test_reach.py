"""The reach of a threshold: the rule fires at the named value, and a fen before it, it does not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.changes import FieldChange, ProductState, ShopState
from monitor.provider.observation import Status
from monitor.rules.conditions import Condition, judge
from monitor.rules.judging import KnownValue, Memory, Offer, RuleCase
from monitor.rules.kinds import Kind, Unit
from monitor.rules.reach import Reach, reach

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
#: The prices until now.
PATH = (9000, 7700, 6300, 7200)
OTHERS = {1: [Offer(NOW - timedelta(days=20), 8000, Status.ON_SALE)]}


def case(*more: KnownValue, price: int = PATH[-1], changes: Sequence[FieldChange] = ()) -> RuleCase:
    days = [
        KnownValue(NOW - timedelta(days=20 - 5 * place), price) for place, price in enumerate(PATH)
    ]
    sold = [KnownValue(NOW - timedelta(days=20), 1000), KnownValue(NOW - timedelta(days=3), 1300)]
    prices = [*days, *(step for step in more if step.value)]
    return RuleCase(
        ProductState(price=price, sales=1300, status="on_sale"),
        changes,
        NOW + timedelta(hours=1),
        prices,
        sold,
        others=OTHERS,
    )


def fires_at(condition: Condition, price: int) -> bool:
    """Return whether a rule that is made now fires if this is the next price."""
    _, memory = judge(condition, Memory(), case())
    change = FieldChange("price", PATH[-1], price)
    firings, _ = judge(
        condition,
        memory,
        case(KnownValue(NOW + timedelta(hours=1), price), price=price, changes=[change]),
    )
    return bool(firings)


KINDS = [
    *(
        Kind.PRICE_DROPPED,
        Kind.PRICE_ROSE,
        Kind.PRICE_MOVED,
        Kind.PRICE_FELL_BY,
        Kind.PRICE_ROSE_BY,
    ),
    *(Kind.PRICE_LOWEST, Kind.PRICE_HIGHEST, Kind.PRICE_BELOW_HIGH, Kind.PRICE_ABOVE_LOW),
    *(Kind.NOT_CHEAPEST, Kind.RIVAL_CHEAPER, Kind.RIVAL_CHEAPER_BY),
]


@given(st.sampled_from(KINDS), st.integers(1, 9000), st.integers(1, 30))
def test_a_rule_fires_at_its_reach_and_not_a_fen_before(
    kind: Kind, threshold: int, days: int
) -> None:
    condition = Condition(kind, None if kind.spec.unit is Unit.NONE else threshold, days)
    if judge(condition, Memory(), case())[0]:
        return  # It is true already.
    values = reach(condition, case(), "price")
    if values.most is not None:
        assert fires_at(condition, values.most)
        assert not fires_at(condition, values.most + 1)
    if values.least is not None:
        assert fires_at(condition, values.least)
        assert not fires_at(condition, values.least - 1)


OFF_SHELF = Condition(Kind.LEFT_SHELF)


@pytest.mark.parametrize(
    ("story", "condition", "field", "expected"),
    [
        (
            "a share is rounded up to the fen",
            Condition(Kind.PRICE_DROPPED, 1001),
            "price",
            Reach(6479),
        ),
        ("a move has both limits", Condition(Kind.PRICE_MOVED, 1000), "price", Reach(6480, 7920)),
        ("below a level", Condition(Kind.PRICE_BELOW, 6000), "price", Reach(5999)),
        ("it is below the level already", Condition(Kind.PRICE_BELOW, 8000), "price", Reach()),
        ("below the lowest ever", Condition(Kind.PRICE_LOWEST), "price", Reach(6299)),
        (
            "both conditions must hold",
            Condition(Kind.PRICE_DROPPED, 1000, also=(Condition(Kind.PRICE_LOWEST),)),
            "price",
            Reach(6299),
        ),
        ("it is on sale", Condition(Kind.PRICE_DROPPED, 1000, also=(OFF_SHELF,)), "price", Reach()),
        (
            "sales count from the start of the window",
            Condition(Kind.SALES_GREW_BY, 500, 7),
            "sales",
            Reach(None, 1500),
        ),
        ("without a price", Condition(Kind.PRICE_DROPPED, 1000), "list_price", Reach()),
    ],
)
def test_the_reach_is_as_the_story_says(
    story: str, condition: Condition, field: str, expected: Reach
) -> None:
    assert reach(condition, case(), field) == expected


def test_a_score_has_a_reach_of_its_own() -> None:
    shop = RuleCase(ShopState(product_score=485, score_scale=5))
    assert reach(Condition(Kind.SHOP_SCORE_FELL, 10), shop, "product_score") == Reach(475)
    assert reach(Condition(Kind.SHOP_SCORE_BELOW, 470), shop, "product_score") == Reach(469)
    assert reach(Condition(Kind.SHOP_SCORE_BELOW, 470), shop, "service_score") == Reach()
