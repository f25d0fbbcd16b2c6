"""Products and shops as told so far. Nothing here is typed by anybody; a product can be made due at once."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from monitor.admin.asking import check_after_asking
from monitor.admin.base import EVERYWHERE, RecordedAdmin, chunks, link, links_to_lists
from monitor.admin.values import content_in_words, short, told_sales, told_score
from monitor.models import Alert, Change, DoubtedReading, Outage, Product, Shop, ShopScore, Snapshot, Watch
from monitor.planning.reasons import rate_of
from monitor.text.formatting import NOT_TOLD, every, money, rate


class YesNoFilter(admin.SimpleListFilter):
    """Rows for which a column is NULL, or is not."""

    column = ""
    #: Whether NULL means yes.
    null_is_yes = False

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(**{f"{self.column}__isnull": (self.value() == "yes") is self.null_is_yes})


class FailingFilter(YesNoFilter):
    title = _("checks are failing")
    parameter_name = "failing"
    column = "failing_since"


class WatchedFilter(YesNoFilter):
    title = _("watched")
    parameter_name = "watched"
    column = "next_check_at"


@admin.register(Product)
class ProductAdmin(RecordedAdmin):
    list_display = (
        *("name", "num_iid", "of_shop", "price_told", "sales_told", "status", "last_outcome"),
        *("checked_at", "next_check_at"),
    )
    list_display_links = ("name", "num_iid")
    list_filter = ("status", "last_outcome", FailingFilter, WatchedFilter)
    search_fields = ("title", "num_iid__startswith", "shop__name")
    search_help_text = _("Title or ID of the product, or its shop")
    actions = ("check_now",)
    fieldsets = (
        (None, {"fields": ("title", "num_iid", "platform", "of_shop", "more")}),
        (
            _("As told so far"),
            {
                "fields": (
                    *("status", "price_told", "list_price_told", "sku_range", "sales_told", "stock", "presale"),
                    *("sale_starts_at", "sale_ends_at", "supply_status", "told_content"),
                )
            },
        ),
        (
            _("Checks"),
            {
                "fields": (
                    *("last_outcome", "last_code", "checked_at", "answered_at", "failing_since", "failures"),
                    *("checked", "changes", "next_check_at"),
                )
            },
        ),
        (
            _("Evidence"),
            {
                "fields": (
                    *("data_time", "first_data_time", "changed_at", "unchanged_checks", "from_cache", "request_id"),
                    *("flags", "created_at"),
                )
            },
        ),
    )
    readonly_fields = (
        *("of_shop", "more", "price_told", "list_price_told", "sku_range", "sales_told", "told_content"),
        *("checked", "changes", "created_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        return super().get_queryset(request).select_related("shop")

    def has_check_permission(self, request: HttpRequest) -> bool:
        """Who may have products checked, which is paid for: those who may change watches."""
        return request.user.has_perm("monitor.change_watch")

    @admin.action(description=_("Check now (paid calls)"), permissions=["check"], location=EVERYWHERE)
    def check_now(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        return check_after_asking(self, request, list(chunks(queryset)))

    @admin.display(description=_("title"), ordering="title")
    def name(self, product: Product) -> str:
        return short(str(product))

    @admin.display(description=_("shop"), ordering="shop__name")
    def of_shop(self, product: Product) -> str:
        return link(product.shop, short(str(product.shop))) if product.shop else NOT_TOLD

    @admin.display(description=_("price"), ordering="price")
    def price_told(self, product: Product) -> str:
        return money(product.price)

    @admin.display(description=_("list price"))
    def list_price_told(self, product: Product) -> str:
        return money(product.list_price)

    @admin.display(description=_("SKU price range"))
    def sku_range(self, product: Product) -> str:
        return f"{money(product.sku_min_price)} – {money(product.sku_max_price)}"

    @admin.display(description=_("sales"), ordering="sales")
    def sales_told(self, product: Product) -> str:
        return told_sales(product)

    @admin.display(description=_("more"))
    def more(self, product: Product) -> SafeString:
        return links_to_lists([Watch, Snapshot, Change, DoubtedReading, Outage, Alert], product__id__exact=product.pk)

    @admin.display(description=_("checked"))
    def checked(self, product: Product) -> str:
        asked = product.limits
        return NOT_TOLD if asked is None else every(asked.latest, is_fixed=asked.is_fixed, is_one=True)

    @admin.display(description=_("changes a day"))
    def changes(self, product: Product) -> str:
        a_day = rate_of(product)
        return NOT_TOLD if a_day is None else rate(a_day)

    @admin.display(description=_("content"))
    def told_content(self, product: Product) -> str:
        return content_in_words(product.content)


@admin.register(Shop)
class ShopAdmin(RecordedAdmin):
    list_display = ("title", "shop_id", "company", "product", "logistics", "service", "data_time")
    search_fields = ("name", "shop_id", "company_name")
    search_help_text = _("Name or ID of the shop, or its company")
    fields = ("name", "company_name", "shop_id", "platform", "product", "logistics", "service", "data_time", "more")
    readonly_fields = ("product", "logistics", "service", "more")

    @admin.display(description=_("name"), ordering="name")
    def title(self, shop: Shop) -> str:
        return short(str(shop))

    @admin.display(description=_("company"), ordering="company_name")
    def company(self, shop: Shop) -> str:
        return short(shop.company_name)

    @admin.display(description=_("product score"), ordering="product_score")
    def product(self, shop: Shop) -> str:
        return told_score(shop, "product")

    @admin.display(description=_("logistics score"), ordering="logistics_score")
    def logistics(self, shop: Shop) -> str:
        return told_score(shop, "logistics")

    @admin.display(description=_("service score"), ordering="service_score")
    def service(self, shop: Shop) -> str:
        return told_score(shop, "service")

    @admin.display(description=_("more"))
    def more(self, shop: Shop) -> SafeString:
        return links_to_lists([Product, ShopScore, Change, Alert], shop__id__exact=shop.pk)
