"""Imports: products put on watchlists many at a time, their progress, and the lines that were not understood."""

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from monitor.admin.base import RecordedAdmin, column, link
from monitor.admin.values import list_and_owner
from monitor.models import Import, Watchlist
from monitor.pages.imports.reads import SHOWN, problems
from monitor.pages.imports.views import problems_file
from monitor.pages.shared.import_reads import account_of, first_checks
from monitor.text.formatting import NOT_TOLD
from monitor.watchlists.imports import add_some

#: Products added by one request: that takes a second or two, with a transaction for each few hundred.
STEP = 2000


def page_url(started: Import) -> str:
    return reverse("admin:monitor_import_change", args=[started.pk])


def add_a_step(started: Import, most: int) -> None:
    # The import's page says that its list is gone.
    with suppress(Watchlist.DoesNotExist):
        add_some(started, timezone.now(), most)


@admin.register(Import)
class ImportAdmin(RecordedAdmin):
    change_form_template = "admin/monitor/import/change_form.html"
    list_display = ("import_name", "state", "of_list", "created_at")
    list_filter = ("created_at",)
    search_fields = ("file_name", "owner__email", "watchlist__name")
    search_help_text = _("File name, watchlist or owner's e-mail")
    # The page has its own template.
    fields = ()

    import_name = column(_("import"), str, ordering="created_at")

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
        """Those who may put products on lists may see their imports."""
        return any(request.user.has_perm(f"monitor.{verb}_watchlist") for verb in ("add", "change"))

    @admin.display(description=_("watchlist"), ordering="watchlist__name")
    def of_list(self, row: Import) -> str:
        return list_and_owner(row.watchlist) if row.watchlist else row.list_name or NOT_TOLD

    @admin.display(description=_("state"))
    def state(self, row: Import) -> str:
        if row.undone_at:
            return gettext("undone")
        if row.finished_at:
            return gettext("finished")
        return gettext("not finished") if row.saved_at else gettext("not confirmed yet")

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        row = self.get_object(request, object_id)
        context = {} if row is None else self._context(request, row)
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def _context(self, request: HttpRequest, row: Import) -> dict[str, Any]:
        faults = problems(row)
        takes_more = Watchlist.objects.editable_by(row.owner).filter(pk=row.watchlist_id or 0).exists()
        return {
            "account": account_of(row),
            "checks": first_checks(row, timezone.now()),
            "state": self.state(row),
            "faults": faults[:SHOWN],
            "more_faults": max(0, faults.count() - SHOWN),
            "list_link": link(row.watchlist, list_and_owner) if row.watchlist else None,
            "is_gone": row.is_under_way and not takes_more,
            "goes_on": row.is_under_way and takes_more and self.has_import_permission(request),
        }

    def go_on(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Add the next products of a started import, and lead back to its page."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        if row.is_under_way:
            add_a_step(row, STEP)
        return HttpResponseRedirect(page_url(row))

    def problems(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return problems_file(get_object_or_404(Import, pk=pk))
