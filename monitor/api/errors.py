"""Errors as problem details (RFC 9457): every answer from 400 on is one, also those that Django gives itself."""

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, RequestDataTooBig
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware
from django.utils.cache import patch_cache_control
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

ROOT = "/api/"
PROBLEM = "application/problem+json"
UNKNOWN_TOKEN = "Send a token that has not ended: Authorization: Bearer sw_..."  # noqa: S105 - Not a secret.
#: Every error, for the description of the API.
PROBLEM_RESPONSE = {
    "description": "A problem (RFC 9457)",
    "content": {
        PROBLEM: {
            "schema": {
                "type": "object",
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                    "errors": {"type": "array", "items": {"type": "object"}},
                },
                "required": ["type", "title", "status", "detail"],
            }
        }
    },
}

logger = logging.getLogger(__name__)


class RequestError(Exception):
    """Becomes a problem. `more` are further members of it, ready for JSON."""

    def __init__(self, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.more = status, detail, headers, more


def refused(*forms: tuple[str, BaseForm], renamed: Mapping[str, str] | None = None) -> RequestError:
    """The errors of forms that are not valid, each with the place of its values in the request, such as 'body'.

    `renamed`: fields that have another name in the request.
    """
    names = renamed or {}
    faults = [
        {"where": where if name == NON_FIELD_ERRORS else f"{where}.{names.get(name, name)}", "what": str(message)}
        for where, form in forms
        for name, messages in form.errors.items()
        for message in messages
    ]
    return RequestError(422, _in_one_line(faults), errors=faults)


def problem(status: int, detail: str = "", *, headers: Mapping[str, str] | None = None, **more: Any) -> HttpResponse:
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail or title, **more}
    return JsonResponse(body, status=status, content_type=PROBLEM, headers=dict(headers or {}))


def handle_errors(api: NinjaAPI) -> None:
    """Let exceptions of the API's views become problems."""
    api.add_exception_handler(RequestError, _api_error)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(HttpError, _unreadable)
    api.add_exception_handler(Http404, lambda _request, _error: problem(404))
    api.add_exception_handler(RequestDataTooBig, lambda _request, _error: problem(413))
    api.add_exception_handler(AuthenticationError, _no_token)
    api.add_exception_handler(Exception, _fault)


def _api_error(_request: HttpRequest, error: Any) -> HttpResponse:
    return problem(error.status, error.detail, headers=error.headers, **error.more)


def _unreadable(_request: HttpRequest, error: Any) -> HttpResponse:
    return problem(error.status_code, str(error))


def _no_token(_request: HttpRequest, _error: Any) -> HttpResponse:
    return problem(401, UNKNOWN_TOKEN, headers={"WWW-Authenticate": "Bearer"})


def _invalid(_request: HttpRequest, error: Any) -> HttpResponse:
    """`where` is the way to the bad value, such as 'query.limit'."""
    errors = [{"where": _where(*fault["loc"]), "what": fault["msg"]} for fault in error.errors]
    return problem(422, _in_one_line(errors), errors=errors)


def _in_one_line(faults: Iterable[Mapping[str, str]]) -> str:
    return "; ".join(f"{fault['where']}: {fault['what']}" for fault in faults)


def _fault(request: HttpRequest, error: Any) -> HttpResponse:
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(500)


def _where(place: str, *way: str | int) -> str:
    """'body.limit' for ('body', 'body', 'limit'): the parameter's own name is left out."""
    return ".".join(map(str, (place, *(way[1:] if place == way[0] else way))))


class ApiMiddleware(ConditionalGetMiddleware):
    """Below /api/ no cookie is read, Django's own error pages become problems, reads answer `If-None-Match`, and HEAD
    is answered as GET, without the body."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(ROOT):
            request.COOKIES = {}
            if request.method == "HEAD":
                request.method = "GET"

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not request.path_info.startswith(ROOT):
            return response
        if response.status_code >= HTTPStatus.BAD_REQUEST and response.headers.get("Content-Type") != PROBLEM:
            kept = {name: value for name, value in response.headers.items() if name == "Allow"}
            response = problem(response.status_code, headers=kept)
        patch_cache_control(response, private=True, no_cache=True)
        answer: HttpResponseBase = super().process_response(request, response)
        if request.META["REQUEST_METHOD"] == "HEAD":
            request.method = "HEAD"
            answer.content = b""  # type: ignore[attr-defined]
        return answer
