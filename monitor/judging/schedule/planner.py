"""One product's schedule: learns from a check, and plans the next one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from monitor.judging.schedule.belief import Belief, changes_a_day, learned
from monitor.judging.schedule.fleet import Fleet
from monitor.judging.schedule.limits import Limits
from monitor.judging.schedule.pace import NEARLY, calls_a_day, wait

_DAY = 86400.0
#: The provider's cached answers are not expected to get older than this.
_OLDEST_DAYS = 0.25
#: With each fresh answer the expected age of cached answers shrinks by this factor.
_FADES = 0.9


class Known(NamedTuple):
    """What is known of a product: the belief, the age in days that the provider's cached answers
    reach, and the changes a day as people read them: None while its own checks tell less than the
    prior."""

    belief: Belief = Belief()
    cached: float = 0.0
    shown_rate: float | None = None

    def dump(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**self._asdict(), "belief": self.belief._asdict()}

    @classmethod
    def load(cls, stored: Mapping[str, Any] | None) -> "Known":
        """Read what `dump` returned; nothing is known without it."""
        if stored is None:
            return cls()
        # What version 1 knew of swings is ignored.
        belief = Belief(stored["belief"]["changes"], stored["belief"]["days"])
        return cls(belief, stored["cached"], stored["shown_rate"])


class CheckResult(NamedTuple):
    """The result of a check: its data time and the one before, whether the state changed, and the
    answer's age if it came from the provider's cache."""

    before_at: datetime
    at: datetime
    changed: bool
    age: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans the checks of single products, given what all products share."""

    fleet: Fleet = field(default_factory=Fleet)

    def learned(self, known: Known, check_result: CheckResult) -> Known:
        """Return what is known after a check."""
        days = (check_result.at - check_result.before_at).total_seconds() / _DAY
        prior = self.fleet.prior
        belief = learned(known.belief, prior, days, changed=check_result.changed)
        if check_result.age is None:
            cached = known.cached * _FADES
        else:
            cached = min(max(known.cached, check_result.age.total_seconds() / _DAY), _OLDEST_DAYS)
        # A belief with less evidence than the prior says nothing of this product.
        is_known = belief.days >= prior.days or belief.changes >= max(1.0, prior.shape)
        return Known(belief, cached, changes_a_day(belief, prior) if is_known else None)

    def wait(
        self, known: Known, limits: Limits, told_at: datetime | None, now: datetime
    ) -> tuple[timedelta, float]:
        """Return the wait from `now` until the next check, and the expected changes a day."""
        bounds = limits.bounds(self.fleet.stretch)
        rate = changes_a_day(known.belief, self.fleet.prior)
        if limits.is_fixed:
            return limits.stretched(self.fleet.stretch), rate
        age = max(0.0, (now - (told_at or now)).total_seconds() / _DAY)
        calls = calls_a_day(rate, self.fleet, bounds)
        return timedelta(wait(calls, bounds, age, known.cached)), rate

    def cannot_wait(self, limits: Limits, wait: timedelta) -> bool:
        """Return whether a check after such a wait must be made as soon as it is due."""
        return wait >= NEARLY * limits.stretched(self.fleet.stretch)
