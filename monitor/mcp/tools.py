"""The tools: operations of the API, with the names, words and limits that its description gives
them."""

import re
from dataclasses import dataclass
from typing import Any

from mcp.types import Tool, ToolAnnotations

from monitor.api import api
from monitor.mcp.calls import RefusedError, request

#: The operations that assistants need. What people cannot undo on the pages is left out, other than
#: what the annotations call destructive, and so is what answers thousands of values at once.
NAMES = (
    "watchlists",
    "products",
    "product",
    "changes",
    "watched_changes",
    "alerts",
    "rules",
    "rivals",
    "follows",
    "assortment",
    "search",
    "usage",
    "read_alerts",
    "mute_product",
    "make_watchlist",
    "add_products",
    "alter_watch",
    "follow",
    "ask_for_search",
    "remove_watch",
    "unfollow",
)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the API as a tool."""

    method: str
    path: str
    has_body: bool
    tool: Tool

    async def call(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the API's answer, a list as `items`. Raises `RefusedError`."""
        others = dict(arguments)
        ids = {name: str(others.pop(name, "")) for name in re.findall(r"{(\w+)}", self.path)}
        for name, value in ids.items():
            if not re.fullmatch("[0-9]+", value):
                raise RefusedError(f"{name}: an ID is a text of digits.")
        path = self.path.format(**ids)
        if self.has_body:
            answer = await request(self.method, path, json=others)
        else:
            given = {name: value for name, value in others.items() if value is not None}
            answer = await request(self.method, path, params=given)
        return {"items": answer} if isinstance(answer, list) else answer or {}


def operations() -> dict[str, Operation]:
    """Return the operations by the names of their tools."""
    document = api.get_openapi_schema()
    types = document["components"]["schemas"]
    described = {
        operation["operationId"]: _operation(method, path, operation, types)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    return {name: described[name] for name in NAMES}


def _operation(
    method: str, path: str, described: dict[str, Any], types: dict[str, Any]
) -> Operation:
    parameters = described["parameters"]
    properties = {row["name"]: row["schema"] for row in parameters}
    required = [row["name"] for row in parameters if row["required"]]
    body = described.get("requestBody")
    if body:
        given = types[body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]]
        properties |= given["properties"]
        required += given.get("required", [])
    arguments = {
        "type": "object",
        "properties": _without_references(properties, types),
        "required": required,
        "additionalProperties": False,
    }
    annotations = ToolAnnotations(
        read_only_hint=method == "get",
        destructive_hint=method == "delete",
        idempotent_hint=True,
        open_world_hint=False,
    )
    tool = Tool(
        name=described["operationId"],
        description=described["description"],
        input_schema=arguments,
        annotations=annotations,
    )
    return Operation(method.upper(), path, body is not None, tool)


def _without_references(part: Any, types: dict[str, Any]) -> Any:
    """Return a part of the description with the types themselves in place of references to them."""
    if isinstance(part, list):
        return [_without_references(row, types) for row in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _without_references(types[part["$ref"].rpartition("/")[2]], types)
    return {name: _without_references(row, types) for name, row in part.items()}
