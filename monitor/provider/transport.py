"""Sends requests over kept connections, and says in safe words what went wrong.

`requests` carries the HTTP. Ours are the limits of a call, and that nothing is ever sent twice: every call is counted
before it is made, so a call repeated here would be one that nobody counted. A connection that the provider closed while
it was idle is noticed before it is used; where that comes too late, the call has failed.
"""

import logging
import ssl
import weakref
from collections import deque

from requests import PreparedRequest
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy

from monitor.provider.adapter import Adapter
from monitor.provider.call import Call
from monitor.provider.config import ClientConfig
from monitor.provider.errors import ProviderError
from monitor.provider.failures import FAILURES, failure


def _say_nothing(_record: logging.LogRecord) -> bool:
    return False


# They write whole URLs, with key and secret.
for _name in ("connection", "connectionpool", "poolmanager", "response", "util.retry"):
    logging.getLogger(f"urllib3.{_name}").addFilter(_say_nothing)


class Transport:
    """Adapters, each with its connection. A thread takes one for a call, so there are as many as calls at a time.

    They are kept here and not by the threads, whose pools come and go.
    """

    def __init__(self, config: ClientConfig) -> None:
        self._timeout = config.timeout
        self._proxies = _proxies(config.url) if config.use_environment_proxies else {}
        self._tls = None
        if config.split_url().scheme == "https":
            self._tls = ssl.create_default_context(cafile=config.ca_bundle or DEFAULT_CA_BUNDLE_PATH)
        self._idle: deque[Adapter] = deque()
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
        adapter = self._take() or Adapter(self._tls, self._proxies)
        try:
            return adapter.fetch(request, call)
        except FAILURES as error:
            return failure(error, sent=call.sent)
        finally:
            self._give_back(adapter)

    def _take(self) -> Adapter | None:
        while self._idle:
            try:
                adapter = self._idle.pop()
            except IndexError:
                return None
            if adapter.is_usable():
                return adapter
            adapter.close()
        return None

    def _give_back(self, adapter: Adapter) -> None:
        if self._finalize.alive:
            adapter.rest()
            self._idle.append(adapter)
        else:
            adapter.close()


def _proxies(url: str) -> dict[str, str]:
    """The proxies that the environment names for `url`. Raises ValueError for kinds that are not supported."""
    proxies = get_environ_proxies(url)
    proxy = select_proxy(url, proxies)
    if proxy and "://" in proxy and not proxy.lower().startswith("http://"):
        raise ValueError("the environment names a proxy that is not an http:// one; only these are supported")
    return proxies


def _close_all(idle: deque[Adapter]) -> None:
    while idle:
        idle.pop().close()
