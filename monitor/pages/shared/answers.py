"""What all pages share: who may see them, whether a whole page or only one region of it is asked for, and whether what
somebody has is still so."""

from collections.abc import Callable, Container, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, cast
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from monitor.history.freshness import PageVersion, digest_of, has_news
from monitor.models import User
from monitor.planning.frame import Shell, shell


class PageRequest(HttpRequest):
    """A request of somebody who is signed in."""

    htmx: HtmxDetails
    user: User
    now: datetime
    #: See `frame_of`.
    frame: Shell | None
    #: The version of what is shown, '' where nobody asks for that.
    version: str


def signed_in[**P](
    view: Callable[Concatenate[PageRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Ask for a login first; pages of signed-in people are kept in no shared cache, and vary with `HX-Request`."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        page = cast("PageRequest", request)
        if request.user.is_authenticated:
            page.now, page.frame, page.version = timezone.now(), None, ""
            response: HttpResponseBase = view(page, *args, **kwargs)
        else:
            response = _to_login(page)
        patch_vary_headers(response, ["HX-Request"])
        patch_cache_control(response, private=True, no_cache=True)
        return response

    return answer


def _to_login(request: PageRequest) -> HttpResponse:
    """Away to the login and back; there it is said where a session has ended, and whether something was not done."""
    has_ended = bool(request.htmx) or settings.SESSION_COOKIE_NAME in request.COOKIES
    is_read = request.method in ("GET", "HEAD")
    how = "?ended=undone" if not is_read else "?ended=1" if has_ended else ""
    door = resolve_url(settings.LOGIN_URL) + how
    if not request.htmx:
        return redirect_to_login(request.get_full_path() if is_read else page_before(request), door)
    # A redirect of the exchange itself would put the login form into the region of the page.
    here = request.htmx.current_url_abs_path or ""
    return HttpResponseClientRedirect(redirect_to_login(here, door).url)


def page_before(request: HttpRequest) -> str:
    """The page of ours on which a form was sent off; '' where that is not told."""
    told = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(told, {request.get_host()}):
        return ""
    return urlunsplit(urlsplit(told)._replace(scheme="", netloc="", fragment=""))


def wants_region(request: PageRequest) -> bool:
    """Whether HTMX asks for a region only. When it restores a page from history, it wants the whole."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def frame_of(request: PageRequest) -> Shell:
    """What the frame shows, read once for a request."""
    if request.frame is None:
        request.frame = shell(request.user, request.now)
    return request.frame


def is_refresh(request: PageRequest) -> bool:
    """Whether an open page asks by itself whether there is something new; it says which version it has."""
    return "If-None-Match" in request.headers and wants_region(request)


def version(request: PageRequest, *facts: object, tells_news: bool = False) -> str:
    """The version of what depends on `facts`, beside the frame and the reader's settings; what `tells_news` depends on
    the reader's products, too."""
    return str(PageVersion(_digest(request, tells_news, *facts), frame_of(request).newest if tells_news else ()))


def not_modified(request: PageRequest, *facts: object, tells_news: bool = False) -> HttpResponse | None:
    """The answer to an open page whose version still holds; None for every other request. Two queries at most."""
    asked = PageVersion.parse(request.headers["If-None-Match"]) if is_refresh(request) else None
    holds = asked is not None and asked.digest == _digest(request, tells_news, *facts)
    if asked is None or not holds or (tells_news and has_news(request.user, asked.newest)):
        request.version = version(request, *facts, tells_news=tells_news)
        return None
    # The version stays that of the page which the reader has.
    return HttpResponseNotModified(headers={"ETag": request.headers["If-None-Match"]})


def _digest(request: PageRequest, *facts: object) -> str:
    user = request.user
    reader = (user.pk, user.email, user.name, user.language, user.time_zone, user.is_staff, user.alerts_read_before)
    # Another session has other tokens in its forms.
    asks = (*reader, user.refused_address, user.refusal, request.session.session_key, timezone.localdate(request.now))
    return digest_of(*asks, frame_of(request).gist, *facts)


def page(
    request: PageRequest, template: str, context: Mapping[str, Any], *, region: str = "", status: int = 200
) -> HttpResponse:
    """Render `template`, or its partial `region` when HTMX asks for that.

    An open page that asked by itself is given what moved in its frame, too.
    """
    name = f"{template}#{region}" if region and wants_region(request) else template
    shared = {
        "shell": frame_of(request),
        "version": request.version,
        "frame_version": version(request),
        "is_refresh": is_refresh(request),
        "is_region": "#" in name,
    }
    response = render(request, name, {**context, **shared}, status=status)
    if is_refresh(request):
        response.write(render_to_string("parts/frame.html", shared, request))
        response["ETag"] = f'W/"{request.version}"'
    return response


def page_number(query: QueryDict) -> int:
    """The page asked for, or the first one."""
    text = query.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def page_missed(query: QueryDict, shown: int) -> str:
    """The page asked for where it is not the one shown; else ''."""
    asked = query.get("page", "")
    return "" if asked in ("", str(shown)) else asked


def odd(query: QueryDict, name: str, choices: Container[str]) -> list[tuple[str, str, str]]:
    """What the address asks for that is none of the choices, as `Filters.ignored` tells it."""
    asked = query.get(name, "")
    return [] if not asked or asked in choices else [(name, asked, "")]
