"""Products and shops as the provider last reported them. An operator can make a product due at
once."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from monitor.admin.asking import check_after_asking
from monitor.admin.base import (
    EVERYWHERE,
    RecordedAdmin,
    YesNoFilter,
    column,
    link,
    links_to_lists,
    short_name,
)
from monitor.admin.values import (
    content_in_words,
    sales_in_words,
    score_in_words,
    short,
    sku_prices_in_words,
)
from monitor.models import (
    Alert,
    Change,
    DoubtedReading,
    Outage,
    Product,
    Shop,
    ShopScore,
    Snapshot,
    Watch,
)
from monitor.models.ranges import Follow, ShopRange
from monitor.text.formatting import NOT_TOLD, duration, every, money, rate

KNOWN = (
    *("status", "price_shown", "list_price_shown", "sku_range", "sales_shown", "stock", "presale"),
    *("sale_starts_at", "sale_ends_at", "supply_status", "content_shown"),
)
CHECKS = (
    *("last_outcome", "last_code", "checked_at", "answered_at", "failing_since", "failures"),
    *("checked", "changes", "next_check_at"),
)
EVIDENCE = (
    *("data_time", "first_data_time", "changed_at", "unchanged_checks", "from_cache", "request_id"),
    *("flags", "created_at"),
)


OF_SHOP = column(_("shop"), lambda row: link(row.shop), ordering="shop__name")
CHECKED = column(
    _("checked"),
    lambda row: every(row.limits.latest, is_fixed=row.limits.is_fixed) if row.limits else NOT_TOLD,
)


class FailingFilter(YesNoFilter):
    title = _("checks are failing")
    parameter_name = "failing"
    condition = Q(failing_since__isnull=False)


class WatchedFilter(YesNoFilter):
    title = _("watched")
    parameter_name = "watched"
    condition = Q(next_check_at__isnull=False)


@admin.register(Product)
class ProductAdmin(RecordedAdmin):
    list_display = (
        *("name", "num_iid", "of_shop", "price_shown", "sales_shown", "status", "last_outcome"),
        *("checked_at", "next_check_at"),
    )
    list_display_links = ("name", "num_iid")
    list_filter = ("status", "last_outcome", FailingFilter, WatchedFilter)
    search_fields = ("title", "num_iid__startswith", "shop__name")
    search_help_text = _("Title, product ID or shop")
    actions = ("check_now",)
    fieldsets = (
        (None, {"fields": ("title", "num_iid", "platform", "of_shop", "more")}),
        (_("Known so far"), {"fields": KNOWN}),
        (_("Checks"), {"fields": CHECKS}),
        (_("Evidence"), {"fields": EVIDENCE}),
    )

    name = column(_("title"), short_name, ordering="title")
    price_shown = column(_("price"), lambda product: money(product.price), ordering="price")
    list_price_shown = column(_("list price"), lambda product: money(product.list_price))
    sales_shown = column(_("sales"), sales_in_words, ordering="sales")
    content_shown = column(_("content"), content_in_words)
    sku_range = column(_("SKU price range"), sku_prices_in_words)
    of_shop = OF_SHOP
    checked = CHECKED

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        return super().get_queryset(request).select_related("shop")

    def has_check_permission(self, request: HttpRequest) -> bool:
        """Let only operators who may change watches request checks, which are paid for."""
        return request.user.has_perm("monitor.change_watch")

    @admin.action(
        description=_("Check now (paid calls)"), permissions=["check"], location=EVERYWHERE
    )
    def check_now(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        return check_after_asking(self, request, queryset.values_list("pk", flat=True))

    @admin.display(description=_("more"))
    def more(self, product: Product) -> str:
        return links_to_lists(
            [Watch, Snapshot, Change, DoubtedReading, Outage, Alert], product__id__exact=product.pk
        )

    @admin.display(description=_("changes a day"))
    def changes(self, product: Product) -> str:
        changes_a_day = product.shown_rate
        return NOT_TOLD if changes_a_day is None else rate(changes_a_day)


@admin.register(Shop)
class ShopAdmin(RecordedAdmin):
    list_display = ("title", "shop_id", "company", "product", "logistics", "service", "data_time")
    search_fields = ("name", "shop_id", "company_name")
    search_help_text = _("Shop name, ID or company")
    fields = (
        "name",
        "company_name",
        "shop_id",
        "platform",
        "product",
        "logistics",
        "service",
        "data_time",
        "more",
    )

    title = column(_("name"), short_name, ordering="name")
    company = column(_("company"), lambda shop: short(shop.company_name), ordering="company_name")
    product = column(
        _("product score"), lambda shop: score_in_words(shop, "product"), ordering="product_score"
    )
    logistics = column(
        _("logistics score"),
        lambda shop: score_in_words(shop, "logistics"),
        ordering="logistics_score",
    )
    service = column(
        _("service score"), lambda shop: score_in_words(shop, "service"), ordering="service_score"
    )
    more = column(
        _("more"),
        lambda shop: links_to_lists(
            [Product, Follow, ShopScore, Change, Alert], shop__id__exact=shop.pk
        ),
    )


@admin.register(ShopRange)
class ShopRangeAdmin(RecordedAdmin):
    list_display = (
        "title",
        "checked",
        "pages",
        "read_at",
        "last_outcome",
        "checked_at",
        "next_check_at",
    )
    list_filter = ("last_outcome", FailingFilter, WatchedFilter)
    search_fields = ("shop__name", "shop__shop_id")
    fields = ("of_shop", *list_display[1:], "last_code", "answered_at", "failing_since", "failures")
    list_select_related = ("shop",)

    title, of_shop, checked = column(_("shop"), short_name, ordering="shop__name"), OF_SHOP, CHECKED


@admin.register(Follow)
class FollowAdmin(RecordedAdmin):
    list_display = (
        "title",
        "read_every",
        "adds",
        "words",
        "from_price",
        "to_price",
        "most",
        "created_at",
    )
    list_filter = ("adds", "created_at")
    search_fields = ("shop__name", "shop__shop_id", "watchlist__name", "watchlist__owner__email")
    fields = ("of_shop", "of_list", *list_display[1:])
    list_select_related = ("shop", "watchlist")

    title, of_shop = column(_("followed shop"), short_name, ordering="shop__name"), OF_SHOP
    of_list = column(
        _("watchlist"), lambda follow: link(follow.watchlist), ordering="watchlist__name"
    )
    read_every = column(_("read every"), lambda row: duration(row.interval), ordering="interval")
    from_price = column(_("price from"), lambda follow: money(follow.lowest), ordering="lowest")
    to_price = column(_("price to"), lambda follow: money(follow.highest), ordering="highest")
