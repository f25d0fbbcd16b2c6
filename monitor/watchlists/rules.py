"""Rules as people make them: add, alter, pause, delete with undo, for a whole list or for one of its products."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from monitor.models import Rule, RuleMemory, User, Watch, Watchlist
from monitor.recording.alerts import start_watching
from monitor.rules import Condition
from monitor.watchlists.services import rule_changed

#: What a deleted rule remembers of more products than this is not kept for the undo: it starts afresh.
MOST_MEMORIES = 300


@dataclass(frozen=True, slots=True)
class DeletedRule:
    """A rule that was deleted, complete enough to be made again as if nothing had been."""

    watchlist: int
    watch: int | None
    kind: str
    threshold: int | None
    is_active: bool
    memories: list[dict[str, Any]]


@transaction.atomic
def add_rule(
    watchlist: Watchlist, condition: Condition, now: datetime, watch: Watch | None = None, *, keep_lists: bool = False
) -> Rule:
    """A new rule of a list or of one watch. `keep_lists`: a watch's first own rule comes beside copies of the list's.

    Own rules replace the list's for their product.
    """
    if watch is not None and keep_lists and not watch.rules.exists():
        for rule in watchlist.rules.filter(watch__isnull=True, is_active=True).order_by("pk"):
            if rule.condition != condition:
                _make(watchlist, rule.condition, now, watch)
    return _make(watchlist, condition, now, watch)


def _make(watchlist: Watchlist, condition: Condition, now: datetime, watch: Watch | None) -> Rule:
    rule = Rule.objects.create(
        watchlist=watchlist, watch=watch, kind=condition.kind.value, threshold=condition.threshold
    )
    rule_changed(rule, now)
    return rule


@transaction.atomic
def alter_rule(rule: Rule, condition: Condition, now: datetime) -> None:
    """Another condition: the rule starts afresh. The same one leaves it alone."""
    if rule.condition == condition:
        return
    rule.kind, rule.threshold = condition.kind.value, condition.threshold
    rule.save(update_fields=["kind", "threshold"])
    rule_changed(rule, now)


@transaction.atomic
def pause_rule(rule: Rule, now: datetime, *, paused: bool) -> None:
    """Let a rule rest, or have it start afresh."""
    if rule.is_active != paused:
        return
    had_own = _has_own(rule.watch)
    rule.is_active = not paused
    rule.save(update_fields=["is_active"])
    rule_changed(rule, now)
    if had_own and not _has_own(rule.watch):
        _follow_list(rule.watch, now)


@transaction.atomic
def delete_rules(rules: QuerySet[Rule], now: datetime) -> list[dict[str, Any]]:
    """Delete rules and return receipts, ready for JSON, with which `put_back_rules` makes them again."""
    rows = list(rules.select_related("watch__watchlist").order_by("pk"))
    watches = {rule.watch for rule in rows if _has_own(rule.watch)}
    receipts = [_receipt(rule) for rule in rows]
    Rule.objects.filter(pk__in=[rule.pk for rule in rows]).delete()
    for watch in watches:
        if not _has_own(watch):
            _follow_list(watch, now)
    return receipts


@transaction.atomic
def put_back_rules(user: User, receipts: Iterable[dict[str, Any]]) -> int:
    """Make deleted rules again where `user` may still edit; return how many. They remember what they did."""
    lists = Watchlist.objects.editable_by(user).in_bulk()
    count = 0
    for receipt in receipts:
        deleted = DeletedRule(**receipt)
        if deleted.watchlist not in lists or not _is_there(deleted):
            continue
        rule = Rule.objects.create(
            watchlist_id=deleted.watchlist,
            watch_id=deleted.watch,
            kind=deleted.kind,
            threshold=deleted.threshold,
            is_active=deleted.is_active,
        )
        RuleMemory.objects.bulk_create(RuleMemory(rule=rule, **memory) for memory in deleted.memories)
        count += 1
    return count


def _is_there(deleted: DeletedRule) -> bool:
    """Whether the product is on the list still, for a rule of one product."""
    if deleted.watch is None:
        return True
    return Watch.objects.filter(pk=deleted.watch, watchlist_id=deleted.watchlist).exists()


def _receipt(rule: Rule) -> dict[str, Any]:
    memories = rule.memories.values("product_id", "shop_id", "memory")[: MOST_MEMORIES + 1]
    kept: list[dict[str, Any]] = [dict(memory) for memory in memories]
    if len(kept) > MOST_MEMORIES:
        kept = []
    return asdict(DeletedRule(rule.watchlist_id, rule.watch_id, rule.kind, rule.threshold, rule.is_active, kept))


def _has_own(watch: Watch | None) -> bool:
    """Whether rules of its own stand in the place of the list's."""
    return watch is not None and watch.rules.filter(is_active=True).exists()


def _follow_list(watch: Watch | None, now: datetime) -> None:
    """The list's rules apply to a watch again: what they remember of its product is of another time."""
    if watch is None:
        return
    of_list = Rule.objects.filter(watchlist=watch.watchlist_id, watch__isnull=True)
    RuleMemory.objects.filter(rule__in=of_list, product=watch.product_id).delete()
    start_watching([watch.pk], now=now)
