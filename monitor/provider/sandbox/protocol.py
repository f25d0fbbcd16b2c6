"""The provider's protocol: the gateway's answer to one call. Pure: time and counts are
arguments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.provider.codes import NOT_FOUND, SUCCESS
from monitor.provider.listing import SEARCH_API, SHOP_API
from monitor.provider.sandbox.catalogue import ODD_PRICE, OTHER_PRODUCT, THIN, product_of
from monitor.provider.sandbox.chance import HOUR, MINUTE, between, draw, hexadecimal, pick
from monitor.provider.sandbox.market import BEIJING
from monitor.provider.sandbox.ranges import PAGE_SIZE, found_by, on_page, range_at, shop_of
from monitor.provider.sandbox.records import THIN_RECORD, listed_record, record_at

PLATFORM, API = "douyin", "item_get_app"
FAILURES = {
    NOT_FOUND: ("item-not-found", "商品没找到"),
    "4000": ("server-error", "服务器内部错误"),
    "4001": ("network-error", "网络错误"),
    "4002": ("target-server-error", "目标服务器错误"),
    "4003": ("param-error", "参数错误"),
    "4004": ("account-not-found", "账号不存在"),
    "4005": ("auth-failed", "授权失败"),
    "4006": ("api-stopped", "接口已停用"),
    "4007": ("account-stopped", "账号已停用"),
    "4008": ("concurrency-limit", "并发数已达上限"),
    "4009": ("maintenance", "接口维护中"),
    "4010": ("api-not-found", "接口不存在"),
    "4012": ("api-not-added", "请先添加接口"),
    "4013": ("calls-exceeded", "调用次数已超限"),
    "4014": ("missing-param", "缺少参数"),
    "4015": ("page-token-error", "pageToken错误"),
    "4016": ("insufficient-balance", "余额不足"),
    "4017": ("timeout", "请求超时"),
    "5000": ("unknown-error", "未知错误"),
}
# Shares of the minutes in which the calls of one product fail by chance, or its record is thin.
FAILING_SHARE, THIN_SHARE = 0.005, 0.015
CHANCE_FAILURES = ("4000", "4001", "4002", "4008", "4017", "5000")
#: For the documented IDs `OTHER_PRODUCT` and `ODD_PRICE`.
SOME_OTHER_ID, ODD_EVERY_MINUTES = "3514453298386183303", 5


@dataclass(frozen=True, slots=True)
class GatewayCall:
    """One request as the gateway sees it, after `calls_today` billed calls. If `is_faultless`, it
    does not fail by chance, and its record is not thin."""

    api: str
    params: Mapping[str, str]
    now: datetime
    calls_today: int = 0
    daily_calls: int = 11_000
    is_faultless: bool = False

    @property
    def second(self) -> int:
        return int(self.now.timestamp())

    @property
    def is_cached(self) -> bool:
        return self.params.get("cache") != "no"

    @property
    def subject(self) -> dict[str, str]:
        """The parameters that say what is asked for."""
        return {
            name: self.params[name]
            for name in ("num_iid", "shopid", "q", "page")
            if name in self.params
        }

    def is_hit(self, share: float, *words: object) -> bool:
        """Return whether chance hits this minute; it hits `share` of all minutes."""
        return not self.is_faultless and draw(*words, self.second // MINUTE) < share


class GatewayFailure(Exception):
    """The gateway answers with a status code. A second argument, if any, follows the code's own
    text."""


def reply(call: GatewayCall) -> dict[str, object]:
    """Return the gateway's answer."""
    try:
        _admit(call)
        return _ANSWERS[call.api](call)
    except GatewayFailure as failure:
        return failure_reply(call, *failure.args)


def failure_reply(call: GatewayCall, code: str, detail: str = "") -> dict[str, object]:
    """Return the envelope of a failure, as bare as the provider's own."""
    error, reason = FAILURES[code]
    item = {"item": {"format_check": "fail"}} if code == "5000" else {}
    return item | {
        "error": error,
        "reason": f"{reason} {detail}".rstrip(),
        "error_code": code,
        "success": 0,
        "cache": 0,
        "execution_time": 0.081,
        "call_args": [],
        **_envelope(call),
    }


