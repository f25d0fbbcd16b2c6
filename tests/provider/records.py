"""Healthy records to parse, with single keys changed."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from monitor.provider.observation import Observation
from monitor.provider.parse import parse_item
from tests.provider.wire import NUM_IID, sample

NOW = datetime(2022, 4, 13, 8, 55, 39, tzinfo=UTC)
_RAW = sample()
_NORMALISED: dict[str, Any] = {
    "num_iid": NUM_IID,
    "title": "磨毛衬衫",
    "price": 72,
    "orginal_price": "99.00",
    "nick": "某公司",
    "num": 120,
    "sales": "4000+",
    "detail_url": f"https://haohuo.jinritemai.com/views/product/item2?id={NUM_IID}",
    "pic_url": "//p9-aio.ecombdimg.com/obj/a",
    "item_imgs": [{"url": "//p9-aio.ecombdimg.com/obj/a"}, {"url": "https://img.alicdn.com/b.jpg"}],
    "props": [{"name": "品牌", "value": "Gudige"}],
    "skus": {"sku": [{"price": 72, "quantity": 60}, {"price": "79.90", "quantity": 60}]},
    "seller_info": {"shop_name": "某店"},
    "shop_id": 123456,
}
MISSING = object()


def raw(**item: Any) -> dict[str, Any]:
    """Return the sample's reply with changed keys; `MISSING` removes a key."""
    return _changed(_RAW, item)


def normalised(**item: Any) -> dict[str, Any]:
    return _changed(
        {"error": "", "error_code": "0000", "secache_time": 1649724674, "item": _NORMALISED}, item
    )


def _changed(payload: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    payload = deepcopy(payload)
    for key, value in item.items():
        if value is MISSING:
            del payload["item"][key]
        else:
            payload["item"][key] = value
    return payload


def observe(payload: dict[str, Any], num_iid: str = NUM_IID, now: datetime = NOW) -> Observation:
    return parse_item(payload, num_iid, now)
