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
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

#: Calls at the same time, as many as a process of the site makes. Each thread keeps its database
#: connection.
_THREADS = ThreadPoolExecutor(8)
#: Where the assistant's request comes from, in WSGI's names. The site decides whether the header
#: counts.
_sender: ContextVar[dict[str, str]] = ContextVar("sender")


class RefusedError(Exception):
    """A call that the API refuses, in words."""


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


async def request(method: str, path: str, **sent: Any) -> Any:
    """Return the API's answer, None for one without a body. Raises `RefusedError` with the words of
    its problem."""
    return await in_thread(_answer, method, path, **sent)


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
    raise RefusedError(words)


@cache
def _api() -> httpx2.Client:
    site = WSGIHandler()
    return httpx2.Client(
        transport=httpx2.WSGITransport(
            lambda environ, start: site({**environ, **_sender.get()}, start)
        ),
        base_url=settings.SITE_URL,
        headers={"Accept-Encoding": "identity"},
    )
