"""What operators must do before the admin opens: have a second factor, and have proved lately who they are."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from monitor.accounts.proof import proved_within
from monitor.accounts.second_factor import has_second_factor

#: The password, a code or a passkey is asked for again after this time.
PROOF_LASTS = timedelta(hours=4)


def next_step(request: HttpRequest) -> HttpResponse | None:
    """Return the page that an operator has to visit first; None if the admin may open."""
    assert request.user.is_authenticated
    if settings.OPERATORS_NEED_SECOND_FACTOR and not has_second_factor(request.user):
        return redirect(reverse("monitor:settings", query={"needs": "second-factor"}, fragment="security"))
    if proved_within(request, PROOF_LASTS):
        return None
    page = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("admin:index")
    return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': page})}")
