"""When a rule fires: a table of stories, and what holds for every sequence of prices."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.changes import FieldChange, ProductState
from monitor.rules import UNITS, Condition, Firing, Kind, Memory, judge_product, judge_shop


def prices(condition: Condition, *seen: int) -> list[int]:
    """The prices at which `condition` fires when these are seen one after another, the first on its making."""
    fired: list[int] = []
    memory, before = Memory(), seen[0]
    for price in seen:
        changes = [FieldChange("price", before, price)] if before != price else []
        firing, memory = judge_product(condition, memory, changes, ProductState(price=price))
        if firing:
            fired.append(price)
        before = price
    return fired


DROP_10, RISE_10, MOVE_10 = (Condition(kind, 1000) for kind in (Kind.PRICE_DROPPED, Kind.PRICE_ROSE, Kind.PRICE_MOVED))


@pytest.mark.parametrize(
    ("story", "condition", "seen", "fires_at"),
    [
        ("any change fires", Condition(Kind.PRICE_CHANGED), (100, 99, 99, 100), [99, 100]),
        ("a drop of exactly the share fires", DROP_10, (1000, 900), [900]),
        ("a smaller drop does not", DROP_10, (1000, 901), []),
        ("a slow drift adds up", DROP_10, (1000, 970, 940, 900, 880), [900]),
        ("the same again fires again", DROP_10, (1000, 900, 810, 729), [900, 810, 729]),
        ("after a recovery it fires again", DROP_10, (1000, 900, 1000, 900), [900, 900]),
        ("a drop rule ignores rises", DROP_10, (1000, 2000), []),
        ("a drop counts from the peak", DROP_10, (1000, 1200, 1080), [1080]),
        ("a rise fires", RISE_10, (1000, 1099, 1100), [1100]),
        ("a rise counts from the trough", RISE_10, (1000, 500, 550), [550]),
        ("either way fires both ways", MOVE_10, (1000, 900, 989, 990), [900, 990]),
        ("below fires on becoming true", Condition(Kind.PRICE_BELOW, 950), (1000, 950, 949, 800), [949]),
        ("below fires at once if true already", Condition(Kind.PRICE_BELOW, 950), (900, 890), [900]),
        ("below is armed again when false", Condition(Kind.PRICE_BELOW, 950), (900, 950, 940), [900, 940]),
        ("a status rule ignores prices", Condition(Kind.STATUS_CHANGED), (1000, 1), []),
        ("a shop rule ignores products", Condition(Kind.SHOP_SCORE_FELL, 1), (1000, 1), []),
    ],
)
def test_it_fires_when_the_story_says(
    story: str, condition: Condition, seen: tuple[int, ...], fires_at: list[int]
) -> None:
    assert prices(condition, *seen) == fires_at, story


def test_it_says_what_a_drop_was_compared_with() -> None:
    memory = Memory({"price": 1000})
    change = FieldChange("price", 920, 900)
    firing, after = judge_product(DROP_10, memory, [change], ProductState(price=900))
    assert firing == Firing("price", 920, 900, 1000, position=0)
    assert after.references == {"price": 900}


def test_it_fires_on_a_status_change_alone() -> None:
    change = FieldChange("status", "on_sale", "off_shelf")
    condition = Condition(Kind.STATUS_CHANGED)
    firing, memory = judge_product(condition, Memory(), [change], ProductState(status="off_shelf"))
    assert firing == Firing("status", "on_sale", "off_shelf", position=0)
    assert memory == Memory()


def scores(threshold: int, *seen: int) -> list[int]:
    fired, memory = [], Memory()
    for before, after in itertools.pairwise(seen):
        change = FieldChange("product_score", before, after)
        firing, memory = judge_shop(Condition(Kind.SHOP_SCORE_FELL, threshold), memory, [change])
        if firing:
            fired.append(after)
    return fired


@pytest.mark.parametrize(
    ("story", "threshold", "seen", "fires_at"),
    [
        ("any fall fires", 1, (485, 484, 486, 480), [484, 480]),
        ("a rise does not", 1, (480, 485), []),
        ("small falls add up", 10, (490, 486, 481, 480, 479), [480]),
        ("a recovery starts afresh", 10, (490, 485, 495, 486, 485), [485]),
    ],
)
def test_it_watches_a_shops_scores(story: str, threshold: int, seen: tuple[int, ...], fires_at: list[int]) -> None:
    assert scores(threshold, *seen) == fires_at, story


def test_it_forgets_old_references_when_the_scale_changes() -> None:
    condition = Condition(Kind.SHOP_SCORE_FELL, 1)
    _, memory = judge_shop(condition, Memory(), [FieldChange("product_score", 9700, 9650)])
    rescaled = [FieldChange("score_scale", 100, 5)]
    _, memory = judge_shop(condition, memory, rescaled)
    firings, _ = judge_shop(condition, memory, [FieldChange("product_score", 480, 485)])
    assert firings == []


def test_it_tells_every_score_that_fell() -> None:
    changes = [FieldChange("product_score", 485, 470), FieldChange("service_score", 496, 400)]
    firings, memory = judge_shop(Condition(Kind.SHOP_SCORE_FELL, 1), Memory(), changes)
    assert [(firing.field, firing.position) for firing in firings] == [("product_score", 0), ("service_score", 1)]
    assert memory.references == {"product_score": 470, "service_score": 400}


price_paths = st.lists(st.integers(1, 5000), min_size=1, max_size=40)
conditions = st.sampled_from([DROP_10, RISE_10, MOVE_10, Condition(Kind.PRICE_BELOW, 2500)])


@given(conditions, price_paths)
def test_it_remembers_all_it_needs_between_two_looks(condition: Condition, path: list[int]) -> None:
    """Judging in one go or with the memory stored in between gives the same alerts."""
    doubled = [price for price in path for _ in range(2)]
    assert prices(condition, *doubled) == prices(condition, *path)


@given(price_paths)
def test_a_drop_of_the_share_from_the_last_look_always_fires(path: list[int]) -> None:
    fired = prices(DROP_10, *path)
    sure = [after for before, after in itertools.pairwise(path) if after * 10 <= before * 9]
    assert len(fired) >= len(sure)
    assert set(sure) <= set(fired)


@given(price_paths)
def test_below_never_fires_twice_without_being_false_in_between(path: list[int]) -> None:
    fired = prices(Condition(Kind.PRICE_BELOW, 2500), *path)
    crossings = sum(price < 2500 and (index == 0 or path[index - 1] >= 2500) for index, price in enumerate(path))
    assert len(fired) == crossings


def test_every_kind_has_a_unit() -> None:
    assert set(UNITS) == set(Kind)
