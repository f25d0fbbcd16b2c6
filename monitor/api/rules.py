"""The rules of a list and of the products on it: read, add, change, delete, and try on history."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from monitor.api.auth import ApiRequest, Caller
from monitor.api.paging import KeyColumn, Keyset, PageQuery
from monitor.api.schemas import Id, Page, RuleChanges, RuleGiven, RuleOut, Trial, WatchlistId
from monitor.judging.rules.conditions import Condition
from monitor.models import Rule, Watch
from monitor.models.rules import USUAL_COOLDOWN
from monitor.showing.reads.rules import RuleSet, rules_of, rules_of_watch
from monitor.showing.reads.trial import try_on_history
from monitor.watching import rules as services
from monitor.watching.rules import Terms

router = Router(tags=["rules"])


@router.get("/watchlists/{watchlist}/rules", response=Page[RuleOut])
def rules(request: ApiRequest, watchlist: WatchlistId, query: Query[PageQuery]) -> Any:
    """Rules, the oldest first. A product's own rules replace the list's."""
    [key] = request.auth.list_keys(watchlist)
    order = Keyset([KeyColumn("pk")], "rules", key)
    return order.page(Rule.objects.filter(watchlist=key), query, _rows)


@router.post(
    "/watchlists/{watchlist}/rules",
    response={201: RuleOut},
)
def add_rule(request: ApiRequest, watchlist: WatchlistId, body: RuleGiven) -> Any:
    """Add a rule to a list, or to one product on it. Where it is true already, it fires at once."""
    caller = request.auth
    rule_set = _rule_set(caller, watchlist, body.product)
    terms, keep = _terms(body), body.keep_lists
    rule = services.add_rule(rule_set.watchlist, terms, caller.now, rule_set.watch, keep_lists=keep)
    return Status(201, _row(rule.pk))


@router.post("/watchlists/{watchlist}/rules/trial", response=Trial)
def try_rule(request: ApiRequest, watchlist: WatchlistId, body: RuleGiven) -> Any:
    """Try a rule on the last 30 days, without adding it."""
    caller = request.auth
    rule_set = _rule_set(caller, watchlist, body.product)
    return _trial(caller, rule_set, _terms(body))


@router.patch("/rules/{rule}", response=RuleOut)
def alter_rule(request: ApiRequest, rule: Id, body: RuleChanges) -> Any:
    """Change, pause or resume a rule."""
    caller, sent = request.auth, body.model_fields_set
    stored, _rule_set = _find(caller, rule)
    with transaction.atomic():
        if sent - {"is_active"}:
            services.alter_rule(stored, _terms(body, stored), caller.now)
        if "is_active" in sent:
            services.pause_rule(stored, caller.now, paused=not body.is_active)
    return _row(stored.pk)


@router.post("/rules/{rule}/trial", response=Trial)
def try_changes(request: ApiRequest, rule: Id, body: RuleChanges) -> Any:
    """Try a rule, with changes or without, on the last 30 days."""
    caller = request.auth
    stored, rule_set = _find(caller, rule)
    return _trial(caller, rule_set, _terms(body, stored))


@router.delete("/rules/{rule}", response={204: None})
def delete_rule(request: ApiRequest, rule: Id) -> Any:
    """Delete a rule. Without own rules a product follows its list's again."""
    stored, _rule_set = _find(request.auth, rule)
    services.delete_rules(Rule.objects.filter(pk=stored.pk), request.auth.now)
    return Status(204, None)


def _rows(rules: QuerySet[Rule]) -> list[Any]:
    """Read rules. One query."""
    rows: list[Any] = list(rules.select_related("watch__product"))
    for rule in rows:
        rule.text, rule.own = str(rule), None
        rule.product = rule.watch and rule.watch.product.num_iid
    return rows


def _row(key: int) -> Any:
    """Return a rule. Raises `Http404` if it has been deleted since."""
    if not (rows := _rows(Rule.objects.filter(pk=key))):
        raise Http404
    return rows[0]


def _rule_set(caller: Caller, watchlist: str, num_iid: str | None) -> RuleSet:
    """Return the rules of a list that the user may edit, or of a product on it."""
    row = caller.editable_list(watchlist)
    if num_iid is None:
        return rules_of(row)
    return rules_of_watch(
        caller.user, get_object_or_404(Watch, watchlist=row, product__num_iid=num_iid).pk
    )


def _find(caller: Caller, key: str) -> tuple[Rule, RuleSet]:
    """Return a rule that the user may change, and its set."""
    rules = Rule.objects.select_related("watch__product")
    row = get_object_or_404(rules, pk=int(key), watchlist__in=caller.lists)
    rule_set = _rule_set(
        caller, str(row.watchlist_id), row.watch.product.num_iid if row.watch else None
    )
    for rule in rule_set.rules:
        if rule.pk == row.pk:
            return rule, rule_set
    raise Http404


def _terms(body: RuleGiven | RuleChanges, rule: Rule | None = None) -> Terms:
    """Return the terms of a new rule, or of a `rule` with the changes of a request.

    A new kind comes with its own values.
    """
    begin = Terms.of(rule) if rule is not None else Terms(Condition(body.kind), USUAL_COOLDOWN)
    sent = body.model_dump(exclude_unset=True)
    old = Condition(sent["kind"]) if "kind" in sent else begin.condition
    condition = Condition.of(
        old.kind,
        sent.get("threshold", old.threshold),
        sent.get("days", old.days),
        tuple(Condition.of(**clause) for clause in sent["also"]) if "also" in sent else old.also,
    )
    cooldown = sent.get("cooldown_seconds")
    return Terms(
        condition,
        begin.cooldown if cooldown is None else timedelta(seconds=cooldown),
        sent.get("is_urgent", begin.is_urgent),
    )


def _trial(caller: Caller, rule_set: RuleSet, terms: Terms) -> dict[str, Any]:
    services.check_condition(terms.condition, rule_set.watch)
    trial = try_on_history(rule_set, terms.condition, caller.user, caller.now, terms.cooldown)
    return {**trial, "times": len(trial["moments"])}
