"""What all pages share: who may see them, and whether a whole page or only one region of it is asked for."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from monitor.dashboard.shell import shell
from monitor.models import User


class PageRequest(HttpRequest):
    """A request of somebody who is signed in."""

    htmx: HtmxDetails
    user: User
    now: datetime


def signed_in[**P](
    view: Callable[Concatenate[PageRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Ask for a login first; pages of signed-in people are kept in no shared cache, and vary with `HX-Request`."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        page = cast("PageRequest", request)
        if request.user.is_authenticated:
            page.now = timezone.now()
            response: HttpResponseBase = view(page, *args, **kwargs)
        else:
            response = _to_login(page)
        patch_vary_headers(response, ["HX-Request"])
        patch_cache_control(response, private=True, no_cache=True)
        return response

    return answer


def _to_login(request: PageRequest) -> HttpResponse:
    if not request.htmx:
        return redirect_to_login(request.get_full_path() if request.method == "GET" else "")
    # A redirect of the exchange itself would put the login form into the region of the page.
    here = request.htmx.current_url_abs_path or ""
    return HttpResponseClientRedirect(redirect_to_login(here).url)


def wants_region(request: PageRequest) -> bool:
    """Whether HTMX asks for a region only. When it restores a page from history, it wants the whole."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def page(
    request: PageRequest, template: str, context: Mapping[str, Any], *, region: str = "", status: int = 200
) -> HttpResponse:
    """Render `template`, or its partial `region` when HTMX asks for that.

    The frame is read for every page, unless the page has read it itself and gives it as `shell`.
    """
    name = f"{template}#{region}" if region and wants_region(request) else template
    frame = context.get("shell") or shell(request.user, request.now)
    return render(request, name, {**context, "shell": frame}, status=status)


def page_number(query: QueryDict) -> int:
    """The page asked for, or the first one."""
    text = query.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1
