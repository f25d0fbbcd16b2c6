"""The provider's protocol: what its gateway answers to one request. Pure: time, world and count come from outside."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from monitor.provider.codes import NOT_FOUND, SUCCESS
from monitor.sandbox.festivals import BEIJING
from monitor.sandbox.records import normalised_record, raw_record
from monitor.sandbox.rhythm import HOUR, MINUTE
from monitor.sandbox.search import by_shop, by_words
from monitor.sandbox.world import World

ITEM_APIS = frozenset({"item_get_app", "item_get"})
SEARCH_APIS = {"item_search": "q", "item_search_shop": "shopid"}
PLATFORM = "douyin"
_LONGEST_NUM_IID = 19
_LONGEST_PAGE = 6
_ERROR_SHARE = 0.005
_THIN_SHARE = 0.015
# Being told to slow down is rarer than the rest.
_BAD_WEATHER = ("4000", "4001", "4002", "4017", "5000") * 6 + ("4008",)
_FAILURES = {
    NOT_FOUND: ("item-not-found", "商品没找到"),
    "4000": ("server-error", "服务器内部错误"),
    "4001": ("network-error", "网络错误"),
    "4002": ("target-server-error", "目标服务器错误"),
    "4003": ("param-error", "参数错误"),
    "4005": ("auth-failed", "授权失败"),
    "4008": ("concurrency-limit", "并发数已达上限"),
    "4010": ("api-not-found", "接口不存在"),
    "4013": ("calls-exceeded", "调用次数已超限"),
    "4014": ("missing-param", "缺少参数"),
    "4017": ("timeout", "请求超时"),
    "5000": ("unknown-error", "未知错误"),
}


@dataclass(frozen=True, slots=True)
class Account:
    """Who may call, and how often a day (UTC+8)."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    daily_calls: int

    def admits(self, key: str, secret: str) -> bool:
        """Whether both are right, in a time that does not tell how nearly."""
        key_right = hmac.compare_digest(key.encode(), self.key.encode())
        secret_right = hmac.compare_digest(secret.encode(), self.secret.encode())
        return key_right and secret_right


class Answer(NamedTuple):
    """A status code, which also says whether the call is billed, and the body that carries it."""

    code: str
    body: bytes


class Call(NamedTuple):
    """One request as the gateway sees it."""

    api: str
    params: Mapping[str, str]
    now: datetime
    calls_today: int
    daily_calls: int


