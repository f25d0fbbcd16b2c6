"""The JSON API for programs, below /api/v1/: the reads and writes of the pages, with a token instead of a session.

`docs/api.md` explains it to its users, and `/api/v1/openapi.json` describes every address.
"""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from monitor.api import alerts, changes, channels, imports, products, rules, shops, usage, watchlists
from monitor.api.auth import TokenAuth
from monitor.api.errors import PROBLEM_RESPONSE, handle_errors
from monitor.api.recorded import recorded


class Api(NinjaAPI):
    """Its description names each operation after its view, and says what an error looks like."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def get_openapi_schema(self, **where: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**where)
        for methods in schema["paths"].values():
            for operation in methods.values():
                operation["responses"]["default"] = PROBLEM_RESPONSE
        return schema


api = Api(
    title="Stallwatch",
    version="1",
    description="Watch products, and read what changed.",
    # Its page of documentation loads scripts from elsewhere, which our CSP forbids.
    docs_url=None,
    urls_namespace="api",
    auth=TokenAuth(),
)
handle_errors(api)
api.add_decorator(recorded)
for noun in (products, changes, shops, watchlists, imports, rules, alerts, channels, usage):
    api.add_router("", noun.router)