def _admit(call: GatewayCall) -> None:
    if call.api not in _ANSWERS:
        raise GatewayFailure("4010", call.api)
    if call.calls_today >= call.daily_calls:
        raise GatewayFailure("4013")
    if call.params.get("result_type", "json") not in {"json", "jsonu"}:
        raise GatewayFailure("4003", "result_type")


def _param(call: GatewayCall, name: str, pattern: str) -> str:
    """Return a parameter that the call must have."""
    value = call.params.get(name, "")
    if not value:
        raise GatewayFailure("4014", name)
    if not re.fullmatch(pattern, value):
        raise GatewayFailure("4003", name)
    return value


def _captured(call: GatewayCall, subject: str) -> int:
    """Return when the data about the subject were captured: the provider's cache is up to some
    hours old.

    Raises GatewayFailure for a call that fails by chance.
    """
    if call.is_hit(FAILING_SHARE, subject, "fails"):
        raise GatewayFailure(pick(CHANCE_FAILURES, subject, "code", call.second // MINUTE))
    return call.second - (
        call.second % int(between(HOUR / 2, 4 * HOUR, subject, "cache")) if call.is_cached else 0
    )


def _shop(call: GatewayCall) -> dict[str, object]:
    """Answer a page of what a shop sells, without any total. What follows the last page is
    empty."""
    shop_id, page = _param(call, "shopid", ".{1,64}"), int(_param(call, "page", "[1-9][0-9]{0,5}"))
    seller = shop_of(shop_id)
    captured = _captured(call, shop_id)
    if seller is None:
        raise GatewayFailure(NOT_FOUND)
    products = on_page(range_at(seller, captured), page)
    return {
        "user": None,
        "items": {"item": [listed_record(product) for product in products]},
        **_success(call, captured),
    }


def _search(call: GatewayCall) -> dict[str, object]:
    """Answer a page of a search, with a wrong total and rounded IDs, as the provider does."""
    words, page = _param(call, "q", ".{1,200}"), int(_param(call, "page", "[1-9][0-9]{0,5}"))
    captured = _captured(call, words)
    products = found_by(words, captured)
    if not products:
        raise GatewayFailure(NOT_FOUND)
    items = [listed_record(product, is_search=True) for product in on_page(products, page)]
    totals = {
        "real_total_results": 500,
        "total_results": 1900,
        "page_size": PAGE_SIZE,
        "pagecount": 25,
    }
    return {"items": {"page": str(page), **totals, "item": items}, **_success(call, captured)}


def _item(call: GatewayCall) -> dict[str, object]:
    num_iid = _param(call, "num_iid", "[0-9]{1,19}")
    special = product_of(num_iid).special
    if special in FAILURES:
        raise GatewayFailure(special)
    captured = _captured(call, num_iid)
    item = record_at(num_iid, captured)
    if item is None:
        raise GatewayFailure(NOT_FOUND)
    item["current_time"] = captured
    if special == THIN or call.is_hit(THIN_SHARE, num_iid, "thin"):
        item |= THIN_RECORD
    if special == OTHER_PRODUCT:
        item["product_id"] = SOME_OTHER_ID
    if special == ODD_PRICE and call.second // MINUTE % ODD_EVERY_MINUTES == 0:
        item["discount_price"] = 1
    return {"item": item, **_success(call, captured)}


_ANSWERS = {API: _item, SHOP_API: _shop, SEARCH_API: _search}


def _success(call: GatewayCall, captured: int) -> dict[str, object]:
    return {
        "secache": hexadecimal(32, call.params, call.api, captured),
        "secache_time": captured,
        "secache_date": datetime.fromtimestamp(captured, BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
        "error": "",
        "reason": "",
        "error_code": SUCCESS,
        "cache": int(call.is_cached),
        "execution_time": "0.042",
        "call_args": call.subject,
        **_envelope(call),
    }


def _envelope(call: GatewayCall) -> dict[str, object]:
    return {
        "api_info": f"today:{call.calls_today} max:{call.daily_calls}",
        "server_time": call.now.astimezone(BEIJING).strftime("Beijing/%Y-%m-%d %H:%M:%S"),
        "client_ip": "203.0.113.7",
        "api_type": PLATFORM,
        "request_id": f"gw-1.{hexadecimal(14, call.subject, call.api, call.now)}",
    }
