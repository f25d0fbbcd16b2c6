"""Imports: what people and operators put on watchlists many at a time, how far it is, and what was not understood."""

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from monitor.admin.base import RecordedAdmin, link
from monitor.admin.values import list_and_owner
from monitor.models import Import, Watchlist
from monitor.pages.imports.reads import SHOWN, account_of, first_checks, problems
from monitor.pages.imports.views import problems_file
from monitor.text.formatting import NOT_TOLD
from monitor.watchlists.imports import add_some

#: Products added by one request: what takes a second or two, a transaction for each few hundred.
STEP = 2000


def address_of(found: Import) -> str:
    return reverse("admin:monitor_import_change", args=[found.pk])


def add_a_step(found: Import, most: int) -> None:
    # The import's page says that its list is gone.
    with suppress(Watchlist.DoesNotExist):
        add_some(found, timezone.now(), most)


@admin.register(Import)
class ImportAdmin(RecordedAdmin):
    change_form_template = "admin/monitor/import/change_form.html"
    list_display = ("import_name", "state", "of_list", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("owner", "watchlist__owner")
    search_fields = ("file_name", "owner__email", "watchlist__name")
    search_help_text = _("Name of the file or of the list, e-mail address of the list's owner")
    # Shown by the page's own template.
    fields = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        return super().get_queryset(request).select_related("owner", "watchlist__owner")

    def get_urls(self) -> list[URLPattern]:
        go_on, problems = map(self.admin_site.admin_view, (require_POST(self.go_on), require_safe(self.problems)))
        return [
            path("<int:pk>/go-on/", go_on, name="import_go_on"),
            path("<int:pk>/problems.csv", problems, name="import_problems"),
            *super().get_urls(),
        ]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_view_permission(request, obj)) or self.has_import_permission(request)

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Whoever may put products on lists sees what became of them."""
        return any(request.user.has_perm(f"monitor.{verb}_watchlist") for verb in ("add", "change"))

    @admin.display(description=_("import"), ordering="created_at")
    def import_name(self, found: Import) -> str:
        return str(found)

    @admin.display(description=_("watchlist"), ordering="watchlist__name")
    def of_list(self, found: Import) -> str:
        return list_and_owner(found.watchlist) if found.watchlist else found.list_name or NOT_TOLD

    @admin.display(description=_("state"))
    def state(self, found: Import) -> str:
        if found.undone_at:
            return gettext("taken back")
        if found.finished_at:
            return gettext("finished")
        return gettext("not finished") if found.saved_at else gettext("not confirmed yet")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        found = self.get_object(request, object_id)
        context = {} if found is None else self._page(request, found)
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def _page(self, request: HttpRequest, found: Import) -> dict[str, Any]:
        faults = problems(found)
        takes_more = Watchlist.objects.editable_by(found.owner).filter(pk=found.watchlist_id or 0).exists()
        return {
            "account": account_of(found),
            "checks": first_checks(found, timezone.now()),
            "state": self.state(found),
            "faults": faults[:SHOWN],
            "more_faults": max(0, faults.count() - SHOWN),
            "list_link": _link_to(found.watchlist),
            "is_gone": found.is_under_way and not takes_more,
            "goes_on": found.is_under_way and takes_more and self.has_import_permission(request),
        }

    def go_on(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Add the next products of an import whose adding has begun, and lead back to its page."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        found = get_object_or_404(self.get_queryset(request), pk=pk)
        if found.is_under_way:
            add_a_step(found, STEP)
        return HttpResponseRedirect(address_of(found))

    def problems(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return problems_file(get_object_or_404(Import, pk=pk))


def _link_to(watchlist: Watchlist | None) -> SafeString | None:
    return link(watchlist, list_and_owner(watchlist)) if watchlist else None
