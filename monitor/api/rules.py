"""The rules of a list and of the products on it: read, add, change, delete, and try on history."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from ninja import Query, Router, Status

from monitor.api.auth import ApiRequest, Caller
from monitor.api.errors import refused
from monitor.api.idempotency import IdempotencyKey, once
from monitor.api.paging import KeyColumn, Keyset, PageQuery
from monitor.api.schemas import Id, Page, RuleChanges, RuleGiven, RuleTold, Trial
from monitor.models import Rule, Watch
from monitor.pages.shared.fields import seconds
from monitor.pages.shared.rules.forms import RuleForm
from monitor.pages.shared.rules.own_products import OwnProducts
from monitor.pages.shared.rules.reads import RuleSet, rules_of, rules_of_watch
from monitor.pages.shared.rules.thresholds import written_threshold
from monitor.pages.shared.rules.trial import try_on_history
from monitor.rules.conditions import Condition
from monitor.rules.kinds import Kind
from monitor.watchlists import rules as services

router = Router(tags=["rules"])
#: What a new kind does not take over from the old one.
OF_THE_KIND = ("threshold", "days", "own", "also")


@router.get("/watchlists/{watchlist}/rules", response=Page[RuleTold])
def rules(request: ApiRequest, watchlist: Id, query: Query[PageQuery]) -> Any:
    """Rules, the oldest first. A product's own rules replace the list's."""
    [key] = request.auth.list_keys(watchlist)
    order = Keyset([KeyColumn("pk")], "rules", key)
    rows = Rule.objects.filter(order.after(query.cursor), watchlist=key).order_by("pk")[: query.limit + 1]
    return order.cut(_told(request.auth, rows), query.limit)


@router.post("/watchlists/{watchlist}/rules", response={201: RuleTold})
def add_rule(request: ApiRequest, watchlist: Id, body: RuleGiven, key: IdempotencyKey = None) -> Any:
    """Add a rule to a list, or to one product on it. Where it is true already, it fires at once."""
    caller = request.auth
    rule_set = _rule_set(caller, watchlist, body.product)

    def act() -> dict[str, Any]:
        form = _form(rule_set, caller, _given(caller, body))
        keep = rule_set.watch is not None and body.keep_lists
        rule = services.add_rule(rule_set.watchlist, form.terms, caller.now, rule_set.watch, keep_lists=keep)
        return {"rule": rule.pk}

    return Status(201, _one(caller, once(request, key, act)["rule"]))


@router.post("/watchlists/{watchlist}/rules/trial", response=Trial)
def try_rule(request: ApiRequest, watchlist: Id, body: RuleGiven) -> Any:
    """Try a rule on the last 30 days, without adding it."""
    caller = request.auth
    rule_set = _rule_set(caller, watchlist, body.product)
    return _trial(rule_set, _form(rule_set, caller, _given(caller, body)), caller)


@router.patch("/rules/{rule}", response=RuleTold)
def alter_rule(request: ApiRequest, rule: Id, body: RuleChanges) -> Any:
    """Change, pause or resume a rule."""
    caller, sent = request.auth, body.model_fields_set
    stored, rule_set = _find(caller, rule)
    with transaction.atomic():
        if sent - {"is_active"}:
            form = _form(rule_set, caller, _changed(caller, stored, body), stored)
            services.alter_rule(stored, form.terms, caller.now)
        if "is_active" in sent:
            services.pause_rule(stored, caller.now, paused=not body.is_active)
    return _one(caller, stored.pk)


@router.post("/rules/{rule}/trial", response=Trial)
def try_changes(request: ApiRequest, rule: Id, body: RuleChanges) -> Any:
    """Try a rule, with changes or without, on the last 30 days."""
    caller = request.auth
    stored, rule_set = _find(caller, rule)
    return _trial(rule_set, _form(rule_set, caller, _changed(caller, stored, body), stored), caller)


@router.delete("/rules/{rule}", response={204: None})
def delete_rule(request: ApiRequest, rule: Id) -> Any:
    """Delete a rule. Without own rules a product follows its list's again."""
    stored, _rule_set = _find(request.auth, rule)
    services.delete_rules(Rule.objects.filter(pk=stored.pk), request.auth.now)
    return Status(204, None)


