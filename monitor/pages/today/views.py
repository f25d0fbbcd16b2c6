"""The first page: what happened since the last visit, with `show` of one kind. A POST marks the visit."""

from django.http import HttpResponse
from django.shortcuts import redirect

from monitor.models import Alert
from monitor.pages.shared.answers import PageRequest, frame_of, not_modified, page, signed_in
from monitor.pages.today.reads import since
from monitor.pages.today.reads import today as read_today
from monitor.watchlists.inbox import mark_read
from monitor.watchlists.visits import end_news, mark_visit


@signed_in("GET")
def today(request: PageRequest) -> HttpResponse:
    if unchanged := not_modified(request, since(request.user, request.now).last_visit, tells_news=True):
        return unchanged
    context = {
        "nav": "today",
        "today": read_today(request.user, frame_of(request), request.now, request.GET.get("show", "")),
    }
    return page(request, "today.html", context, region="exchange")


@signed_in("GET")
def frame(request: PageRequest) -> HttpResponse:
    """Send the frame's changes to an open page without a region of its own."""
    return not_modified(request) or page(request, "parts/alive.html", {})


@signed_in("POST")
def seen(request: PageRequest) -> HttpResponse:
    """Mark the visit; with `all`, mark everything until now as read: the news and the alerts."""
    if "all" in request.POST:
        end_news(request.user, request.now)
        mark_read(request.user, Alert.objects.for_user(request.user), request.now)
        return redirect("monitor:today")
    mark_visit(request.user, request.now)
    return HttpResponse(status=204)
