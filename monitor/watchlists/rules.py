"""Rules as people make them: add, alter, pause, delete with undo, for a whole list or for one of its products."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import transaction
from django.db.models import QuerySet

from monitor.models import Rule, RuleMemory, User, Watch, Watchlist
from monitor.models.rules import condition_as_json, condition_from_json
from monitor.recording.alerts import start_watching
from monitor.rules.conditions import Condition
from monitor.watchlists.services import rule_changed

#: What a deleted rule remembers of more products than this is not kept for the undo: it starts afresh.
MOST_MEMORIES = 300


@dataclass(frozen=True, slots=True)
class DeletedRule:
    """A rule that was deleted, complete enough to be made again as if nothing had been."""

    watchlist: int
    watch: int | None
    condition: dict[str, Any]
    cooldown: float
    is_urgent: bool
    is_active: bool
    memories: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a rule says: its condition, how long it rests after an alert, and whether its mails wait for nothing."""

    condition: Condition
    cooldown: timedelta = timedelta(0)
    is_urgent: bool = False

    @classmethod
    def of(cls, rule: Rule) -> Self:
        return cls(rule.condition, rule.cooldown, rule.is_urgent)

    def put_on(self, rule: Rule) -> Rule:
        rule.condition, rule.cooldown, rule.is_urgent = self.condition, self.cooldown, self.is_urgent
        return rule


@transaction.atomic
def add_rule(
    watchlist: Watchlist, terms: Terms, now: datetime, watch: Watch | None = None, *, keep_lists: bool = False
) -> Rule:
    """A new rule of a list or of one watch. `keep_lists`: a watch's first own rule comes beside copies of the list's.

    Own rules replace the list's for their product.
    """
    if watch is not None and keep_lists and not watch.rules.exists():
        for rule in watchlist.rules.filter(watch__isnull=True, is_active=True).order_by("pk"):
            if rule.condition != terms.condition:
                _make(watchlist, Terms.of(rule), now, watch)
    return _make(watchlist, terms, now, watch)


def _make(watchlist: Watchlist, terms: Terms, now: datetime, watch: Watch | None) -> Rule:
    rule = terms.put_on(Rule(watchlist=watchlist, watch=watch))
    rule.save()
    rule_changed(rule, now)
    return rule


@transaction.atomic
def alter_rule(rule: Rule, terms: Terms, now: datetime) -> None:
    """With another condition the rule starts afresh; how it tells of what it finds may change meanwhile."""
    is_other = rule.condition != terms.condition
    terms.put_on(rule).save()
    if is_other:
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
        if receipt.keys() != DeletedRule.__dataclass_fields__.keys():
            continue  # Of another version of this program: kept for minutes, while that was replaced.
        deleted = DeletedRule(**receipt)
        if deleted.watchlist not in lists or not _is_there(deleted):
            continue
        rule = Rule(watchlist_id=deleted.watchlist, watch_id=deleted.watch, is_active=deleted.is_active)
        condition = condition_from_json(deleted.condition)
        Terms(condition, timedelta(seconds=deleted.cooldown), deleted.is_urgent).put_on(rule).save()
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
    condition, seconds = condition_as_json(rule.condition), rule.cooldown.total_seconds()
    deleted = DeletedRule(
        rule.watchlist_id, rule.watch_id, condition, seconds, rule.is_urgent, rule.is_active, memories=kept
    )
    return asdict(deleted)


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
