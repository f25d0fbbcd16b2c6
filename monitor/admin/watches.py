"""Single products on watchlists. Whatever is saved here moves the schedule, as on the merchants' pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from monitor.admin.asking import check_after_asking, pieces_of
from monitor.admin.base import EVERYWHERE, chunks, link, link_to_list, side_by_side
from monitor.admin.rules import RulesAreJudged, WatchRuleInline
from monitor.admin.values import list_and_owner, short
from monitor.models import Alert, Pace, Product, Rule, Watch
from monitor.recording.alerts import start_watching
from monitor.text.formatting import NOT_TOLD, every, money
from monitor.watchlists import pause, remove, reschedule, resume
from monitor.watchlists.rescheduling import ASKED


@admin.register(Watch)
class WatchAdmin(RulesAreJudged):
    fields = (
        *("watchlist", "product", "note", "is_paused", "pace", "interval", "soonest", ("hours_from", "hours_until")),
        *("priority", "more"),
    )
    autocomplete_fields = ("watchlist", "product")
    inlines = (WatchRuleInline,)
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
    list_filter = ("pace", "priority", "is_paused", "product__status", "product__last_outcome", "created_at")
    search_fields = (
        "product__title",
        "product__num_iid__startswith",
        "product__shop__name",
        "watchlist__name",
        "watchlist__owner__email",
    )
    search_help_text = _("Title or ID of the product, its shop, name of the watchlist or its owner's e-mail address")
    ordering = ("-pk",)
    actions = ("pause", "resume", "check_now", "delete_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Watch]:
        # Here and not in list_select_related, because autocompletion writes a product and a list for each row too.
        return super().get_queryset(request).select_related("product__shop", "watchlist__owner")

    def label(self, watch: Watch) -> str:
        """How the watch is named where one has to be chosen."""
        return f"{short(str(watch.product))} ({watch.product.num_iid}), {list_and_owner(watch.watchlist)}"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A watch that changed its product would carry its rules' memories over to another one."""
        return ("more",) if obj is None else ("watchlist", "product", "more")

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any) -> Any:
        if db_field.name in ("pace", "priority"):
            kwargs["choices"] = [("", gettext("as the list")), *db_field.choices]
        return super().formfield_for_choice_field(db_field, request, **kwargs)  # type: ignore[arg-type]

    @admin.display(description=_("product"), ordering="product__title")
    def title(self, watch: Watch) -> str:
        return short(str(watch.product))

    @admin.display(description=_("product ID"), ordering="product__num_iid")
    def num_iid(self, watch: Watch) -> SafeString:
        return link(watch.product, watch.product.num_iid)

    @admin.display(description=_("watchlist"), ordering="watchlist__name")
    def of_list(self, watch: Watch) -> str:
        return list_and_owner(watch.watchlist)

    @admin.display(description=_("price"), ordering="product__price")
    def price(self, watch: Watch) -> str:
        return money(watch.product.price)

    @admin.display(description=_("status"), ordering="product__status")
    def status(self, watch: Watch) -> str | None:
        return watch.product.get_status_display()

    @admin.display(description=_("last checked"), ordering="product__checked_at")
    def last_check(self, watch: Watch) -> Any:
        return watch.product.checked_at

    @admin.display(description=_("checked"))
    def checked(self, watch: Watch) -> str:
        of = watch.watchlist
        return every(watch.interval or of.interval, is_fixed=(watch.pace or of.pace) == Pace.FIXED, is_one=True)

    @admin.display(description=_("more"))
    def more(self, watch: Watch) -> str:
        if watch.pk is None:
            return NOT_TOLD
        of_both = {"watchlist__id__exact": watch.watchlist_id, "product__id__exact": watch.product_id}
        alerts = link_to_list(Alert, Alert._meta.verbose_name_plural, **of_both)
        return side_by_side([link(watch.product, watch.product.num_iid), alerts])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        watch, now = form.instance, timezone.now()
        if not change or {*ASKED, "is_paused"} & set(form.changed_data):
            reschedule(Product.objects.filter(pk=watch.product_id), now)
        if not change:
            start_watching([watch.pk], now=now)

    def goes_with(self, rows: Sequence[Watch]) -> Mapping[type[Model], QuerySet[Any]]:
        return {Rule: Rule.objects.filter(watch__in=rows)}

    def delete_model(self, request: HttpRequest, obj: Watch) -> None:
        remove(Watch.objects.filter(pk=obj.pk), timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Watch]) -> None:
        for watches in chunks(queryset):
            remove(watches, timezone.now())

    @admin.action(description=_("Pause"), permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Watch]) -> None:
        self._change(request, queryset.filter(is_paused=False), pause, gettext("Paused."))

    @admin.action(description=_("Resume"), permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Watch]) -> None:
        self._change(request, queryset.filter(is_paused=True), resume, gettext("Resumed."))

    def _change(self, request: HttpRequest, queryset: QuerySet[Watch], service: Any, message: str) -> None:
        count = 0
        for watches in chunks(queryset):
            self.log_many(request, watches.select_related("product", "watchlist"), message)
            count += service(watches, timezone.now())
        text = ngettext("%(count)d watch was changed.", "%(count)d watches were changed.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.action(description=_("Check now (paid calls)"), permissions=["change"], location=EVERYWHERE)
    def check_now(self, request: HttpRequest, queryset: QuerySet[Watch]) -> HttpResponse | None:
        active = Watch.objects.active().filter(pk__in=queryset.values("pk"))
        return check_after_asking(self, request, pieces_of(active.values_list("product_id", flat=True)))

    @admin.action(description=_("Remove from the watchlist"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Watch]) -> Any:
        """Under the name by which the page that asks for confirmation calls it."""
        return delete_selected(self, request, queryset)
