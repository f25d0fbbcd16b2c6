"""The user's own part of the audit log: what they did, and what was done to their account."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from monitor.models import AuditEvent, AuditKind, User
from monitor.pages.shared.answers import PageRequest, page, page_number, signed_in
from monitor.people import audit
from monitor.text import formatting

EVENTS_A_PAGE = 50


@signed_in("GET")
def activity(request: PageRequest) -> HttpResponse:
    """Show log-ins and other events, the latest first."""
    events = AuditEvent.objects.of_person(request.user).select_related("actor")
    shown = Paginator(events, EVENTS_A_PAGE).get_page(page_number(request.GET))
    rows = [_row(event, request.user) for event in shown]
    context = {"nav": "settings", "page": shown, "rows": rows, "kept": audit.KEPT, "unpaged": ""}
    return page(request, "settings/activity.html", context, region="events")


def _row(event: AuditEvent, reader: User) -> dict[str, Any]:
    """Return an event as the user may see it: other people by the name that pages show, operators
    without a name."""
    return {
        "at": event.at,
        "what": capfirst(event.get_kind_display()),
        "is_bad": event.kind == AuditKind.LOGIN_FAILED,
        "about": event.subject,
        "details": audit.details_in_words(event),
        "network": event.network,
        "by": "" if event.actor_id == reader.pk else _name(event.actor),
    }


def _name(actor: User | None) -> str:
    if actor is None:
        return ""
    return _("an operator") if actor.is_staff else formatting.one_line(actor.get_short_name(), 60)
