"""When would a rule that is made now fire? Asked of the judge, value by value. Pure."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from monitor.changes import FieldChange
from monitor.rules.conditions import Condition, judge
from monitor.rules.judging import KnownValue, Memory, RuleCase

#: More than any price in fen, any count and any score.
_LARGEST = 10**10


class Reach(NamedTuple):
    """The nearest values at which a rule fires: `most` is below the present one, `least` above
    it."""

    most: int | None = None
    least: int | None = None


def reach(condition: Condition, case: RuleCase, field: str) -> Reach:
    """Return the values of a field, of price, sales or a score, at which a rule that is made now
    would fire next."""
    present = getattr(case.state, field, None)
    if present is None:
        return Reach()
    _, memory = judge(condition, Memory(), case)

    def fires(value: int) -> bool:
        change = FieldChange(field, present, value)
        state = replace(case.state, **{field: value})  # type: ignore[arg-type]
        prices, sales = (
            [*steps, KnownValue(case.at, value)] if case.at and field == name else steps
            for name, steps in (("price", case.prices), ("sales", case.sales))
        )
        after = replace(case, state=state, changes=[change], prices=prices, sales=sales)
        named = (field, condition.spec.among_rivals)
        return any(firing.field in named for firing in judge(condition, memory, after)[0])

    return Reach(_nearest(fires, present, 1), _nearest(fires, present, _LARGEST))


def _nearest(fires: Callable[[int], bool], near: int, far: int) -> int | None:
    """Return the value nearest to `near` on the way to `far` that fires, as do all beyond it; None
    if none does."""
    if near == far or not fires(far):
        return None
    while abs(far - near) > 1:
        middle = (near + far) // 2
        near, far = (near, middle) if fires(middle) else (middle, far)
    return far
