"""A simulation of the schedule on the sandbox's products, played for a command and kept for the pages."""

from dataclasses import asdict
from datetime import datetime

from django.core.management.base import CommandError
from django.db import transaction

from monitor.management.command import count
from monitor.models import Simulation
from monitor.recording.budget import daily_calls
from monitor.simulation import Proof

#: With many more calls than these for a product, looking at all alike finds everything soon, too.
CALLS_A_PRODUCT = 4
#: No product is looked at more often than every five minutes.
MOST_CALLS_A_PRODUCT = 288
#: So many of the last runs are kept.
KEPT = 5


def calls_to_play(asked: int | None, products: int, now: datetime) -> int:
    """The calls a day to play with. Raises CommandError for none, or more than products may be looked at."""
    calls = min(daily_calls(now), CALLS_A_PRODUCT * products) if asked is None else asked
    if not 1 <= calls <= MOST_CALLS_A_PRODUCT * products:
        raise CommandError(
            f"{count(calls, 'call')} a day cannot be played with: {products:,} products take at least one, and at most"
            f" {MOST_CALLS_A_PRODUCT * products:,}. Say how many: --calls N."
        )
    return calls


@transaction.atomic
def keep(proof: Proof, now: datetime) -> None:
    """For the pages. The oldest makes room."""
    setting = proof.setting
    Simulation.objects.create(
        ran_at=now,
        first_day=setting.first,
        days=setting.days,
        calls=setting.calls,
        products=proof.products,
        seed=setting.seed,
        figures={"adaptive": asdict(proof.adaptive), "even": asdict(proof.even)},
    )
    Simulation.objects.forget_all_but(KEPT)
