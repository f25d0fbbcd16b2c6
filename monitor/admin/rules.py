"""The rules on the pages of watchlists and watches, with thresholds as people write them."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import ModelAdmin, NamedFields
from monitor.judging.rules.kinds import Kind, Unit
from monitor.models import Rule, Watch
from monitor.pages.shared.thresholds import read_threshold, written_threshold
from monitor.text.rule_words import kind_options
from monitor.watching.rules import RuleError, check_rule, locked_rules
from monitor.watching.services import rule_changed

CONDITION = ("kind", "threshold", "days")
NOTIFICATION = ("cooldown", "is_urgent")


class ThresholdField(forms.CharField):
    def has_changed(self, initial: Any, data: Any) -> bool:
        """Treat '10.00' and '10' as the same threshold."""
        return super().has_changed(_shortest(initial), _shortest(data))


def _shortest(text: str | None) -> str:
    number = (text or "").strip()
    return number.rstrip("0").rstrip(".") if "." in number else number


class RuleAdminForm(forms.ModelForm):  # type: ignore[type-arg]
    threshold = ThresholdField(
        label=_("Threshold"),
        required=False,
        max_length=30,
        widget=forms.TextInput({"size": 8}),
        help_text=_("In the rule's unit: 10 means 10%, ¥10.00 or 10 units."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            choices = [("", "---------"), *kind_options(lambda spec: spec.leads)]
            self.fields["kind"].choices = choices  # type: ignore[attr-defined]
        rule = self.instance
        if rule.kind in Kind:
            self.initial["threshold"] = written_threshold(rule.threshold, Kind(rule.kind).spec.unit)

    def clean_threshold(self) -> int | None:
        text, kind = self.cleaned_data["threshold"].strip(), self.cleaned_data.get("kind")
        if kind is None or not text:
            return None
        unit = Kind(kind).spec.unit
        if unit is Unit.NONE:
            raise forms.ValidationError(_("This kind of rule has no threshold: leave it empty."))
        return read_threshold(text, unit)

    def check_beside(self, present: Iterable[Rule]) -> None:
        """Show why the rule may not be beside those `present`, if so. Only its condition counts."""
        rule: Rule = self.instance
        if not _must_restart(self.changed_data):
            return
        try:
            check_rule(
                rule.condition,
                rule.watchlist,
                rule.watch,
                present=present,
                rule=rule if rule.pk else None,
            )
        except RuleError as error:
            for message, field, place, _most in error.faults:
                self.add_error(field if field in self.fields and not place else None, str(message))


class RuleFormSet(NamedFields):
    """The rules of a watchlist or of a watch. Those of a watch belong to its list as well."""

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        if isinstance(self.instance, Watch):
            form.instance.watchlist_id = self.instance.watchlist_id
        return form

    def clean(self) -> None:
        """Check each changed row beside the rules that are there and the other rows."""
        super().clean()
        changed: list[Any] = [
            form for form in self.forms if form.has_changed() and form not in self.deleted_forms
        ]
        if any(self.errors) or not all(form.instance.watchlist_id for form in changed):
            return
        rules: dict[int, Rule] = {}
        if self.instance.pk is not None:
            watch = self.instance.pk if isinstance(self.instance, Watch) else None
            watchlist = (
                self.instance.watchlist_id if isinstance(self.instance, Watch) else self.instance.pk
            )
            rules = {rule.pk: rule for rule in locked_rules(watchlist, watch)}
        for form in self.deleted_forms:
            rules.pop(form.instance.pk, None)
        rules |= {form.instance.pk or id(form): form.instance for form in changed}
        for form in changed:
            form.check_beside(rule for rule in rules.values() if rule is not form.instance)


class RuleInline(admin.TabularInline):  # type: ignore[type-arg]
    """A rule a line. Its name above it tells further conditions, which only merchants' pages
    change."""

    model = Rule
    form = RuleAdminForm
    formset = RuleFormSet
    fields = (*CONDITION, *NOTIFICATION, "is_active")
    formfield_overrides = ModelAdmin.formfield_overrides
    extra = 0


class ListRuleInline(RuleInline):
    """The rules of the whole list. A watch's own rules are on the watch's page."""

    verbose_name_plural = _("rules for the whole list")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        return super().get_queryset(request).filter(watch__isnull=True)


class WatchRuleInline(RuleInline):
    verbose_name_plural = _("rules for this product only")


def _must_restart(changed: Iterable[str]) -> bool:
    """Return whether the rule's condition has changed, and not only how it notifies."""
    return not set(changed) <= set(NOTIFICATION)


class WithRules(ModelAdmin):
    """A page with inline rules. New rules and those with another condition start afresh: they fire
    if already true."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is Rule:
            altered = (rule for rule, fields in formset.changed_objects if _must_restart(fields))
            for rule in [*formset.new_objects, *altered]:
                rule_changed(rule, timezone.now())
