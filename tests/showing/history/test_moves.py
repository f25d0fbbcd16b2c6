"""How far a value has moved, up or down, and in percent."""

import pytest

from monitor.judging.changes import Json
from monitor.showing.history.moves import Move, excursion, move
from monitor.text import formatting
from monitor.text.formatting import NOT_TOLD


@pytest.mark.parametrize(
    ("before", "after", "direction", "text"),
    [
        (7200, 6300, "fall", "12.5%"),
        (7200, 14400, "rise", "100%"),
        (10000, 10001, "rise", "<0.1%"),
        (7200, 7200, "level", "0%"),
        (0, 7200, "rise", NOT_TOLD),
    ],
)
def test_it_says_by_how_many_percent(before: int, after: int, direction: str, text: str) -> None:
    moved = move(before, after)
    assert moved is not None
    assert (moved.direction, formatting.percent(moved.percent)) == (direction, text)


@pytest.mark.parametrize("values", [(None, 7200), (7200, None), ("on_sale", "gone"), (True, 1)])
def test_only_numbers_move(values: tuple[Json, Json]) -> None:
    assert move(*values) is None


@pytest.mark.parametrize(
    ("ends", "between", "reached"),
    [
        ((9900, 9900), [9900, 5900], Move(9900, 5900)),
        ((9900, 9900), [10100, 9500], None),
        ((9900, 7900), [8500, 9900], None),
        ((9900, 7900), [5900, 12900], Move(9900, 12900)),
        ((9900, 7900), [5900, 10900], Move(7900, 5900)),
        ((0, 0), [100], None),
        ((9900, 9900), [], None),
    ],
)
def test_a_value_far_beyond_both_ends_is_seen(
    ends: tuple[int, int], between: list[int], reached: Move | None
) -> None:
    assert excursion(Move(*ends), between) == reached
