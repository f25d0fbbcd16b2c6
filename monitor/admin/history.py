"""The recorded history: snapshots, changes, readings in doubt, outages and shop scores."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import ChangeColumns, RecordedAdmin, column, link
from monitor.admin.values import (
    content_in_words,
    in_words,
    sales_in_words,
    score_in_words,
    sku_prices_in_words,
)
from monitor.models import Change, DoubtedReading, Outage, Product, ShopScore, Snapshot
from monitor.models.choices import reason_in_words
from monitor.text.formatting import money

#: Exact, because these tables grow without limit and only the index of product IDs finds their rows
#: fast.
BY_PRODUCT = ("product__num_iid__exact",)
#: How many current outages are listed above those that are over.
GOING_ON = 20
EXACT_HELP = _("Full product ID")


class OfProduct(RecordedAdmin):
    """Rows that belong to a product."""

    search_fields: ClassVar[Any] = BY_PRODUCT
    search_help_text = EXACT_HELP

    of_product = column(_("product"), lambda row: link(row.product))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("product")


@admin.register(Snapshot)
class SnapshotAdmin(OfProduct):
    ordering_of_one = ("-data_time",)
    list_display = (
        "data_time",
        "of_product",
        "price_shown",
        "list_price_shown",
        "sales_shown",
        "status",
        "thin",
    )
    list_filter = ("status", "thin", "from_cache")
    fields = (
        *(
            "of_product",
            "data_time",
            "last_seen_before",
            "title",
            "price_shown",
            "list_price_shown",
            "sku_range",
        ),
        *(
            "sales_shown",
            "status",
            "presale",
            "content_shown",
            "thin",
            "from_cache",
            "received_at",
            "request_id",
        ),
    )

    price_shown = column(_("price"), lambda snapshot: money(snapshot.price))
    list_price_shown = column(_("list price"), lambda snapshot: money(snapshot.list_price))
    sales_shown = column(_("sales"), sales_in_words)
    content_shown = column(_("content (if changed)"), content_in_words)
    sku_range = column(_("SKU price range"), sku_prices_in_words)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Snapshot]:
        return super().get_queryset(request).defer("content")


@admin.register(Change)
class ChangeAdmin(OfProduct, ChangeColumns):
    ordering_of_one = ("-first_seen_after", "field")
    list_display = (
        "first_seen_after",
        "subject",
        "field",
        "from_value",
        "to_value",
        "last_seen_before",
    )
    list_filter = ("field",)
    search_fields = (*BY_PRODUCT, "shop__shop_id__exact")
    search_help_text = _("Full product or shop ID")
    fields = (
        *(
            "subject",
            "field",
            "whole_before",
            "whole_after",
            "last_seen_before",
            "first_seen_after",
            "request_id",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        return super().get_queryset(request).select_related("product", "shop")


@admin.register(Outage)
class OutageAdmin(OfProduct):
    ordering_of_one = ("-began_at",)
    list_display = ("began_at", "ended_at", "of_product", "reason", "code", "checks")
    list_filter = ("outcome",)
    fields = ("of_product", "reason", "code", "began_at", "ended_at", "checks")
    change_list_template = "admin/monitor/outage/change_list.html"

    reason = column(
        _("outcome"),
        lambda outage: reason_in_words(outage.outcome, outage.code),
        ordering="outcome",
    )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """List the outages that are over and, above them, the current ones, which are columns of
        their products."""
        failing = (
            Product.objects.watched().filter(failing_since__isnull=False).order_by("failing_since")
        )
        products = list(failing.select_related("shop")[: GOING_ON + 1])
        going_on = {"going_on": products[:GOING_ON], "there_are_more": len(products) > GOING_ON}
        return super().changelist_view(request, {**going_on, **(extra_context or {})})


@admin.register(DoubtedReading)
class DoubtedReadingAdmin(OfProduct, ChangeColumns):
    ordering_of_one = ("-seen_at",)
    list_display = (
        "seen_at",
        "of_product",
        "reason",
        "from_value",
        "to_value",
        "ending",
        "ended_at",
    )
    list_filter = ("reason", "ending")
    fields = (
        *(
            "of_product",
            "reason",
            "whole_before",
            "whole_after",
            "seen_at",
            "data_time",
            "request_id",
        ),
        *("ending", "ended_at", "ended_by"),
    )

    to_value = column(_("reading"), lambda reading: in_words(reading.field, reading.after))


@admin.register(ShopScore)
class ShopScoreAdmin(RecordedAdmin):
    ordering_of_one = ("-data_time",)
    list_display = ("data_time", "of_shop", "product", "logistics", "service", "last_seen_before")
    list_select_related = ("shop",)
    search_fields = ("shop__shop_id__exact", "shop__name")
    search_help_text = _("Name or ID of the shop")
    fields = ("of_shop", "data_time", "last_seen_before", "product", "logistics", "service")

    of_shop = column(_("shop"), lambda score: link(score.shop))
    product = column(_("product score"), lambda score: score_in_words(score, "product"))
    logistics = column(_("logistics score"), lambda score: score_in_words(score, "logistics"))
    service = column(_("service score"), lambda score: score_in_words(score, "service"))
