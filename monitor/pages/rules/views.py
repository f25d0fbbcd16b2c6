"""Rules of a list, and of one product on a list: added, altered, paused, deleted with undo."""

import re
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from monitor.models import Rule, Watch, Watchlist
from monitor.pages.rules.already import TrueAlready, true_already
from monitor.pages.rules.forms import RuleForm
from monitor.pages.rules.needs import NEEDS, USUAL
from monitor.pages.rules.present import Present, present
from monitor.pages.rules.reads import RuleSet, largest_scale, rules_of_list, rules_of_watch
from monitor.pages.rules.trial import Trial, try_on_history
from monitor.pages.shared.answers import PageRequest, page, signed_in, wants_region
from monitor.pages.shared.clauses import MainForm
from monitor.pages.shared.own_products import OwnProducts
from monitor.pages.shared.undoable import RULES, remember, standing, take
from monitor.rules.conditions import Condition
from monitor.rules.kinds import SHOP_KINDS
from monitor.watchlists import rules as services


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def list_rules(request: PageRequest, pk: int) -> HttpResponse:
    """The rules of a list; a POST adds one."""
    return _rules(request, _find(request, watchlist=pk))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def watch_rules(request: PageRequest, pk: int) -> HttpResponse:
    """A product's own rules on one list; a POST adds one."""
    return _rules(request, _find(request, watch=pk))


@signed_in
@require_POST
def reset(request: PageRequest, pk: int) -> HttpResponse:
    """Delete a product's own rules: the list's apply to it again."""
    rule_set = _editable(_find(request, watch=pk))
    _delete(request, rule_set, rule_set.rules)
    return _done(request, rule_set)


@signed_in
@require_POST
def alter(request: PageRequest, pk: int) -> HttpResponse:
    """Another condition."""
    rule, rule_set = _rule(request, pk)
    form = _forms(request, rule_set)(rule, request.POST)
    if not form.is_valid():
        return _show(request, rule_set, bad=form)
    if form.condition != rule.condition and (found := _warning(rule_set, form)):
        return _show(request, rule_set, bad=form, found=found)
    services.alter_rule(rule, form.terms, request.now)
    return _done(request, rule_set)


@signed_in
@require_POST
def try_for_list(request: PageRequest, pk: int) -> HttpResponse:
    """What a new rule of a list would have done lately."""
    return _try(request, _editable(_find(request, watchlist=pk)), None)


@signed_in
@require_POST
def try_for_watch(request: PageRequest, pk: int) -> HttpResponse:
    """What a new rule of one product would have done lately."""
    return _try(request, _editable(_find(request, watch=pk)), None)


@signed_in
@require_POST
def try_altered(request: PageRequest, pk: int) -> HttpResponse:
    """What a rule would have done lately, as the form has it."""
    rule, rule_set = _rule(request, pk)
    return _try(request, rule_set, rule)


@signed_in
@require_POST
def pause(request: PageRequest, pk: int) -> HttpResponse:
    """Let a rule rest, or resume it when `paused` is 0."""
    rule, rule_set = _rule(request, pk)
    services.pause_rule(rule, request.now, paused=request.POST.get("paused") != "0")
    return _done(request, rule_set)


@signed_in
@require_POST
def delete(request: PageRequest, pk: int) -> HttpResponse:
    """Delete a rule; the session keeps for a while what is needed to put it back."""
    rule, rule_set = _rule(request, pk)
    _delete(request, rule_set, [rule])
    return _done(request, rule_set)


@signed_in
@require_POST
def undo(request: PageRequest) -> HttpResponse:
    """Put back the rules that were deleted last."""
    deleted = take(request, RULES)
    if deleted is None:
        lists = reverse("monitor:watchlists")
        return HttpResponseClientRedirect(lists) if request.htmx else redirect(lists)
    receipt = deleted.receipt
    services.put_back_rules(request.user, receipt["rules"])
    return _done(request, _editable(_find(request, watchlist=receipt["watchlist"], watch=receipt["watch"])))


@signed_in
@require_safe
def own_products(request: PageRequest) -> HttpResponse:
    """One's own products to choose from, as the search beside them narrows them. `of` names the form, `list` the list
    that its rule is for."""
    watchlist = request.GET.get("list", "")
    products = OwnProducts(request.user, int(watchlist) if re.fullmatch("[0-9]{1,18}", watchlist) else None)
    clause = MainForm(request.GET, prefix=request.GET.get("of") or None, own_products=products, offer=True)
    return render(request, "rules/own.html", {"clause": clause})


def _find(request: PageRequest, *, watchlist: int = 0, watch: int | None = None) -> RuleSet:
    try:
        return rules_of_watch(request.user, watch) if watch else rules_of_list(request.user, watchlist)
    except (Watch.DoesNotExist, Watchlist.DoesNotExist):
        raise Http404 from None


def _editable(rule_set: RuleSet) -> RuleSet:
    if not rule_set.editable:
        raise Http404
    return rule_set


def _rule(request: PageRequest, pk: int) -> tuple[Rule, RuleSet]:
    """A rule that the user may change, and the set that it belongs to."""
    rule = Rule.objects.filter(pk=pk).values("watchlist", "watch").first()
    if rule is None:
        raise Http404
    rule_set = _editable(_find(request, watchlist=rule["watchlist"], watch=rule["watch"]))
    found = next((one for one in rule_set.rules if one.pk == pk), None)
    if found is None:
        raise Http404
    return found, rule_set


