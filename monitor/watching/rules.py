"""Rules of a list or of one of its products: what a rule may be; add, change, pause, delete with
undo."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from django.db import transaction
from django.db.models import QuerySet
from django.forms import ChoiceField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.judging.rules.conditions import MOST_ALSO, MOST_DAYS, Condition
from monitor.judging.rules.kinds import LARGEST_SCALE, Kind, Unit
from monitor.models import Rule, RuleMemory, User, Watch, Watchlist
from monitor.models.rules import condition_as_json, condition_from_json, follows_list
from monitor.people.allowances import allowed
from monitor.polling.recording.alerts import start_watching
from monitor.text.formatting import Text, one_line
from monitor.text.rule_words import NEVER_WORDS
from monitor.watching.services import rule_changed
from monitor.watching.uploads.sheets import MOST_YUAN

#: The largest thresholds as people write them, larger than any real value.
MOST = {
    Unit.PERCENT: 100_000,
    Unit.FEN: MOST_YUAN,
    Unit.SCORE: 10_000,
    Unit.COUNT: 999_999_999,
    Unit.HOURS: 24 * 30,
}
LONGEST_NAME = 40


class RuleFault(NamedTuple):
    """Why a rule is refused. `field` is a field of `Rule`, or '' for the whole rule; it belongs to
    the condition at `place`: 0 for the first one, 1 for the one after the first 'and'."""

    message: Text
    field: str = ""
    place: int = 0
    #: How many rules there may be, if this is one too many.
    most: int | None = None


class RuleError(Exception):
    """A rule that may not be, with the faults in the order of its conditions; `most` as of a
    fault."""

    def __init__(self, *faults: RuleFault) -> None:
        super().__init__(" ".join(str(fault.message) for fault in faults))
        self.faults = faults
        self.most = next((fault.most for fault in faults if fault.most is not None), None)


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
        rule.condition, rule.cooldown = self.condition, self.cooldown
        rule.is_urgent = self.is_urgent
        return rule


def rule_as_json(rule: Rule) -> dict[str, Any]:
    """Return a rule without its list and watch, ready for JSON; `rule_from_json` makes it again."""
    return {
        "condition": condition_as_json(rule.condition),
        "cooldown": rule.cooldown.total_seconds(),
        "is_urgent": rule.is_urgent,
        "is_active": rule.is_active,
        "is_target": rule.is_target,
    }


def rule_from_json(stored: Mapping[str, Any], watchlist: int, watch: int | None) -> Rule:
    condition = condition_from_json(stored["condition"])
    terms = Terms(condition, timedelta(seconds=stored["cooldown"]), stored["is_urgent"])
    columns = {name: stored[name] for name in ("is_active", "is_target")}
    return terms.put_on(Rule(watchlist_id=watchlist, watch_id=watch, **columns))


def check_rule(
    condition: Condition,
    watchlist: Watchlist,
    watch: Watch | None = None,
    *,
    present: Iterable[Rule],
    rule: Rule | None = None,
) -> None:
    """Raise `RuleError` unless a list or, with `watch`, a product on it may have a rule with this
    condition.

    `present` are the rules that are there; `rule` is the one among them that is changed, if any.
    """
    check_condition(condition, watch)
    others = [other for other in present if rule is None or other.pk != rule.pk]
    is_target = rule is not None and rule.is_target
    if is_target and condition != Condition(Kind.PRICE_BELOW, condition.threshold):
        words = _("This is the target price: change its amount, or add another rule.")
        raise RuleError(RuleFault(words, "kind"))
    most = most_rules(watchlist) if rule is None else None
    if faults := list(faults_beside(condition, others, most)):
        raise RuleError(*faults)


def check_condition(condition: Condition, watch: Watch | None) -> None:
    """Raise `RuleError` for a condition that makes no sense for a list or, with `watch`, for one of
    its products."""
    check_clauses(condition)
    if watch is not None and condition.spec.subject.is_followed:
        words = _("Rules about followed shops are rules of a list.")
        raise RuleError(RuleFault(words, "kind"))


def check_clauses(condition: Condition) -> None:
    """Raise `RuleError` for a condition that makes no sense for any product."""
    faults = [
        RuleFault(message, field, place)
        for place, clause in enumerate(condition.all)
        for field, message in _faults_of(clause, is_first=not place)
    ]
    if faults := faults or list(_faults_together(condition)):
        raise RuleError(*faults)


def _faults_of(clause: Condition, *, is_first: bool) -> Iterator[tuple[str, Text]]:
    """Return the faults of one clause by itself, each with its field."""
    spec, threshold, days = clause.spec, clause.threshold, clause.days
    if not (spec.leads if is_first else spec.follows):
        invalid = str(ChoiceField.default_error_messages["invalid_choice"])
        yield "kind", invalid % {"value": clause.kind.value}
    if spec.unit is Unit.NONE:
        if threshold is not None:
            yield "threshold", _("This kind of rule has no threshold: leave it empty.")
    elif threshold is None or threshold <= 0:
        yield "threshold", _("This kind of rule needs a threshold above zero.")
    elif threshold > MOST[spec.unit] * (100 if spec.unit.is_hundredths else 1):
        large = gettext("This number is too large: at most %(most)s.")
        yield "threshold", large % {"most": f"{MOST[spec.unit]:,}"}
    elif never := spec.never(threshold, LARGEST_SCALE):
        yield "threshold", NEVER_WORDS[never]
    if spec.window is None:
        if days is not None:
            yield "days", _("This kind of rule has no days: leave it empty.")
    elif spec.is_extreme and days is not None and not 1 <= days <= MOST_DAYS:
        yield "days", _("Enter 1 to 365 days, or leave it empty for all time.")
    elif not spec.is_extreme and not 1 <= (days or 0) <= MOST_DAYS:
        yield "days", _("This kind of rule needs a number of days from 1 to 365.")


def _faults_together(condition: Condition) -> Iterator[RuleFault]:
    """Return what is wrong with clauses beside each other. Two of one kind with the same days say
    the same."""
    if len(condition.also) > (0 if condition.spec.is_alone else MOST_ALSO):
        yield RuleFault(_("Too many conditions for this kind of rule."))
    seen = set()
    for place, clause in enumerate(condition.all):
        if (asked := (clause.kind, clause.days)) in seen:
            yield RuleFault(_("This condition is there twice: remove one."), "kind", place)
        seen.add(asked)


def name_of(title: str | None, num_iid: str) -> str:
    return one_line(title or num_iid, LONGEST_NAME)


def judged_watches(watchlist: Watchlist, watch: Watch | None) -> QuerySet[Watch]:
    """Return the watches to which a rule of the list or, with `watch`, of this product applies."""
    if watch is not None:
        return Watch.objects.filter(pk=watch.pk)
    return watchlist.watches.filter(follows_list())


def faults_beside(
    condition: Condition, others: Sequence[Rule], most: int | None
) -> Iterator[RuleFault]:
    """Return what speaks against a condition beside other rules. `most` is how many there may be if
    this is one more."""
    if any(rule.condition == condition for rule in others):
        yield RuleFault(_("This rule exists already."), "kind")
    elif most is not None and len(others) >= most:
        words = gettext("There are %(most)d rules, the most there can be: change one.")
        yield RuleFault(words % {"most": len(others)}, "kind", most=most)


def most_rules(watchlist: Watchlist) -> int | None:
    """Return how many rules a list, and each product on it, may have; None without a limit. At most
    three queries."""
    return allowed(watchlist.owner, "rules")


@transaction.atomic
def add_rule(
    watchlist: Watchlist,
    terms: Terms,
    now: datetime,
    watch: Watch | None = None,
    *,
    keep_lists: bool = False,
) -> Rule:
    """Add a rule to a list or to one watch. Raises `RuleError`.

    A watch's own rules replace the list's. With `keep_lists` the first that does comes with copies
    of the list's."""
    present, copies = locked_rules(watchlist.pk, watch.pk if watch else None), []
    if watch is not None and keep_lists and not any(rule.replaces for rule in present):
        there = [terms.condition, *(rule.condition for rule in present)]
        of_list = watchlist.rules.filter(watch__isnull=True, is_active=True).order_by("pk")
        copies = [rule for rule in of_list if rule.condition not in there]
    check_rule(terms.condition, watchlist, watch, present=[*present, *copies])
    for rule in copies:
        _make(watchlist, Terms.of(rule), now, watch)
    return _make(watchlist, terms, now, watch)


