"""What is kept about people, why, how long and where. The times are those of the code."""

from datetime import timedelta
from email.utils import parseaddr

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from monitor.models import api_tokens, imports, invitations, sheets, watchlists
from monitor.models.users import ACCOUNT_KEPT, PRIVACY_VERSION
from monitor.people import attempts, audit
from monitor.polling.budget import charges
from monitor.telling import upkeep as outbox

#: How long each kind of data lasts, by its name in `doors/privacy.html`.
LASTS = {
    "account": ACCOUNT_KEPT,
    "watchlist": watchlists.KEPT_FOR,
    "charge": charges.KEPT,
    "import": imports.KEPT_FOR,
    "sheet": sheets.KEPT_FOR,
    "mail": outbox.KEPT,
    "token": api_tokens.ENDED_KEPT,
    "session": timedelta(seconds=settings.SESSION_COOKIE_AGE),
    "audit": audit.KEPT,
    "invitation": invitations.INVITATION_LASTS + invitations.UNANSWERED_KEPT,
    "cookie": attempts.COOKIE_LASTS,
}


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show the privacy page to everyone, in the reader's language."""
    context = {
        "lasts": LASTS,
        "version": PRIVACY_VERSION,
        "contact": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
    }
    return render(request, "doors/privacy.html", context)
