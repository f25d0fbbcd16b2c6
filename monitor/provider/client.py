"""One call to the provider: a request and its reply, within one deadline and one size. Raises only
ProviderError.

Never repeats a call: the budget counts each call before it is made.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict

from monitor.provider.body import Payload, read_body
from monitor.provider.codes import Billing
from monitor.provider.config import ClientConfig
from monitor.provider.errors import BadReply, CallTimeout, NetworkError, ProviderError
from monitor.provider.http import HEADERS, Adapter, Fault, UnreachableError
from monitor.provider.limits import MAX_BODY_BYTES
from monitor.provider.listing import BY_SALES, SEARCH_API, SHOP_API, ListingPage, parse_listing
from monitor.provider.observation import Observation
from monitor.provider.parse import parse_item
from monitor.provider.redaction import Redactor
from monitor.provider.text import clean

__all__ = ["Client", "ClientConfig"]

_HEADERS = {**HEADERS, "Accept": "application/json", "Accept-Encoding": "gzip"}


def utc_now() -> datetime:
    return datetime.now(UTC)


class Client:
    """Calls the provider for one account. Any number of threads may use it."""

    def __init__(self, config: ClientConfig) -> None:
        self._config = config
        self._redactor = Redactor(config.key, config.secret)
        self._base = quote(f"{config.url.rstrip('/')}/{config.platform}", safe="/:%[]")
        constants = {
            "key": config.key,
            "secret": config.secret,
            "result_type": "json",
            "lang": config.lang,
        }
        self._constants = urlencode(constants)
        self._headers = CaseInsensitiveDict(_HEADERS)
        self._adapter = Adapter(most_bytes=MAX_BODY_BYTES, statuses={200})

    def __repr__(self) -> str:
        return f"Client({self._config!r})"

    def observe(
        self,
        num_iid: str,
        *,
        api: str = "item_get_app",
        cache: str | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> Observation:
        """Call the provider and parse what it says of a product now. Raises ProviderError."""
        payload = self._payload(api, {"num_iid": num_iid, "cache": cache or self._config.cache})
        return parse_item(payload, num_iid, now(), self._redactor.text)

    def list_shop(
        self, shop_id: str, page: int, *, name: str = "", now: Callable[[], datetime] = utc_now
    ) -> ListingPage:
        """Call for a page, from 1, of what a shop sells, by its text ID; `name` as for
        `parse_listing`. Raises ProviderError."""
        query = {
            "shopid": shop_id,
            "page": str(page),
            "sort": BY_SALES,
            "cache": self._config.cache,
        }
        return parse_listing(self._payload(SHOP_API, query), now(), self._redactor.text, name)

    def search(
        self, words: str, page: int, *, now: Callable[[], datetime] = utc_now
    ) -> ListingPage:
        """Call for a page, from 1, of the products that a search finds. Raises ProviderError."""
        payload = self._payload(
            SEARCH_API, {"q": words, "page": str(page), "sort": "", "cache": self._config.cache}
        )
        return parse_listing(payload, now(), self._redactor.text)

    def _payload(self, api: str, query: Mapping[str, str]) -> Payload:
        answer = self._ask(api, query)
        # Errors are raised only here: no frame of their traceback holds the request or the body,
        # and none has a cause.
        if isinstance(answer, ProviderError):
            raise answer from None
        return answer

    def _ask(self, api: str, query: Mapping[str, str]) -> Payload | ProviderError:
        content = self._fetch(f"{self._base}/{api}/?{self._constants}&{urlencode(query)}")
        if isinstance(content, ProviderError):
            return content
        return read_body(self._redactor.body(content))

    def _fetch(self, url: str) -> bytes | ProviderError:
        """Return the content of the reply, or the error to raise. The URL contains key and
        secret."""
        request = PreparedRequest()
        request.method, request.url, request.headers = "GET", url, self._headers
        try:
            # A `Session` would follow redirects, which no call may: they would get key and secret.
            response = self._adapter.send(request, timeout=self._config.timeout)
        except UnreachableError as error:
            return _no_answer(error) if error.is_sent else _no_connection(error)
        return response.content if response.status_code == 200 else _refusal(response.status_code)


def _refusal(status: int) -> ProviderError:
    """Return the error for an HTTP status other than 200."""
    if 300 <= status < 400:
        return BadReply(
            f"the provider answered with a redirect, HTTP {status}", code=f"http-{status}"
        )
    return NetworkError(f"the provider answered with HTTP {status}", code=f"http-{status}")


def _no_connection(error: UnreachableError) -> ProviderError:
    """Return the error for a call that was not sent, and cannot have been billed."""
    match error.fault:
        case Fault.LATE:
            return CallTimeout(
                "no connection to the provider within the time limit", billing=Billing.NOT_BILLED
            )
        case Fault.UNKNOWN_HOST:
            reason = "its host name cannot be resolved"
        case Fault.UNTRUSTED:
            reason = f"its TLS certificate is not to be trusted ({clean(error.detail)[:100]})"
        case Fault.NO_TLS:
            reason = "TLS failed"
        case Fault.CLOSED:
            reason = "it refuses connections"
        case _:
            reason = error.detail
    return NetworkError(f"the provider cannot be reached: {reason}", billing=Billing.NOT_BILLED)


def _no_answer(error: UnreachableError) -> ProviderError:
    match error.fault:
        case Fault.LATE:
            return CallTimeout("the provider did not finish its answer within the time limit")
        case Fault.INCOMPLETE:
            return BadReply("the reply is truncated or damaged")
        case Fault.TOO_LARGE:
            return BadReply("the reply is larger than any real one")
        case Fault.NO_HTTP:
            return BadReply("the reply is not HTTP")
        case _:
            return NetworkError(f"the connection to the provider broke: {error.detail}")
