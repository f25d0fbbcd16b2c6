"""Errors as problem details (RFC 9457): every answer from 400 on is one, also those that Django
gives itself."""

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, RequestDataTooBig
from django.core.exceptions import ValidationError as RefusedValues
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware
from django.utils.cache import patch_cache_control
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from monitor.people.allowances import AllowanceError
from monitor.people.throttle import TooOftenError, wait_in_words
from monitor.showing.reads.words import allowance_in_words
from monitor.watching.rules import RuleError

ROOT = "/api/"
PROBLEM = "application/problem+json"
#: Errors in one answer. Further ones are only counted.
MOST_ERRORS = 20
#: Characters of a place in a request: a program may send a name of a megabyte.
LONGEST_PLACE = 200
UNKNOWN_TOKEN = "Send a token that has not ended: Authorization: Bearer sw_..."  # noqa: S105 - Not a secret.
#: Each kind of problem and its status. Whoever raises an error names the kind. What Django itself
#: answers is the first kind of its status.
KINDS = {
    "malformed": 400,
    "no-token": 401,
    "forbidden": 403,
    "read-only-token": 403,
    "one-list-token": 403,
    "view-only": 403,
    "not-found": 404,
    "wrong-method": 405,
    "over-allowance": 409,
    "account-mailbox": 409,
    "not-possible": 409,
    "too-large": 413,
    "invalid": 422,
    "unknown-parameter": 422,
    "invalid-cursor": 422,
    "too-many-requests": 429,
    "fault": 500,
    "busy": 503,
}
_OF_STATUS = {status: kind for kind, status in reversed(KINDS.items())}
#: Where a body has what the domain names otherwise.
_SENT_AS = {
    NON_FIELD_ERRORS: "body",
    "interval": "body.interval_seconds",
    "soonest": "body.soonest_seconds",
    "target": "body.target_price",
}
#: Before a kind, its `type`. It names no address, because these differ from site to site.
TYPE_PREFIX = "urn:stallwatch:problem:"

logger = logging.getLogger(__name__)


