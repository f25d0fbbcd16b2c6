"""How soon changes of prices and status were found on each day: measured, and with even polling.

A change happened at some moment between two checks, each equally likely: its delay is uniform between zero and the time
between them. Even polling spends a day's calls equally on all products.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db.models import F, QuerySet

from monitor.history.caching import cached_count
from monitor.models import Change
from monitor.models.usage import PROVIDER_ZONE, provider_day
from monitor.schedule.census import found_within

#: Earlier days are not read.
MOST_DAYS = 30
#: With more changes fewer days are read; with more changes a day only those of some products.
READ, READ_A_DAY = 150_000, 2000
#: Fewer changes say little about a day; `nearly_all` is not shown for them.
FEW = 20
NEARLY_ALL = 0.95
#: Times between checks are grouped: this many groups for a factor of e.
_STEPS = 20
#: How long the spans are cached if there are very many changes.
CACHED_SECONDS = 600
_DAY = timedelta(days=1)


class DelaySpan(NamedTuple):
    """A number of changes that were found by checks `seconds` after the last ones."""

    seconds: float
    changes: int


class _Read(NamedTuple):
    """Spans by day, beginning with the `first` one, of one of `every` products."""

    spans: Mapping[date, list[DelaySpan]]
    first: date
    every: int


def delays(calls: Mapping[date, int], products: int, now: datetime) -> dict[str, Any]:
    """The delays on the `days` of `calls`, and `overall`; one of `every` products was read. Even polling is that of
    `products`. Two queries, or none if very many changes were read a moment ago.
    """
    days = sorted(calls)[-MOST_DAYS:]
    read = cached_count("delays", days[0], lambda: _read(days, now), _row_count, seconds=CACHED_SECONDS)
    shown, all_spans, all_even = [], [], []
    for day in days:
        if day < read.first:
            continue
        spans = read.spans.get(day, [])
        even = []
        # Today's calls are not complete.
        if calls[day] and products and day < provider_day(now):
            even = [DelaySpan(_DAY.total_seconds() * products / calls[day], sum(span.changes for span in spans))]
        # A day without changes still has an even delay.
        weighted = [DelaySpan(span.seconds, 1) for span in even]
        shown.append({"day": day, "calls": calls[day], **_delay(spans, weighted, read.every)})
        all_spans += spans
        all_even += even
    overall = _delay(all_spans, all_even, read.every)
    return {"days": shown, "overall": overall, "products": products, "every": read.every}


def within(spans: Iterable[DelaySpan], share: float) -> timedelta | None:
    """The time within which `share` of the changes were found; None if there were none."""
    seconds = found_within(spans, share)
    return None if seconds is None else timedelta(seconds=seconds)


def _delay(spans: Sequence[DelaySpan], even: Iterable[DelaySpan], every: int) -> dict[str, Any]:
    """The time within which half and nearly all of some changes were found; `even`: half of them with even polling."""
    changes = sum(span.changes for span in spans)
    return {
        "changes": changes * every,
        "are_few": changes * every < FEW,
        "half": within(spans, 0.5),
        "nearly_all": within(spans, NEARLY_ALL) if changes >= FEW else None,
        "even": within(even, 0.5),
    }


def _read(days: Sequence[date], now: datetime) -> _Read:
    """The spans of these days, or only of the last ones if there is very much to read."""
    a_day = _changes(now - _DAY).count()
    first = days[-min(max(READ // max(a_day, 1), 2), len(days))]
    every = 1 + a_day // READ_A_DAY
    changes = _changes(datetime.combine(first, time.min, PROVIDER_ZONE))
    if every > 1:
        changes = changes.annotate(rest=F("product") % every).filter(rest=0)
    # Similar times are grouped and counted with their mean.
    counted: dict[tuple[date, int], list[float]] = defaultdict(list)
    for since, until in changes.values_list("last_seen_before", "first_seen_after").iterator():
        seconds = max((until - since).total_seconds(), 1)
        counted[provider_day(until), round(math.log(seconds) * _STEPS)].append(seconds)
    spans: dict[date, list[DelaySpan]] = defaultdict(list)
    for (day, _), lengths in counted.items():
        spans[day].append(DelaySpan(sum(lengths) / len(lengths), len(lengths)))
    return _Read(dict(spans), first, every)


def _changes(since: datetime) -> QuerySet[Change]:
    """Served by the index `change_newest`."""
    changes = Change.objects.filter(field__in=("price", "status"), product__isnull=False).order_by()
    return changes.filter(first_seen_after__gte=since)


def _row_count(read: _Read) -> int:
    return read.every * sum(span.changes for spans in read.spans.values() for span in spans)
