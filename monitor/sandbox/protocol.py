"""The provider's protocol: the gateway's answer to one call. Pure: time and counts are arguments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.provider.codes import NOT_FOUND, SUCCESS
from monitor.sandbox.catalogue import ODD_PRICE, OTHER_PRODUCT, THIN, product_of
from monitor.sandbox.chance import HOUR, MINUTE, between, draw, hexadecimal, pick
from monitor.sandbox.listings import listing_at
from monitor.sandbox.market import BEIJING
from monitor.sandbox.records import raw_record

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
    """One request as the gateway sees it, after `calls_today` billed calls."""

    api: str
    params: Mapping[str, str]
    now: datetime
    calls_today: int = 0
    daily_calls: int = 11_000

    @property
    def second(self) -> int:
        return int(self.now.timestamp())

    def is_hit(self, share: float, *words: object) -> bool:
        """Return whether chance hits this minute; it hits `share` of all minutes."""
        return draw(*words, self.second // MINUTE) < share


class GatewayFailure(Exception):
    """The gateway answers with a status code. A second argument, if any, follows the code's own text."""


def reply(call: GatewayCall, *, is_faultless: bool = False) -> dict[str, object]:
    """Return the gateway's answer. With `is_faultless` it does not fail by chance, and its record is not thin."""
    try:
        return _item(call, is_faultless=is_faultless)
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


def _item(call: GatewayCall, *, is_faultless: bool) -> dict[str, object]:
    if call.api != API:
        raise GatewayFailure("4010", call.api)
    if call.calls_today >= call.daily_calls:
        raise GatewayFailure("4013")
    if call.params.get("result_type", "json") not in {"json", "jsonu"}:
        raise GatewayFailure("4003", "result_type")
    num_iid, is_cached = call.params.get("num_iid", ""), call.params.get("cache") != "no"
    if not num_iid:
        raise GatewayFailure("4014", "num_iid")
    if not re.fullmatch("[0-9]{1,19}", num_iid):
        raise GatewayFailure("4003", "num_iid")
    special = product_of(num_iid).special
    if special in FAILURES:
        raise GatewayFailure(special)
    if not is_faultless and call.is_hit(FAILING_SHARE, num_iid, "fails"):
        raise GatewayFailure(pick(CHANCE_FAILURES, num_iid, "code", call.second // MINUTE))
    # The provider's cache holds data that is up to some hours old.
    age = call.second % int(between(HOUR / 2, 4 * HOUR, num_iid, "cache")) if is_cached else 0
    listing = listing_at(num_iid, call.second - age)
    if listing is None:
        raise GatewayFailure(NOT_FOUND)
    is_whole = is_faultless or not call.is_hit(THIN_SHARE, num_iid, "thin")
    item = raw_record(listing, is_thin=special == THIN or not is_whole)
    if special == OTHER_PRODUCT:
        item["product_id"] = SOME_OTHER_ID
    if special == ODD_PRICE and call.second // MINUTE % ODD_EVERY_MINUTES == 0:
        item["discount_price"] = 1
    return {"item": item, **_success(call, listing.at, is_cached=is_cached)}


def _success(call: GatewayCall, captured: int, *, is_cached: bool) -> dict[str, object]:
    return {
        "secache": hexadecimal(32, call.params, call.api, captured),
        "secache_time": captured,
        "secache_date": datetime.fromtimestamp(captured, BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
        "error": "",
        "reason": "",
        "error_code": SUCCESS,
        "cache": int(is_cached),
        "execution_time": "0.042",
        "call_args": {"num_iid": call.params["num_iid"]},
        **_envelope(call),
    }


def _envelope(call: GatewayCall) -> dict[str, object]:
    return {
        "api_info": f"today:{call.calls_today} max:{call.daily_calls}",
        "server_time": call.now.astimezone(BEIJING).strftime("Beijing/%Y-%m-%d %H:%M:%S"),
        "client_ip": "203.0.113.7",
        "api_type": PLATFORM,
        "request_id": f"gw-1.{hexadecimal(14, call.params.get('num_iid'), call.api, call.now)}",
    }
