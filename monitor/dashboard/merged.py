"""Several lines of values as the rows of one table. Pure. Times are Unix seconds."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from monitor.dashboard.series import Held


class Row(NamedTuple):
    """A span in which no line changed: the value of each, `None` where it is not known."""

    since: int
    until: int
    values: list[int | None]


def merged(lines: Sequence[Sequence[Held[int]]], most: int) -> tuple[list[Row], bool]:
    """At most `most` rows, the newest first, and whether there are older ones."""
    # Of each line the newest spans have edges enough for all of the rows.
    edges = sorted({edge for spans in lines for span in spans[-most - 1 :] for edge in (span.start, _end(span))})
    shown = edges[-most - 1 :]
    rows = [Row(since, until, [_value(spans, since) for spans in lines]) for since, until in pairwise(shown)]
    return rows[::-1], len(edges) > len(shown)


def _end(span: Held[int]) -> int:
    """A value that was seen once held for a moment, too."""
    return max(span.end, span.start + 1)


def _value(spans: Sequence[Held[int]], at: int) -> int | None:
    index = bisect_right(spans, at, key=attrgetter("start")) - 1
    return spans[index].value if index >= 0 and at < _end(spans[index]) else None
