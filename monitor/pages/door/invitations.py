"""The page behind the link of an invitation. Whoever opens it may have an account, another one, or none."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from monitor.models import Invitation
from monitor.watchlists import invitations


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show the invitation and, when it is his, let the reader accept or decline it."""
    found = invitations.find(token, timezone.now())
    if found is None:
        return _over(request, token)
    if not request.user.is_authenticated:
        if request.method == "POST":
            return redirect_to_login(request.path)
        return _page(request, token, found)
    if request.user.email != found.email:
        return _page(request, token, found, status=403)
    if request.method == "POST":
        return _answer(request, token, found)
    return _page(request, token, found)


def _answer(request: HttpRequest, token: str, found: Invitation) -> HttpResponse:
    now = timezone.now()
    if request.POST.get("answer") == "decline":
        invitations.close(found, now)
        return _page(request, token, None, headline=_("Declined"), status=200)
    assert request.user.is_authenticated
    try:
        invitations.accept(found, request.user, now)
    except invitations.NotInvitedError:  # Withdrawn between the look above and the lock.
        return _over(request, token)
    return _to_list(found)


def _over(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has accepted and opens the mail's link once more is led to his list."""
    if request.user.is_authenticated and (accepted := invitations.find_accepted(token, request.user)):
        return _to_list(accepted)
    return _page(request, token, None, headline=_("This invitation no longer holds"), status=404)


def _to_list(found: Invitation) -> HttpResponse:
    if found.watchlist_id is None:
        return redirect("monitor:today")
    return redirect("monitor:watchlist", found.watchlist_id)


def _page(
    request: HttpRequest, token: str, found: Invitation | None, *, headline: str = "", status: int = 200
) -> HttpResponse:
    context = {"invitation": found, "token": token, "headline": headline}
    return render(request, "invitation.html", context, status=status)
