"""Several lines of values as the rows of one table. Pure. Times are Unix seconds."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from monitor.dashboard.series import Spans


class Row(NamedTuple):
    """A span in which no line changed: the value of each, `None` where it is not known."""

    since: int
    until: int
    values: list[int | None]


def merged(lines: Sequence[Spans[int]], most: int) -> tuple[list[Row], bool]:
    """At most `most` rows, the newest first, and whether there are older ones."""
    # Of each line the newest spans have edges enough for all of the rows.
    newest = [spans.newest(most + 1) for spans in lines]
    edges = sorted({edge for spans in newest for _, start, end in spans for edge in (start, _end(start, end))})
    shown = edges[-most - 1 :]
    rows = [Row(since, until, [_value(spans, since) for spans in lines]) for since, until in pairwise(shown)]
    return rows[::-1], len(edges) > len(shown)


def _end(start: int, end: int) -> int:
    """A value that was seen once held for a moment, too."""
    return max(end, start + 1)


def _value(spans: Spans[int], at: int) -> int | None:
    number = bisect_right(spans.starts, at) - 1
    return spans.values[number] if number >= 0 and at < _end(spans.starts[number], spans.ends[number]) else None
