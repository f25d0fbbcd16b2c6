"""What the calls come to."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from monitor.dashboard.shell import shell
from monitor.dashboard.usage import RANGES, account, labelled
from monitor.views.pages import PageRequest, page, signed_in

DEFAULT_DAYS = 30


@signed_in
@require_GET
def usage(request: PageRequest) -> HttpResponse:
    """The account's calls of the last days, and where they lead."""
    frame = shell(request.user, request.now)
    found = account(_days(request), frame.calls, frame.budget, request.now)
    context = {
        "nav": "usage",
        "shell": frame,
        "account": found,
        "rows": labelled(found.days),
        "ranges": {number: _("%(n)d days") % {"n": number} for number in RANGES},
    }
    return page(request, "usage.html", context, region="usage")


def _days(request: PageRequest) -> int:
    text = request.GET.get("days", "")
    return int(text) if text in {str(number) for number in RANGES} else DEFAULT_DAYS
