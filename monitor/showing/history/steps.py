"""What alerts of one product or shop say, joined by field: the headline is what the first rule
counted from and the last value, the same on every channel. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from monitor.judging.changes import SCORE_FIELDS, Json
from monitor.models import Alert
from monitor.showing.history.moves import Move, move

#: Fields of larger weight come first.
WEIGHTS = {"range": 4, "status": 3, "price": 2, "my_price": 2, **dict.fromkeys(SCORE_FIELDS, 1)}
#: Fields whose moves are in percent, and fields whose values say what they are.
IN_PERCENT = frozenset({"price", "list_price", "sales", "revenue"})
PLAIN = frozenset({"status", "price", "range", "best_ten"})
NUMBERS = IN_PERCENT | frozenset(SCORE_FIELDS)
#: More values are shown as the first and the last two.
MOST_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Steps:
    """What alerts say about one field. `alerts` and `values` are the oldest first; `first` counts
    from the first value."""

    alerts: list[Alert]
    first: Alert
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
        """The move in percent; None if the value has come back: then only its steps tell
        something."""
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

    @property
    def reason(self) -> str:
        """Why: what the first value is, and what the last one made true; '' if the values say
        it."""
        counting = [self.first] if self.first.is_counting else []
        reasons = [alert.reason for alert in (*counting, *self._of_last_value)]
        return " · ".join(dict.fromkeys(filter(None, reasons)))

    @property
    def target(self) -> Alert | None:
        """The alert of a target price that the last value has reached."""
        return next(
            (alert for alert in self._of_last_value if alert.rule_as_it_was.get("is_target")), None
        )

    @property
    def _of_last_value(self) -> list[Alert]:
        """The alerts that the last value made, of rules that count from no earlier one."""
        return [
            alert
            for alert in self.alerts
            if alert.after == self.values[-1] and not alert.is_counting
        ]

    def headline(self, words: Callable[[Json], str]) -> str:
        """'¥55.90 → ¥51.00': the first and the last value in `words`; all, if the value has come
        back."""
        first, last = self.values[0], self.values[-1]
        return _chain([first, last] if first != last else self.values, words)

    def path(self, words: Callable[[Json], str]) -> str:
        """'¥55.90 → ¥48.90 → ¥51.00': all values; '' if the headline has them all."""
        return (
            _chain(self.values, words)
            if len(self.values) > 2 and self.values[0] != self.values[-1]
            else ""
        )


def _chain(values: Sequence[Json], words: Callable[[Json], str]) -> str:
    shown = [words(value) for value in values]
    if len(shown) > MOST_SHOWN:
        shown[1:-2] = ["…"]
    return " → ".join(shown)


def joined(alerts: Iterable[Alert]) -> list[Steps]:
    """Return the steps of each field, the most important field first. `alerts` are of one product
    or shop."""
    by_field: dict[str, list[Alert]] = {}
    for alert in sorted(alerts, key=lambda alert: (alert.created_at, alert.pk)):
        by_field.setdefault(alert.field, []).append(alert)
    steps = [Steps(group, *_values(group)) for group in by_field.values()]
    return sorted(steps, key=lambda step: WEIGHTS.get(step.newest.field, 0), reverse=True)


def headline(alert: Alert) -> Steps:
    """Return what one alert says."""
    [steps] = joined([alert])
    return steps


def _values(alerts: Sequence[Alert]) -> tuple[Alert, list[Json]]:
    """Return the values of alerts of one field, and the alert that counts from the first of them.
    Only the first change is compared with what its rule counts from."""
    values: list[Json] = []
    first = alerts[0]
    # Several rules report the same change: the one that compares with the farthest value tells
    # most.
    for _, group in groupby(alerts, key=lambda alert: alert.change_id or -alert.pk):
        alert = max(group, key=_size)
        passed = [value for _, value in alert.moments] if alert.is_repeated else []
        start = None
        if not values:
            first, start = alert, alert.counted_from
        for value in (start, alert.before, *passed, alert.after):
            if value is not None and (not values or values[-1] != value):
                values.append(value)
    return first, values or [None]


def _size(alert: Alert) -> int:
    way = move(alert.counted_from, alert.after)
    return way.difference if way else 0
