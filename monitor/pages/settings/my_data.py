"""The user's own data: ask for a file of all of it, and download that."""

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from monitor import audit
from monitor.accounts import my_data as exports
from monitor.models import AuditKind, DataExport
from monitor.models.data_exports import EXPORT_KEPT
from monitor.pages.shared.account_forms import too_often
from monitor.pages.shared.answers import PageRequest, not_modified, page, signed_in


@signed_in("GET", "POST")
def my_data(request: PageRequest) -> HttpResponse:
    """The state of the user's export; a POST asks for a new one."""
    if request.method == "POST":
        if wait := exports.ask(request.user, request.now):
            messages.warning(request, too_often(wait).messages[0])
        return redirect("monitor:my-data")
    export = DataExport.objects.filter(user=request.user).first()
    if unchanged := not_modified(request, export and (export.asked_at, export.ended_at)):
        return unchanged
    context = {"nav": "settings", "export": export, "kept": EXPORT_KEPT}
    return page(request, "settings/my_data.html", context, region="state")


@signed_in("GET")
def file(request: PageRequest) -> HttpResponseBase:
    """The ZIP file, of the user who is logged in."""
    export = DataExport.objects.filter(user=request.user, size__isnull=False).first()
    if export is None or export.purged_at <= request.now:
        raise Http404
    audit.record(AuditKind.EXPORTED, person=request.user, row=export, what="ZIP")
    name = f"stallwatch-{timezone.localdate(export.asked_at):%Y%m%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(export.size)}
    return StreamingHttpResponse(exports.pieces(export), content_type="application/zip", headers=headers)
