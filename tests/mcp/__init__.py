"""The tools, used as assistants use them: by the SDK's client, over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult

from tests.api import Program

if TYPE_CHECKING:
    from monitor.models import User, Watchlist

#: How clients connect: as the protocol has it since 2026, and before.
MODES = ("auto", "legacy")


@dataclass
class Assistant:
    """An assistant with a token of a user."""

    url: str
    secret: str
    mode: str = "auto"
    #: Where its connections come from, and the header `X-Forwarded-For`.
    address: str = "127.0.0.1"
    forwarded: str = ""

    @classmethod
    def of(
        cls, user: "User", url: str, *, scope: str = "read", watchlist: "Watchlist | None" = None
    ) -> "Assistant":
        return cls(url, Program.of(user, scope=scope, watchlist=watchlist).secret)

    def ask[Answer](self, question: Callable[[Client], Awaitable[Answer]]) -> Answer:
        """Return the answer of the server to what a connected client asks."""

        headers = {"Authorization": f"Bearer {self.secret}", "X-Forwarded-For": self.forwarded}
        transport = httpx2.AsyncHTTPTransport(verify=False, local_address=self.address)

        async def connected() -> Answer:
            async with (
                httpx2.AsyncClient(headers=headers, transport=transport) as http,
                Client(
                    streamable_http_client(self.url, http_client=http), mode=self.mode
                ) as client,
            ):
                return await question(client)

        # In a thread of its own: a browser's tests leave a running loop in this one.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, connected()).result()

    def result(self, tool: str, **arguments: Any) -> CallToolResult:
        return self.ask(lambda client: client.call_tool(tool, arguments))

    def call(self, tool: str, **arguments: Any) -> Any:
        """Return what a tool gives that succeeds."""
        result = self.result(tool, **arguments)
        assert not result.is_error, result.content
        return result.structured_content

    def error(self, tool: str, **arguments: Any) -> str:
        """Return the words of a tool that fails."""
        result = self.result(tool, **arguments)
        assert result.is_error, result.structured_content
        [content] = result.content
        assert content.type == "text"
        return content.text