class Refusal(Exception):
    """The gateway answers with a failure: its status code and, beside the code's own words, a detail."""

    def __init__(self, code: str, detail: str = "", item: dict[str, object] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.item = item


def answer(
    api: str, params: Mapping[str, str], now: datetime, world: World, calls_today: int, account: Account
) -> Answer:
    """The gateway's answer at `now` to a caller that made `calls_today` billed calls before this one."""
    call = Call(api, params, now, calls_today, account.daily_calls)
    try:
        _admit(call, account)
        payload = search_payload(call, world) if api in SEARCH_APIS else item_payload(call, world)
        code = SUCCESS
    except Refusal as refusal:
        payload, code = failure_payload(call, world, refusal), refusal.code
    escaped = params.get("result_type", "json") != "jsonu"
    return Answer(code, json.dumps(payload, ensure_ascii=escaped, separators=(",", ":")).encode())


def item_payload(call: Call, world: World, *, weather: bool = True, thin: bool = True) -> dict[str, object]:
    """One product's record in its envelope. Raises Refusal.

    `weather` allows failures by chance, `thin` thin records; both depend on nothing but the product and the minute.
    """
    num_iid = call.params.get("num_iid", "")
    if not num_iid:
        raise Refusal("4014", "num_iid")
    if not (num_iid.isascii() and num_iid.isdigit() and len(num_iid) <= _LONGEST_NUM_IID):
        raise Refusal("4003", "num_iid")
    if weather:
        _fail_by_chance(world, num_iid, call.now)
    cached = call.params.get("cache") != "no"
    captured = _captured_at(world, num_iid, call.now) if cached else call.now
    state = world.state(num_iid, captured)
    if state is None:
        raise Refusal(NOT_FOUND)
    if call.api == "item_get":
        item = normalised_record(world.chance, state)
    else:
        is_thin = thin and world.chance.unit(num_iid, "thin", _minute(captured)) < _THIN_SHARE
        item = raw_record(world.chance, state, thin=is_thin)
    return {"item": item} | _success(call, world, num_iid, captured, cached=cached)


def search_payload(call: Call, world: World) -> dict[str, object]:
    """A page of hits in its envelope. Raises Refusal."""
    needed = SEARCH_APIS[call.api]
    asked, page = call.params.get(needed, "").strip(), call.params.get("page") or "1"
    if not asked:
        raise Refusal("4014", needed)
    if not (page.isascii() and page.isdigit() and len(page) <= _LONGEST_PAGE and int(page)):
        raise Refusal("4003", "page")
    _fail_by_chance(world, asked, call.now)
    if call.api == "item_search":
        items = by_words(world, asked, int(page), call.params.get("sort", ""), call.now)
    else:
        items = by_shop(world, asked, int(page), call.now)
    if not items["item"]:
        raise Refusal(NOT_FOUND)
    return {"user": None, "items": items} | _success(call, world, asked, call.now, cached=False)


def failure_payload(call: Call, world: World, refusal: Refusal) -> dict[str, object]:
    """The envelope of a failure, as bare as the provider's own."""
    error, reason = _FAILURES[refusal.code]
    payload: dict[str, object] = {
        "error": error,
        "reason": f"{reason} {refusal.detail}" if refusal.detail else reason,
        "error_code": refusal.code,
        "success": 0,
        "cache": 0,
        "execution_time": 0.081,
        "call_args": [],
    }
    if refusal.item is not None:
        payload["item"] = refusal.item
    subject = call.params.get("num_iid") or call.api
    return payload | _common(call, world, subject)


def _admit(call: Call, account: Account) -> None:
    params = call.params
    key = params.get("key", "")
    if not account.admits(key, params.get("secret", "")):
        # The real gateway repeats the caller's key in its reason; whoever reads it must cut it out.
        raise Refusal("4005", f"key:{key}")
    if call.api not in ITEM_APIS and call.api not in SEARCH_APIS:
        raise Refusal("4010", call.api)
    if call.calls_today >= account.daily_calls:
        raise Refusal("4013")
    if params.get("result_type", "json") not in {"json", "jsonu"}:
        raise Refusal("4003", "result_type")


def _fail_by_chance(world: World, subject: str, now: datetime) -> None:
    if world.chance.unit(subject, "weather", _minute(now)) >= _ERROR_SHARE:
        return
    code = world.chance.pick(_BAD_WEATHER, subject, "code", _minute(now))
    raise Refusal(code, item={"format_check": "fail"} if code == "5000" else None)


def _minute(moment: datetime) -> int:
    return int(moment.timestamp()) // MINUTE


def _captured_at(world: World, num_iid: str, now: datetime) -> datetime:
    """When the provider's cache last took the product's data: up to a few hours before `now`."""
    lifetime = HOUR // 2 + world.chance.whole(7 * HOUR // 2, num_iid, "cache")
    return now - timedelta(seconds=int(now.timestamp()) % lifetime)


def _success(call: Call, world: World, subject: str, captured: datetime, *, cached: bool) -> dict[str, object]:
    second = int(captured.timestamp())
    arguments = {name: value for name, value in call.params.items() if name in {"num_iid", "q", "shopid", "page"}}
    last_id = str(880_000_000 + world.chance.whole(9_000_000, subject, "last", second))
    return {
        "secache": world.chance.hexadecimal(32, subject, call.api, second),
        "secache_time": second,
        "secache_date": captured.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
        "error": "",
        "reason": "",
        "error_code": SUCCESS,
        "cache": int(cached),
        "execution_time": "0.042",
        "call_args": arguments,
        "translate_language": "zh-CN",
        "translate_engine": "google_new",
        "server_memory": "0.82MB",
        "last_id": last_id if cached else False,
    } | _common(call, world, subject)


def _common(call: Call, world: World, subject: str) -> dict[str, object]:
    micro = int(call.now.timestamp() * 1_000_000)
    return {
        "api_info": f"today:{call.calls_today} max:{call.daily_calls}",
        "server_time": call.now.astimezone(BEIJING).strftime("Beijing/%Y-%m-%d %H:%M:%S"),
        "client_ip": "203.0.113.7",
        "api_type": PLATFORM,
        "request_id": f"gw-1.{world.chance.hexadecimal(13, subject, call.api, micro)}",
    }
