"""The page behind the link 'This was not me' in the mail about a new device."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from monitor.accounts import links
from monitor.accounts.disowning import disown
from monitor.models import Message, User
from monitor.text.devices import device


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def not_me(request: HttpRequest, login_token: str) -> HttpResponse:
    """Show the log-in; a POST locks the account and mails a link to choose a new password."""
    login = links.login_to_disown(login_token)
    if login is None:
        return render(request, "doors/over.html", {"again": "monitor:forgotten"}, status=404)
    if request.method != "POST":
        letters = Message.objects.filter(recipient=login.person, kind=Message.Kind.NEW_DEVICE, context__login=login.pk)
        browser = letters.values_list("context__browser", flat=True).first()
        context = {"login": login, "device": device(browser or ""), "zone": timezone.get_current_timezone()}
        return render(request, "doors/not_me.html", context)
    try:
        user = disown(login, timezone.now())
    except User.DoesNotExist:
        return render(request, "doors/over.html", {"again": "monitor:forgotten"}, status=404)
    return render(request, "doors/locked.html", {"email": user.email})
