"""Sends requests over kept connections, and says in safe words what went wrong.

`requests` carries the HTTP. Ours are the limits of a call, and that nothing is ever sent twice: every call is counted
before it is made, so a call repeated here would be one that nobody counted. A connection that the provider closed while
it was idle is noticed before it is used; where that comes too late, the call has failed.
"""

import logging
import os
import ssl
import time
import weakref
from collections import deque
from collections.abc import Mapping
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy
from urllib3 import HTTPResponse
from urllib3.exceptions import DecodeError

from monitor.provider.call import Call, TooLarge
from monitor.provider.config import ClientConfig
from monitor.provider.connection import POOLS
from monitor.provider.errors import ProviderError
from monitor.provider.failures import FAILURES, failure, refusal
from monitor.provider.limits import MAX_BODY_BYTES

# Routers forget idle connections without a word; a call on a forgotten one would run into its deadline, perhaps billed.
_MAX_IDLE_SECONDS = 50.0
_ENCODINGS = frozenset({"identity", "gzip", "x-gzip", "deflate"})


def _say_nothing(_record: logging.LogRecord) -> bool:
    return False


# They write whole URLs, with key and secret.
for _name in ("connection", "connectionpool", "poolmanager", "response", "util.retry"):
    logging.getLogger(f"urllib3.{_name}").addFilter(_say_nothing)


class Transport:
    """Lines to the provider. A thread takes one for a call, so there are as many as calls at a time.

    They are kept here and not by the threads, whose pools come and go.
    """

    def __init__(self, config: ClientConfig) -> None:
        self._timeout = config.timeout
        self._proxies = _proxies(config.url) if config.use_environment_proxies else {}
        self._tls = None
        if config.url.lower().startswith("https"):
            self._tls = ssl.create_default_context(cafile=config.ca_bundle or DEFAULT_CA_BUNDLE_PATH)
        self._idle: deque[Line] = deque()
        self._finalize = weakref.finalize(self, _close_all, self._idle)

    def close(self) -> None:
        """Close every connection that is not in use, and the others after it."""
        self._finalize()

    def fetch(self, request: PreparedRequest) -> bytes | ProviderError:
        """The content of the response to `request`, or the error to raise.

        It is returned, not raised, so that no traceback leads through frames that hold the request, and no other
        exception hangs on it.
        """
        call = Call(self._timeout)
        line = self._take() or Line(self._tls, self._proxies)
        try:
            return line.fetch(request, call)
        except FAILURES as error:
            return failure(error, sent=call.sent)
        finally:
            self._give_back(line)

    def _take(self) -> "Line | None":
        while self._idle:
            try:
                line = self._idle.pop()
            except IndexError:
                return None
            if line.is_usable():
                return line
            line.close()
        return None

    def _give_back(self, line: "Line") -> None:
        if self._finalize.alive:
            line.rest()
            self._idle.append(line)
        else:
            line.close()


class Line(HTTPAdapter):
    """An adapter for one call at a time, with one connection that it keeps between them."""

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


def _proxies(url: str) -> dict[str, str]:
    """The proxies that the environment names for `url`. Raises ValueError for kinds that are not supported."""
    proxies = get_environ_proxies(url)
    proxy = select_proxy(url, proxies)
    if proxy and "://" in proxy and not proxy.lower().startswith("http://"):
        raise ValueError("the environment names a proxy that is not an http:// one; only these are supported")
    return proxies


def _close_all(idle: deque[Line]) -> None:
    while idle:
        idle.pop().close()
