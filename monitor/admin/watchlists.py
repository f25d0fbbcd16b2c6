"""Watchlists: an operator sets how products are checked, gives a list to another owner, and
restores it. Saving reschedules products, as on the merchants' pages."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from monitor.admin.auditing import log
from monitor.admin.base import EVERYWHERE, ModelAdmin, column, link_to_list, links_to_lists
from monitor.models import Alert, Follow, Import, Membership, Pace, Rule, User, Watch, Watchlist
from monitor.polling.planning.rescheduling import ASKED
from monitor.text.formatting import every
from monitor.watching.deletion import bring_back, delete_for_good
from monitor.watching.services import watchlist_changed
from monitor.watching.sharing import forget_who_left, note_transfer

#: How products are checked.
CHECKS = ("pace", "interval", "soonest", "priority", "is_paused")


@admin.register(Watchlist)
class WatchlistAdmin(ModelAdmin):
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
        models = (Watch, Membership, Rule, Follow, Alert, Import)
        return links_to_lists(*models, watchlist__id__exact=watchlist.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave new lists to merchants."""
        return False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        watchlist, now = form.instance, timezone.now()
        if "owner" in form.changed_data:
            # An owner is not a member.
            watchlist.memberships.filter(user=watchlist.owner).delete()
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
