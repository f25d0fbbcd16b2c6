"""Single sign-on: to another site and back. allauth's views, with pages for what may go wrong on
the way."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from allauth.socialaccount.providers.dingtalk import views as dingtalk
from allauth.socialaccount.providers.feishu import views as feishu
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from allauth.socialaccount.providers.weixin import views as weixin
from django.conf import settings
from django.contrib import messages
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from monitor.people import links, throttle
from monitor.people.sign_on import NoAccountError, SignOnFailedError, Site, sites
from monitor.people.visitors import Visitor

type AllauthView = Callable[..., HttpResponse]

#: Each keeps a state in a session.
STARTS = throttle.Limit("sign-on-starts", burst=30, every=timedelta(seconds=20))
logger = logging.getLogger(__name__)
#: What a site that is down, slow or confused causes; requests' errors are OSErrors, and a NUL is a
#: DataError.
FAULTS = (
    SignOnFailedError,
    OAuth2Error,
    DataError,
    OSError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
)


#: The views of each provider: to its site, and back.
VIEWS: Mapping[str, tuple[AllauthView, AllauthView]] = {
    "openid_connect": (openid_connect.login, openid_connect.callback),
    "feishu": (feishu.oauth2_login, feishu.oauth2_callback),
    "dingtalk": (dingtalk.oauth2_login, dingtalk.oauth2_callback),
    "weixin": (weixin.oauth2_login, weixin.oauth2_callback),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, provider: str, **arguments: str) -> HttpResponse:
    """Lead to the other site by a page: our policy lets no form lead to another site."""
    site = _site(provider)
    if request.method != "POST":
        return redirect("monitor:login")
    if wait := throttle.take(STARTS, Visitor.of(request).network, timezone.now()):
        messages.warning(request, throttle.wait_in_words(wait))
        return redirect("monitor:login")
    # allauth adds to its redirect what the query says: nothing.
    request.GET = QueryDict()
    response = _guarded(request, site, VIEWS[provider][0], arguments)
    if isinstance(response, HttpResponseRedirect):
        return render(request, "doors/to_site.html", {"site": site, "url": response.url})
    return response


@never_cache
@require_safe
def back(request: HttpRequest, provider: str, **arguments: str) -> HttpResponse:
    """Answer the visitor whom the other site sends back."""
    return _guarded(request, _site(provider), VIEWS[provider][1], arguments)


def _site(provider: str) -> Site:
    for site in sites():
        if site.provider == provider:
            return site
    raise Http404


def _guarded(
    request: HttpRequest, site: Site, view: AllauthView, arguments: Mapping[str, str]
) -> HttpResponse:
    try:
        return view(request, **arguments)
    except NoAccountError as error:
        if error.email and settings.REGISTRATION == "open":
            return redirect(
                reverse("monitor:register", query={"address": links.join_token(error.email)})
            )
        return render(
            request, "doors/no_account.html", {"site": site, "email": error.email}, status=403
        )
    except FAULTS as error:
        logger.warning(
            "Single sign-on by %s: %s", site.key, type(error).__name__, exc_info=settings.DEBUG
        )
        return render(request, "doors/site_down.html", {"site": site}, status=502)
