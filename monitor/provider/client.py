"""One call to the provider: a request and its reply, within one deadline and one size. Raises only ProviderError.

`requests` makes the call through its adapter: a `Session` would add redirects and cookies, which no call may have.
Its timeouts apply to each read alone, so a slowly dripping reply would never time out: the sockets here hold the whole
call to its deadline.

Never repeats a call: the budget counts each call before it is made.
"""

import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from errno import errorcode
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from requests import PreparedRequest, Request, RequestException, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ChunkedEncodingError, ContentDecodingError
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool, HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, IncompleteRead
from urllib3.util.ssl_ import create_urllib3_context

from monitor.provider.body import Payload, read_body
from monitor.provider.codes import Billing
from monitor.provider.config import ClientConfig, check_cache
from monitor.provider.errors import BadReply, CallTimeout, NetworkError, ProviderError
from monitor.provider.limits import MAX_BODY_BYTES
from monitor.provider.observation import Observation, SearchHit
from monitor.provider.parse import parse_item, parse_search
from monitor.provider.redaction import Redactor
from monitor.provider.text import clean

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["Client", "ClientConfig"]

#: The APIs for one product: its raw app record, and its normalised record.
ITEM_APIS = ("item_get_app", "item_get")

# Routers drop idle connections silently. A call on a dropped one would time out, and may be billed.
_MAX_IDLE_SECONDS = 50.0
_MAX_BYTES_RECEIVED = MAX_BODY_BYTES + 256 * 1024
_CHUNK_BYTES = 64 * 1024
_TIMEOUT_TOLERANCE = 0.01
_MAX_CONNECTIONS = 100
_HEADERS = {"User-Agent": "Stallwatch", "Accept": "application/json", "Accept-Encoding": "gzip"}


def utc_now() -> datetime:
    return datetime.now(UTC)


