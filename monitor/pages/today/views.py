"""The first page: what to decide, and what happened since the last visit. A POST marks the
visit."""

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from monitor.models import Alert
from monitor.pages.shared.answers import PageRequest, frame_of, page, signed_in
from monitor.pages.shared.undoable import TODAY, offered_action, pop_action, remember, say_undone
from monitor.pages.today.reads import since
from monitor.pages.today.reads import today as read_today
from monitor.watching.inbox import mark_read, mark_unread_again
from monitor.watching.visits import count_news_from, mark_visit


@signed_in("GET")
def today(request: PageRequest) -> HttpResponse:
    context = {
        "nav": "today",
        "today": read_today(request.user, frame_of(request), request.now),
        "done": offered_action(request, TODAY),
    }
    return page(request, "today.html", context, region="exchange")


@signed_in("GET")
def frame(request: PageRequest) -> HttpResponse:
    """Send the frame's changes to an open page without a region of its own."""
    return page(request, "parts/alive.html", {})


@signed_in("POST")
def seen(request: PageRequest) -> HttpResponse:
    """Mark the visit; with `all`, mark everything until now as read, news and alerts; with `undo`,
    undo it."""
    if "all" in request.POST:
        last_visit = since(request.user, request.now).last_visit
        count_news_from(request.user, request.now, request.now)
        mark_read(request.user, Alert.objects.for_user(request.user), request.now)
        receipt = {"at": [at and at.isoformat() for at in (last_visit, request.now)]}
        remember(request, "read", gettext("Everything was marked as read."), receipt, TODAY)
    elif "undo" in request.POST:
        if done := pop_action(request, TODAY):
            last_visit, read_at = (at and datetime.fromisoformat(at) for at in done.receipt["at"])
            count_news_from(request.user, last_visit, request.now)
            mark_unread_again(request.user, read_at)
        say_undone(request, done, is_back=done is not None)
    else:
        mark_visit(request.user, request.now)
        return HttpResponse(status=204)
    return redirect("monitor:today")
