"""Watchlists, their members and rules, and the products on them. Saving reschedules products, as on
the merchants' pages."""

from contextlib import suppress
from itertools import chain
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from monitor.admin.auditing import log
from monitor.admin.base import (
    EVERYWHERE,
    NamedFields,
    anchor,
    column,
    link,
    link_to_list,
    links_to_lists,
    list_and_owner,
    short,
)
from monitor.admin.rules import ListRuleInline, WatchRuleInline, WithRules
from monitor.models import Alert, Follow, Import, Membership, Pace, Product, User, Watch, Watchlist
from monitor.pages.imports.forms import ProductsForm
from monitor.polling.planning.rescheduling import ASKED, reschedule
from monitor.text.formatting import NOT_TOLD, every, money
from monitor.watching.deletion import bring_back, delete_for_good
from monitor.watching.imports import Target, add_some, start_import
from monitor.watching.inbox import mark_past_read
from monitor.watching.services import give_default_rules, remove, watchlist_changed
from monitor.watching.sharing import forget_who_left, note_transfer

#: How products are checked, on a list and on a watch.
CHECKS = ("pace", "interval", "soonest", "priority", "is_paused")


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    formset = NamedFields
    autocomplete_fields = ("user",)
    extra = 0


@admin.register(Watchlist)
class WatchlistAdmin(WithRules):
    fields = ("owner", "name", *CHECKS, "shows_costs", "deleted_at", "more")
    readonly_fields = ("deleted_at", "more")
    autocomplete_fields = ("owner",)
    list_display = ("name", "owner", "products", "checked", "priority", "is_paused", "deleted_at")
    list_filter = (("deleted_at", admin.EmptyFieldListFilter), "pace", "priority", "is_paused")
    search_fields = ("name", "owner__email", "owner__name")
    search_help_text = _("Watchlist, owner's name or e-mail")
    ordering = ("name", "pk")
    actions = ("restore_lists",)

    checked = column(
        _("checked"),
        lambda row: every(row.interval, is_fixed=row.pace == Pace.FIXED),
        ordering="interval",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        watches = Watch.objects.filter(watchlist=OuterRef("pk")).order_by().values("watchlist")
        count = Subquery(watches.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
        lists = super().get_queryset(request).select_related("owner")
        return lists.annotate(product_count=Coalesce(count, 0))

    @admin.display(description=_("products"), ordering="product_count")
    def products(self, watchlist: Any) -> SafeString:
        return link_to_list(Watch, watchlist.product_count, watchlist__id__exact=watchlist.pk)

    @admin.display(description=_("more"))
    def more(self, watchlist: Watchlist) -> str:
        if watchlist.pk is None:
            return NOT_TOLD
        lists = links_to_lists(Watch, Follow, Alert, Import, watchlist__id__exact=watchlist.pk)
        if watchlist.deleted_at:
            return lists
        add = anchor(
            reverse("admin:watchlist_add_products", args=[watchlist.pk]), gettext("Add products")
        )
        return format_html("{} · {}", add, lists)

    def get_urls(self) -> list[URLPattern]:
        page = require_http_methods(["GET", "HEAD", "POST"])(self.add_products)
        add = self.admin_site.admin_view(page)
        return [
            path("<int:pk>/add-products/", add, name="watchlist_add_products"),
            *super().get_urls(),
        ]

    def add_products(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put products on a merchant's list, read as on their page. An operator needs no preview.

        Neither the reading nor the adding is part of a transaction: both take long.
        """
        watchlist = get_object_or_404(Watchlist.objects.kept().select_related("owner"), pk=pk)
        if not self.has_change_permission(request, watchlist):
            raise PermissionDenied
        form = ProductsForm(request.POST or None, request.FILES or None, by=None)
        if request.method != "POST" or not form.is_valid():
            context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form}
            words = {"title": gettext("Add products"), "list_name": list_and_owner(watchlist)}
            template = "admin/monitor/watchlist/add_products.html"
            return TemplateResponse(request, template, {**context, **words, "watchlist": watchlist})
        now, target = timezone.now(), Target(watchlist)
        started = start_import(watchlist.owner, form.source, target, now, is_decided=True)
        log(request, Watchlist.objects.filter(pk=pk), gettext("Added products."))
        # The list may be deleted meanwhile.
        with suppress(Watchlist.DoesNotExist):
            add_some(started, now)
        return redirect("admin:monitor_import_change", started.pk)

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Offer no rules for a new list: it gets the default ones when it is saved."""
        return [MembershipInline] if obj is None else [MembershipInline, ListRuleInline]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        watchlist, now = form.instance, timezone.now()
        if not change:
            give_default_rules(watchlist)
        members = (formset.new_objects for formset in formsets if formset.model is Membership)
        for member in chain(*members):
            mark_past_read(member.user, watchlist, now)
        if "owner" in form.changed_data:
            # An owner is not a member.
            watchlist.memberships.filter(user=watchlist.owner).delete()
            if change:
                old = User.objects.get(pk=form.initial["owner"])
                note_transfer(watchlist, [old, watchlist.owner], now, by_operator=True)
        forget_who_left(watchlist)
        if {*ASKED, "is_paused", "owner"} & set(form.changed_data):
            watchlist_changed(watchlist, now)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Watchlist]) -> None:
        for watchlist in queryset:
            delete_for_good(watchlist, timezone.now())

    @admin.action(
        description=_("Restore what was deleted"), permissions=["change"], location=EVERYWHERE
    )
    def restore_lists(self, request: HttpRequest, queryset: QuerySet[Watchlist]) -> None:
        """Restore the lists one by one, each under a free name: they are few."""
        now, count = timezone.now(), 0
        for watchlist in queryset.filter(deleted_at__isnull=False):
            try:
                bring_back(watchlist.owner, watchlist.pk, now)
            except Watchlist.DoesNotExist:
                continue  # Too old: it is about to be purged.
            log(request, Watchlist.objects.filter(pk=watchlist.pk), gettext("Restored."))
            count += 1
        text = ngettext(
            "%(count)d watchlist was restored.", "%(count)d watchlists were restored.", count
        )
        self.tell(request, count, text)


@admin.register(Watch)
class WatchAdmin(WithRules):
    """A product on a list. What the merchant notes of it, such as its cost, is not shown here."""

    fields = ("watchlist", "product", *CHECKS, "more")
    readonly_fields = ("watchlist", "product", "more")
    inlines = (WatchRuleInline,)
    list_display = ("title", "num_iid", "of_list", "price", "status", "last_check", "is_paused")
    list_filter = ("is_paused", "product__status", "product__last_outcome")
    search_fields = (
        *("product__title", "product__num_iid__startswith", "product__shop__name"),
        *("watchlist__name", "watchlist__owner__email"),
    )
    search_help_text = _("Product title or ID, shop, watchlist or owner's e-mail")
    ordering = ("-pk",)

    title = column(_("product"), lambda watch: short(watch.product), "product__title")
    num_iid = column(_("product ID"), lambda watch: link(watch.product, _num_iid))
    of_list = column(_("watchlist"), lambda watch: list_and_owner(watch.watchlist))
    price = column(_("price"), lambda watch: money(watch.product.price), "product__price")
    status = column(_("status"), lambda watch: watch.product.get_status_display())
    last_check = column(
        _("last checked"), lambda watch: watch.product.checked_at, "product__checked_at"
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Watch]:
        return super().get_queryset(request).select_related("product__shop", "watchlist__owner")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let products be added on the page of their list alone."""
        return False

    def formfield_for_choice_field(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        if db_field.name in ("pace", "priority"):
            kwargs["choices"] = [("", gettext("as the list")), *db_field.choices]
        return super().formfield_for_choice_field(db_field, request, **kwargs)  # type: ignore[arg-type]

    @admin.display(description=_("more"))
    def more(self, watch: Watch) -> str:
        of_both = {
            "watchlist__id__exact": watch.watchlist_id,
            "product__id__exact": watch.product_id,
        }
        return links_to_lists(Alert, **of_both)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if {*ASKED, "is_paused"} & set(form.changed_data):
            reschedule(Product.objects.filter(pk=form.instance.product_id), timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Watch]) -> None:
        keys = list(queryset.values_list("pk", flat=True))
        remove(Watch.objects.filter(pk__in=keys), timezone.now())


def _num_iid(product: Product) -> str:
    return product.num_iid