class Client:
    """Calls the provider for one account. Any number of threads may use it; connections are kept between calls."""

    def __init__(self, config: ClientConfig) -> None:
        parts = config.split_url()
        self._config = config
        self._redactor = Redactor(config.key, config.secret)
        path = quote(f"{parts.path.rstrip('/')}/{config.platform}", safe="/:%")
        self._base = f"{parts.scheme}://{parts.netloc}{path}"
        constants = {"key": config.key, "secret": config.secret, "result_type": "json", "lang": config.lang}
        self._constants = urlencode(constants)
        self._headers = Request("GET", self._base, headers=_HEADERS).prepare().headers
        self._adapter = _Adapter(pool_connections=1, pool_maxsize=_MAX_CONNECTIONS, max_retries=0)

    def __repr__(self) -> str:
        return f"Client({self._config!r})"

    def close(self) -> None:
        """Close the idle connections. Later calls open new ones."""
        self._adapter.close()

    def observe(
        self,
        num_iid: str,
        *,
        api: str = "item_get_app",
        cache: str | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> Observation:
        """Call the provider and parse what it says of a product now. Raises ProviderError."""
        if api not in ITEM_APIS:
            raise ValueError(f"api is one of {', '.join(ITEM_APIS)}")
        payload = self._ask(api, {"num_iid": num_iid}, cache)
        return parse_item(payload, num_iid, now(), self._redactor.text)

    def search(self, *, q: str = "", shop_id: str = "", page: int = 1, sort: str = "") -> tuple[SearchHit, ...]:
        """A page of a shop's products, or of those that match words. Raises ProviderError, NotFound for no products."""
        api, query = ("item_search_shop", {"shopid": shop_id}) if shop_id else ("item_search", {"q": q})
        query |= {"page": str(page)} | ({"sort": sort} if sort else {})
        return parse_search(self._ask(api, query), self._redactor.text)

    def _ask(self, api: str, query: Mapping[str, str], cache: str | None = None) -> Payload:
        # Errors are raised only here: no frame of their traceback holds the request or the body, and none has a cause.
        answer = self._answer(self._url(api, query, cache))
        if isinstance(answer, ProviderError):
            raise answer from None
        return answer

    def _url(self, api: str, query: Mapping[str, str], cache: str | None) -> str:
        """The URL of a request. It contains key and secret."""
        parameters = {**query, "cache": self._config.cache if cache is None else check_cache(cache)}
        # Search words may contain a lone surrogate, which no URL can.
        return f"{self._base}/{api}/?{self._constants}&{urlencode(parameters, errors='replace')}"

    def _answer(self, url: str) -> Payload | ProviderError:
        content = self._fetch(url)
        if isinstance(content, ProviderError):
            return content
        payload = read_body(content)
        if not isinstance(payload, ProviderError) and self._redactor.occurs_in(content):
            return self._redactor.payload(payload)
        return payload

    def _fetch(self, url: str) -> bytes | ProviderError:
        """The content of the reply, or the error to raise."""
        request = PreparedRequest()
        request.method, request.url, request.headers = "GET", url, self._headers
        timeout = self._config.timeout
        _call.deadline, _call.bytes_left, _call.is_sent = time.monotonic() + timeout, _MAX_BYTES_RECEIVED, False
        try:
            verify = self._config.ca_bundle or True
            with self._adapter.send(request, stream=True, timeout=timeout, verify=verify) as response:
                return _read(response) if response.status_code == 200 else _refusal(response.status_code)
        except (RequestException, HTTPError, OSError, ValueError, _TooLarge) as error:
            return _no_answer(error) if _call.is_sent else _no_connection(error)


class _TooLarge(Exception):
    """More bytes than any real reply has."""


class _Call(threading.local):
    """The call that a thread is making: its deadline, the bytes it may still receive, and whether it was sent."""

    deadline = 0.0
    bytes_left = 0
    is_sent = False


_call = _Call()


class _Socket(socket.socket):
    """A socket that waits at most until its call's deadline, and receives at most the size of a reply.

    HTTP and TLS receive head and body by `recv_into`. Each time the timeout is what is left of the call.
    """

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int | None = None, flags: int = 0) -> int:
        left = _seconds_left()
        # Set only when it matters: `settimeout` is a system call, which a quick reply does not need.
        if left < (self.gettimeout() or left) - _TIMEOUT_TOLERANCE:
            self.settimeout(left)
        received = super().recv_into(buffer, nbytes or 0, flags)
        _call.bytes_left -= received
        if _call.bytes_left < 0:
            raise _TooLarge
        return received


class _TLSSocket(_Socket, ssl.SSLSocket):
    pass


class _Connection(HTTPConnection):
    """A connection that is kept between calls."""

    #: With 1, which people set on the base class to debug HTTP, requests would be printed with key and secret.
    debuglevel = 0
    process = 0
    used_at = 0.0

    @property
    def is_connected(self) -> bool:
        """Whether a kept connection is open at the other end, young enough, and of this process."""
        is_young = time.monotonic() - self.used_at < _MAX_IDLE_SECONDS
        return is_young and self.process == os.getpid() and super().is_connected

    def connect(self) -> None:
        """Connect to the host's first address that answers, each within its share of the time."""
        addresses = _resolve(self.host, self.port, _call.deadline)
        self.timeout = _seconds_left() / len(addresses)
        super().connect()
        self.process = os.getpid()
        if not isinstance(self.sock, _Socket):
            self.sock = _Socket(fileno=self.sock.detach())

    def request(self, *args: Any, **options: Any) -> None:
        """Send a request, and connect first if necessary. From then on the call may be billed."""
        if self.is_closed:
            self.connect()
        self.used_at, _call.is_sent = time.monotonic(), True
        super().request(*args, **options)


