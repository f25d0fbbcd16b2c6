"""The history as evidence: snapshots, changes, readings in doubt, outages and shop scores, as they were recorded."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import RecordedAdmin, TellsOfAChange, link
from monitor.admin.values import content_in_words, in_words, short, told_sales, told_score
from monitor.models import Change, DoubtedReading, Outage, Product, Shop, ShopScore, Snapshot
from monitor.models.choices import reason_in_words
from monitor.text.formatting import NOT_TOLD, money

#: Exact, so that the index of product IDs serves it: these tables grow without end.
BY_PRODUCT = ("product__num_iid__exact",)
#: Outages that go on, listed above those that are over.
GOING_ON = 20
EXACT_HELP = _("The whole ID of a product")


class OfProduct(RecordedAdmin):
    """Rows that belong to a product."""

    search_fields: ClassVar[Any] = BY_PRODUCT
    search_help_text = EXACT_HELP

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("product")

    @admin.display(description=_("product"))
    def of_product(self, row: Any) -> str:
        return link(row.product, short(str(row.product))) if row.product else NOT_TOLD


@admin.register(Snapshot)
class SnapshotAdmin(OfProduct):
    ordering_of_one = ("-data_time",)
    list_display = ("data_time", "of_product", "price_told", "list_price_told", "sales_told", "status", "thin")
    list_filter = ("status", "thin", "from_cache")
    fields = (
        *("of_product", "data_time", "last_seen_before", "title", "price_told", "list_price_told", "sku_range"),
        *("sales_told", "status", "presale", "told_content", "thin", "from_cache", "received_at", "request_id"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Snapshot]:
        return super().get_queryset(request).defer("content")

    @admin.display(description=_("price"))
    def price_told(self, snapshot: Snapshot) -> str:
        return money(snapshot.price)

    @admin.display(description=_("list price"))
    def list_price_told(self, snapshot: Snapshot) -> str:
        return money(snapshot.list_price)

    @admin.display(description=_("SKU price range"))
    def sku_range(self, snapshot: Snapshot) -> str:
        return f"{money(snapshot.sku_min_price)} – {money(snapshot.sku_max_price)}"

    @admin.display(description=_("sales"))
    def sales_told(self, snapshot: Snapshot) -> str:
        return told_sales(snapshot)

    @admin.display(description=_("content, where it is new"))
    def told_content(self, snapshot: Snapshot) -> str:
        return content_in_words(snapshot.content)


@admin.register(Change)
class ChangeAdmin(OfProduct, TellsOfAChange):
    ordering_of_one = ("-first_seen_after", "field")
    list_display = ("first_seen_after", "subject", "field", "from_value", "to_value", "last_seen_before")
    list_filter = ("field",)
    search_fields = (*BY_PRODUCT, "shop__shop_id__exact")
    search_help_text = _("The whole ID of a product or shop")
    fields = (
        *("subject", "field", "whole_before", "whole_after", "last_seen_before", "first_seen_after", "request_id"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        return super().get_queryset(request).select_related("product", "shop")

    @admin.display(description=_("before"))
    def from_value(self, change: Change) -> str:
        return in_words(change.field, change.before)

    @admin.display(description=_("after"))
    def to_value(self, change: Change) -> str:
        return in_words(change.field, change.after)


@admin.register(Outage)
class OutageAdmin(OfProduct):
    ordering_of_one = ("-began_at",)
    list_display = ("began_at", "ended_at", "of_product", "reason", "code", "checks")
    list_filter = ("outcome",)
    fields = ("of_product", "reason", "code", "began_at", "ended_at", "checks")
    change_list_template = "admin/monitor/outage/change_list.html"

    @admin.display(description=_("outcome"), ordering="outcome")
    def reason(self, outage: Outage) -> str:
        return reason_in_words(outage.outcome, outage.code)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The outages that are over and, above them, those that go on, which are on their products."""
        failing = Product.objects.watched().filter(failing_since__isnull=False).order_by("failing_since")
        now = list(failing.select_related("shop")[: GOING_ON + 1])
        going_on = {"going_on": now[:GOING_ON], "there_are_more": len(now) > GOING_ON}
        return super().changelist_view(request, {**going_on, **(extra_context or {})})


@admin.register(DoubtedReading)
class DoubtedReadingAdmin(OfProduct, TellsOfAChange):
    ordering_of_one = ("-seen_at",)
    list_display = ("seen_at", "of_product", "reason", "from_value", "to_value", "ending", "ended_at")
    list_filter = ("reason", "ending")
    fields = (
        *("of_product", "reason", "whole_before", "whole_after", "seen_at", "data_time", "request_id"),
        *("ending", "ended_at", "ended_by"),
    )

    @admin.display(description=_("before"))
    def from_value(self, reading: DoubtedReading) -> str:
        return in_words(reading.field, reading.before)

    @admin.display(description=_("read"))
    def to_value(self, reading: DoubtedReading) -> str:
        return in_words(reading.field, reading.after)


@admin.register(ShopScore)
class ShopScoreAdmin(RecordedAdmin):
    ordering_of_one = ("-data_time",)
    list_display = ("data_time", "of_shop", "product", "logistics", "service", "last_seen_before")
    list_select_related = ("shop",)
    search_fields = ("shop__shop_id__exact", "shop__name")
    search_help_text = _("Name or ID of the shop")
    fields = ("of_shop", "data_time", "last_seen_before", "product", "logistics", "service")

    @admin.display(description=_("shop"))
    def of_shop(self, score: ShopScore) -> SafeString:
        shop: Shop = score.shop
        return link(shop, short(str(shop)))

    @admin.display(description=_("product score"))
    def product(self, score: ShopScore) -> str:
        return told_score(score, "product")

    @admin.display(description=_("logistics score"))
    def logistics(self, score: ShopScore) -> str:
        return told_score(score, "logistics")

    @admin.display(description=_("service score"))
    def service(self, score: ShopScore) -> str:
        return told_score(score, "service")
