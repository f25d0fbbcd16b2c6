"""New alerts, for which an open page asks every few seconds."""

from django.db.models import Max
from django.http import HttpResponse
from django.utils.text import capfirst

from monitor.models import Alert, User
from monitor.pages.shared.answers import PageRequest, number_in, page, signed_in
from monitor.showing.history.steps import headline
from monitor.telling.entries import TOLD_BY_RULE, MailLine
from monitor.text.formatting import one_line

MARK = "Alerts-Mark"
#: The longest name; the change may be twice as long.
LONGEST = 60
#: More alerts than these the page only counts.
MOST = 20


@signed_in("GET")
def arrivals(request: PageRequest) -> HttpResponse:
    """Return the unread alerts above the mark `after`, and the frame's counts; 204 if there are
    none. Both send the mark.

    The mark is read first: an alert that comes in between is shown twice, but never missed.
    """
    newest = mark()
    known = number_in(request.GET.get("after", ""))
    alerts = arrived(request.user, known) if known is not None and newest > known else []
    lines = [(alert.pk, *_spoken(alert)) for alert in alerts]
    response = (
        page(request, "parts/arrivals.html", {"lines": lines})
        if lines
        else HttpResponse(status=204)
    )
    response[MARK] = str(newest)
    return response


def _spoken(alert: Alert) -> tuple[str, str]:
    """Return the name of its product or shop, and the change."""
    line = MailLine(headline(alert))
    change = (
        line.headline
        if line.field in TOLD_BY_RULE
        else f"{capfirst(alert.get_field_display())} {line.text}"
    )
    return one_line(alert.subject, LONGEST), one_line(change, 2 * LONGEST)


def mark() -> int:
    """Return the newest alert of any user: one index lookup tells whether there can be new ones."""
    return Alert.objects.aggregate(newest=Max("pk"))["newest"] or 0


def arrived(user: User, after: int) -> list[Alert]:
    """Return the user's unread alerts above the mark `after`, the newest first, with product or
    shop. One query.

    It reads all users' alerts above the mark, so the mark should be recent.
    """
    alerts = Alert.objects.for_user(user).unread_by(user).filter(pk__gt=after)
    return list(alerts.select_related("product", "shop").order_by("-pk")[:MOST])
