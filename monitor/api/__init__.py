"""The JSON API for programs, below /api/v1/: the reads and writes of the pages, with a token
instead of a session.

`docs/api.md` explains it to its users, and `/api/v1/openapi.json` describes every address.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property, wraps
from typing import Any

from django.conf import settings
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from monitor.api import (
    alerts,
    changes,
    channels,
    follows,
    imports,
    products,
    rivals,
    rules,
    shops,
    usage,
    watchlists,
)
from monitor.api.auth import READS, ApiRequest, TokenAuth
from monitor.api.description import complete
from monitor.api.errors import handle_errors, invalid
from monitor.models import AuditKind
from monitor.people import audit, throttle

#: A body with more errors than this gets one error with their number.
MOST_LISTED = 1000
#: Recorded writes of one token: a program must not fill the table.
RECORDED = throttle.Limit("api-recorded", burst=100, every=timedelta(minutes=1))


class Api(NinjaAPI):
    """Each operation is named after its view, and takes no parameters but those of its
    description."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def get_openapi_schema(self, **_where: Any) -> OpenAPISchema:
        return self._schema

    @cached_property
    def _schema(self) -> OpenAPISchema:
        schema = super().get_openapi_schema()
        complete(schema)
        return schema

    def validation_error_from_error_contexts(self, error_contexts: list[Any]) -> ValidationError:
        """Bound the memory: an error takes a kilobyte, and a body can have 100,000 unknown
        fields."""
        count = sum(context.pydantic_validation_error.error_count() for context in error_contexts)
        if count > MOST_LISTED:
            error = ValidationError([{"loc": ("body", "body"), "msg": f"{count} errors"}])
        else:
            error = super().validation_error_from_error_contexts(error_contexts)
        error_contexts.clear()  # They refer to the frame that has caught them, and it to the body.
        return error

    @cached_property
    def known_queries(self) -> dict[str, list[str]]:
        """The names of the query parameters of each operation."""
        operations = [
            operation for path in self._schema["paths"].values() for operation in path.values()
        ]
        return {
            operation["operationId"]: [
                row["name"] for row in operation["parameters"] if row["in"] == "query"
            ]
            for operation in operations
        }


def known_and_recorded(view: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse query parameters that the operation does not have: a filter with a wrong name would
    filter nothing. Record a request that has changed something."""

    @wraps(view)
    def act(request: ApiRequest, *args: Any, **kwargs: Any) -> Any:
        known = api.known_queries[view.__name__]
        for name in request.GET:
            if name not in known:
                what = f"There is no such parameter. Known: {', '.join(known) or 'none'}."
                raise invalid(f"query.{name}", what, "unknown-parameter")
        answer = view(request, *args, **kwargs)
        caller = request.auth
        # Trials change nothing.
        is_write = request.method not in READS and not request.path_info.endswith("/trial")
        if is_write and not throttle.take(RECORDED, str(caller.token.pk), caller.now):
            audit.record(AuditKind.API_WRITE, what=f"{request.method} {request.path_info}")
        return answer

    return act


api = Api(
    title="Stallwatch",
    version="1",
    description="Watch products, and read what changed.",
    urls_namespace="api",
    auth=TokenAuth(),
    servers=[{"url": settings.SITE_URL}],
)
handle_errors(api)
api.add_decorator(known_and_recorded)
for noun in (
    products,
    changes,
    shops,
    follows,
    watchlists,
    rivals,
    imports,
    rules,
    alerts,
    channels,
    usage,
):
    api.add_router("", noun.router)
