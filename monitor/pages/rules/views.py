"""Rules of a list, and of one product on a list: add, alter, pause, delete and undo."""

from contextlib import suppress
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from monitor.models import Rule
from monitor.pages.rules.forms import NEEDS, NEEDS_OF_WATCH, USUAL, RuleForm
from monitor.pages.shared.answers import PageRequest, page, signed_in, wants_region
from monitor.pages.shared.undoable import RULES, last_action, pop_action, remember
from monitor.people.throttle import TooOftenError
from monitor.showing.reads.rules import RuleSet, rules_of_list, rules_of_watch
from monitor.showing.reads.trial import try_on_history
from monitor.watching import rules as services
from monitor.watching.rules import Terms


@signed_in("GET", "POST")
def rules(request: PageRequest, watchlist: int = 0, watch: int | None = None) -> HttpResponse:
    """Show the rules of a list, or a product's own rules on one list; a POST adds one."""
    rule_set = _find(request, watchlist, watch)
    if request.method != "POST":
        return _show(request, rule_set)
    return _save(request, _editable(rule_set), None)


@signed_in("POST")
def reset(request: PageRequest, pk: int) -> HttpResponse:
    """Delete a product's own rules: the list's rules apply again. The target price stays."""
    rule_set = _editable(_find(request, watch=pk))
    _delete(request, rule_set, rule_set.own)
    return _done(request, rule_set)


@signed_in("GET", "POST")
def alter(request: PageRequest, pk: int) -> HttpResponse:
    """Show the rules with the form of this one; a POST saves it."""
    rule, rule_set = _rule(request, pk)
    if request.method != "POST":
        form, trial = RuleForm(rule_set=rule_set, rule=rule), {}
        with suppress(TooOftenError):  # The form is of use without a trial.
            trial = {"tried": form, **_on_history(request, rule_set, Terms.of(rule))}
        return _show(request, rule_set, opened=form, **trial)
    return _save(request, rule_set, rule)


@signed_in("POST")
def try_new(request: PageRequest, watchlist: int = 0, watch: int | None = None) -> HttpResponse:
    """Try a new rule on history."""
    return _try(request, _editable(_find(request, watchlist, watch)), None)


@signed_in("POST")
def try_altered(request: PageRequest, pk: int) -> HttpResponse:
    """Try an altered rule on history."""
    rule, rule_set = _rule(request, pk)
    return _try(request, rule_set, rule)


@signed_in("POST")
def pause(request: PageRequest, pk: int) -> HttpResponse:
    """Pause a rule, or resume it if `paused` is 0."""
    rule, rule_set = _rule(request, pk)
    services.pause_rule(rule, request.now, paused=request.POST.get("paused") != "0")
    return _done(request, rule_set)


@signed_in("POST")
def delete(request: PageRequest, pk: int) -> HttpResponse:
    rule, rule_set = _rule(request, pk)
    _delete(request, rule_set, [rule])
    return _done(request, rule_set)


@signed_in("POST")
def undo(request: PageRequest) -> HttpResponse:
    """Restore the rules that were deleted last."""
    deleted = pop_action(request, RULES)
    if deleted is None:
        lists = reverse("monitor:watchlists")
        return HttpResponseClientRedirect(lists) if request.htmx else redirect(lists)
    receipt = deleted.receipt
    services.put_back_rules(request.user, receipt["rules"], request.now)
    return _done(request, _editable(_find(request, receipt["watchlist"], receipt["watch"])))


def _find(request: PageRequest, watchlist: int = 0, watch: int | None = None) -> RuleSet:
    return rules_of_watch(request.user, watch) if watch else rules_of_list(request.user, watchlist)


def _editable(rule_set: RuleSet) -> RuleSet:
    if not rule_set.editable:
        raise Http404
    return rule_set


def _rule(request: PageRequest, pk: int) -> tuple[Rule, RuleSet]:
    """Return a rule that the user may change, and its set."""
    rule = get_object_or_404(Rule, pk=pk)
    rule_set = _editable(_find(request, rule.watchlist_id, rule.watch_id))
    for own in rule_set.rules:
        if own.pk == pk:
            return own, rule_set
    raise Http404


