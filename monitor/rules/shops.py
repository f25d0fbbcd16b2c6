"""Judging a shop: each of its three scores for itself."""

from collections.abc import Callable, Iterable, Sequence

from monitor.changes import GAP_FIELDS, SCORE_FIELDS, FieldChange, Json, ShopState
from monitor.provider.observation import Gap
from monitor.rules.condition import Condition, Firing, Memory, why_never
from monitor.rules.kinds import SHOP_KINDS, Kind


def judge_shop(
    condition: Condition, memory: Memory, changes: Sequence[FieldChange], state: ShopState
) -> tuple[list[Firing], Memory]:
    """Judge a shop's new state, after `changes`; with none, as on the day a rule is made, the state alone.

    Each of the three scores is judged for itself. A new scale starts afresh.
    """
    if condition.kind not in SHOP_KINDS:
        return [], memory
    if condition.kind is Kind.SHOP_SCORE_FELL:
        return _fell(condition, memory, changes)
    return _became(condition, memory, changes, state)


def _fell(condition: Condition, memory: Memory, changes: Iterable[FieldChange]) -> tuple[list[Firing], Memory]:
    """Each score, in the order given, that fell by at least the threshold.

    A fall counts from the score at the rule's last alert, or from the highest score since then.
    """
    references = dict(memory.references)
    fired: list[Firing] = []
    for position, change in enumerate(changes):
        before, after = change.before, change.after
        if change.field == "score_scale":
            references = {}
        if change.field not in SCORE_FIELDS or not isinstance(before, int) or not isinstance(after, int):
            continue
        reference = max(references.get(change.field, before), before)
        if reference - after >= max(condition.threshold or 1, 1):
            fired.append(Firing(change.field, before, after, reference, position))
            references[change.field] = after
        else:
            references[change.field] = max(reference, after)
    return fired, Memory(references, memory.met, memory.rest)


def _became(
    condition: Condition, memory: Memory, changes: Sequence[FieldChange], state: ShopState
) -> tuple[list[Firing], Memory]:
    """Fires for each score of which the condition becomes true, also for those of which it is true from the start.

    On a scale on which it would always be true, it never is: the threshold was meant for another one.
    """
    if state.score_scale and why_never(condition, state.score_scale):
        return [], Memory(rest=memory.rest)
    fields, is_true = _became_what(condition)
    references = dict(memory.references)
    fired: list[Firing] = []

    def look(name: str, before: Json, after: int, place: int | None) -> None:
        if not is_true(after):
            references.pop(name, None)
        elif name not in references:
            references[name] = after
            fired.append(Firing(name, before, after, condition.threshold, place))

    for place, change in enumerate(changes):
        if change.field == "score_scale":
            references = {}
        elif change.field in fields and isinstance(change.after, int):
            look(change.field, change.before, change.after, place)
    for name in fields:
        if (value := getattr(state, name)) is not None:
            look(name, None, value, None)
    return fired, Memory(references, memory.met, memory.rest)


def _became_what(condition: Condition) -> tuple[Sequence[str], Callable[[int], bool]]:
    """Which fields a condition is about, and when it is true of one."""
    if condition.kind is Kind.SHOP_BELOW_AVERAGE:
        return GAP_FIELDS, lambda gap: gap == Gap.BELOW
    return SCORE_FIELDS, lambda score: score < (condition.threshold or 0)