class _TLSConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class _Adapter(HTTPAdapter):
    """An adapter for one host with the connections above. It does not look up a pool for each URL."""

    pool: ConnectionPool | None = None

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> ConnectionPool:
        if self.pool is None:
            self.pool = super().get_connection_with_tls_context(*args, **options)
        return self.pool

    def request_url(self, request: PreparedRequest, proxies: Any) -> str:
        url = request.url or ""
        return url[url.index("/", url.index("//") + 2) :]

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """The parts of a reply that a call needs: no cookies, no guess at its encoding."""
        response = Response()
        response.status_code, response.headers, response.raw = resp.status, CaseInsensitiveDict(resp.headers), resp
        return response

    def close(self) -> None:
        self.pool = None
        super().close()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        tls = create_urllib3_context()
        tls.sslsocket_class = _TLSSocket
        super().init_poolmanager(*args, **options, ssl_context=tls)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}


def _resolve(host: str, port: int, deadline: float) -> list[Any]:
    """The host's addresses. `getaddrinfo` has no timeout, so a separate thread waits for it."""
    answer: Future[list[Any]] = Future()

    def resolve() -> None:
        try:
            answer.set_result(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            answer.set_exception(error)

    Thread(target=resolve, name="resolver", daemon=True).start()
    return answer.result(deadline - time.monotonic())


def _seconds_left() -> float:
    """The seconds left of this thread's call. Raises TimeoutError when there are none."""
    seconds = _call.deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _read(response: Response) -> bytes:
    """The content, unpacked."""
    if int(response.headers.get("Content-Length") or 0) > MAX_BODY_BYTES:
        raise _TooLarge
    content = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        content += chunk
        if len(content) > MAX_BODY_BYTES:
            raise _TooLarge
    return bytes(content)


def _refusal(status: int) -> ProviderError:
    """The error for an HTTP status other than 200. Redirects are not followed: they would get key and secret."""
    if 300 <= status < 400:
        return BadReply(f"the provider answered with a redirect, HTTP {status}", code=f"http-{status}")
    return NetworkError(f"the provider answered with HTTP {status}", code=f"http-{status}")


def _no_connection(error: Exception) -> ProviderError:
    """The error for a call that was not sent, and cannot have been billed."""
    match _cause(error):
        case TimeoutError():
            return CallTimeout("no connection to the provider within the time limit", billing=Billing.NOT_BILLED)
        case socket.gaierror() | UnicodeError():
            reason = "its host name cannot be resolved"
        case ssl.SSLCertVerificationError() as refused:
            reason = f"its TLS certificate is not to be trusted ({clean(refused.verify_message)[:100]})"
        case ssl.SSLError():
            reason = "TLS failed"
        case ConnectionRefusedError():
            reason = "it refuses connections"
        case cause:
            reason = _name(cause)
    return NetworkError(f"the provider cannot be reached: {reason}", billing=Billing.NOT_BILLED)


def _no_answer(error: Exception) -> ProviderError:
    match _cause(error):
        case TimeoutError():
            return CallTimeout("the provider did not finish its answer within the time limit")
        case IncompleteRead() | ContentDecodingError():
            return BadReply("the reply is truncated or damaged")
        case OSError() as cause:
            return NetworkError(f"the connection to the provider broke: {_name(cause)}")
        case _TooLarge():
            return BadReply("the reply is larger than any real one")
        case ChunkedEncodingError():
            return BadReply("the reply is truncated or damaged")
        case _:
            return BadReply("the reply is not HTTP")


def _cause(error: BaseException) -> BaseException:
    """The cause of an error of `requests` or `urllib3`: the system's own error if there is one."""
    chain = list(_chain(error))
    mine = [cause for cause in chain if not isinstance(cause, RequestException | HTTPError)]
    return mine[0] if mine else chain[-1]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _name(error: BaseException) -> str:
    """A system error's short name, such as ECONNRESET. Its text is not safe: it might contain anything."""
    number = error.errno if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
    return errorcode.get(number or 0, type(error).__name__)


def _say_nothing(_record: logging.LogRecord) -> bool:
    return False


# They write whole URLs, with key and secret.
for _logger in ("connection", "connectionpool", "poolmanager", "response", "util.retry"):
    logging.getLogger(f"urllib3.{_logger}").addFilter(_say_nothing)
