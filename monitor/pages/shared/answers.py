"""What all views share: the login, a whole page or only a region of it, refreshes of open pages,
and values in addresses."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial, wraps
from hashlib import blake2b
from typing import Any, Concatenate, cast
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
)
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import (
    get_conditional_response,
    patch_cache_control,
    patch_vary_headers,
)
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from monitor.models import Product, User
from monitor.pages.shared.downloads import download
from monitor.people.proof import proved_within
from monitor.showing.history.reads import product_for
from monitor.showing.reads.frame import PageFrame, read_frame

#: The token of a form, which each answer masks anew.
CSRF_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="\w+"')
#: How long after a login or a confirmation no password is asked for again.
PROOF_LASTS = timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


class PageRequest(HttpRequest):
    """A request of a signed-in user."""

    htmx: HtmxDetails
    user: User
    now: datetime
    #: See `frame_of`.
    frame: PageFrame | None


type View[**P, R: HttpRequest] = Callable[Concatenate[R, P], HttpResponseBase]


def signed_in[**P](
    *methods: str, is_file: bool = False
) -> Callable[[View[P, PageRequest]], View[P, HttpRequest]]:
    """Require a login, then one of the methods; GET allows HEAD. Shared caches must not keep the
    answer, which varies with `HX-Request`. An answer that `is_file` has limits: see `download`."""
    allowed = [*methods, "HEAD"] if "GET" in methods else list(methods)

    def decorate(view: View[P, PageRequest]) -> View[P, HttpRequest]:
        checked = require_http_methods(allowed)(view)

        @wraps(view)
        def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            page = cast("PageRequest", request)
            if request.user.is_authenticated:
                page.now, page.frame = timezone.now(), None
                make = partial(checked, page, *args, **kwargs)
                response = download(page.user, page.now, make) if is_file else make()
            else:
                response = _redirect_to_login(page)
            patch_vary_headers(response, ["HX-Request"])
            patch_cache_control(response, private=True, no_cache=True)
            return response

        return answer

    return decorate


def behind_link[Found](
    find: Callable[[str], Found | None], **over: str
) -> Callable[[Callable[[HttpRequest, Found], HttpResponse]], Callable[..., HttpResponse]]:
    """Make a view for a link in a mail. `find` reads the link's token; the view gets what it
    returns. No login is needed.

    If `find` returns None, the answer is the page of links that no longer work; `over` has its
    words."""

    def decorate(view: Callable[[HttpRequest, Found], HttpResponse]) -> Callable[..., HttpResponse]:
        @never_cache
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def answer(request: HttpRequest, **token: str) -> HttpResponse:
            found = find(*token.values())
            return (
                render(request, "doors/over.html", over, status=404)
                if found is None
                else view(request, found)
            )

        return answer

    return decorate


def _redirect_to_login(request: PageRequest) -> HttpResponse:
    """Redirect to the login and back. The login page says if a session has ended, and if an action
    was not done."""
    has_ended = bool(request.htmx) or settings.SESSION_COOKIE_NAME in request.COOKIES
    is_read = request.method in ("GET", "HEAD")
    notice = "?ended=undone" if not is_read else "?ended=1" if has_ended else ""
    login = resolve_url(settings.LOGIN_URL) + notice
    if not request.htmx:
        return redirect_to_login(
            request.get_full_path() if is_read else page_before(request), login
        )
    # HTMX would follow a plain redirect and swap the login form into a region of the page.
    return HttpResponseClientRedirect(
        redirect_to_login(request.htmx.current_url_abs_path or "", login).url
    )


def needs_proof(request: PageRequest) -> bool:
    """Return whether a sensitive change would ask for the password first."""
    return not proved_within(request, PROOF_LASTS)


def proof_wanted(request: PageRequest, then: str = "") -> HttpResponse | None:
    """Return the page that asks for the password before what cannot be undone; None if the user has
    just proved who they are. It leads on to the address `then`, or back to the page before."""
    if not needs_proof(request):
        return None
    url = reverse("account_reauthenticate", query={"next": then or page_before(request)})
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)


def page_before(request: HttpRequest) -> str:
    """Return the address of our page that sent a form; '' if the browser does not say."""
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}):
        return ""
    return urlunsplit(urlsplit(referer)._replace(scheme="", netloc="", fragment=""))


def wants_region(request: PageRequest) -> bool:
    """Return whether HTMX asks for a region only. To restore a page from history it needs the whole
    page."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def frame_of(request: PageRequest) -> PageFrame:
    """Return what the frame shows, read once a request."""
    if request.frame is None:
        request.frame = read_frame(request.user, request.now)
    return request.frame


def is_refresh(request: PageRequest) -> bool:
    """Return whether an open page asks by itself for something newer than the version it names."""
    return "If-None-Match" in request.headers and wants_region(request)


def page(
    request: PageRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    region: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render `template`, or its partial `region` if HTMX asks for a region.

    A refresh also gets the frame's changes, or 304 if the open page has all of this already."""
    name = f"{template}#{region}" if region and wants_region(request) else template
    shared = {
        "frame": frame_of(request),
        "is_refresh": is_refresh(request),
        "is_region": "#" in name,
    }
    response = render(request, name, {**context, **shared}, status=status)
    if not is_refresh(request):
        return response
    response.write(render_to_string("parts/frame.html", shared, request))
    etag = f'W/"{blake2b(CSRF_TOKEN.sub(b"", response.content), digest_size=10).hexdigest()}"'
    response["ETag"] = etag
    return cast("HttpResponse", get_conditional_response(request, etag, response=response))


def number_in(text: str, most_digits: int = 18) -> int | None:
    """Return the whole number that an address or a form names; None if it names none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= most_digits else None


def page_number(query: QueryDict) -> int:
    number = number_in(query.get("page", ""), 7)
    return 1 if number is None else number


def page_missed(request: HttpRequest, shown: int) -> str:
    """Return the page that the address names if another one is shown; else ''."""
    asked = request.GET.get("page", "")
    return "" if request.method == "POST" or asked in ("", str(shown)) else asked


def find_product(request: PageRequest, num_iid: str) -> Product:
    """Return the product of that ID if the user watches it, else 404."""
    try:
        return product_for(request.user, num_iid, request.now)
    except Product.DoesNotExist:
        raise Http404 from None
