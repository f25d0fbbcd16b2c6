"""Rules, with thresholds as people write them: a page, and the inline forms of watchlists and
watches."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import ModelAdmin, NamedFields, column, link, short_name
from monitor.admin.values import list_and_owner
from monitor.models import Rule, Watch
from monitor.pages.shared.thresholds import read_threshold, written_threshold
from monitor.rules.kinds import Kind, Unit
from monitor.text.formatting import NOT_TOLD
from monitor.text.rule_words import besides_in_words, choice_words, kind_options
from monitor.watchlists.rules import RuleError, check_rule, locked_rules
from monitor.watchlists.services import rule_changed

CONDITION = ("kind", "threshold", "days")
NOTIFICATION = ("cooldown", "is_urgent")


class ThresholdField(forms.CharField):
    def has_changed(self, initial: Any, data: Any) -> bool:
        """Treat '10.00' and '10' as the same threshold."""
        return super().has_changed(_shortest(initial), _shortest(data))


class KindFilter(admin.ChoicesFieldListFilter):
    """Names kinds with their unit: 'by a percentage' and 'by an amount' are two kinds with the same
    name."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        any_kind, *kinds = super().choices(changelist)
        yield any_kind
        for choice, (value, _name) in zip(kinds, self.field.flatchoices, strict=True):
            yield {**choice, "display": choice_words(Kind(value))}


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


class SingleRuleForm(RuleAdminForm):
    """The form of a rule's own page."""

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc] # The stubs leave this hook out.
        if self.errors.keys().isdisjoint(("watchlist", "watch", *CONDITION)):
            self.check_beside(locked_rules(self.instance.watchlist_id, self.instance.watch_id))


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
    """The fields that fit into a line; the others are on the rule's own page."""

    model = Rule
    form = RuleAdminForm
    formset = RuleFormSet
    fields = (*CONDITION, *NOTIFICATION, "is_active")
    formfield_overrides = ModelAdmin.formfield_overrides
    show_change_link = True
    extra = 0


class ListRuleInline(RuleInline):
    """The rules of the whole list. A watch's own rules are on the watch's page."""

    verbose_name_plural = _("rules for the whole list")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        return super().get_queryset(request).filter(watch__isnull=True)


class WatchRuleInline(RuleInline):
    verbose_name_plural = _("rules for this product only")


def _product_name(watch: Watch) -> str:
    return short_name(watch.product)


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


@admin.register(Rule)
class RuleAdmin(ModelAdmin):
    form = SingleRuleForm
    fields = ("watchlist", "watch", *CONDITION, "besides", *NOTIFICATION, "is_active", "created_at")
    autocomplete_fields = ("watchlist", "watch")
    list_display = (
        "words",
        "of_list",
        "of_watch",
        "how_often",
        "is_urgent",
        "is_active",
        "created_at",
    )
    list_filter = (
        ("kind", KindFilter),
        "is_active",
        "is_urgent",
        ("watch", admin.EmptyFieldListFilter),
    )
    search_fields = (
        "watchlist__name",
        "watchlist__owner__email",
        "watch__product__title",
        "watch__product__num_iid",
    )
    ordering = ("-pk",)

    how_often = column(
        _("alert frequency"), lambda rule: rule.cooldown_words or NOT_TOLD, ordering="cooldown"
    )
    words = column(_("rule"), str, ordering="kind")
    of_list = column(
        _("watchlist"), lambda rule: list_and_owner(rule.watchlist), ordering="watchlist__name"
    )
    of_watch = column(
        _("watched product"), lambda rule: rule.watch and link(rule.watch, _product_name)
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        return super().get_queryset(request).select_related("watchlist__owner", "watch__product")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep list and watch as they are: the rule's memories belong to their products."""
        always = ("besides", "created_at")
        return always if obj is None else ("watchlist", "watch", *always)

    @admin.display(description=_("and"))
    def besides(self, rule: Rule) -> str:
        """Return the further conditions, which only the merchants' pages can change."""
        return (besides_in_words(rule.condition) if rule.pk else "") or NOT_TOLD

    def save_model(self, request: HttpRequest, obj: Rule, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change or _must_restart(form.changed_data):
            rule_changed(obj, timezone.now())
