"""Imports: products put on watchlists many at a time, their progress, and the lines that were not
understood."""

from contextlib import suppress
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from monitor.admin.base import RecordedAdmin, anchor, column, link
from monitor.admin.values import list_and_owner
from monitor.models import Import, Watchlist
from monitor.pages.imports.views import problems_file
from monitor.reads.imports import account_of, first_checks
from monitor.text.formatting import NOT_TOLD
from monitor.watchlists.imports import add_some

#: What became of the rows, by the names of `account_of`.
RESULTS = {
    "added": _("Added"),
    "waiting": _("Waiting to be added"),
    "already": _("Already on this list"),
    "repeated": _("Duplicate"),
    "doubtful": _("Doubtful, and not added"),
    "bad": _("Not understood"),
    "left": _("Not chosen, or taken off again"),
    "rows": _("Total"),
}


@admin.register(Import)
class ImportAdmin(RecordedAdmin):
    list_display = ("import_name", "state", "of_list", "created_at")
    list_filter = ("created_at",)
    search_fields = ("file_name", "owner__email", "watchlist__name")
    search_help_text = _("File name, watchlist or owner's e-mail")
    actions = ("go_on",)
    fields = ("of_list", "created_at", "progress", "results", "checks", "faults")

    import_name = column(_("import"), str, ordering="created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        return super().get_queryset(request).select_related("owner", "watchlist__owner")

    def get_urls(self) -> list[URLPattern]:
        problems = self.admin_site.admin_view(require_safe(self.problems))
        return [
            path("<int:pk>/problems.csv", problems, name="import_problems"),
            *super().get_urls(),
        ]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_view_permission(request, obj)) or self.has_import_permission(
            request
        )

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Let those who may put products on lists see the imports."""
        return any(request.user.has_perm(f"monitor.{verb}_watchlist") for verb in ("add", "change"))

    @admin.display(description=_("watchlist"), ordering="watchlist__name")
    def of_list(self, row: Import) -> str:
        return link(row.watchlist, list_and_owner) if row.watchlist else row.list_name or NOT_TOLD

    @admin.display(description=_("state"))
    def state(self, row: Import) -> str:
        if row.undone_at:
            return gettext("undone")
        if row.finished_at:
            return gettext("finished")
        return gettext("not finished") if row.saved_at else gettext("not confirmed yet")

    @admin.display(description=_("state"))
    def progress(self, row: Import) -> str:
        is_open = Watchlist.objects.editable_by(row.owner).filter(pk=row.watchlist_id or 0).exists()
        if row.is_under_way and not is_open:
            return gettext(
                "Stopped: the watchlist was deleted or changed owners. Added products stay."
            )
        return self.state(row)

    @admin.display(description=_("Results by row"))
    def results(self, row: Import) -> str:
        account = account_of(row)
        return "\n".join(
            f"{words}: {account[name]:,}" for name, words in RESULTS.items() if account[name]
        )

    @admin.display(description=_("Checks"))
    def checks(self, row: Import) -> str:
        text = gettext(
            "%(unchecked)s wait for the first check, %(missing)s not found, %(failing)s failing"
        )
        return text % first_checks(row, timezone.now())

    @admin.display(description=_("Not understood or doubtful"))
    def faults(self, row: Import) -> str:
        return anchor(reverse("admin:import_problems", args=[row.pk]), gettext("Download as CSV"))

    @admin.action(description=_("Continue"), permissions=["import"])
    def go_on(self, request: HttpRequest, queryset: QuerySet[Import]) -> None:
        """Add the next products of started imports. The list alone offers it: its actions run in no
        transaction."""
        unfinished = queryset.filter(saved_at__isnull=False, finished_at=None, undone_at=None)
        for row in unfinished:
            # The list was deleted, or is another owner's.
            with suppress(Watchlist.DoesNotExist):
                add_some(row, timezone.now())
        count = unfinished.all().count()
        text = ngettext(
            "%(count)d import is not finished.", "%(count)d imports are not finished.", count
        )
        self.message_user(
            request, text % {"count": count}, messages.WARNING if count else messages.SUCCESS
        )

    def problems(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return problems_file(get_object_or_404(Import, pk=pk))
