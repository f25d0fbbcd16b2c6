"""Rules of a list or of one of its products: add, change, pause, delete with undo."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import transaction
from django.db.models import QuerySet

from monitor.models import Rule, RuleMemory, User, Watch, Watchlist
from monitor.models.rules import condition_as_json, condition_from_json
from monitor.recording.alerts import start_watching
from monitor.rules.conditions import Condition
from monitor.watchlists.services import rule_changed

#: The memories of a deleted rule are kept for the undo up to this number; with more the rule starts afresh.
MOST_MEMORIES = 300
RECEIPT_KEYS = {"watchlist", "watch", "condition", "cooldown", "is_urgent", "is_active", "memories"}


@dataclass(frozen=True, slots=True)
class Terms:
    """A rule's condition, its cool-down after an alert, and whether its mails are sent at once."""

    condition: Condition
    cooldown: timedelta = timedelta(0)
    is_urgent: bool = False

    @classmethod
    def of(cls, rule: Rule) -> Self:
        return cls(rule.condition, rule.cooldown, rule.is_urgent)

    def put_on(self, rule: Rule) -> Rule:
        rule.condition, rule.cooldown, rule.is_urgent = self.condition, self.cooldown, self.is_urgent
        return rule


def rule_as_json(rule: Rule) -> dict[str, Any]:
    """A rule without its list and watch, ready for JSON; `rule_from_json` makes it again."""
    return {
        "condition": condition_as_json(rule.condition),
        "cooldown": rule.cooldown.total_seconds(),
        "is_urgent": rule.is_urgent,
        "is_active": rule.is_active,
    }


def rule_from_json(stored: Mapping[str, Any], watchlist: int, watch: int | None) -> Rule:
    condition, cooldown = condition_from_json(stored["condition"]), timedelta(seconds=stored["cooldown"])
    rule = Rule(watchlist_id=watchlist, watch_id=watch, is_active=stored["is_active"])
    return Terms(condition, cooldown, stored["is_urgent"]).put_on(rule)


@transaction.atomic
def add_rule(
    watchlist: Watchlist, terms: Terms, now: datetime, watch: Watch | None = None, *, keep_lists: bool = False
) -> Rule:
    """Add a rule to a list or to one watch, or return the one with this condition that is there already.

    A watch's own rules replace the list's. With `keep_lists` its first active one comes with copies of the list's.
    """
    present = _locked_rules(watchlist.pk, watch.pk if watch else None)
    for rule in present:
        if rule.condition == terms.condition:
            return rule
    if watch is not None and keep_lists and not any(rule.is_active for rule in present):
        for rule in watchlist.rules.filter(watch__isnull=True, is_active=True).order_by("pk"):
            if rule.condition != terms.condition:
                _make(watchlist, Terms.of(rule), now, watch)
    return _make(watchlist, terms, now, watch)


def _locked_rules(watchlist: int, watch: int | None) -> list[Rule]:
    """The rules of a list or of one watch. Another request that adds rules to it waits until the transaction ends."""
    if watch is None:
        Watchlist.objects.select_for_update(no_key=True).filter(pk=watchlist).first()
    else:
        Watch.objects.filter(pk=watch).locked().first()
    return list(Rule.objects.filter(watchlist=watchlist, watch=watch))


def _make(watchlist: Watchlist, terms: Terms, now: datetime, watch: Watch | None) -> Rule:
    rule = terms.put_on(Rule(watchlist=watchlist, watch=watch))
    rule.save()
    rule_changed(rule, now)
    return rule


@transaction.atomic
def alter_rule(rule: Rule, terms: Terms, now: datetime) -> None:
    """Change a rule. With another condition it starts afresh."""
    has_new_condition = rule.condition != terms.condition
    terms.put_on(rule).save()
    if has_new_condition:
        rule_changed(rule, now)


@transaction.atomic
def pause_rule(rule: Rule, now: datetime, *, paused: bool) -> None:
    """Pause a rule, or resume it: it then starts afresh."""
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
    """Make deleted rules again, with their memories, where `user` may still edit and no rule has the same condition;
    return how many."""
    lists = Watchlist.objects.editable_by(user).in_bulk()
    count = 0
    for receipt in receipts:
        # A receipt lives for minutes. Another version of this program may have written it.
        if receipt.keys() != RECEIPT_KEYS or receipt["watchlist"] not in lists:
            continue
        watchlist, watch = receipt["watchlist"], receipt["watch"]
        if watch is None or Watch.objects.filter(pk=watch, watchlist=watchlist).exists():
            rule = rule_from_json(receipt, watchlist, watch)
            if any(other.condition == rule.condition for other in _locked_rules(watchlist, watch)):
                continue
            rule.save()
            RuleMemory.objects.bulk_create(RuleMemory(rule=rule, **memory) for memory in receipt["memories"])
            count += 1
    return count


def _receipt(rule: Rule) -> dict[str, Any]:
    memories = list(rule.memories.values("product_id", "shop_id", "memory")[: MOST_MEMORIES + 1])
    kept = memories if len(memories) <= MOST_MEMORIES else []
    return {"watchlist": rule.watchlist_id, "watch": rule.watch_id, **rule_as_json(rule), "memories": kept}


def _has_own(watch: Watch | None) -> bool:
    """Whether own rules replace the list's."""
    return watch is not None and watch.rules.filter(is_active=True).exists()


def _follow_list(watch: Watch | None, now: datetime) -> None:
    """Apply the list's rules to a watch again; their memories of its product are outdated."""
    if watch is None:
        return
    of_list = Rule.objects.filter(watchlist=watch.watchlist_id, watch__isnull=True)
    RuleMemory.objects.filter(rule__in=of_list, product=watch.product_id).delete()
    start_watching([watch.pk], now=now)
