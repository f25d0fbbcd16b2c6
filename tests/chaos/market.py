"""A provider whose products change by a known truth, and the ways in which it fails to tell it."""

import gzip
import json
import random
import socket
import struct
import threading
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote_plus, urlsplit

from monitor.provider.codes import TABLE, Action
from tests.provider.conftest import KEY, SECRET
from tests.provider.servers import error, item
from tests.provider.wire import Wire, http

#: A provider that repeats the caller's key and secret.
ECHO = f"key={KEY}&secret={quote_plus(SECRET)} {SECRET}"
#: Names that must stay text everywhere; they never change.
NAMES = (
    "磨毛衬衫",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "a\x00b\ud800c",
    "衬衫\r\nBcc: x@example.com",
)
STATUSES = {"on_sale": (0, 3), "off_shelf": (1, 3), "deleted": (2, 3)}
FIRST_ID, SHOPS = 3_514_453_298_386_183_303, 8


class State(NamedTuple):
    """What a product is like from a second on."""

    since: int
    price: int
    sales: int
    status: str = "on_sale"


class Product:
    """Its states, oldest first. A `bold` one ends with a state that has to be confirmed, and never
    reads oddly."""

    def __init__(self, number: int, chance: random.Random) -> None:
        self.num_iid, self.name = str(FIRST_ID + number), NAMES[number % len(NAMES)]
        self.bold, self.vanishes = number % 10 == 0, number % 40 == 0
        self.shop_id = f"shop-{number % SHOPS}"
        self.base = chance.randrange(5_000, 90_000)
        self.states = [State(0, self.base, chance.randrange(9000))]
        #: Which fault has told it oddly. A second odd reading that agrees may be believed, so no
        #: other fault does.
        self.oddly_told_by: object = None

    def live(self, start: int, end: int, chance: random.Random) -> None:
        """Decide all states from `start` on; the last one begins before `end` and stays."""
        at = start + chance.randrange(5, 60)
        while at < end - 20:
            before = self.states[-1]
            price, sales, status = before.price, before.sales, before.status
            match chance.choice(("price", "price", "sales", "status")):
                case "price":
                    # Never half the price of before, which would have to be confirmed.
                    price = (
                        chance.choice([n for n in range(75, 130) if self.base * n // 100 != price])
                        * self.base
                        // 100
                    )
                case "sales":
                    sales += chance.randrange(1, 500)
                case _:
                    status = "on_sale" if status == "off_shelf" else "off_shelf"
            self.states.append(State(at, price, sales, status))
            at += chance.choice((20, 40, 80, 200))
        if self.bold:
            last = self.states[-1]
            bold = (
                last._replace(status="deleted")
                if self.vanishes
                else last._replace(price=last.price * 2 // 5)
            )
            self.states.append(bold._replace(since=max(end - 15, last.since + 1)))

    def at(self, second: float) -> State:
        return self.states[bisect_right(self.states, second, key=itemgetter(0)) - 1]


class Call(NamedTuple):
    """One call that arrived: the connection to answer on, the product and its state now."""

    line: socket.socket
    product: Product
    now: int

    def reply(self, at: int | None = None, **fields: Any) -> dict[str, Any]:
        at = self.now if at is None else at
        state = self.product.at(at)
        status, check_status = STATUSES[state.status]
        told: dict[str, Any] = {
            "status": status,
            "check_status": check_status,
            "name": self.product.name,
        }
        told["shop_id"] = self.product.shop_id
        prices = {"discount_price": state.price, "sku_min_price": 7200, "sku_max_price": 7200}
        return item(
            self.product.num_iid, at, **{**prices, **told, "sell_num": str(state.sales), **fields}
        )


type Answer = Callable[["Market", Call], bool]


class Market:
    """Answers calls, and counts them. Half of them are answered by one of the faults in `weather`,
    all of them by `gone` during a blackout. `hits` counts the calls that each fault was an answer
    to."""

    def __init__(self, products: int, seed: int, daily_calls: int) -> None:
        self.chance = random.Random(seed)
        self.products = {
            p.num_iid: p for p in (Product(number, self.chance) for number in range(products))
        }
        self.daily_calls, self.calls = daily_calls, 0
        self.weather: list[str] = []
        self.blackouts, self.is_blackout = 0, False
        self.hits: Counter[str] = Counter()
        #: Replies that left something untold, by product and data time: a change is seen only by a
        #: later one.
        self.incomplete: set[tuple[str, int]] = set()
        self._lock = threading.Lock()
        self.wire = self._open(0)
        self.url = self.wire.url

    def _open(self, port: int) -> Wire:
        wire = Wire(port=port)
        wire.script = lambda line, number: self._answer(wire, line, number)
        return wire

    def close(self) -> None:
        self.wire.close()

    def reopen(self) -> None:
        self.wire = self._open(self.wire.port)

    def _answer(self, wire: Wire, line: socket.socket, number: int) -> bool:
        path = urlsplit(wire.requests[number - 1].split()[1])
        query = {name: values[0] for name, values in parse_qs(path.query).items()}
        with self._lock:
            self.calls += 1
            name = (
                self.chance.choice(self.weather)
                if self.weather and self.chance.random() < 0.5
                else ""
            )
            name = BLACKOUT if self.is_blackout else name
            self.hits[name] += 1
            if name in STOPPING:
                self.weather.remove(name)
        assert (query["key"], query["secret"]) == (KEY, SECRET)
        call = Call(line, self.products[query["num_iid"]], int(time.time()))
        return ANSWERS[name](self, call) if name else self.send(call, call.reply())

    def send(
        self, call: Call, payload: Mapping[str, Any] | bytes, *headers: str, status: int = 200
    ) -> bool:
        body = payload if isinstance(payload, bytes) else json.dumps(self.counted(payload)).encode()
        call.line.sendall(http(body, status, *headers))
        return True

    def counted(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return the payload with the day's calls and their cap."""
        return {**payload, "api_info": f"today:{self.calls} max:{self.daily_calls}"}

    def partly(self, call: Call, **fields: Any) -> bool:
        """Tell the truth but for `fields`, which cannot be read."""
        self.incomplete.add((call.product.num_iid, call.now))
        return self.send(call, call.reply(**fields))

    def fails(self, call: Call, code: str) -> bool:
        payload = error(code if self.chance.random() < 0.5 else int(code), ECHO)  # type: ignore[arg-type]
        return self.send(call, payload | {"request_id": KEY, "call_args": {"key": KEY}})


def raw(payload: bytes, *headers: str, status: int = 200) -> Answer:
    return lambda market, call: market.send(call, payload, *headers, status=status)


def codes(*choices: str) -> Answer:
    return lambda market, call: market.fails(call, market.chance.choice(choices))


def reset(market: Market, call: Call) -> bool:
    call.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def hang(market: Market, call: Call) -> bool:
    market.wire.stopped.wait(8)
    return False


def drip(market: Market, call: Call) -> bool:
    for byte in http(call.reply())[:100]:
        call.line.sendall(bytes([byte]))
        if market.wire.stopped.wait(0.1):
            break
    return False


def truncated(market: Market, call: Call) -> bool:
    call.line.sendall(http(call.reply())[: market.chance.randrange(20, 400)])
    return False


def bomb(market: Market, call: Call) -> bool:
    return market.send(call, _BOMB, "Content-Encoding: gzip")


def another_product(market: Market, call: Call) -> bool:
    return market.send(call, call.reply(product_id=str(FIRST_ID - 1)))


def stale(market: Market, call: Call) -> bool:
    """Data of half a minute ago: true then."""
    return market.send(call, call.reply(call.now - 30))


def thin(market: Market, call: Call) -> bool:
    empty = dict.fromkeys(("credit_score", "dsrInfo", "freight", "extra"))
    return market.partly(
        call, **empty, company_name="", current_time=0, category_id=0, check_status=1
    )


def unreadable(market: Market, call: Call) -> bool:
    """A price that is none."""
    odd = market.chance.choice(
        [float("nan"), float("inf"), True, 0, -5, "12.5-18.0", 10**30, [], {"a": 1}, "１２元"]
    )
    return market.partly(call, discount_price=odd, stock=odd)


def _may_be_odd(call: Call, fault: object) -> bool:
    product = call.product
    if (
        product.bold
        or product.oddly_told_by not in (None, fault)
        or product.at(call.now).status != "on_sale"
    ):
        return False
    is_first, product.oddly_told_by = product.oddly_told_by is None, fault
    return is_first or fault is not odd


def odd(market: Market, call: Call) -> bool:
    """One odd reading of a product."""
    if not _may_be_odd(call, odd):
        return market.send(call, call.reply())
    price = market.chance.choice([None, 1, call.product.at(call.now).price * 2 // 5])
    return (
        market.fails(call, "2000")
        if price is None
        else market.send(call, call.reply(discount_price=price))
    )


def gone(market: Market, call: Call) -> bool:
    """No product is found: none may be believed gone."""
    return market.fails(call, "2000" if _may_be_odd(call, market.blackouts) else "4000")


def in_gbk(market: Market, call: Call) -> bool:
    text = json.dumps(market.counted(call.reply()), ensure_ascii=False)
    try:
        return market.send(call, text.encode("gbk"))
    except UnicodeEncodeError:
        return market.send(call, call.reply())


_BOMB = gzip.compress(b'{"a":"' + b" " * 50_000_000)
RETRIED = [code for code, row in TABLE.items() if row.action is Action.RETRY]
BREAKERS = [code for code, row in TABLE.items() if row.action is Action.STOP]
BLACKOUT = "nothing found"
#: One answer stops all calls, so there is only one each time.
STOPPING = {"maintenance", "calls exceeded", "breaker"}
#: By name: what the provider answers to some calls while the fault lasts.
ANSWERS: dict[str, Answer] = {
    "resets": reset,
    "hangs": hang,
    "drips": drip,
    "truncated": truncated,
    "empty": raw(b""),
    "HTML": raw(b"<html>502 Bad Gateway</html>"),
    "null": raw(b"null"),
    "brackets": raw(b"[" * 100_000),
    "gzip bomb": bomb,
    "5 MB": raw(b" " * 5_000_000),
    "redirect": raw(b"", "Location: /elsewhere", status=302),
    "HTTP 502": raw(b"", status=502),
    "GBK": in_gbk,
    "trailing comma": lambda market, call: market.send(
        call, json.dumps(call.reply())[:-1].encode() + b",}"
    ),
    "wrong product": another_product,
    "stale": stale,
    "thin": thin,
    "unreadable price": unreadable,
    "odd": odd,
    "errors": codes(*RETRIED, "4003", "4014", "4015", "9999"),
    "too many at once": codes("4008"),
    "maintenance": codes("4009"),
    "calls exceeded": codes("4013"),
    "breaker": codes(*BREAKERS),
    BLACKOUT: gone,
}
