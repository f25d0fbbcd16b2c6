"""An adapter of `requests` for one call at a time, held to the call's limits."""

import os
import ssl
import time
from collections.abc import Mapping
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import DecodeError

from monitor.provider.call import Call, TooLarge
from monitor.provider.connection import POOLS
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
        self._pool: Any = None
        self._process = os.getpid()
        self._idle_since = 0.0
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def fetch(self, request: PreparedRequest, call: Call) -> bytes | ProviderError:
        """The content of the response, or the error for its status. Raises FAILURES."""
        self._call = call
        response: HTTPResponse = self.send(request, stream=True, proxies=self._proxies).raw
        try:
            return _content(response) if response.status == 200 else refusal(response.status)
        finally:
            response.close()
            response.release_conn()

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

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """The pool, looked for once: every request goes to the same origin by the same way."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*args, **options)
        self._pool.call = self._call
        return self._pool

    def cert_verify(self, *_args: Any) -> None:
        """The context verifies. Its certificates are read once, and not again for every connection."""

    def build_response(self, _request: PreparedRequest, raw: Any) -> Response:
        """A response without cookies, which nobody reads, and without the request, which holds the secrets."""
        response = Response()
        response.status_code, response.raw = raw.status, raw
        return response


def _content(response: HTTPResponse) -> bytes:
    """The response's content, decompressed, and never more of it than a reply may have."""
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in _ENCODINGS:
        raise DecodeError
    if (response.length_remaining or 0) > MAX_BODY_BYTES:
        raise TooLarge
    content = response.read(MAX_BODY_BYTES + 1, decode_content=True)
    if len(content) > MAX_BODY_BYTES:
        raise TooLarge
    return content
