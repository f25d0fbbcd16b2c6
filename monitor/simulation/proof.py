"""The adaptive schedule and even polling on the same products, days and calls."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from monitor.sandbox.festivals import BEIJING
from monitor.sandbox.world import SEED, World, shared_world
from monitor.schedule import Limits
from monitor.simulation.adaptive import Adaptive
from monitor.simulation.even import Even
from monitor.simulation.play import Policy, play
from monitor.simulation.score import Score, score
from monitor.simulation.truth import lives

#: Days before those that are scored, for the schedule to learn, and after them, for the last changes to be found.
WARM_UP, AFTER = 7, 2
#: What a new watchlist asks for: a look at least every so often, and at most every so often.
LATEST, SOONEST = timedelta(days=1), timedelta(minutes=5)
#: Where the calls are too few for that, looks are at least so many times as often as with even polling.
LEAST_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Setting:
    """What is played: `days` from the day `first` on, as China counts them, with `calls` a day. Other seeds make other
    products."""

    first: date
    days: int
    calls: int
    seed: int = SEED

    @property
    def days_played(self) -> int:
        """Days that one policy plays."""
        return WARM_UP + self.days + AFTER


@dataclass(frozen=True, slots=True)
class Proof:
    """Both scores for the same `products`."""

    setting: Setting
    products: int
    adaptive: Score
    even: Score


def world_of(seed: int) -> World:
    """The products of a seed: the sandbox's own, unless it is another."""
    return shared_world() if seed == SEED else World(seed)


def prove(setting: Setting, advance: Callable[[int], None]) -> Proof:
    """Play both policies. Tells `advance` of each day that one of them is through with."""
    begin = datetime.combine(setting.first - timedelta(days=WARM_UP), time.min, BEIJING)
    found = lives(world_of(setting.seed), begin, timedelta(days=setting.days_played))

    even_interval = timedelta(days=len(found) / setting.calls)
    limits = Limits(max(LATEST, even_interval / LEAST_SHARE), SOONEST)

    def scored(policy: Policy) -> Score:
        return score(found, play(found, policy, setting.calls, setting.days_played, advance), WARM_UP, setting.days)

    return Proof(
        setting,
        len(found),
        adaptive=scored(Adaptive(found, setting.calls, limits, begin, setting.seed)),
        even=scored(Even(len(found), setting.calls)),
    )
