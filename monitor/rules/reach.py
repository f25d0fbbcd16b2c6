"""What a threshold means at present: the values at which a new rule would fire."""

from typing import NamedTuple

from monitor.changes import SCORE_FIELDS
from monitor.rules.conditions import WHOLE, Condition, Look
from monitor.rules.kinds import Unit


class Reach(NamedTuple):
    """A rule fires at `most` or less, or at `least` or more. `amount` is the value of a percentage.

    `distance` is the distance of the price from the rule's level. `scores` are the scores at which a shop's rule fires.
    """

    most: int | None = None
    least: int | None = None
    amount: int | None = None
    distance: int | None = None
    scores: tuple[int, ...] = ()


def reach(condition: Condition, look: Look) -> Reach:
    """Returns an empty `Reach` when the price or its history is not known. Ignores `condition.also`."""
    spec, threshold = condition.spec, condition.threshold or 0
    if spec.is_level and look.price is not None:
        distance = spec.way * (threshold - look.price)
        return Reach(distance=distance) if distance >= 0 else Reach()
    if spec.unit is Unit.SCORE and not spec.is_level:
        scores = [getattr(look.state, name, None) or 0 for name in SCORE_FIELDS]
        return Reach(scores=tuple(score - threshold for score in scores if score >= threshold))
    if spec.base is None or (base := spec.base(condition, look)) is None:
        return Reach()
    is_share = spec.unit is Unit.PERCENT
    # Rounded up: less than the percentage does not fire.
    amount = max(1, -(-threshold * base // WHOLE) if is_share else threshold)
    return Reach(
        base - amount if spec.way <= 0 else None, base + amount if spec.way >= 0 else None, amount if is_share else None
    )
