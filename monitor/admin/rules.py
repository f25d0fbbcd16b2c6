"""Rules, with thresholds as people write them: a form, and the inline forms of watchlists and watches."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import ModelAdmin, NamedFields, link
from monitor.admin.values import list_and_owner, short
from monitor.models import Rule, Watch
from monitor.pages.rules.thresholds import read_threshold, written_threshold
from monitor.rules import Kind, Unit
from monitor.text.formatting import NOT_TOLD
from monitor.text.rule_words import besides_in_words, choice_words, kind_options
from monitor.watchlists import rule_changed

_HOW_IT_TELLS = frozenset({"cooldown", "is_urgent"})


class ThresholdField(forms.CharField):
    """As people write it: what it counts follows from the kind of rule."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """'10.00' says the same as '10'."""
        return super().has_changed(_shortest(initial), _shortest(data))


class KindFilter(admin.ChoicesFieldListFilter):
    """Kinds with what they count: by a share and by an amount are two with one name."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        everything, *kinds = super().choices(changelist)
        yield everything
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
        help_text=_(
            "Percent, yuan, points, units or hours, as the kind of rule counts: 10 is 10%, ¥10.00 or 10 units."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            self.fields["kind"].choices = [("", "---------"), *kind_options(lambda spec: True)]  # type: ignore[attr-defined]
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

    def _post_clean(self) -> None:
        """A threshold that the field has refused is not refused again by the rule, which would miss it."""
        if "threshold" not in self.errors:
            super()._post_clean()  # type: ignore[misc] # The stubs leave this hook out.

    def _update_errors(self, errors: forms.ValidationError) -> None:
        """What is wrong with a part that the form does not have is wrong with the whole."""
        by_field = errors.update_error_dict({})
        told = {name if name in self.fields else NON_FIELD_ERRORS: found for name, found in by_field.items()}
        super()._update_errors(forms.ValidationError(told))  # type: ignore[misc]


class RuleFormSet(NamedFields):
    """The rules of a watchlist or of a watch; the latter belong to the watch's list as well."""

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        if isinstance(self.instance, Watch):
            form.instance.watchlist_id = self.instance.watchlist_id
        return form


class RuleInline(admin.TabularInline):  # type: ignore[type-arg]
    """What fits into a line; the rest of a rule is on its own page."""

    model = Rule
    form = RuleAdminForm
    formset = RuleFormSet
    fields = ("kind", "threshold", "days", "own", "cooldown", "is_urgent", "is_active")
    autocomplete_fields = ("own",)
    formfield_overrides = ModelAdmin.formfield_overrides
    show_change_link = True
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        return super().get_queryset(request).for_operator()  # type: ignore[attr-defined,no-any-return]


class ListRuleInline(RuleInline):
    """The rules of the whole list. A watch's own are on the watch's page."""

    verbose_name_plural = _("rules for all products that have none of their own")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        return super().get_queryset(request).filter(watch__isnull=True)


class WatchRuleInline(RuleInline):
    verbose_name_plural = _("own rules, instead of the watchlist's")


def _starts_afresh(changed: Iterable[str]) -> bool:
    """Whether a rule of which these fields were altered asks for something else, or not only tells otherwise."""
    return not _HOW_IT_TELLS.issuperset(changed)


class RulesAreJudged(ModelAdmin):
    """A page with inline rules: each that was made or asks for something else starts afresh, and fires where it is true
    already."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is Rule:
            altered = (rule for rule, fields in formset.changed_objects if _starts_afresh(fields))
            for rule in [*formset.new_objects, *altered]:
                rule_changed(rule, timezone.now())


@admin.register(Rule)
class RuleAdmin(ModelAdmin):
    form = RuleAdminForm
    fields = (
        "watchlist",
        "watch",
        "kind",
        "threshold",
        "days",
        "own",
        "besides",
        "cooldown",
        "is_urgent",
        "is_active",
        "created_at",
    )
    autocomplete_fields = ("watchlist", "watch", "own")
    list_display = ("words", "of_list", "of_watch", "how_often", "is_urgent", "is_active", "created_at")
    list_filter = (("kind", KindFilter), "is_active", "is_urgent", ("watch", admin.EmptyFieldListFilter))
    search_fields = ("watchlist__name", "watchlist__owner__email", "watch__product__title", "watch__product__num_iid")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        rules: QuerySet[Rule] = super().get_queryset(request).for_operator()  # type: ignore[attr-defined]
        return rules.select_related("watchlist__owner", "watch__product")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What a rule remembers is of the products that it was made for."""
        always = ("besides", "created_at")
        return always if obj is None else ("watchlist", "watch", *always)

    @admin.display(description=_("and"))
    def besides(self, rule: Rule) -> str:
        """What must hold besides, which only the merchants' pages alter."""
        return (besides_in_words(rule.condition) if rule.pk else "") or NOT_TOLD

    @admin.display(description=_("how often"), ordering="cooldown")
    def how_often(self, rule: Rule) -> str:
        return rule.cooldown_words or NOT_TOLD

    @admin.display(description=_("rule"), ordering="kind")
    def words(self, rule: Rule) -> str:
        return str(rule)

    @admin.display(description=_("watchlist"), ordering="watchlist__name")
    def of_list(self, rule: Rule) -> str:
        return list_and_owner(rule.watchlist)

    @admin.display(description=_("watch"))
    def of_watch(self, rule: Rule) -> str | None:
        return link(rule.watch, short(str(rule.watch.product))) if rule.watch else None

    def save_model(self, request: HttpRequest, obj: Rule, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change or _starts_afresh(form.changed_data):
            rule_changed(obj, timezone.now())
