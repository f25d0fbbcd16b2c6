"""The description of the API (OpenAPI): what django-ninja writes, errors and headers of operations,
and the webhook."""

import json
from http import HTTPStatus
from typing import Any

from monitor.api.errors import KINDS, PROBLEM, TYPE_PREFIX
from monitor.api.schemas import ProblemDetails
from monitor.api.webhooks import WEBHOOKS, WebhookMessage

_REF = "#/components/{}/{}"
#: What every operation may answer, one with an ID in its path, and one that reads a body.
_ALWAYS, _WITH_ID, _WITH_BODY = {401, 403, 422, 429, 500}, {404}, {400, 413}
_HEADERS = {
    "RateLimit-Policy": "`q` requests may be made at once, and come back within `w` seconds: "
    '`"token";q=120;w=60`.',
    "RateLimit": "`r` requests are left, and all of them again in `t` seconds: "
    '`"token";r=119;t=1`.',
    "Retry-After": "Seconds to wait before the next request.",
    "ETag": "The version of the answer, for `If-None-Match`.",
}
_IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "description": "`ETag` of an earlier answer: 304 if it is still the same",
    "schema": {"type": "string", "pattern": "^.*$"},
    "example": '"2f0c5d"',
}


def may_answer(*kinds: str) -> dict[str, Any]:
    """Return, for `openapi_extra`, kinds of errors of an operation besides those of all operations
    of its form."""
    return {"responses": {KINDS[kind]: {} for kind in kinds}}


def complete(document: dict[str, Any]) -> None:
    """Add what django-ninja leaves out: each operation's errors by status, headers, descriptions of
    shared types, and the webhook."""
    document["webhooks"] = WEBHOOKS
    components = document["components"]
    for model in (ProblemDetails, WebhookMessage):
        schema = model.model_json_schema(
            False, _REF.format("schemas", "{model}"), mode="serialization"
        )
        components["schemas"] |= {**schema.pop("$defs"), model.__name__: schema}
    components["responses"] = {str(status): _problem(status) for status in {*KINDS.values()}}
    components["headers"] = {
        name: {"description": text, "schema": {"type": "string"}} for name, text in _HEADERS.items()
    }
    for schema in components["schemas"].values():
        for field in schema.get("properties", {}).values():
            _lift(field)
    for path in document["paths"].values():
        for method, operation in path.items():
            _complete(method, operation)
    # Sets of parameters are described as such already.
    text = json.dumps(document)
    for name in list(components["schemas"]):
        if f'schemas/{name}"' not in text:
            del components["schemas"][name]


def _problem(status: int) -> dict[str, Any]:
    """Return the description of a problem, to which operations refer by its status."""
    kinds = [f"`{TYPE_PREFIX}{kind}`" for kind, its_status in KINDS.items() if its_status == status]
    return {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(kinds)}",
        "content": {PROBLEM: {"schema": {"$ref": _REF.format("schemas", "ProblemDetails")}}},
        "headers": _headers("Retry-After") if status == HTTPStatus.TOO_MANY_REQUESTS else {},
    }


def _headers(*names: str) -> dict[str, Any]:
    return {
        name: {"$ref": _REF.format("headers", name)}
        for name in (*names, "RateLimit", "RateLimit-Policy")
    }


def _complete(method: str, operation: dict[str, Any]) -> None:
    answers, parameters = operation["responses"], operation["parameters"]
    for answer in answers.values():
        answer["headers"] = _headers(*(["ETag"] if method == "get" else []))
    if method == "get":
        answers[304] = {"description": "Not changed since the `ETag` that `If-None-Match` names"}
    has_id = any(parameter["in"] == "path" for parameter in parameters)
    errors = (
        _ALWAYS
        | (_WITH_ID if has_id else set())
        | (_WITH_BODY if "requestBody" in operation else set())
    )
    for status in {*errors, *(status for status in answers if status >= HTTPStatus.BAD_REQUEST)}:
        answers[status] = {"$ref": _REF.format("responses", status)}
    for parameter in parameters:
        _lift(parameter["schema"])
        # Its examples are those of its schema: beside it they would have another form.
        parameter.pop("examples", None)
        parameter["description"] = parameter["schema"].get("description", "")
    if method == "get":
        parameters.append(_IF_NONE_MATCH)


def _lift(field: dict[str, Any]) -> None:
    """Copy the description of a field that may be `null` from its type to the field."""
    for part in field.get("anyOf", []):
        if "description" in part:
            field.setdefault("description", part.pop("description"))
