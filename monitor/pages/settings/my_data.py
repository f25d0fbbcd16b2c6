"""The user's own data: ask for a file of all of it, and download that."""

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from monitor.models import DataExport
from monitor.models.data_exports import EXPORT_KEPT
from monitor.pages.shared.answers import PageRequest, not_modified, page, proof_wanted, signed_in
from monitor.pages.shared.sheets import attached
from monitor.people import my_data as exports
from monitor.people import throttle


@signed_in("GET", "POST")
def my_data(request: PageRequest) -> HttpResponse:
    """Show the state of the user's export; a POST asks for a new one."""
    if request.method == "POST":
        if wait := exports.ask(request.user, request.now):
            messages.warning(request, throttle.wait_in_words(wait))
        return redirect("monitor:my-data")
    export = DataExport.objects.filter(user=request.user).first()
    if unchanged := not_modified(request, export and (export.asked_at, export.ended_at)):
        return unchanged
    context = {"nav": "settings", "export": export, "kept": EXPORT_KEPT}
    return page(request, "settings/my_data.html", context, region="state")


@signed_in("GET", is_file=True)
def file(request: PageRequest) -> HttpResponseBase:
    """Send the ZIP file to its user, who confirms the password long after the login."""
    export = DataExport.objects.filter(user=request.user, size__isnull=False).first()
    if export is None or export.purged_at <= request.now:
        raise Http404
    if wanted := proof_wanted(request, then=request.path):
        return wanted
    headers = {"Content-Length": str(export.size)}
    response = StreamingHttpResponse(
        exports.pieces(export), content_type="application/zip", headers=headers
    )
    return attached(
        response, "", f"{timezone.localdate(export.asked_at):%Y%m%d}", "zip", row=export
    )
