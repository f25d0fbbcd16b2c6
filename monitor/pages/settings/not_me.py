"""The page behind the link 'This was not me' in the mail about a new device."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from monitor.accounts import links
from monitor.accounts.disowning import disown
from monitor.models import User


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def not_me(request: HttpRequest, login_token: str) -> HttpResponse:
    """Show the log-in; a POST locks the account and mails a link to choose a new password."""
    login = links.login_to_disown(login_token)
    if login is None:
        return render(request, "doors/over.html", {"again": "monitor:forgotten"}, status=404)
    if request.method != "POST":
        return render(request, "doors/not_me.html", {"login": login})
    try:
        user = disown(login, timezone.now())
    except User.DoesNotExist:
        return render(request, "doors/over.html", {"again": "monitor:forgotten"}, status=404)
    return render(request, "doors/sent.html", {"email": user.email})
