"""The first page: what is new since the visit before; and the visit itself, which only a POST marks."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from monitor.dashboard.shell import shell
from monitor.dashboard.today import today as read_today
from monitor.views.pages import PageRequest, page, signed_in
from monitor.watchlists.visits import mark_all_seen, mark_visit


@signed_in
@require_GET
def today(request: PageRequest) -> HttpResponse:
    """The page, or its region alone."""
    frame = shell(request.user, request.now)
    context = {"nav": "today", "shell": frame, "today": read_today(request.user, frame, request.now)}
    return page(request, "today.html", context, region="exchange")


@signed_in
@require_POST
def seen(request: PageRequest) -> HttpResponse:
    """The reader is here; with `all`, everything up to now is old to him."""
    if "all" in request.POST:
        mark_all_seen(request.user, request.now)
        return redirect("monitor:today")
    mark_visit(request.user, request.now)
    return HttpResponse(status=204)
