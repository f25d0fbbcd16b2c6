"""The first page: what is new since the visit before; and the visit itself, which only a POST marks."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from monitor.pages.shared.answers import PageRequest, frame_of, not_modified, page, signed_in
from monitor.pages.today.cards import card_rows
from monitor.pages.today.reads import today as read_today
from monitor.pages.today.visits import since
from monitor.watchlists.visits import mark_all_seen, mark_visit


@signed_in
@require_safe
def today(request: PageRequest) -> HttpResponse:
    """The page, or its region alone."""
    if unchanged := not_modified(request, since(request.user, request.now).last_visit, tells_news=True):
        return unchanged
    read = read_today(request.user, frame_of(request), request.now)
    context = {"nav": "today", "today": read, "card_rows": card_rows(read.news)}
    return page(request, "today.html", context, region="exchange")


@signed_in
@require_safe
def frame(request: PageRequest) -> HttpResponse:
    """What moved in the frame of an open page that has no region of its own to ask for."""
    return not_modified(request) or page(request, "parts/alive.html", {})


@signed_in
@require_POST
def seen(request: PageRequest) -> HttpResponse:
    """The reader is here; with `all`, everything up to now is old to him."""
    if "all" in request.POST:
        mark_all_seen(request.user, request.now)
        return redirect("monitor:today")
    mark_visit(request.user, request.now)
    return HttpResponse(status=204)