def _rules(request: PageRequest, rule_set: RuleSet) -> HttpResponse:
    if request.method != "POST":
        return _show(request, rule_set)
    form = _forms(request, _editable(rule_set))(None, request.POST)
    if not form.is_valid():
        return _show(request, rule_set, bad=form)
    if found := _warning(rule_set, form):
        return _show(request, rule_set, bad=form, found=found)
    keep = rule_set.watch is not None and form.cleaned_data["keep_lists"]
    services.add_rule(rule_set.watchlist, form.terms, request.now, rule_set.watch, keep_lists=keep)
    return _done(request, rule_set)


def _try(request: PageRequest, rule_set: RuleSet, rule: Rule | None) -> HttpResponse:
    """What stands below the form's fields or, without scripts, the page with the form as it was filled in."""
    form = _forms(request, rule_set)(rule, request.POST)
    tried = {"bad": form, **_tried(request, rule_set, form)}
    if wants_region(request):
        return render(request, "rules/tried.html", {**tried, "form": form, "rule_set": rule_set})
    return _show(request, rule_set, **tried)


def _tried(request: PageRequest, rule_set: RuleSet, form: RuleForm) -> dict[str, Any]:
    """What came of a trial, and what is so at present of what the rule is about, also if it cannot be tried yet."""
    if form.is_valid():
        terms = form.terms
        trial = try_on_history(rule_set, terms.condition, request.now, terms.cooldown)
        return {"trial": trial, "present": present(rule_set, terms.condition), "tried": True}
    kind = form.main.kind_asked
    return {"trial": None, "present": present(rule_set, Condition(kind)) if kind else None, "tried": True}


def _done(request: PageRequest, rule_set: RuleSet) -> HttpResponse:
    """The rules as they are now."""
    if not wants_region(request):
        return redirect(_address(rule_set))
    return _show(request, _find(request, watchlist=rule_set.watchlist.pk, watch=rule_set.watch_pk))


def _address(rule_set: RuleSet) -> str:
    if rule_set.watch is not None:
        return reverse("monitor:watch-rules", args=[rule_set.watch.pk])
    return f"{reverse('monitor:watchlist', args=[rule_set.watchlist.pk])}#{rule_set.key}"


def _show(request: PageRequest, rule_set: RuleSet, **given: Any) -> HttpResponse:
    return page(
        request, "rules.html", {"nav": "watchlists", **rules_context(request, rule_set, **given)}, region="rules"
    )


def rules_context(
    request: PageRequest,
    rule_set: RuleSet,
    *,
    bad: RuleForm | None = None,
    found: TrueAlready | None = None,
    trial: Trial | None = None,
    present: Present | None = None,
    tried: bool = False,
) -> dict[str, Any]:
    """What `rules/region.html` shows. `bad` is a form to be shown with its faults or, with `found`, to be confirmed, or
    with what came of its `trial`.
    """
    rows, new_form, need = [], None, request.GET.get("template", "")
    if rule_set.editable:
        form, at = _forms(request, rule_set), bad.pk if bad is not None else 0
        rows = [(rule, bad if rule.pk == at else form(rule)) for rule in rule_set.rules]
        new_form = bad if bad is not None and at is None else form(None, need=need)
    else:
        rows = [(rule, None) for rule in rule_set.rules]
    return {
        "rule_set": rule_set,
        "rows": rows,
        "new_form": new_form,
        "needs": NEEDS,
        "need": NEEDS.get(need) if bad is None else None,
        "bad": bad,
        "found": found,
        "trial": trial,
        "present": present,
        "tried": tried,
        "deleted": _deleted(request, rule_set),
        "swapped": wants_region(request),
    }


def _forms(request: PageRequest, rule_set: RuleSet) -> Callable[..., RuleForm]:
    """What makes the forms of a set's rules and of a new one: all let choose among the same products of one's own."""
    own_products = OwnProducts(request.user, rule_set.watchlist.pk)

    def form(rule: Rule | None, data: QueryDict | None = None, need: str = "") -> RuleForm:
        prefix = f"rule-{rule.pk}" if rule else f"new-{rule_set.key}"
        is_scored = data is not None and data.get(f"{prefix}-kind") in SHOP_KINDS
        return RuleForm(
            data,
            prefix=prefix,
            own_products=own_products,
            rule=rule,
            begin=NEEDS[need].terms if need in NEEDS else USUAL,
            others=rule_set.rules,
            watched=rule_set.watch.product_id if rule_set.watch else None,
            scale=largest_scale(rule_set) if is_scored else None,
        )

    return form


def _warning(rule_set: RuleSet, form: RuleForm) -> TrueAlready | None:
    """Where a rule would fire at once, unless the reader has said that he knows."""
    if form.is_sure:
        return None
    found = true_already(rule_set, form.condition)
    return found if found.count else None


def _delete(request: PageRequest, rule_set: RuleSet, rules: list[Rule]) -> None:
    deleted = services.delete_rules(Rule.objects.filter(pk__in=[rule.pk for rule in rules]), request.now)
    receipt = {"watchlist": rule_set.watchlist.pk, "watch": rule_set.watch_pk, "rules": deleted}
    remember(request, "rules", "", receipt, RULES)


def _deleted(request: PageRequest, rule_set: RuleSet) -> int:
    """How many rules of this set were deleted last, while that can be taken back."""
    deleted = standing(request, RULES)
    if deleted is None:
        return 0
    receipt = deleted.receipt
    is_here = (receipt["watchlist"], receipt["watch"]) == (rule_set.watchlist.pk, rule_set.watch_pk)
    return len(receipt["rules"]) if is_here else 0
