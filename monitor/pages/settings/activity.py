"""The user's own part of the audit log: what they did, and what was done to their account."""

import csv
import io
from collections.abc import Iterator
from itertools import batched
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from monitor import audit
from monitor.models import AuditEvent, AuditKind, User
from monitor.pages.shared.answers import PageRequest, page, page_number, signed_in
from monitor.text import formatting

EVENTS_A_PAGE = 50
#: Lines that are sent together.
LINES = 200
COLUMNS = ("what", "about", "details", "network", "by")
#: Marks a file as UTF-8, which spreadsheets need to read Chinese.
BOM = "\ufeff"


@signed_in("GET")
def activity(request: PageRequest) -> HttpResponse:
    """Log-ins and other events, the latest first."""
    events = AuditEvent.objects.of_person(request.user).select_related("actor")
    shown = Paginator(events, EVENTS_A_PAGE).get_page(page_number(request.GET))
    rows = [row_of(event, request.user) for event in shown]
    context = {"nav": "settings", "page": shown, "rows": rows, "kept": audit.KEPT, "unpaged": ""}
    return page(request, "settings/activity.html", context, region="events")


@signed_in("GET")
def as_csv(request: PageRequest) -> HttpResponseBase:
    """All of them, as a file for spreadsheets."""
    name = f"stallwatch-activity-{timezone.localdate(request.now):%Y%m%d}.csv"
    lines = csv_lines(request.user, translation.get_language(), timezone.get_current_timezone())
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def row_of(event: AuditEvent, reader: User) -> dict[str, Any]:
    """An event as the user may see it: other people by the name that pages show, operators without a name."""
    return {
        "at": event.at,
        "what": capfirst(event.get_kind_display()),
        "is_bad": event.kind == AuditKind.LOGIN_FAILED,
        "about": event.subject,
        "details": audit.details_in_words(event, names_row=False),
        "network": event.network,
        "by": "" if event.actor_id == reader.pk else _name(event.actor),
    }


def _name(actor: User | None) -> str:
    if actor is None:
        return ""
    return _("an operator") if actor.is_staff else formatting.one_line(actor.get_short_name(), 60)


def csv_lines(user: User, language: str, zone: Any) -> Iterator[str]:
    """Written while they are sent, when the user's language and zone are no longer active."""
    with translation.override(language), timezone.override(zone):
        head = [_("Time") + f" ({zone})", _("Event"), _("About"), _("Details"), _("Network"), _("By")]
        yield BOM + _lines([head])
        rows = (row_of(event, user) for event in AuditEvent.objects.of_person(user).select_related("actor").iterator())
        for batch in batched(rows, LINES):
            yield _lines([formatting.instant(row["at"], zone), *(row[name] for name in COLUMNS)] for row in batch)


def _lines(rows: Any) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([formatting.csv_text(str(cell)) for cell in row] for row in rows)
    return buffer.getvalue()
