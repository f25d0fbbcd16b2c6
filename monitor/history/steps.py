"""Alerts of one product or shop, joined: the values of each field, one after the other. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from monitor.changes import SCORE_FIELDS, Json
from monitor.history.moves import Move, move
from monitor.models import Alert
from monitor.rules.kinds import COUNTING_KINDS

#: Fields of larger weight come first.
WEIGHTS = {"status": 3, "price": 2, **dict.fromkeys(SCORE_FIELDS, 1)}
#: Fields whose moves are in percent, and fields whose values say what they are.
IN_PERCENT = frozenset({"price", "list_price", "sales"})
PLAIN = frozenset({"status", "price"})
#: More values are shown as the first and the last two.
MOST_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Steps:
    """What alerts say about one field. `alerts` and `values` are the oldest first."""

    alerts: list[Alert]
    values: list[Json]

    @property
    def newest(self) -> Alert:
        return self.alerts[-1]

    @property
    def move(self) -> Move | None:
        """From the first value to the last; None if they are no numbers."""
        return move(self.values[0], self.values[-1])

    @property
    def net(self) -> Move | None:
        """The move in percent; None if the value has come back: then only its steps tell something."""
        way = self.move if self.newest.field in IN_PERCENT else None
        return way if way and way.direction != "level" else None

    @property
    def needs_label(self) -> bool:
        return self.newest.field not in PLAIN

    @property
    def largest(self) -> Move | None:
        """The largest step in percent, or the way from the first to the last value."""
        moves = [self.move, *(move(before, after) for before, after in pairwise(self.values))]
        return max(filter(None, moves), key=lambda step: step.percent or 0, default=None)

    def chain(self, words: Callable[[Json], str]) -> str:
        """'¥55.90 → ¥48.90 → ¥51.00': the values in `words`."""
        shown = [words(value) for value in self.values]
        if len(shown) > MOST_SHOWN:
            shown[1:-2] = ["…"]
        return " → ".join(shown)


def joined(alerts: Iterable[Alert]) -> list[Steps]:
    """Return the steps of each field, the most important field first. `alerts` are of one product or shop."""
    by_field: dict[str, list[Alert]] = {}
    for alert in sorted(alerts, key=lambda alert: (alert.created_at, alert.pk)):
        by_field.setdefault(alert.field, []).append(alert)
    steps = [Steps(group, _values(group)) for group in by_field.values()]
    return sorted(steps, key=lambda step: WEIGHTS.get(step.newest.field, 0), reverse=True)


def _values(alerts: Sequence[Alert]) -> list[Json]:
    """Return the values of alerts of one field. Only the first change is compared with what its rule counts from."""
    values: list[Json] = []
    # Several rules report the same change: the one that compares with the farthest value tells most.
    for _, group in groupby(alerts, key=lambda alert: alert.change_id or -alert.pk):
        alert = max(group, key=_size)
        passed = [value for _, value in alert.moments] if alert.is_repeated else []
        start = base(alert) if not values else None
        for value in (start, alert.before, *passed, alert.after):
            if value is not None and (not values or values[-1] != value):
                values.append(value)
    return values or [None]


def base(alert: Alert) -> Json:
    """Return the value to compare with: the one that the rule counts from, if it does, else the value just before."""
    is_counting = alert.reference is not None and alert.rule_as_it_was.get("kind") in COUNTING_KINDS
    return alert.reference if is_counting else alert.before


def _size(alert: Alert) -> int:
    way = move(base(alert), alert.after)
    return way.difference if way else 0