def _told(caller: Caller, rules: QuerySet[Rule]) -> list[Any]:
    """One query. As `for_reader`, by the lists that the token sees."""
    seen: dict[str, Any] = {
        "sees_own": Exists(Watch.objects.filter(watchlist__in=caller.lists, product=OuterRef("own")))
    }
    rows: list[Any] = list(rules.annotate(**seen).select_related("own", "watch__product"))
    for rule in rows:
        rule.text = str(rule)
        rule.own_num_iid = rule.own.num_iid if rule.own is not None and rule.sees_own else None
        rule.product = rule.watch and rule.watch.product.num_iid
    return rows


def _one(caller: Caller, key: int) -> Any:
    """A rule that may have been deleted since."""
    if not (rows := _told(caller, Rule.objects.filter(pk=key))):
        raise Http404
    return rows[0]


def _rule_set(caller: Caller, watchlist: str, num_iid: str | None) -> RuleSet:
    """The rules of a list that the user may edit, or of a product on it."""
    row = caller.editable_list(watchlist)
    if num_iid is None:
        return rules_of(caller.user, row)
    watch = Watch.objects.filter(watchlist=row, product__num_iid=num_iid).first()
    if watch is None:
        raise Http404
    return rules_of_watch(caller.user, watch.pk)


def _find(caller: Caller, key: str) -> tuple[Rule, RuleSet]:
    """A rule that the user may change, and its set."""
    row = Rule.objects.select_related("watch__product").filter(pk=int(key), watchlist__in=caller.lists).first()
    if row is None:
        raise Http404
    rule_set = _rule_set(caller, str(row.watchlist_id), row.watch.product.num_iid if row.watch else None)
    for rule in rule_set.rules:
        if rule.pk == row.pk:
            return rule, rule_set
    raise Http404


def _given(caller: Caller, body: RuleGiven | RuleChanges, *, only_sent: bool = False) -> dict[str, Any]:
    """The values of a request, with the key of the own product."""
    values = body.model_dump(exclude_unset=only_sent)
    if values.get("own"):
        values["own"] = caller.product(values["own"]).pk
    return values


def _changed(caller: Caller, rule: Rule, body: RuleChanges) -> dict[str, Any]:
    """The values of a rule with the changes of a request."""
    values = _values(rule.condition) | {
        "own": rule.condition.own,
        "also": [_values(condition) for condition in rule.condition.also],
        "cooldown_seconds": seconds(rule.cooldown),
        "is_urgent": rule.is_urgent,
    }
    if "kind" in body.model_fields_set:
        values |= dict.fromkeys(OF_THE_KIND)
    return values | _given(caller, body, only_sent=True)


def _values(condition: Condition) -> dict[str, Any]:
    return {"kind": condition.kind, "threshold": condition.threshold, "days": condition.days}


def _form(rule_set: RuleSet, caller: Caller, values: Mapping[str, Any], rule: Rule | None = None) -> RuleForm:
    """The valid form of these values: it decides what a rule may be, as on the page. Raises `RequestError`."""
    own_products = OwnProducts(caller.user, rule_set.watchlist.pk)
    prefix = RuleForm.prefix_of(rule_set, rule)
    data = {
        **_typed(prefix, values),
        f"{prefix}-own": str(values["own"] or ""),
        f"{prefix}-is_urgent": values["is_urgent"],
        f"{prefix}-cooldown": "" if values["cooldown_seconds"] is None else str(values["cooldown_seconds"]),
    }
    for place, condition in enumerate(values["also"] or []):
        data |= _typed(f"{prefix}-also-{place}", condition)
    form = RuleForm(data, rule_set=rule_set, own_products=own_products, rule=rule)
    if not form.is_valid():
        main, *also = form.clauses
        places = [(f"body.also.{place}", clause) for place, clause in enumerate(also)]
        raise refused(("body", form), ("body", main), *places, renamed={"cooldown": "cooldown_seconds"})
    return form


def _typed(prefix: str, condition: Mapping[str, Any]) -> dict[str, Any]:
    """A condition as a person would type it."""
    kind = Kind(condition["kind"])
    return {
        f"{prefix}-kind": kind.value,
        f"{prefix}-threshold": written_threshold(condition["threshold"], kind.spec.unit),
        f"{prefix}-days": str(condition["days"] or ""),
    }


def _trial(rule_set: RuleSet, form: RuleForm, caller: Caller) -> dict[str, Any]:
    trial = try_on_history(rule_set, form.condition, caller.now, form.terms.cooldown)
    return {**trial, "times": len(trial["moments"])}
