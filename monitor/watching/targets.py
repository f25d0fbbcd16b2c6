"""Target prices: the rule 'the price falls below' of a watch, beside all others."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import batched

from django.db import transaction

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import Rule, RuleMemory, Watch, Watchlist
from monitor.models.rules import USUAL_COOLDOWN
from monitor.polling.planning.rescheduling import CHUNK
from monitor.polling.recording.alerts import start_watching
from monitor.watching.rules import RuleError, Terms, faults_beside, most_rules


def targets_of(watches: Iterable[int]) -> dict[int, int]:
    """Return the target prices in fen by watch, for watches that have one. One query."""
    targets = Rule.objects.filter(watch__in=watches, is_target=True, is_active=True)
    return {
        watch: fen for watch, fen in targets.values_list("watch_id", "threshold") if watch and fen
    }


@transaction.atomic
def set_targets(targets: Mapping[int, int | None], now: datetime) -> None:
    """Give watches, by their keys, a target price in fen, or none. It fires at once where the price
    is below.

    Raises `RuleError` if one of them cannot be a rule of its watch; then no watch is changed. A
    fixed number of statements for each `CHUNK` and each list."""
    watches = list(Watch.objects.filter(pk__in=targets).locked())
    rules: dict[int | None, list[Rule]] = defaultdict(list)
    for rule in Rule.objects.filter(watch__in=targets):
        rules[rule.watch_id].append(rule)
    lists = Watchlist.objects.filter(
        pk__in={watch.watchlist_id for watch in watches}
    ).select_related("owner")
    most = {watchlist.pk: most_rules(watchlist) for watchlist in lists}
    made, altered, deleted = [], [], []
    for watch in watches:
        former = [rule for rule in rules[watch.pk] if rule.is_target]
        if (target := targets[watch.pk]) is None:
            deleted += former
            continue
        condition = Condition(Kind.PRICE_BELOW, target)
        for rule in former:
            rule.threshold, rule.is_active = target, True
            altered.append(rule)
        if not former:
            # An own rule of the same price may be there: only the number of rules counts.
            others = [rule for rule in rules[watch.pk] if rule.condition != condition]
            if faults := list(faults_beside(condition, others, most[watch.watchlist_id])):
                raise RuleError(*faults)
            rule = Rule(watchlist_id=watch.watchlist_id, watch=watch, is_target=True)
            made.append(Terms(condition, USUAL_COOLDOWN).put_on(rule))
    Rule.objects.filter(pk__in=[rule.pk for rule in deleted]).delete()
    Rule.objects.bulk_update(altered, ["threshold", "is_active"], batch_size=CHUNK)
    RuleMemory.objects.filter(rule__in=altered).delete()
    Rule.objects.bulk_create(made, batch_size=CHUNK)
    for chunk in batched([watch.pk for watch in watches], CHUNK):
        start_watching(chunk, now=now)
