"""Watchlists. Saving reschedules their products, as on the merchants' pages."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, IntegerField, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from monitor.admin.asking import check_after_asking
from monitor.admin.auditing import log
from monitor.admin.base import (
    EVERYWHERE,
    NamedFields,
    anchor,
    chunks,
    column,
    link_to_list,
    links_to_lists,
    side_by_side,
)
from monitor.admin.rules import ListRuleInline, WithRules
from monitor.admin.values import list_and_owner
from monitor.models import (
    Alert,
    Follow,
    Import,
    Membership,
    Pace,
    Product,
    Rule,
    Shop,
    User,
    Watch,
    Watchlist,
)
from monitor.pages.imports.forms import ProductsForm
from monitor.planning.calls import calls_a_day, tallies_of
from monitor.text.formatting import NOT_TOLD, calls, every
from monitor.watchlists.deletion import bring_back, delete_for_good
from monitor.watchlists.imports import Target, add_some, start_import
from monitor.watchlists.inbox import mark_past_read
from monitor.watchlists.rescheduling import ASKED, plan_readings, reschedule
from monitor.watchlists.services import give_default_rules, watchlist_changed
from monitor.watchlists.sharing import forget_who_left, note_transfer


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    formset = NamedFields
    autocomplete_fields = ("user",)
    extra = 0


class DeletedFilter(admin.SimpleListFilter):
    """Hides deleted lists, which can be restored, unless they are asked for."""

    title = _("deleted")
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Yes"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        unfiltered, deleted = super().choices(changelist)
        yield from ({**unfiltered, "display": _("No")}, deleted)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(deleted_at__isnull=self.value() != "yes")


@admin.register(Watchlist)
class WatchlistAdmin(WithRules):
    fields = (
        *(
            "owner",
            "name",
            "pace",
            "interval",
            "soonest",
            ("hours_from", "hours_until"),
            "priority",
        ),
        *("is_paused", "shows_costs", "deleted_at", "more"),
    )
    readonly_fields = ("deleted_at", "more")
    autocomplete_fields = ("owner",)
    list_display = (
        "name",
        "owner",
        "products",
        "calls",
        "members",
        "checked",
        "priority",
        "is_paused",
        "created_at",
    )
    list_filter = (DeletedFilter, "pace", "priority", "is_paused", "created_at")
    search_fields = ("name", "owner__email", "owner__name")
    search_help_text = _("Watchlist, owner's name or e-mail")
    ordering = ("name", "pk")
    actions = ("pause_lists", "resume_lists", "check_now", "restore_lists")

    members = column(
        _("members"), lambda watchlist: int(watchlist.member_count), ordering="member_count"
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        counts = {"product_count": _count(Watch), "member_count": _count(Membership)}
        return super().get_queryset(request).select_related("owner").annotate(**counts)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Count the calls of the lists on the page with one query."""
        changelist: Any = super().get_changelist_instance(request)
        tallies = tallies_of(watchlist.pk for watchlist in changelist.result_list)
        for watchlist in changelist.result_list:
            watchlist.tally = tallies[watchlist.pk]
        return changelist

    @admin.display(description=_("calls a day"))
    def calls(self, watchlist: Any) -> str:
        """Return the least number, by the list's settings and its owner's share. A download counts
        list by list."""
        if watchlist.is_paused:
            return NOT_TOLD
        tally = getattr(watchlist, "tally", None) or tallies_of([watchlist.pk])[watchlist.pk]
        return calls(calls_a_day(tally.active(watchlist, watchlist.owner.granted_share)).least)

    @admin.display(description=_("products"), ordering="product_count")
    def products(self, watchlist: Any) -> SafeString:
        return link_to_list(Watch, watchlist.product_count, watchlist__id__exact=watchlist.pk)

    @admin.display(description=_("checked"), ordering="interval")
    def checked(self, watchlist: Watchlist) -> str:
        return every(watchlist.interval, is_fixed=watchlist.pace == Pace.FIXED)

    @admin.display(description=_("more"))
    def more(self, watchlist: Watchlist) -> str:
        if watchlist.pk is None:
            return NOT_TOLD
        lists = links_to_lists(
            [Watch, Follow, Rule, Alert, Import], watchlist__id__exact=watchlist.pk
        )
        if watchlist.deleted_at:
            return lists
        url = reverse("admin:watchlist_add_products", args=[watchlist.pk])
        return side_by_side([anchor(url, gettext("Add products")), lists])

    def label(self, watchlist: Watchlist) -> str:
        """Return the list's name in suggestions."""
        return list_and_owner(watchlist)

    def get_urls(self) -> list[URLPattern]:
        add = self.admin_site.admin_view(
            require_http_methods(["GET", "HEAD", "POST"])(self.add_products)
        )
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
        now, target = timezone.now(), Target(watchlist, "", watchlist.interval, watchlist.pace)
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
        for member in chain(
            *(formset.new_objects for formset in formsets if formset.model is Membership)
        ):
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

    def deleted_with(self, rows: Sequence[Watchlist]) -> Mapping[type[Model], QuerySet[Any]]:
        models = (Watch, Rule, Membership, Alert)
        return {model: model._default_manager.filter(watchlist__in=rows) for model in models}

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Watchlist]) -> None:
        for watchlist in queryset:
            delete_for_good(watchlist, timezone.now())

    @admin.action(description=_("Pause"), permissions=["change"])
    def pause_lists(self, request: HttpRequest, queryset: QuerySet[Watchlist]) -> None:
        self._set_paused(request, queryset, True, gettext("Paused."))

    @admin.action(description=_("Resume"), permissions=["change"])
    def resume_lists(self, request: HttpRequest, queryset: QuerySet[Watchlist]) -> None:
        self._set_paused(request, queryset, False, gettext("Resumed."))

    def _set_paused(
        self, request: HttpRequest, queryset: QuerySet[Watchlist], paused: bool, message: str
    ) -> None:
        now, count = timezone.now(), 0
        for lists in chunks(queryset.filter(is_paused=not paused)):
            keys = list(lists.values_list("pk", flat=True))
            log(request, lists, message)
            count += lists.update(is_paused=paused)
            reschedule(Product.objects.filter(watches__watchlist__in=keys), now)
            plan_readings(Shop.objects.filter(follows__watchlist__in=keys), now)
        text = ngettext(
            "%(count)d watchlist was changed.", "%(count)d watchlists were changed.", count
        )
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

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
        self.message_user(
            request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING
        )

    @admin.action(
        description=_("Check all products now (paid calls)"),
        permissions=["change"],
        location=EVERYWHERE,
    )
    def check_now(self, request: HttpRequest, queryset: QuerySet[Watchlist]) -> HttpResponse | None:
        active = Watch.objects.active().filter(watchlist__in=queryset.values("pk"))
        asking = check_after_asking(self, request, active.values_list("product_id", flat=True))
        if asking is None:
            for lists in chunks(queryset):
                log(request, lists, gettext("Requested a check of all products."))
        return asking


def _count(model: type[Model]) -> Coalesce:
    """Return the number of rows of `model` that each watchlist has."""
    rows = model._default_manager.filter(watchlist=OuterRef("pk")).order_by().values("watchlist")
    return Coalesce(
        Subquery(rows.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0
    )
