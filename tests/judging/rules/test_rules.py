"""When a rule fires: tables of stories, and properties of every sequence of prices."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.judging.changes import FieldChange, ProductState, ShopState
from monitor.judging.rules.conditions import Condition, judge
from monitor.judging.rules.judging import Memory, RuleCase
from monitor.judging.rules.kinds import Kind


def prices(condition: Condition, *path: int) -> list[int]:
    """Return the prices at which `condition` fires in this sequence; the rule is made at the
    first."""
    fired: list[int] = []
    memory, before = Memory(), path[0]
    for price in path:
        changes = [FieldChange("price", before, price)] if before != price else []
        firings, memory = judge(condition, memory, RuleCase(ProductState(price=price), changes))
        if firings:
            fired.append(price)
        before = price
    return fired


DROP_10, RISE_10, MOVE_10 = (
    Condition(kind, 1000) for kind in (Kind.PRICE_DROPPED, Kind.PRICE_ROSE, Kind.PRICE_MOVED)
)
FELL_50, ROSE_50 = Condition(Kind.PRICE_FELL_BY, 50), Condition(Kind.PRICE_ROSE_BY, 50)


@pytest.mark.parametrize(
    ("story", "condition", "path", "fires_at"),
    [
        ("any change fires", Condition(Kind.PRICE_CHANGED), (100, 99, 99, 100), [99, 100]),
        ("a drop of exactly the share fires", DROP_10, (1000, 900), [900]),
        ("a smaller drop does not", DROP_10, (1000, 901), []),
        ("a slow drift adds up", DROP_10, (1000, 970, 940, 900, 880), [900]),
        ("the same again fires again", DROP_10, (1000, 900, 810, 729), [900, 810, 729]),
        ("after a recovery it fires again", DROP_10, (1000, 900, 1000, 900), [900, 900]),
        ("a drop counts from the peak", DROP_10, (1000, 1200, 1080), [1080]),
        ("a rise fires", RISE_10, (1000, 1099, 1100), [1100]),
        ("either way fires both ways", MOVE_10, (1000, 900, 989, 990), [900, 990]),
        (
            "below fires on becoming true",
            Condition(Kind.PRICE_BELOW, 950),
            (1000, 950, 949, 800),
            [949],
        ),
        (
            "below fires at once if true already",
            Condition(Kind.PRICE_BELOW, 950),
            (900, 890),
            [900],
        ),
        (
            "below fires again after it was false",
            Condition(Kind.PRICE_BELOW, 950),
            (900, 950, 940),
            [900, 940],
        ),
        (
            "above fires on becoming true",
            Condition(Kind.PRICE_ABOVE, 950),
            (900, 950, 951, 999),
            [951],
        ),
        ("a drop of exactly the amount fires", FELL_50, (1000, 951, 950), [950]),
        ("an amount counts from the peak", FELL_50, (1000, 2000, 1950), [1950]),
        ("a rise by an amount fires again", ROSE_50, (1000, 1050, 1099, 1100), [1050, 1100]),
    ],
)
def test_a_rule_fires_as_the_story_says(
    story: str, condition: Condition, path: tuple[int, ...], fires_at: list[int]
) -> None:
    assert prices(condition, *path) == fires_at, story


def statuses(kind: Kind, *path: str | None) -> list[str | None]:
    """Return the statuses at which a rule fires in this sequence; None is unknown."""
    fired: list[str | None] = []
    memory, before = Memory(), path[0]
    for status in path:
        is_change = status is not None and before is not None and before != status
        changes = [FieldChange("status", before, status)] if is_change else []
        before = status if status is not None else before
        firings, memory = judge(
            Condition(kind), memory, RuleCase(ProductState(status=before), changes)
        )
        for firing in firings:
            assert (firing.field, firing.after) == ("status", before)
            fired.append(before)
    return fired


ON, OFF = "on_sale", "off_shelf"


@pytest.mark.parametrize(
    ("story", "kind", "path", "fires_at"),
    [
        ("leaving the shelf fires", Kind.LEFT_SHELF, (ON, OFF, OFF), [OFF]),
        ("a product off the shelf fires at once", Kind.LEFT_SHELF, (OFF, OFF), [OFF]),
        ("leaving again fires again", Kind.LEFT_SHELF, (ON, OFF, ON, "deleted"), [OFF, "deleted"]),
        ("an unknown status has not left the shelf", Kind.LEFT_SHELF, (None, None, ON), []),
        ("coming back fires", Kind.CAME_BACK, (ON, OFF, ON), [ON]),
        ("a ban fires", Kind.BANNED, (ON, OFF, "banned", "banned"), ["banned"]),
        (
            "deleted after not found does not fire again",
            Kind.GONE,
            (ON, "not_found", "deleted"),
            ["not_found"],
        ),
        (
            "a product that returned and is gone again fires again",
            Kind.GONE,
            ("not_found", ON, "not_found"),
            ["not_found"] * 2,
        ),
    ],
)
def test_a_status_rule_fires_as_the_story_says(
    story: str, kind: Kind, path: tuple[str | None, ...], fires_at: list[str | None]
) -> None:
    assert statuses(kind, *path) == fires_at, story


def scores(threshold: int, *path: int) -> list[int]:
    fired, memory = [], Memory()
    for before, after in itertools.pairwise(path):
        change = FieldChange("product_score", before, after)
        state = ShopState(score_scale=5, product_score=after)
        firings, memory = judge(
            Condition(Kind.SHOP_SCORE_FELL, threshold), memory, RuleCase(state, [change])
        )
        if firings:
            fired.append(after)
    return fired


@pytest.mark.parametrize(
    ("story", "threshold", "path", "fires_at"),
    [
        ("any fall fires", 1, (485, 484, 486, 480), [484, 480]),
        ("small falls add up", 10, (490, 486, 481, 480, 479), [480]),
        ("a recovery starts again", 10, (490, 485, 495, 486, 485), [485]),
    ],
)
def test_a_falling_score_fires_as_the_story_says(
    story: str, threshold: int, path: tuple[int, ...], fires_at: list[int]
) -> None:
    assert scores(threshold, *path) == fires_at, story


def test_a_score_slips_by_a_tenth_of_five_points_or_by_one_of_a_hundred() -> None:
    def fires(scale: int, before: int, after: int) -> bool:
        state = ShopState(score_scale=scale, product_score=after)
        case = RuleCase(state, [FieldChange("product_score", before, after)])
        return bool(judge(Condition(Kind.SHOP_SCORE_SLIPPED), Memory(), case)[0])

    assert [fires(5, 490, 481), fires(5, 490, 480)] == [False, True]
    assert [fires(100, 9700, 9601), fires(100, 9700, 9600)] == [False, True]


BELOW_480, BELOW_AVERAGE = Condition(Kind.SHOP_SCORE_BELOW, 480), Condition(Kind.SHOP_BELOW_AVERAGE)


def shop_story(condition: Condition, *path: dict[str, int]) -> list[tuple[str, int]]:
    """Return the fields and values for which a rule fires for these states."""
    states = [ShopState(**{"score_scale": 5, **fields}) for fields in path]  # type: ignore[arg-type]
    steps = [
        [
            FieldChange(name, getattr(old, name), getattr(new, name))
            for name in ("score_scale", "product_score", "service_score", "product_gap")
            if getattr(old, name) != getattr(new, name)
        ]
        for old, new in itertools.pairwise(states)
    ]
    batches = [([], states[0]), *zip(steps, states[1:], strict=True)]
    fired, memory = [], Memory()
    for changes, state in batches:
        firings, memory = judge(condition, memory, RuleCase(state, changes))
        fired += [(firing.field, firing.after) for firing in firings]
    return fired  # type: ignore[return-value]


LOW, HIGH = {"product_score": 479}, {"product_score": 480}


@pytest.mark.parametrize(
    ("story", "condition", "path", "fires"),
    [
        (
            "falling below fires once",
            BELOW_480,
            (HIGH, LOW, {"product_score": 470}),
            [("product_score", 479)],
        ),
        (
            "a score that is below already fires at once",
            BELOW_480,
            (LOW,),
            [("product_score", 479)],
        ),
        (
            "it fires again after it was false",
            BELOW_480,
            (LOW, HIGH, LOW),
            [("product_score", 479)] * 2,
        ),
        (
            "each score fires separately",
            BELOW_480,
            ({**LOW, "service_score": 490}, {**LOW, "service_score": 400}),
            [("product_score", 479), ("service_score", 400)],
        ),
        (
            "a threshold of one scale does not apply to a smaller one",
            Condition(Kind.SHOP_SCORE_BELOW, 8500),
            ({"score_scale": 100, "product_score": 9000}, {"score_scale": 5, "product_score": 490}),
            [],
        ),
        (
            "turning below average fires",
            BELOW_AVERAGE,
            ({"product_gap": 2}, {"product_gap": 3}),
            [("product_gap", 3)],
        ),
    ],
)
def test_a_shop_rule_fires_as_the_story_says(
    story: str, condition: Condition, path: tuple[dict[str, int], ...], fires: list[tuple[str, int]]
) -> None:
    assert shop_story(condition, *path) == fires, story


price_paths = st.lists(st.integers(1, 5000), min_size=1, max_size=40)
conditions = st.sampled_from(
    [
        DROP_10,
        RISE_10,
        MOVE_10,
        FELL_50,
        ROSE_50,
        *(Condition(kind, 2500) for kind in (Kind.PRICE_BELOW, Kind.PRICE_ABOVE)),
    ]
)


@given(price_paths)
def test_a_drop_by_the_threshold_since_the_last_check_always_fires(path: list[int]) -> None:
    fired = prices(DROP_10, *path)
    sure = [after for before, after in itertools.pairwise(path) if after * 10 <= before * 9]
    assert len(fired) >= len(sure)
    assert set(sure) <= set(fired)
