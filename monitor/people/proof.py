"""When a user has last proved who they are: by a login, or by a password, code or passkey asked for
later. What operators must do before the admin opens: have a second factor, and have proved it
lately."""

import time
from datetime import timedelta
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from monitor.people.second_factor import has_second_factor

_LOGGED_IN_AT = "logged_in_at"
#: Operators are asked for the password, a code or a passkey again after this time.
PROOF_LASTS = timedelta(hours=4)


@receiver(user_logged_in)
def note_login(request: HttpRequest, **_signal: Any) -> None:
    request.session[_LOGGED_IN_AT] = time.time()


def proved_within(request: HttpRequest, span: timedelta) -> bool:
    """Return whether the user of this session has proved who they are within the last `span`."""
    records = get_authentication_records(request, request.user)
    last = max(request.session.get(_LOGGED_IN_AT, 0), *(record["at"] for record in records), 0)
    return bool(time.time() - last < span.total_seconds())


def next_step(request: HttpRequest) -> HttpResponse | None:
    """Return the page that an operator has to visit first; None if the admin may open."""
    assert request.user.is_authenticated
    if settings.OPERATORS_NEED_SECOND_FACTOR and not has_second_factor(request.user):
        return redirect(
            reverse("monitor:settings", query={"needs": "second-factor"}, fragment="security")
        )
    if proved_within(request, PROOF_LASTS):
        return None
    page = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("admin:index")
    return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': page})}")
