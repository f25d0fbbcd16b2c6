"""The last simulation of the schedule, as a page and a command tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from monitor.formatting import NOT_TOLD
from monitor.models import Simulation


@dataclass(frozen=True, slots=True)
class Delays:
    """How long changes waited with one policy; the first is in minutes, for a chart. None: there was no change."""

    median_minutes: float | None
    median: timedelta | None
    mean: timedelta | None
    p95: timedelta | None
    missed: float | None

    @property
    def missed_percent(self) -> str:
        return NOT_TOLD if self.missed is None else f"{self.missed:.0%}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same changes with the adaptive schedule and with even polling; `day` is None for those of all days."""

    day: date | None
    changes: int
    adaptive: Delays
    even: Delays

    @property
    def policies(self) -> tuple[Delays, Delays]:
        return self.adaptive, self.even


@dataclass(frozen=True, slots=True)
class Simulated:
    """One simulation. `seldom` are the changes of products that change less than once a day."""

    pk: int
    ran_at: datetime
    first_day: date
    last_day: date
    calls: int
    products: int
    days: list[Comparison]
    overall: Comparison
    seldom: Comparison


def last_simulation() -> Simulated | None:
    """One query."""
    ran = Simulation.objects.newest()
    if ran is None:
        return None
    own, even = ran.figures["adaptive"], ran.figures["even"]
    days = [ran.first_day + timedelta(days=number) for number in range(ran.days)]
    return Simulated(
        pk=ran.pk,
        ran_at=ran.ran_at,
        first_day=ran.first_day,
        last_day=days[-1],
        calls=ran.calls,
        products=ran.products,
        days=[_compared(*one) for one in zip(own["days"], even["days"], days, strict=True)],
        overall=_compared(own["overall"], even["overall"]),
        seldom=_compared(own["seldom"], even["seldom"]),
    )


def rounded_delay(minutes: float | None) -> timedelta | None:
    """A delay to the minute, below one to the second."""
    if minutes is None:
        return None
    return timedelta(minutes=round(minutes)) if minutes >= 1 else timedelta(seconds=round(60 * minutes))


def _compared(own: Mapping[str, Any], even: Mapping[str, Any], day: date | None = None) -> Comparison:
    return Comparison(day, own["changes"], _delays(own), _delays(even))


def _delays(figures: Mapping[str, Any]) -> Delays:
    median, mean, p95 = (figures[name] for name in ("median", "mean", "p95"))
    return Delays(median, rounded_delay(median), rounded_delay(mean), rounded_delay(p95), figures["missed"])