def _save(request: PageRequest, rule_set: RuleSet, rule: Rule | None) -> HttpResponse:
    """Add or alter a rule."""
    form = RuleForm(request.POST, rule_set=rule_set, rule=rule)
    if not form.is_valid():
        return _show(request, rule_set, bad=form)
    terms, now = form.terms, request.now
    keep = form.cleaned_data["keep_lists"]
    try:
        if rule is None:
            services.add_rule(rule_set.watchlist, terms, now, rule_set.watch, keep_lists=keep)
        else:
            services.alter_rule(rule, terms, now)
    except services.RuleError as error:  # For what has happened since the form was checked.
        form.refuse(error)
        return _show(request, rule_set, bad=form)
    return _done(request, rule_set)


def _try(request: PageRequest, rule_set: RuleSet, rule: Rule | None) -> HttpResponse:
    """Show the trial below the form's fields or, without scripts, the page with the filled form."""
    form = RuleForm(request.POST, rule_set=rule_set, rule=rule)
    trial: dict[str, Any] = {}
    if form.is_valid():
        trial = _on_history(request, rule_set, form.terms)
    if wants_region(request):
        return render(request, "rules/trial.html", {**trial, "form": form, "rule_set": rule_set})
    return _show(request, rule_set, bad=form, tried=form, **trial)


def _on_history(request: PageRequest, rule_set: RuleSet, terms: Terms) -> dict[str, Any]:
    """Return what a rule would have told lately."""
    trial = try_on_history(rule_set, terms.condition, request.user, request.now, terms.cooldown)
    return {"trial": trial}


def _done(request: PageRequest, rule_set: RuleSet) -> HttpResponse:
    """Show the rules as they are now."""
    if not wants_region(request):
        return redirect(_address(rule_set))
    return _show(request, _find(request, rule_set.watchlist.pk, rule_set.watch_pk))


def _address(rule_set: RuleSet) -> str:
    if rule_set.watch is not None:
        return reverse("monitor:watch-rules", args=[rule_set.watch.pk])
    return f"{reverse('monitor:watchlist', args=[rule_set.watchlist.pk])}#{rule_set.key}"


def _show(request: PageRequest, rule_set: RuleSet, **shown: Any) -> HttpResponse:
    context = {"nav": "watchlists", **rules_context(request, rule_set, **shown)}
    return page(request, "rules.html", context, region="rules")


def rules_context(
    request: PageRequest,
    rule_set: RuleSet,
    *,
    opened: RuleForm | None = None,
    bad: RuleForm | None = None,
    **shown: Any,
) -> dict[str, Any]:
    """Return what `rules/region.html` shows. `bad` is a form with errors, or one
    that was tried on history, as an `opened` one is: `tried`. Forms are large: of the
    set's rules only that one has one."""
    opened = opened or bad
    rows = [
        (rule, opened if opened is not None and opened.pk == rule.pk else None)
        for rule in rule_set.rules
    ]
    needs, new_form = NEEDS_OF_WATCH if rule_set.watch else NEEDS, None
    need = needs.get(request.GET.get("template", ""))
    if rule_set.editable:
        is_new = bad is not None and bad.pk is None
        new_form = (
            bad if is_new else RuleForm(rule_set=rule_set, begin=need.terms if need else USUAL)
        )
    return {
        "rule_set": rule_set,
        "rows": rows,
        "new_form": new_form,
        "needs": needs,
        "need": need if bad is None else None,
        "bad": bad,
        "deleted": _deleted(request, rule_set),
        "swapped": wants_region(request),
        **shown,
    }


def _delete(request: PageRequest, rule_set: RuleSet, rules: list[Rule]) -> None:
    deleted = services.delete_rules(
        Rule.objects.filter(pk__in=[rule.pk for rule in rules]), request.now
    )
    receipt = {"watchlist": rule_set.watchlist.pk, "watch": rule_set.watch_pk, "rules": deleted}
    remember(request, "rules", "", receipt, RULES)


def _deleted(request: PageRequest, rule_set: RuleSet) -> int:
    """Return how many rules of this set were deleted by the last action, if it can be undone."""
    deleted = last_action(request, RULES)
    keys = {"watchlist": rule_set.watchlist.pk, "watch": rule_set.watch_pk}
    if deleted is None or not keys.items() <= deleted.receipt.items():
        return 0
    return len(deleted.receipt["rules"])