class RequestError(Exception):
    """Becomes a problem of a kind of `KINDS`. `more` are further members of the problem, ready for
    JSON."""

    def __init__(self, kind: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.more = kind, detail, more


def invalid(where: str, what: str, kind: str = "invalid") -> RequestError:
    """Return the error for a refused value. `where` is the way to it, such as 'query.limit'."""
    return RequestError(kind, f"{where}: {what}", errors=[{"where": where, "what": what}])


def problem(
    kind: str, detail: str = "", *, headers: Mapping[str, str] | None = None, **more: Any
) -> HttpResponse:
    status = KINDS[kind]
    title = HTTPStatus(status).phrase
    body = {
        "type": TYPE_PREFIX + kind,
        "title": title,
        "status": status,
        "detail": detail or title,
        **more,
    }
    return JsonResponse(body, status=status, content_type=PROBLEM, headers=dict(headers or {}))


def handle_errors(api: NinjaAPI) -> None:
    """Let exceptions of the API's views become problems."""
    api.add_exception_handler(RequestError, _api_error)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(RefusedValues, _refused)
    api.add_exception_handler(HttpError, _unreadable)
    # Of an object that was deleted meanwhile, too.
    api.add_exception_handler(ObjectDoesNotExist, lambda _request, _error: problem("not-found"))
    api.add_exception_handler(Http404, lambda _request, _error: problem("not-found"))
    api.add_exception_handler(RequestDataTooBig, lambda _request, _error: problem("too-large"))
    api.add_exception_handler(AllowanceError, _beyond)
    api.add_exception_handler(RuleError, _bad_rule)
    api.add_exception_handler(TooOftenError, _too_often)
    api.add_exception_handler(AuthenticationError, _no_token)
    api.add_exception_handler(Exception, _fault)


def _api_error(_request: HttpRequest, error: Any) -> HttpResponse:
    return problem(error.kind, error.detail, **error.more)


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    """Describe values of the body that a rule of the domain refuses, by their fields."""
    if isinstance(error.__cause__, RuleError) and error.__cause__.most is not None:
        return _bad_rule(request, error.__cause__)
    faults = [
        {"where": _SENT_AS.get(name, f"body.{name}"), "what": str(message)}
        for name, errors in error.update_error_dict({}).items()
        for message in RefusedValues(errors).messages
    ]
    return problem("invalid", _in_one_line(faults), errors=faults)


def _unreadable(_request: HttpRequest, error: Any) -> HttpResponse:
    return problem(_kind_of(error.status_code), str(error))


def _beyond(_request: HttpRequest, error: Any) -> HttpResponse:
    more = {"limit": error.limit, "most": error.most, "left": error.left}
    return problem("over-allowance", allowance_in_words(error), **more)


def _bad_rule(_request: HttpRequest, error: Any) -> HttpResponse:
    if error.most is not None:
        return problem("over-allowance", str(error), limit="rules", most=error.most, left=0)
    faults = [
        {
            "where": ".".join(filter(None, ["body", place and f"also.{place - 1}", field])),
            "what": str(message),
        }
        for message, field, place, _most in error.faults
    ]
    return problem("invalid", _in_one_line(faults), errors=faults)


def _too_often(_request: HttpRequest, error: Any) -> HttpResponse:
    return problem("too-many-requests", wait_in_words(error.wait), headers=error.headers)


def _no_token(_request: HttpRequest, _error: Any) -> HttpResponse:
    return problem("no-token", UNKNOWN_TOKEN, headers={"WWW-Authenticate": "Bearer"})


def _invalid(_request: HttpRequest, error: Any) -> HttpResponse:
    """Describe invalid values. `where` is the way to each, such as 'query.limit'."""
    error.__traceback__ = None  # Its frames refer to it, and to the request's body.
    errors = [
        {"where": _where(*fault["loc"]), "what": fault["msg"]}
        for fault in error.errors[:MOST_ERRORS]
    ]
    more = max(0, len(error.errors) - MOST_ERRORS)
    return problem("invalid", _in_one_line(errors), errors=errors, more_errors=more)


def _in_one_line(faults: Iterable[Mapping[str, str]]) -> str:
    return "; ".join(f"{fault['where']}: {fault['what']}" for fault in faults)


def _fault(request: HttpRequest, error: Any) -> HttpResponse:
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem("fault")


def _kind_of(status: int) -> str:
    """Return the kind of an answer that Django gives by itself."""
    return _OF_STATUS.get(
        status, "fault" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "malformed"
    )


def _where(place: str, *way: str | int) -> str:
    """Return 'body.limit' for ('body', 'body', 'limit'), without the parameter's own name."""
    return ".".join(map(str, (place, *(way[1:] if place == way[0] else way))))[:LONGEST_PLACE]


class ApiMiddleware(ConditionalGetMiddleware):
    """Below /api/ no cookie is read, Django's own error pages become problems, reads answer
    `If-None-Match`, HEAD is answered as GET without the body, and every answer to a token says how
    much of its rate limit is left."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(ROOT):
            request.COOKIES = {}
            if request.method == "HEAD":
                request.method = "GET"

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not request.path_info.startswith(ROOT):
            return response
        if (
            response.status_code >= HTTPStatus.BAD_REQUEST
            and response.headers.get("Content-Type") != PROBLEM
        ):
            kept = {name: value for name, value in response.headers.items() if name == "Allow"}
            response = problem(_kind_of(response.status_code), headers=kept)
        patch_cache_control(response, private=True, no_cache=True)
        answer: HttpResponseBase = super().process_response(request, response)
        for name, value in getattr(request, "rate_limit", {}).items():
            answer[name] = value
        if request.META["REQUEST_METHOD"] == "HEAD":
            request.method = "HEAD"
            answer.content = b""  # type: ignore[attr-defined]
        return answer
