"""A rule that has fired rests: what fires meanwhile is gathered and told as one when the rest is over.

So a price that goes to and fro makes one alert for each rest, which tells how often it moved and over which span, and
a further fall is told late but is told. Times are data times: the same history makes the same alerts.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.rules.conditions import Firing, Gathered, GatheredFiring, Memory, Rest

#: Of the firings that one alert tells, the last ones are kept.
MOST_MOMENTS = 20
#: A text that is longer is not kept with its moment.
LONGEST_TEXT = 40


def gather(memory: Memory, firing: Firing, at: datetime, cooldown: timedelta) -> tuple[Rest | None, Memory]:
    """Whether `firing`, at `at`, is told at once (None) or gathered in the rest that is returned; and the memory then.

    A rest in which something was gathered is followed by another one: there is one alert for each cool-down at most.
    """
    rest = memory.rest
    if not cooldown:
        return None, replace(memory, rest=None) if rest else memory
    if rest is not None and rest.gathered and rest.until <= at < rest.until + cooldown:
        rest = Rest(rest.until + cooldown, {})
    elif rest is None or at >= rest.until:
        return None, replace(memory, rest=Rest(at + cooldown))
    elif not rest.gathered and at <= rest.until - cooldown:
        return None, memory  # Another score of the same moment.
    times, began_at, moments = rest.gathered.get(firing.field) or (0, at, ())
    gathered = Gathered(times + 1, began_at, (*moments, _moment(firing, at))[-MOST_MOMENTS:])
    rest = Rest(rest.until, {**rest.gathered, firing.field: gathered})
    return rest, replace(memory, rest=rest)


def _moment(firing: Firing, at: datetime) -> GatheredFiring:
    after = firing.after
    is_short = isinstance(after, int) or (isinstance(after, str) and len(after) <= LONGEST_TEXT)
    return GatheredFiring(at, after if is_short else None)  # type: ignore[arg-type]
