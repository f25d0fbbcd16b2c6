"""What an open page asks every few seconds: whether an alert has come."""

from django.http import HttpResponse
from django.utils.text import capfirst
from django.views.decorators.http import require_safe

from monitor.models import Alert
from monitor.pages.alerts.arrival_reads import arrived, mark
from monitor.pages.shared.answers import PageRequest, page, signed_in
from monitor.pages.shared.words import after, before
from monitor.text.formatting import one_line

MARK = "Alerts-Mark"
#: So much of a name, and twice as much of what happened, is read out.
LONGEST = 60


@signed_in
@require_safe
def arrivals(request: PageRequest) -> HttpResponse:
    """The unread alerts above the mark `after`, and the frame's counts; 204 where there is none. Both tell the mark.

    The mark is read first: an alert that comes in between is found now and once more, never not at all.
    """
    newest, after = mark(), request.GET.get("after", "")
    known = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else newest
    alerts = arrived(request.user, known) if newest > known else []
    lines = [(alert.pk, *_said(alert)) for alert in alerts]
    response = page(request, "parts/arrivals.html", {"lines": lines}) if lines else HttpResponse(status=204)
    response[MARK] = str(newest)
    return response


def _said(alert: Alert) -> tuple[str, str]:
    """Whose it is, and what happened."""
    was = f"{before(alert)} → " if alert.change_id or alert.before is not None else ""
    what = f"{capfirst(alert.get_field_display())} {was}{after(alert)}"
    return one_line(alert.subject, LONGEST), one_line(what, 2 * LONGEST)
