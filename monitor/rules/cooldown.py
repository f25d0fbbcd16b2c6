"""The cool-down: after a rule has fired, further firings are gathered into one alert at the end of
the cool-down.

A price that goes up and down makes one alert a cool-down, with the number of moves and their range;
a further fall is reported late, but it is reported. Times are data times, so the same history makes
the same alerts."""

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.rules.judging import Cooldown, Firing, Gathered, GatheredFiring, Memory

#: How many firings an alert keeps, the last ones.
MOST_MOMENTS = 20
#: Longer texts are not kept with a gathered firing.
LONGEST_TEXT = 40


def gather(
    memory: Memory, firing: Firing, at: datetime, cooldown: timedelta
) -> tuple[Cooldown | None, Memory]:
    """Decide whether `firing` makes an alert at once. Return None, or the cool-down that gathers
    it, and the memory.

    A cool-down with gathered firings is followed by another one, so there is at most one alert a
    cool-down."""
    rest = memory.rest
    if not cooldown:
        return None, replace(memory, rest=None) if rest else memory
    if rest is not None and rest.gathered and rest.until <= at < rest.until + cooldown:
        rest = Cooldown(rest.until + cooldown, {})
    elif rest is None or at >= rest.until:
        return None, replace(memory, rest=Cooldown(at + cooldown))
    elif not rest.gathered and at <= rest.until - cooldown:
        return None, memory  # Another score of the same time.
    times, began_at, moments, reference = rest.gathered.get(firing.field) or (
        0,
        at,
        (),
        firing.reference,
    )
    gathered = Gathered(
        times + 1, began_at, (*moments, _moment(firing, at))[-MOST_MOMENTS:], reference
    )
    rest = Cooldown(rest.until, {**rest.gathered, firing.field: gathered})
    return rest, replace(memory, rest=rest)


def _moment(firing: Firing, at: datetime) -> GatheredFiring:
    after = firing.after
    is_short = isinstance(after, int) or (isinstance(after, str) and len(after) <= LONGEST_TEXT)
    return GatheredFiring(at, after if is_short else None)  # type: ignore[arg-type]
