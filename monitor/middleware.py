"""Middleware: compression, headers, sessions, the user's language and time zone, and error pages."""

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

from monitor import audit
from monitor.accounts.sessions import SessionStore
from monitor.accounts.visitors import Visitor
from monitor.throttle import TooOftenError, wait_in_words
from monitor.timing.plans import zone_of


class _Middleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response


class CompressionMiddleware(GZipMiddleware):
    """Django's, but only for text: workbooks are compressed already.

    Django adds up to 100 random bytes and masks form tokens anew for every page, so lengths reveal no secrets (BREACH).
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.get("Content-Type", "").partition(";")[0]
        is_text = kind.startswith("text/") or kind.endswith("json")
        return super().process_response(request, response) if is_text else response


class PermissionsPolicyMiddleware(_Middleware):
    """Sets the header `Permissions-Policy`: no page may use what `PERMISSIONS_POLICY_DENIED` names, and only our own
    pages what `PERMISSIONS_POLICY_OWN` names."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        denied = [f"{feature}=()" for feature in settings.PERMISSIONS_POLICY_DENIED]
        self.policy = ", ".join([*denied, *(f"{feature}=(self)" for feature in settings.PERMISSIONS_POLICY_OWN)])

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Permissions-Policy"] = self.policy
        return response


class VisitorSessionMiddleware(SessionMiddleware):
    """Django's, with sessions that record the browser, its address and the last visit."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        assert isinstance(request.session, SessionStore)
        request.session.visitor = Visitor.of(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        assert isinstance(request.session, SessionStore)
        request.session.note_visit()
        return response


class ReaderMiddleware(_Middleware):
    """Activates the signed-in user's language and time zone, and names the user to the audit log. It comes after
    AuthenticationMiddleware.

    Without a user, LocaleMiddleware has chosen the language.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user if request.user.is_authenticated else None
        if user:
            translation.activate(user.language)
            request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(zone_of(user)), audit.acting(user, Visitor.of(request).network):
            return self.get_response(request)


class NotAllowedMiddleware(_Middleware):
    """Shows an error page to users who open an address that only accepts forms, or do something too often.

    HTMX requests and the sandbox need no page: a script shows the sentence.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        match = request.resolver_match
        is_page = match is not None and "monitor" in match.app_names and "HX-Request" not in request.headers
        if is_page and isinstance(response, HttpResponseNotAllowed):
            response.content = render_to_string("405.html", request=request).encode()
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, TooOftenError):
            return None
        sentence = wait_in_words(exception.wait)
        if "HX-Request" in request.headers:
            return HttpResponse(sentence, status=429, headers=exception.headers, content_type="text/plain")
        text = render_to_string("429.html", {"sentence": sentence, "advice": exception.advice}, request)
        return HttpResponse(text, status=429, headers=exception.headers)


class OwnNotFoundMiddleware(_Middleware):
    """Shows the site's 404 page even with DEBUG. Other errors show Django's traceback.

    It comes last, so here an address without a view has already become Django's technical page.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        has_no_view = response.status_code == HTTPStatus.NOT_FOUND and request.resolver_match is None
        return defaults.page_not_found(request, Http404()) if has_no_view else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return defaults.page_not_found(request, exception) if isinstance(exception, Http404) else None
