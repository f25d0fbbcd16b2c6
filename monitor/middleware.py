"""Pages know their visitor: sessions remember the browser, and pages speak the reader's language in his zone.

And they travel compressed.
"""

import zoneinfo
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.views import defaults

from monitor.accounts.sessions import SessionStore
from monitor.accounts.visitors import Visitor


class CompressionMiddleware(GZipMiddleware):
    """Django's own, for text alone: a workbook is compressed in itself.

    It hides the length of what it sends behind up to a hundred random bytes, and our forms' tokens are masked anew for
    every page, so that lengths tell nothing of the secrets in a page (BREACH). Streams stay streams.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.get("Content-Type", "").partition(";")[0]
        is_text = kind.startswith("text/") or kind.endswith("json")
        return super().process_response(request, response) if is_text else response


class PermissionsPolicyMiddleware:
    """Says in `Permissions-Policy` which of the browser's features no page may use: `PERMISSIONS_POLICY_DENIED`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.policy = ", ".join(f"{feature}=()" for feature in settings.PERMISSIONS_POLICY_DENIED)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Permissions-Policy"] = self.policy
        return response


class VisitorSessionMiddleware(SessionMiddleware):
    """Django's own, whose sessions know which browser at which address they belong to, and when it was last here."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        assert isinstance(request.session, SessionStore)
        request.session.visitor = Visitor.of(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        assert isinstance(request.session, SessionStore)
        request.session.note_visit()
        return response


class ReaderMiddleware:
    """Activates the signed-in user's language and time zone.

    It stands after AuthenticationMiddleware. For everybody else LocaleMiddleware has chosen the language.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = settings.DEFAULT_USER_TIME_ZONE
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
            zone = request.user.time_zone
        with timezone.override(_zone(zone)):
            return self.get_response(request)


def _zone(name: str) -> zoneinfo.ZoneInfo:
    """A zone that this machine's database no longer has gives way to the default: a page is better than none."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo(settings.DEFAULT_USER_TIME_ZONE)


class NotAllowedMiddleware:
    """Whoever opens an address that only takes forms is led back by a page of ours, not left with the browser's own.

    Exchanges and the sandbox have no use for a page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        match = request.resolver_match
        is_page = match is not None and "monitor" in match.app_names and "HX-Request" not in request.headers
        if is_page and isinstance(response, HttpResponseNotAllowed):
            response.content = render_to_string("405.html", request=request).encode()
        return response


class OwnNotFoundMiddleware:
    """With DEBUG too, what is not there is said in the look of the site; only what breaks shows Django's traceback.

    It stands last: what no view was found for has already become Django's technical page here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_nowhere = response.status_code == HTTPStatus.NOT_FOUND and request.resolver_match is None
        return defaults.page_not_found(request, Http404()) if is_nowhere else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return defaults.page_not_found(request, exception) if isinstance(exception, Http404) else None
