"""How long changes waited for the look that shows them."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import NamedTuple

from monitor.simulation.play import DAY, MINUTE, Played
from monitor.simulation.truth import Life

#: Products that change less often, a day, are told of apart: what never rests outnumbers their changes by far.
SELDOM = 1.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Delays in minutes; without a change there is none. `missed` is the share of changes that were overwritten by
    another before anybody looked, `calls` what was spent."""

    changes: int
    median: float | None
    mean: float | None
    p95: float | None
    missed: float | None
    calls: int


class Detection(NamedTuple):
    """One change: when it happened, the seconds until a look could show it, and whether it was still to be seen."""

    product: int
    at: int
    delay: int
    is_missed: bool


@dataclass(frozen=True, slots=True)
class Score:
    """What one policy came to: on each day, on all of them, and with products that change seldom."""

    days: tuple[Figures, ...]
    overall: Figures
    seldom: Figures


def score(lives: Sequence[Life], played: Played, first: int, days: int) -> Score:
    """The figures of `days` from day number `first` on; what was played after them shows how long the last waited."""
    end = len(played.calls) * DAY
    scored = range(first * DAY, (first + days) * DAY)
    found = [one for one in detections(lives, played.looks, end) if one.at in scored]
    calls = played.calls[first : first + days]
    by_day: list[list[Detection]] = [[] for _ in calls]
    for one in found:
        by_day[one.at // DAY - first].append(one)
    seldom = {product for product, life in enumerate(lives) if sum(1 for _ in life.changes()) * DAY < SELDOM * end}
    return Score(
        tuple(_figures(*one) for one in zip(by_day, calls, strict=True)),
        _figures(found, sum(calls)),
        _figures(
            [one for one in found if one.product in seldom],
            sum(look in scored for product in seldom for look in played.looks[product]),
        ),
    )


def detections(lives: Sequence[Life], looks: Sequence[Sequence[int]], end: int) -> Iterator[Detection]:
    """Every change with the first look after it. One that nobody looked at waits until `end`.

    A change that was overwritten waits as well: to leave it out would favour whoever looks seldom, and so misses all
    but the last change before a look.
    """
    for product, life in enumerate(lives):
        told = [look for look in looks[product] if life.at(look) is not None]
        changes = list(life.changes())
        for number, at in enumerate(changes):
            look = bisect_left(told, at)
            seen = told[look] if look < len(told) else end
            following = changes[number + 1 : number + 2]
            yield Detection(product, at, seen - at, is_missed=any(later <= seen for later in following))


def _figures(found: Sequence[Detection], calls: int) -> Figures:
    if not found:
        return Figures(0, None, None, None, None, calls)
    delays = sorted(one.delay / MINUTE for one in found)
    return Figures(
        changes=len(delays),
        median=median(delays),
        mean=fmean(delays),
        # The smallest delay that at least so many do not exceed.
        p95=delays[-(-len(delays) * 95 // 100) - 1],
        missed=sum(one.is_missed for one in found) / len(found),
        calls=calls,
    )