def locked_rules(watchlist: int, watch: int | None) -> list[Rule]:
    """Return the rules of a list or of one watch. Another request that adds rules to it waits until
    the transaction ends."""
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
    """Change a rule. With another condition it starts afresh. Raises `RuleError`."""
    has_new_condition = rule.condition != terms.condition
    if has_new_condition:
        present = locked_rules(rule.watchlist_id, rule.watch_id)
        check_rule(terms.condition, rule.watchlist, rule.watch, present=present, rule=rule)
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
    """Delete rules and return receipts, ready for JSON, with which `put_back_rules` makes them
    again."""
    rows = list(rules.select_related("watch__watchlist").order_by("pk"))
    watches = {rule.watch for rule in rows if _has_own(rule.watch)}
    Rule.objects.filter(pk__in=[rule.pk for rule in rows]).delete()
    for watch in watches:
        if not _has_own(watch):
            _follow_list(watch, now)
    return [
        {"watchlist": rule.watchlist_id, "watch": rule.watch_id, **rule_as_json(rule)}
        for rule in rows
    ]


@transaction.atomic
def put_back_rules(user: User, receipts: Iterable[dict[str, Any]], now: datetime) -> None:
    """Make deleted rules again, where `user` may still edit and the rule is possible beside those
    made since. They count from now: what is true already is no news."""
    lists = Watchlist.objects.editable_by(user).in_bulk()
    watches = Watch.objects.filter(watchlist__in=lists).in_bulk(
        {receipt["watch"] for receipt in receipts if receipt["watch"]}
    )
    for receipt in receipts:
        watchlist, watch = lists.get(receipt["watchlist"]), watches.get(receipt["watch"])
        if watchlist is None or (receipt["watch"] and watch is None):
            continue
        rule = rule_from_json(receipt, watchlist.pk, receipt["watch"])
        present = locked_rules(watchlist.pk, receipt["watch"])
        if rule.is_target and any(other.is_target for other in present):
            continue
        with suppress(RuleError):
            check_rule(rule.condition, watchlist, watch, present=present)
            rule.save()
            rule_changed(rule, now, is_news=False)


def _has_own(watch: Watch | None) -> bool:
    """Return whether own rules replace the list's."""
    return watch is not None and Rule.objects.replacing().filter(watch=watch).exists()


def _follow_list(watch: Watch | None, now: datetime) -> None:
    """Apply the list's rules to a watch again; their memories of its product are outdated."""
    if watch is None:
        return
    of_list = Rule.objects.filter(watchlist=watch.watchlist_id, watch__isnull=True)
    RuleMemory.objects.filter(rule__in=of_list, product=watch.product_id).delete()
    start_watching([watch.pk], now=now)
