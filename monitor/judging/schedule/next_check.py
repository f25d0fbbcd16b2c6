"""When to check a product again after any outcome of its last check. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.judging.schedule.limits import Limits
from monitor.provider.codes import Action, Billing, Outcome

#: The wait after a first failure; each further failure in a row doubles it.
FIRST_RETRY = timedelta(minutes=1)
#: The longest wait of a failing product, unless its own interval is longer.
LONGEST_RETRY = timedelta(hours=6)
#: A reading in doubt that may be the provider's fault is confirmed by one that comes this long
#: after it.
SECOND_AFTER = timedelta(minutes=30)
#: A product that is gone is checked at most this often.
GONE_EVERY = timedelta(hours=1)
#: The wait after a call that can only fail again.
ONCE_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CheckHistory:
    """The last check. `failures` counts the failed checks in a row, this one included; `billing`
    says whether it may have cost money."""

    checked_at: datetime
    outcome: Outcome
    action: Action = Action.USE
    failures: int = 0
    billing: Billing = Billing.BILLED


def next_check(history: CheckHistory, limits: Limits, wait: timedelta | None = None) -> datetime:
    """Return the time of the next check, later than `history.checked_at`.

    After an answer the wait is `wait`, or the longest allowed one. A failed check is repeated after
    1, 2, 4, … minutes, at most after `wait` or six hours, whichever is longer; if it may have been
    billed, soon only once. A reading in doubt that shall be confirmed soon is repeated when a
    second one counts, at most after `wait`. A product that is gone waits for the longest allowed
    interval, at least an hour. A call that can only fail again waits at least a day."""
    return history.checked_at + _wait(history, limits, limits.latest if wait is None else wait)


def _wait(history: CheckHistory, limits: Limits, wait: timedelta) -> timedelta:
    if history.outcome is Outcome.NOT_FOUND:
        return max(GONE_EVERY, limits.latest, wait)
    if history.action is Action.DO_NOT_REPEAT:
        return max(ONCE_A_DAY, limits.latest)
    if history.failures == 0:
        return wait
    if history.outcome is Outcome.DOUBTFUL:
        return min(SECOND_AFTER, wait)
    doubled: timedelta = FIRST_RETRY * 2 ** min(history.failures - 1, 12)
    if history.failures > 1 and history.billing is not Billing.NOT_BILLED:
        return wait
    return min(doubled, max(wait, LONGEST_RETRY))
