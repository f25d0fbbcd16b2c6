"""Target prices of many watches: the own rule 'the price falls below' of each."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import batched
from typing import Any

from django.db import transaction

from monitor.models import Rule, RuleMemory, Watch, Watchlist
from monitor.models.rules import USUAL_COOLDOWN
from monitor.recording.alerts import start_watching
from monitor.rules.conditions import Condition
from monitor.rules.kinds import Kind
from monitor.watchlists.rescheduling import CHUNK
from monitor.watchlists.rules import (
    RuleError,
    Terms,
    check_clauses,
    faults_beside,
    most_rules,
    rule_as_json,
    rule_from_json,
)


def targets_of(watches: Iterable[int]) -> dict[int, list[int]]:
    """Return the target prices in fen by watch, for watches that have any. One query."""
    targets: dict[int, list[int]] = defaultdict(list)
    for rule in Rule.objects.filter(watch__in=watches, kind=Kind.PRICE_BELOW.value, is_active=True).order_by("pk"):
        if rule.watch_id and _is_target(rule):
            targets[rule.watch_id].append(rule.threshold or 0)
    return targets


@transaction.atomic
def set_targets(targets: Mapping[int, int | None], now: datetime) -> dict[str, Any]:
    """Give watches, by their keys, a target price in fen, or none; return what `set_targets_back` needs, ready for
    JSON.

    A watch's own rules replace the list's: its first active one comes with copies of these. If only copies are left
    without a target, the list's rules apply again. Raises `RuleError` if one of the targets cannot be a rule of its
    watch; then no watch is changed. A fixed number of statements for each `CHUNK` and each list.
    """
    watches = list(Watch.objects.filter(pk__in=targets).locked())
    own_rules = _by(Rule.objects.filter(watch__in=targets).order_by("pk"), "watch_id")
    of_lists = Rule.objects.filter(watchlist__in={watch.watchlist_id for watch in watches}, watch=None, is_active=True)
    list_rules = _by(of_lists.order_by("pk"), "watchlist_id")
    most = _most_rules(watches)
    made: list[Rule] = []
    altered: dict[int, tuple[Rule, int | None]] = {}
    deleted: list[Rule] = []
    for watch in watches:
        own, of_list, target = own_rules[watch.pk], list_rules[watch.watchlist_id], targets[watch.pk]
        former = [rule for rule in own if rule.is_active and _is_target(rule)]
        if target is None:
            rest = [rule for rule in own if rule not in former]
            copies = [rule_as_json(rule) for rule in of_list]
            deleted += own if all(rule_as_json(rule) in copies for rule in rest) else former
            continue
        condition = Condition(Kind.PRICE_BELOW, target)
        check_clauses(condition)
        paused = [rule for rule in own if rule.condition == condition and not rule.is_active]
        deleted += paused
        if former:
            altered[former[0].pk] = former[0], former[0].threshold
            former[0].threshold = target
            deleted += former[1:]
        else:
            follows_list = not any(rule.is_active for rule in own)
            kept = [rule for rule in of_list if follows_list and not _is_target(rule)]
            others = [*kept, *(rule for rule in own if rule not in paused)]
            if faults := list(faults_beside(condition, others, most[watch.watchlist_id])):
                raise RuleError(*faults)
            new = [*map(Terms.of, kept), Terms(condition, USUAL_COOLDOWN)]
            made += [terms.put_on(Rule(watchlist_id=watch.watchlist_id, watch=watch)) for terms in new]
    Rule.objects.filter(pk__in=[rule.pk for rule in deleted]).delete()
    _alter([rule for rule, _threshold in altered.values()])
    made = Rule.objects.bulk_create(made, batch_size=CHUNK)
    _start(watches, now)
    return {
        "made": [(rule.pk, rule_as_json(rule)) for rule in made],
        "altered": [(key, threshold) for key, (_rule, threshold) in altered.items()],
        "deleted": [{"watch": rule.watch_id, **rule_as_json(rule)} for rule in deleted],
    }


@transaction.atomic
def set_targets_back(receipt: Mapping[str, Any], keys: Iterable[int], now: datetime) -> None:
    """Undo `set_targets` for these watches. The rules start afresh.

    Where the user has added or changed own rules since, only the target goes: these and the copies belong together. A
    deleted rule comes back if it may be beside those of now.
    """
    watches = {watch.pk: watch for watch in Watch.objects.filter(pk__in=keys).locked()}
    made, deleted = dict(receipt["made"]), []
    for own in _by(Rule.objects.filter(watch__in=watches).order_by("pk"), "watch_id").values():
        unchanged = [rule for rule in own if made.get(rule.pk) == rule_as_json(rule)]
        are_alone = not any(rule.is_active and rule not in unchanged for rule in own)
        deleted += [rule.pk for rule in unchanged if are_alone or _is_target(rule)]
    Rule.objects.filter(pk__in=deleted).delete()
    was = dict(receipt["altered"])
    altered = list(Rule.objects.filter(pk__in=was, watch__in=watches))
    for rule in altered:
        rule.threshold = was[rule.pk]
    _alter(altered)
    again, present = [], _by(Rule.objects.filter(watch__in=watches), "watch_id")
    most = _most_rules(watches.values())
    for row in receipt["deleted"]:
        if (watch := watches.get(row["watch"])) is not None:
            rule = rule_from_json(row, watch.watchlist_id, watch.pk)
            if not any(faults_beside(rule.condition, present[watch.pk], most[watch.watchlist_id])):
                present[watch.pk].append(rule)
                again.append(rule)
    Rule.objects.bulk_create(again, batch_size=CHUNK)
    _start(list(watches.values()), now)


def _is_target(rule: Rule) -> bool:
    return rule.kind == Kind.PRICE_BELOW.value and not rule.also


def _most_rules(watches: Iterable[Watch]) -> dict[int, int | None]:
    """Return how many rules the watches of each list may have. At most two queries for each list."""
    lists = Watchlist.objects.filter(pk__in={watch.watchlist_id for watch in watches}).select_related("owner")
    return {watchlist.pk: most_rules(watchlist) for watchlist in lists}


def _by(rules: Iterable[Rule], column: str) -> Mapping[int, list[Rule]]:
    groups: dict[int, list[Rule]] = defaultdict(list)
    for rule in rules:
        groups[getattr(rule, column)].append(rule)
    return groups


def _alter(rules: Sequence[Rule]) -> None:
    """Save thresholds; the rules start afresh."""
    Rule.objects.bulk_update(rules, ["threshold"], batch_size=CHUNK)
    RuleMemory.objects.filter(rule__in=[rule.pk for rule in rules]).delete()


def _start(watches: Sequence[Watch], now: datetime) -> None:
    """Judge the new rules. Where the list's rules apply again, their memories of the product are outdated."""
    keys = [watch.pk for watch in watches]
    with_own = set(Rule.objects.filter(watch__in=keys, is_active=True).values_list("watch_id", flat=True))
    products: dict[int, list[int]] = defaultdict(list)
    for watch in watches:
        if watch.pk not in with_own:
            products[watch.watchlist_id].append(watch.product_id)
    for watchlist, without in products.items():
        of_list = Rule.objects.filter(watchlist=watchlist, watch=None)
        RuleMemory.objects.filter(rule__in=of_list, product__in=without).delete()
    for chunk in batched(keys, CHUNK):
        start_watching(chunk, now=now)
