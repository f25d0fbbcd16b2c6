"""Middleware: headers, sessions, the user's language and time zone, error pages."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.views import defaults
from structlog.contextvars import bind_contextvars, clear_contextvars

from monitor.people import audit
from monitor.people.sessions import SessionStore
from monitor.people.throttle import TooOftenError, wait_in_words
from monitor.people.timing.times import zone_of
from monitor.people.visitors import Visitor
from monitor.telemetry.metrics import observe_request
from monitor.telemetry.probes import PROBES

logger = logging.getLogger(__name__)
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class _Middleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response


class ProbeMiddleware(_Middleware):
    """Answers programs of the operator. It comes first: no session, no redirect to https, and any
    name of the host, for load balancers call a machine by its address."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = PROBES.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        response = probe(request)
        response["Cache-Control"], response["X-Content-Type-Options"] = "no-store", "nosniff"
        return response


class RequestMiddleware(_Middleware):
    """Gives each request an ID, names it to the log, counts it, and logs how it was answered.

    The ID is ours; only a trusted proxy may give another one.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        begun, given = (
            time.perf_counter(),
            request.headers.get("X-Request-ID", "") if settings.TRUST_PROXY else "",
        )
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        clear_contextvars()
        bind_contextvars(request=request_id, method=request.method)
        response = self.get_response(request)
        page = request.resolver_match.view_name if request.resolver_match else "none"
        seconds = time.perf_counter() - begun
        observe_request(page, response.status_code, seconds)
        # Not the address: it may hold a secret, or words that the user searched.
        logger.info(
            "%s %s: %d in %.0f ms", request.method, page, response.status_code, seconds * 1000
        )
        response["X-Request-ID"] = request_id
        return response

    def process_view(self, request: HttpRequest, *view: Any) -> None:
        """Name the route to the log as soon as it is known."""
        assert request.resolver_match
        bind_contextvars(route=request.resolver_match.view_name)


@receiver(request_finished)
def end_names(**kwargs: Any) -> None:
    """Drop what named the request to the log: Django logs errors after all middleware."""
    clear_contextvars()


class PermissionsPolicyMiddleware(_Middleware):
    """Sets the header `Permissions-Policy`, which Django does not know."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Permissions-Policy"] = settings.PERMISSIONS_POLICY
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
    """Activates the signed-in user's language and time zone, and names the user to the audit log.
    It comes after AuthenticationMiddleware.

    Without a user, LocaleMiddleware has chosen the language.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user if request.user.is_authenticated else None
        if user:
            translation.activate(user.language)
            request.LANGUAGE_CODE = translation.get_language()
            bind_contextvars(user=user.pk)
        with timezone.override(zone_of(user)), audit.acting(user, Visitor.of(request).network):
            return self.get_response(request)


class NotAllowedMiddleware(_Middleware):
    """Shows an error page to users who open an address that only accepts forms, or do something too
    often.

    HTMX requests and the sandbox need no page: a script shows the sentence.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        match = request.resolver_match
        is_page = (
            match is not None
            and "monitor" in match.app_names
            and "HX-Request" not in request.headers
        )
        if is_page and isinstance(response, HttpResponseNotAllowed):
            response.content = render_to_string("405.html", request=request).encode()
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, TooOftenError):
            return None
        sentence = wait_in_words(exception.wait)
        if "HX-Request" in request.headers:
            return HttpResponse(
                sentence, status=429, headers=exception.headers, content_type="text/plain"
            )
        text = render_to_string(
            "429.html", {"sentence": sentence, "advice": exception.advice}, request
        )
        return HttpResponse(text, status=429, headers=exception.headers)


class OwnNotFoundMiddleware(_Middleware):
    """Shows the site's 404 page even with DEBUG. Other errors show Django's traceback.

    It comes last, so here an address without a view has already become Django's technical page.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        has_no_view = (
            response.status_code == HTTPStatus.NOT_FOUND and request.resolver_match is None
        )
        return defaults.page_not_found(request, Http404()) if has_no_view else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return (
            defaults.page_not_found(request, exception) if isinstance(exception, Http404) else None
        )
