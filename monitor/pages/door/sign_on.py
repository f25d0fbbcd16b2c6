"""Single sign-on: on to the other site. allauth's own view answers on the way back."""

from datetime import timedelta

from allauth.socialaccount.providers.openid_connect.views import login
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from monitor.people import throttle
from monitor.people.sign_on import site_down
from monitor.people.visitors import Visitor

#: Each keeps a state in a session.
STARTS = throttle.Limit("sign-on-starts", burst=30, every=timedelta(seconds=20))


@never_cache
@require_POST
def start(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the other site by a page: our policy lets no form lead to another site."""
    if wait := throttle.take(STARTS, Visitor.of(request).network, timezone.now()):
        messages.warning(request, throttle.wait_in_words(wait))
        return redirect("monitor:login")
    try:
        response: HttpResponse = login(request, provider_id)
    except OSError as error:  # As all errors of requests.
        return site_down(request, type(error).__name__)
    if isinstance(response, HttpResponseRedirect):
        context = {"site": settings.OIDC_NAME, "url": response.url}
        return render(request, "doors/to_site.html", context)
    return response
