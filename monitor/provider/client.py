"""One call out: a request sent, its reply read, the record in it checked. Raises nothing but ProviderError."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypedDict, Unpack

from monitor.provider.body import Payload, read_body
from monitor.provider.config import ClientConfig, check_cache, check_result_type
from monitor.provider.envelope import Envelope, item_of, items_of, read_envelope
from monitor.provider.errors import ProviderError
from monitor.provider.observation import Observation, Quota
from monitor.provider.parse import parse_item
from monitor.provider.redaction import Redactor
from monitor.provider.request import RequestBuilder
from monitor.provider.times import captured
from monitor.provider.transport import Transport

__all__ = ["Client", "ClientConfig", "Reply"]

#: The calls that tell of one product, raw as the app has it and normalised.
ITEM_APIS = ("item_get_app", "item_get")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A success as it came. `payload` holds personal data: read it with `parse`, store and show none of it.

    `data_time` is when the provider captured the data, where it says so.
    """

    payload: Payload = field(repr=False)
    code: str
    request_id: str
    quota: Quota | None
    data_time: datetime | None
    from_cache: bool
    received_at: datetime


def utc_now() -> datetime:
    return datetime.now(UTC)


class Options(TypedDict, total=False):
    """The parameters that every call has; what is not given, or None, is as the configuration has it."""

    cache: str | None
    lang: str | None
    version: str | None
    result_type: str | None


class Client:
    """Calls the provider for one account. Any number of threads may use it; connections are kept between calls."""

    def __init__(self, config: ClientConfig, clock: Callable[[], datetime] = utc_now) -> None:
        self._config = config
        self._clock = clock
        self._redactor = Redactor(config.key, config.secret)
        self._requests = RequestBuilder(config)
        self._transport = Transport(config)

    def __repr__(self) -> str:
        return f"Client({self._config!r})"

    def close(self) -> None:
        """Close the connections. The client works on, with a new connection for every call."""
        self._transport.close()

    def item_get_app(self, num_iid: str, **options: Unpack[Options]) -> Reply:
        """The product's raw app record, prices in fen. Raises ProviderError."""
        return self._item("item_get_app", num_iid, self._options(**options))

    def item_get(self, num_iid: str, **options: Unpack[Options]) -> Reply:
        """The product's normalised record, prices in yuan. Raises ProviderError."""
        return self._item("item_get", num_iid, self._options(**options))

    def item_search(self, q: str, *, page: int = 1, sort: str | None = None, **options: Unpack[Options]) -> Reply:
        """A page of the products found by words. Raises ProviderError, NotFound where there are none."""
        asked = {"q": q, "page": str(page)} | ({"sort": sort} if sort else {})
        return self._search("item_search", asked, self._options(**options))

    def item_search_shop(self, shop_id: str, *, page: int = 1, **options: Unpack[Options]) -> Reply:
        """A page of a shop's products. Raises ProviderError, NotFound where there are none."""
        asked = {"shopid": shop_id, "page": str(page)}
        return self._search("item_search_shop", asked, self._options(**options))

    def observe(
        self,
        num_iid: str,
        *,
        api: str = "item_get_app",
        cache: str | None = None,
        now: Callable[[], datetime] | datetime | None = None,
    ) -> Observation:
        """Call and parse: what the provider tells of a product now. Raises ProviderError."""
        if api not in ITEM_APIS:
            raise ValueError(f"api is one of {', '.join(ITEM_APIS)}")
        payload = self._ask(api, {"num_iid": num_iid}, self._options(cache=cache))
        if now is None:
            now = self._clock
        received_at = now if isinstance(now, datetime) else now()
        return parse_item(payload, num_iid, received_at, self._redactor.text)

    def _item(self, api: str, num_iid: str, options: Mapping[str, str]) -> Reply:
        payload = self._ask(api, {"num_iid": num_iid}, options)
        envelope = read_envelope(payload, self._redactor.text)
        item = item_of(payload, envelope, self._redactor.text)
        return self._reply(payload, envelope, captured(payload.get("secache_time"), item.get("current_time")))

    def _search(self, api: str, asked: Mapping[str, str], options: Mapping[str, str]) -> Reply:
        payload = self._ask(api, asked, options)
        envelope = read_envelope(payload, self._redactor.text)
        items_of(payload, envelope, self._redactor.text)
        return self._reply(payload, envelope, captured(payload.get("secache_time")))

    def _reply(self, payload: Payload, envelope: Envelope, data_time: datetime | None) -> Reply:
        return Reply(
            payload=payload,
            code=envelope.code,
            request_id=envelope.request_id,
            quota=envelope.quota,
            data_time=data_time,
            from_cache=envelope.from_cache,
            received_at=self._clock(),
        )

    def _options(
        self,
        cache: str | None = None,
        lang: str | None = None,
        version: str | None = None,
        result_type: str | None = None,
    ) -> dict[str, str]:
        config = self._config
        options = {
            "cache": config.cache if cache is None else check_cache(cache),
            "result_type": config.result_type if result_type is None else check_result_type(result_type),
            "lang": config.lang if lang is None else lang,
        }
        if version := (config.version if version is None else version):
            options["version"] = version
        return options

    def _ask(self, api: str, asked: Mapping[str, str], options: Mapping[str, str]) -> Payload:
        # Raised only here, where no local variable of any frame holds the request or the body.
        answer = self._answer(api, {**asked, **options})
        if isinstance(answer, ProviderError):
            raise answer
        return answer

    def _answer(self, api: str, parameters: Mapping[str, str]) -> Payload | ProviderError:
        content = self._transport.fetch(self._requests.build(api, parameters))
        if isinstance(content, ProviderError):
            return content
        payload = read_body(content)
        if not isinstance(payload, ProviderError) and self._redactor.occurs_in(content):
            return self._redactor.payload(payload)
        return payload
