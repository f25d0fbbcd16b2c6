"""When to look at a product again. Pure: what is known of its checks and its limits in, an instant out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.provider.codes import Action, Billing, Outcome
from monitor.schedule.limits import Limits, within_hours

#: How soon a failed check is repeated at first; each further failure in a row doubles it.
FIRST_RETRY = timedelta(minutes=1)
#: No failing product waits longer than this, unless its own interval is longer.
LONGEST_RETRY = timedelta(hours=6)
#: A product that is gone is looked at so often at most.
GONE_EVERY = timedelta(hours=1)
#: A call that can only fail the same way again is repeated once a day.
ONCE_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CheckHistory:
    """What the checks so far tell. `failures` counts the failed checks in a row, this one included; `billing` says
    whether this one may cost money."""

    checked_at: datetime
    outcome: Outcome
    action: Action = Action.USE
    failures: int = 0
    billing: Billing = Billing.BILLED


def next_check(history: CheckHistory, limits: Limits, wait: timedelta | None = None) -> datetime:
    """The instant of the next check, always later than `history.checked_at`, within the hours that are asked for.

    Answered checks wait for `wait`, or as long as they may. Failed ones come back after 1, 2, 4, ... minutes, never
    later than that or six hours, whichever is longer; those that may have been billed are repeated soon only once.
    A product that is gone waits as long as its lists allow, but at least an hour: it costs no more calls than its
    lists ask for, and if it was never gone, it has its usual pace again as soon as the next check finds it. What cannot
    succeed unchanged waits at least a day.
    """
    return within_hours(
        history.checked_at + _wait(history, limits, limits.latest if wait is None else wait), limits.hours
    )


def _wait(history: CheckHistory, limits: Limits, wait: timedelta) -> timedelta:
    if history.outcome is Outcome.NOT_FOUND:
        return max(GONE_EVERY, limits.latest, wait)
    if history.action is Action.DO_NOT_REPEAT:
        return max(ONCE_A_DAY, limits.latest)
    if history.failures == 0:
        return wait
    if history.failures > 1 and history.billing is not Billing.NOT_BILLED:
        return wait
    doubled: timedelta = FIRST_RETRY * 2 ** min(history.failures - 1, 12)
    return min(doubled, max(wait, LONGEST_RETRY))
