"""Calls of the API, by HTTP within this process."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import cache
from typing import Any

import httpx2
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

#: Calls at the same time, as many as a process of the site makes. Each thread keeps its database
#: connection.
_THREADS = ThreadPoolExecutor(8)
#: Where the assistant's request comes from, in WSGI's names. The site decides whether the header
#: counts.
_sender: ContextVar[dict[str, str]] = ContextVar("sender")


class SenderMiddleware:
    """Passes the address of the assistant on to the API's calls, for the audit log and the
    throttles."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            address = request.client.host if request.client else ""
            forwarded = ",".join(request.headers.getlist("X-Forwarded-For"))
            _sender.set({"REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": forwarded})
        await self.app(scope, receive, send)


async def in_thread[**P, R](function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run what reads the database."""
    return await sync_to_async(function, thread_sensitive=False, executor=_THREADS)(*args, **kwargs)


async def read[Result: BaseModel](result: type[Result], path: str, **query: Any) -> Result:
    """Return the parts of an answer to a GET that `result` has. Raises as `get`."""
    return result.model_validate(await get(path, **query))


async def write[Result: BaseModel](
    result: type[Result], path: str, method: str = "POST", /, **body: Any
) -> Result:
    """Return the parts of an answer to a POST or a PATCH that `result` has. Raises as `get`."""
    return result.model_validate(await in_thread(_answer, method, path, json=body))


async def delete(path: str) -> None:
    """Send a DELETE. Raises as `get`."""
    await in_thread(_answer, "DELETE", path)


async def get(path: str, **query: Any) -> Any:
    """Return the answer to a GET. Raises `ToolError` with the words of the API's problem."""
    sent = {name: value for name, value in query.items() if value is not None}
    return await in_thread(_answer, "GET", path, params=sent)


def _answer(method: str, path: str, **sent: Any) -> Any:
    token = get_access_token()
    assert token is not None
    response = _api().request(
        method, path, headers={"Authorization": f"Bearer {token.token}"}, **sent
    )
    answer: Any = response.json() if response.content else None
    if response.is_success:
        return answer
    words = f"{answer['detail']} ({answer['status']})"
    if wait := response.headers.get("Retry-After"):
        words += f" Try again in {wait} seconds."
    raise ToolError(words)


@cache
def _api() -> httpx2.Client:
    site = WSGIHandler()
    return httpx2.Client(
        transport=httpx2.WSGITransport(
            lambda environ, start: site({**environ, **_sender.get()}, start)
        ),
        base_url=f"{settings.SITE_URL}/api/v1",
        headers={"Accept-Encoding": "identity"},
    )
