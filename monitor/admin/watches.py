"""Products on watchlists. Saving reschedules them, as on the merchants' pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from monitor.admin.asking import check_after_asking
from monitor.admin.auditing import log
from monitor.admin.base import EVERYWHERE, chunks, column, link, link_to_list, side_by_side
from monitor.admin.rules import WatchRuleInline, WithRules
from monitor.admin.values import list_and_owner, short
from monitor.models import Alert, Pace, Product, Rule, Watch, WatchTag
from monitor.pages.shared.fields import AmountField
from monitor.recording.alerts import start_watching
from monitor.text.formatting import NOT_TOLD, every, money
from monitor.watchlists.own_values import save_values
from monitor.watchlists.rescheduling import ASKED, reschedule
from monitor.watchlists.services import pause, remove
from monitor.watchlists.targets import targets_of


class TagInline(admin.TabularInline):  # type: ignore[type-arg]
    model = WatchTag
    extra = 0


class WatchAdminForm(forms.ModelForm):  # type: ignore[type-arg]
    target = AmountField(label=_("Target price"), required=False)
    cost = AmountField(label=_("Cost"), required=False)
    profit = AmountField(label=_("Wanted profit"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["target"] = targets_of([self.instance.pk]).get(self.instance.pk)


@admin.register(Watch)
class WatchAdmin(WithRules):
    form = WatchAdminForm
    fields = (
        *(
            "watchlist",
            "product",
            "note",
            ("target", "cost", "profit"),
            "is_paused",
            "pace",
            "interval",
            "soonest",
            ("hours_from", "hours_until"),
        ),
        *("priority", "more"),
    )
    autocomplete_fields = ("watchlist", "product")
    inlines = (TagInline, WatchRuleInline)
    list_display = (
        "title",
        "num_iid",
        "of_list",
        "price",
        "status",
        "last_check",
        "checked",
        "is_paused",
    )
    list_filter = (
        "pace",
        "priority",
        "is_paused",
        "product__status",
        "product__last_outcome",
        "created_at",
    )
    search_fields = (
        "product__title",
        "product__num_iid__startswith",
        "product__shop__name",
        "watchlist__name",
        "watchlist__owner__email",
    )
    search_help_text = _("Product title or ID, shop, watchlist or owner's e-mail")
    ordering = ("-pk",)
    actions = ("pause", "resume", "check_now", "delete_selected")

    title = column(_("product"), lambda watch: short(str(watch.product)), ordering="product__title")
    num_iid = column(
        _("product ID"), lambda watch: link(watch.product, _num_iid), ordering="product__num_iid"
    )
    of_list = column(
        _("watchlist"), lambda watch: list_and_owner(watch.watchlist), ordering="watchlist__name"
    )
    price = column(_("price"), lambda watch: money(watch.product.price), ordering="product__price")
    status = column(
        _("status"), lambda watch: watch.product.get_status_display(), ordering="product__status"
    )
    last_check = column(
        _("last checked"), lambda watch: watch.product.checked_at, ordering="product__checked_at"
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Watch]:
        # Not in list_select_related, because autocompletion needs the product and the list of each
        # row too.
        return super().get_queryset(request).select_related("product__shop", "watchlist__owner")

    def label(self, watch: Watch) -> str:
        """Return the watch's name in suggestions."""
        return (
            f"{short(str(watch.product))} ({watch.product.num_iid}), "
            f"{list_and_owner(watch.watchlist)}"
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep list and product as they are: the memories of the rules belong to them."""
        return ("more",) if obj is None else ("watchlist", "product", "more")

    def formfield_for_choice_field(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        if db_field.name in ("pace", "priority"):
            kwargs["choices"] = [("", gettext("as the list")), *db_field.choices]
        return super().formfield_for_choice_field(db_field, request, **kwargs)  # type: ignore[arg-type]

    @admin.display(description=_("checked"))
    def checked(self, watch: Watch) -> str:
        interval, pace = (
            watch.interval or watch.watchlist.interval,
            watch.pace or watch.watchlist.pace,
        )
        return every(interval, is_fixed=pace == Pace.FIXED)

    @admin.display(description=_("more"))
    def more(self, watch: Watch) -> str:
        if watch.pk is None:
            return NOT_TOLD
        filters = {
            "watchlist__id__exact": watch.watchlist_id,
            "product__id__exact": watch.product_id,
        }
        return side_by_side([link(watch.product, _num_iid), link_to_list(Alert, **filters)])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        watch, now = form.instance, timezone.now()
        if not change or {*ASKED, "is_paused"} & set(form.changed_data):
            reschedule(Product.objects.filter(pk=watch.product_id), now)
        if not change:
            start_watching([watch.pk], now=now)
        if "target" in form.changed_data:
            try:
                save_values({watch.pk: {"target": form.cleaned_data["target"]}}, now)
            except ValidationError as error:
                self.message_user(request, " ".join(error.messages), messages.ERROR)

    def deleted_with(self, rows: Sequence[Watch]) -> Mapping[type[Model], QuerySet[Any]]:
        return {Rule: Rule.objects.filter(watch__in=rows)}

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Watch]) -> None:
        for watches in chunks(queryset):
            remove(watches, timezone.now())

    @admin.action(description=_("Pause"), permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Watch]) -> None:
        self._set_paused(request, queryset, True, gettext("Paused."))

    @admin.action(description=_("Resume"), permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Watch]) -> None:
        self._set_paused(request, queryset, False, gettext("Resumed."))

    def _set_paused(
        self, request: HttpRequest, queryset: QuerySet[Watch], paused: bool, message: str
    ) -> None:
        count = 0
        for watches in chunks(queryset.filter(is_paused=not paused)):
            log(request, watches.select_related("product", "watchlist"), message)
            count += pause(watches, timezone.now(), paused=paused)
        text = ngettext(
            "%(count)d watched product was changed.",
            "%(count)d watched products were changed.",
            count,
        )
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.action(
        description=_("Check now (paid calls)"), permissions=["change"], location=EVERYWHERE
    )
    def check_now(self, request: HttpRequest, queryset: QuerySet[Watch]) -> HttpResponse | None:
        active = Watch.objects.active().filter(pk__in=queryset.values("pk"))
        return check_after_asking(self, request, active.values_list("product_id", flat=True))

    @admin.action(description=_("Remove from the watchlist"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Watch]) -> Any:
        """Ask and delete as Django does: its page of confirmation calls the action by this name."""
        return delete_selected(self, request, queryset)


def _num_iid(product: Product) -> str:
    return product.num_iid
