"""An adapter of `requests` for one call at a time, held to the call's limits."""

import os
import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPResponse, IncompleteRead
from io import BytesIO
from typing import Any, cast

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse as Decoder
from urllib3.exceptions import DecodeError

from monitor.provider.call import Call, TooLarge
from monitor.provider.connection import POOLS, Pool
from monitor.provider.errors import ProviderError
from monitor.provider.failures import refusal
from monitor.provider.limits import MAX_BODY_BYTES

# Routers forget idle connections without a word; a call on a forgotten one would run into its deadline, perhaps billed.
_MAX_IDLE_SECONDS = 50.0
_ENCODINGS = frozenset({"identity", "gzip", "x-gzip", "deflate"})


class Adapter(HTTPAdapter):
    """A way to the provider, with one connection that it keeps between calls."""

    def __init__(self, tls: ssl.SSLContext | None, proxies: Mapping[str, str]) -> None:
        self._tls = tls
        self._proxies = proxies
        self._pool: Pool | None = None
        self._process = os.getpid()
        self._idle_since = 0.0
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def fetch(self, request: PreparedRequest, call: Call) -> bytes | ProviderError:
        """The content of the response, or the error for its status. Raises FAILURES."""
        if self._pool is None:
            self._pool = cast(Pool, self.get_connection_with_tls_context(request, True, self._proxies))
        connection, reusable = self._pool.open(call), False
        try:
            with closing(connection.exchange(_wire(request, self._pool))) as response:
                if response.status != 200:
                    return refusal(response.status)
                content = _content(response)
                reusable = response.isclosed() and not response.will_close
                return content
        finally:
            self._pool.give_back(connection, reusable=reusable)

    def rest(self) -> None:
        """The call has ended."""
        self._idle_since = time.monotonic()

    def is_usable(self) -> bool:
        """Whether the connection, idle until now, belongs to this process and may still be remembered by routers."""
        return self._process == os.getpid() and time.monotonic() - self._idle_since <= _MAX_IDLE_SECONDS

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()
        super().close()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, ssl_context=self._tls)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options, ssl_context=self._tls)
        manager.pool_classes_by_scheme = POOLS
        return manager


def _wire(request: PreparedRequest, pool: Pool) -> bytes:
    """The request as it is sent. A proxy that makes no tunnel is told the whole URL, and logged in to."""
    target, headers = request.url or "", dict(request.headers)
    if pool.proxy is not None and not pool.needs_tunnel:
        headers |= pool.proxy_headers
    else:
        target = target[target.index("/", target.index("//") + 2) :]
    lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("ascii")


def _content(response: HTTPResponse) -> bytes:
    """The response's content, decompressed, and never more of it than a reply may have."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in _ENCODINGS:
        raise DecodeError
    if (response.length or 0) > MAX_BODY_BYTES:
        raise TooLarge
    content = response.read(MAX_BODY_BYTES + 1)
    if response.length:
        raise IncompleteRead(b"")
    if encoding != "identity":
        decoder = Decoder(BytesIO(content), {"Content-Encoding": encoding}, preload_content=False)
        content = decoder.read(MAX_BODY_BYTES + 1, decode_content=True)
    if len(content) > MAX_BODY_BYTES:
        raise TooLarge
    return content
