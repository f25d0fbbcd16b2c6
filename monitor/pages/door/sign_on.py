"""Single sign-on: to another site and back. allauth's views, with pages for what may go wrong on the way."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.socialaccount.providers.dingtalk import views as dingtalk
from allauth.socialaccount.providers.feishu import views as feishu
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from allauth.socialaccount.providers.weixin import views as weixin
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from monitor.accounts import links
from monitor.accounts.sign_on import NoAccountError, SignOnFailedError, Site, sites

logger = logging.getLogger(__name__)
#: What a site that is down, slow or confused causes; requests' errors are OSErrors.
FAULTS = (SignOnFailedError, OAuth2Error, OSError, LookupError, ValueError, TypeError, AttributeError)


def _site(provider: str) -> Site:
    for site in sites():
        if site.provider == provider:
            return site
    raise Http404


def _start(provider: str, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """To the other site, by a page: our policy lets no form lead to another site."""

    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def start(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        site = _site(provider)
        if request.method != "POST":
            return redirect("monitor:login")
        response = _guarded(request, site, view, kwargs)
        if isinstance(response, HttpResponseRedirect):
            return render(request, "doors/to_site.html", {"site": site, "url": response.url})
        return response

    return start


def _back(provider: str, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The page to which the other site leads back."""

    @never_cache
    @require_safe
    @wraps(view)
    def back(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return _guarded(request, _site(provider), view, kwargs)

    return back


def _guarded(request: HttpRequest, site: Site, view: Callable[..., HttpResponse], kwargs: Any) -> HttpResponse:
    try:
        return view(request, **kwargs)
    except NoAccountError as error:
        if error.email and settings.REGISTRATION == "open":
            return redirect(reverse("monitor:register", query={"address": links.join_token(error.email)}))
        return render(request, "doors/no_account.html", {"site": site, "email": error.email}, status=403)
    except FAULTS as error:
        logger.warning("Single sign-on by %s: %s", site.key, type(error).__name__, exc_info=settings.DEBUG)
        return render(request, "doors/site_down.html", {"site": site}, status=502)


oidc, oidc_back = _start("openid_connect", openid_connect.login), _back("openid_connect", openid_connect.callback)
feishu_start, feishu_back = _start("feishu", feishu.oauth2_login), _back("feishu", feishu.oauth2_callback)
dingtalk_start, dingtalk_back = _start("dingtalk", dingtalk.oauth2_login), _back("dingtalk", dingtalk.oauth2_callback)
weixin_start, weixin_back = _start("weixin", weixin.oauth2_login), _back("weixin", weixin.oauth2_callback)
