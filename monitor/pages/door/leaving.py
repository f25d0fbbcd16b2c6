"""The page behind the links and headers with which mails are left: for whoever holds the link, signed in or not."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from monitor.delivery.leaving import Leaving, leaving
from monitor.delivery.leaving import token as token_of
from monitor.models import MailChoice
from monitor.watchlists.mails import want_mails


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def leave_mails(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, and by a POST do it, or with `again` take it back.

    A mail program's POST has neither cookies nor a CSRF token (RFC 8058): the link's secret is what counts, and no
    page of another site knows it.
    """
    found = leaving(token)
    if found is None:
        return _private(render(request, "doors/left.html", status=404))
    translation.activate(found.user.language)
    is_done = request.method == "POST"
    if is_done:
        _set(found, wanted="again" in request.POST)
    return _private(render(request, "doors/leave.html", _context(request, found) | {"is_done": is_done}))


def _set(found: Leaving, *, wanted: bool) -> None:
    if found.watchlist is not None:
        want_mails(found.user, {found.watchlist.pk: wanted}, timezone.now())
    else:
        found.user.receives_mail = wanted
        found.user.save(update_fields=["receives_mail"])


def _context(request: HttpRequest, found: Leaving) -> dict[str, Any]:
    """`gets_mail`: of what the link is about; `gets_any`: of any list."""
    user, watchlist = found.user, found.watchlist
    is_off = watchlist is not None and MailChoice.objects.filter(user=user, watchlist=watchlist, is_off=True).exists()
    return {
        "watchlist": watchlist,
        "gets_mail": user.receives_mail if watchlist is None else not is_off,
        "gets_any": user.receives_mail,
        "all_token": token_of(user),
        "is_signed_in": request.user.pk == user.pk,
    }


def _private(response: HttpResponse) -> HttpResponse:
    """The address is a secret: no other site is told of it."""
    response["Referrer-Policy"] = "no-referrer"
    return response
