"""Rules, with thresholds as people write them: a form, and the inline forms of watchlists and watches."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import ModelAdmin, NamedFields, link
from monitor.admin.values import list_and_owner, short
from monitor.forms.rules import HundredthsField
from monitor.models import Rule, Watch
from monitor.watchlists import rule_changed


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]
    threshold = HundredthsField(
        label=_("Threshold"),
        required=False,
        help_text=_("Percent, yuan or points, as the kind of rule counts: 10 is 10 %, ¥10.00 or 10 points."),
    )


class RuleFormSet(NamedFields):
    """The rules of a watchlist or of a watch; the latter belong to the watch's list as well."""

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        if isinstance(self.instance, Watch):
            form.instance.watchlist_id = self.instance.watchlist_id
        return form


class RuleInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Rule
    form = RuleForm
    formset = RuleFormSet
    fields = ("kind", "threshold", "days", "is_urgent", "is_active")
    extra = 0


class ListRuleInline(RuleInline):
    """The rules of the whole list. A watch's own are on the watch's page."""

    verbose_name_plural = _("rules for all products that have none of their own")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        return super().get_queryset(request).filter(watch__isnull=True)


class WatchRuleInline(RuleInline):
    verbose_name_plural = _("own rules, instead of the watchlist's")


class RulesAreJudged(ModelAdmin):
    """A page with inline rules: each that was made or altered starts afresh, and fires where it is true already."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is Rule:
            for rule in [*formset.new_objects, *(rule for rule, _fields in formset.changed_objects)]:
                rule_changed(rule, timezone.now())


@admin.register(Rule)
class RuleAdmin(ModelAdmin):
    form = RuleForm
    fields = (
        "watchlist",
        "watch",
        "kind",
        "threshold",
        "days",
        "own",
        "cooldown",
        "is_urgent",
        "is_active",
        "created_at",
    )
    autocomplete_fields = ("watchlist", "watch", "own")
    list_display = ("words", "of_list", "of_watch", "is_active", "created_at")
    list_filter = ("kind", "is_active", ("watch", admin.EmptyFieldListFilter))
    list_select_related = ("watchlist__owner", "watch__product", "own")
    search_fields = ("watchlist__name", "watchlist__owner__email", "watch__product__title", "watch__product__num_iid")
    ordering = ("-pk",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What a rule remembers is of the products that it was made for."""
        return ("created_at",) if obj is None else ("watchlist", "watch", "created_at")

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
        if form.has_changed():
            rule_changed(obj, timezone.now())
