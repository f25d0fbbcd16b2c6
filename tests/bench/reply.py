"""The reply to every call: the provider's published record, 15 KB, as a template."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).parents[1] / "samples" / "item_get_app.json"
#: Bytes of a reply's body, as measured at the provider.
SIZE = 15_000
FIRST_NUM_IID = 3_500_000_000_000_000_000
SHOPS = 200
#: Each round, one product in this many has a new price.
ONE_CHANGES_IN = 20

#: A round's data is a minute newer than that of the round before.
FIRST_DATA_TIME = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
#: Placeholders for values that differ between replies. They occur nowhere else in the record.
_NUM_IID, _PRICE, _DATA_TIME, _SHOP = "7770000000000000777", 7_777_001, 1_777_777_777, "shop-7777"
_PLACES = (
    (_NUM_IID, "%(num_iid)b"),
    (str(_PRICE), "%(price)07d"),
    (str(_DATA_TIME), "%(data_time)d"),
    (_SHOP, "shop-%(shop)04d"),
)


def template() -> bytes:
    """Return a whole HTTP response as a `%` format for `values`. All responses have the same
    length."""
    body = json.dumps(_payload(), separators=(",", ":")).replace("%", "%%")
    for placeholder, place in _PLACES:
        body = body.replace(placeholder, place)
    written = body.encode("ascii")
    length = len(written % values(str(FIRST_NUM_IID).encode(), 0))
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: "
        f"{length}\r\n\r\n"
    )
    return head.encode("ascii") + written


def values(num_iid: bytes, current_round: int) -> dict[bytes, Any]:
    """Return the values of the template in a round: newer data for every product, and a new price
    for one in twenty."""
    number = int(num_iid) - FIRST_NUM_IID
    return {
        b"num_iid": num_iid,
        b"price": 1_000_000 + (number + current_round) // ONE_CHANGES_IN % 1_000_000,
        b"data_time": FIRST_DATA_TIME + 60 * current_round,
        b"shop": number % SHOPS,
    }


def _payload() -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(SAMPLE.read_bytes())
    item = payload["item"]
    item |= {"product_id": _NUM_IID, "shop_id": _SHOP, "current_time": _DATA_TIME}
    item |= {
        "discount_price": _PRICE,
        "sku_min_price": _PRICE,
        "sku_max_price": 2_000_000,
        "market_price": 2_500_000,
    }
    payload |= {
        "secache_time": _DATA_TIME,
        "api_info": "today:7 max:900000000",
        "call_args": {"num_iid": _NUM_IID},
    }
    picture = item["description"].removeprefix("<p>").partition("/>")[0] + "/>"
    missing = SIZE - len(json.dumps(payload, separators=(",", ":")))
    item["description"] += picture * max(0, missing // (len(picture) + picture.count('"')))
    return payload
