"""A provider on this machine, speaking real HTTP, whose answers a test sets."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pytest_django.fixtures import Settings

from monitor.polling.checking import fetch
from tests.provider.listening import HERE, QuietHandler, listening

type Reply = dict[str, Any] | bytes | Callable[[dict[str, str]], "Reply"]


class ProviderServer:
    """Answers by product ID, or with `default`; a callable gets the query and may answer
    differently each time."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: dict[str, Reply] = {}
        self.default: Reply = {
            "error": "item-not-found",
            "reason": "商品没找到",
            "error_code": "2000",
        }
        self.calls: list[dict[str, str]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()

    @property
    def at_once(self) -> int:
        """Calls that are being answered at this moment."""
        with self._lock:
            return self._at_once

    def answer(self, query: dict[str, str]) -> bytes:
        with self._lock:
            self.calls.append(query)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            reply = self.answers.get(query.get("num_iid", ""), self.default)
            while callable(reply):
                reply = reply(query)
            return (
                reply
                if isinstance(reply, bytes)
                else json.dumps(reply, ensure_ascii=False).encode()
            )
        finally:
            with self._lock:
                self._at_once -= 1


def item(num_iid: str, data_time: int, **fields: Any) -> dict[str, Any]:
    """Return a small raw record of a healthy product in its envelope; `fields` replace those of the
    record."""
    record: dict[str, Any] = {
        "product_id": num_iid,
        "name": "磨毛衬衫",
        "discount_price": 7200,
        "market_price": 9900,
        "sku_min_price": 7200,
        "sku_max_price": 7200,
        "sell_num": "1.3万+",
        "status": 0,
        "check_status": 3,
        "current_time": data_time,
        "category_id": 20179,
        "company_name": "黄岛区古蒂歌服饰店",
        "shop_id": "sXahcZg",
        "shop_name": "古蒂歌精品女装店",
        "credit_score": {"product": 4.85, "logistics": 5, "shop": 4.96, "gap_product": 1},
        **fields,
    }
    return {
        "item": record,
        "error": "",
        "reason": "",
        "error_code": "0000",
        "cache": 0,
        "secache_time": data_time,
        "api_info": "today:0 max:11000",
        "request_id": f"gw-{num_iid}-{data_time}",
    }


def error(code: str, reason: str = "") -> dict[str, Any]:
    return {"error": reason, "reason": reason, "error_code": code, "request_id": f"gw-{code}"}


@contextmanager
def provider_server() -> Iterator[ProviderServer]:
    """Serve until the block ends."""

    class Handler(QuietHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # noqa: N802 # The server looks for this name.
            query = {
                name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()
            }
            self.send(
                200, provider.answer(query), {"Content-Type": "application/json; charset=utf-8"}
            )

    with listening(ThreadingHTTPServer(HERE, Handler)) as url:
        provider = ProviderServer(url)
        yield provider


@contextmanager
def used_provider(settings: Settings) -> Iterator[ProviderServer]:
    """Yield a server that the settings point to, with a new client and new threads of this
    process."""
    with provider_server() as server:
        settings.PROVIDER_URL, settings.PROVIDER_SANDBOX = server.url, False
        settings.PROVIDER_TIMEOUT, settings.PROVIDER_CONCURRENCY = 2.0, 4
        settings.PROVIDER_KEY, settings.PROVIDER_SECRET = "canary-key", "canary-secret"
        forget_client()
        yield server
        forget_client()


def forget_client() -> None:
    """Drop this process's client and threads: they were made from other settings."""
    if fetch.threads.cache_info().currsize:
        fetch.threads().shutdown()
    for cached in (fetch.provider_client, fetch.throttle, fetch.threads):
        cached.cache_clear()
