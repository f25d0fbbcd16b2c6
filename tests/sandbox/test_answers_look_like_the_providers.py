import json
from datetime import datetime
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import pytest

from monitor.sandbox.protocol import Account, answer
from monitor.sandbox.world import World
from tests.sandbox.conftest import KEY, SECRET, Ask

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture
def sample() -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads((SAMPLES / "item_get_app.json").read_bytes())
    return decoded


def types(value: object) -> object:
    """The shape of a decoded value: keys and kinds, whole numbers and fractions alike, the first element of lists."""
    if isinstance(value, dict):
        return {key: types(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [types(value[0])] if value else []
    return float if type(value) is int else type(value)


def test_it_has_the_real_records_keys_and_kinds(ask: Ask, world: World, sample: dict[str, Any]) -> None:
    # Attributes and provinces are data in the place of keys.
    def without_data(reply: dict[str, Any]) -> object:
        for column in reply["item"]["freight"]["columns"]:
            column["address"] = {}
        reply["item"]["product_format"] = {}
        return types(reply)

    reply = ask(num_iid=world.products()[0])
    assert reply["error_code"] == "0000"
    assert without_data(reply) == without_data(sample)


def test_it_has_the_envelope_of_a_fresh_answer(ask: Ask, world: World, now: datetime) -> None:
    num_iid = world.products()[0]
    reply = ask(num_iid=num_iid, cache="no", calls_today=7)
    assert (reply["error"], reply["reason"], reply["error_code"], reply["cache"]) == ("", "", "0000", 0)
    assert reply["secache_time"] == reply["item"]["current_time"] == int(now.timestamp())
    assert reply["secache_date"] == "2026-11-25 12:07:09"
    assert reply["server_time"] == "Beijing/2026-11-25 12:07:09"
    assert reply["api_info"] == "today:7 max:11000"
    assert reply["call_args"] == {"num_iid": num_iid}
    assert (reply["api_type"], reply["client_ip"]) == ("douyin", "203.0.113.7")
    assert reply["request_id"].startswith("gw-1.")
    assert reply["item"]["product_id"] == num_iid


def test_it_carries_masked_telephone_numbers_to_be_dropped(ask: Ask, world: World) -> None:
    item = ask(num_iid=world.products()[0])["item"]
    assert item["mobile"] == item["shop_tel"] == "13700000000"


def test_it_is_about_as_large_as_the_real_one(world: World, now: datetime, account: Account) -> None:
    params = {"key": KEY, "secret": SECRET, "cache": "no"}
    answers = [
        answer("item_get_app", params | {"num_iid": num_iid}, now, world, 0, account) for num_iid in world.products()
    ]
    sizes = [len(reply.body) for reply in answers if reply.code == "0000"]
    assert len(sizes) > 280
    assert 11_000 < median(sizes) < 16_000
    assert max(sizes) < 16_000


def test_it_escapes_chinese_unless_asked_for_readable_text(world: World, now: datetime, account: Account) -> None:
    params = {"key": KEY, "secret": SECRET, "num_iid": world.products()[0]}
    escaped = answer("item_get_app", params, now, world, 0, account).body
    readable = answer("item_get_app", params | {"result_type": "jsonu"}, now, world, 0, account).body
    assert escaped.isascii()
    assert "岫云织".encode() in readable
    assert json.loads(escaped) == json.loads(readable)


def test_a_thin_record_does_not_tell_what_the_real_ones_do_not(ask: Ask, world: World) -> None:
    moments = (datetime.fromtimestamp(1_795_000_000 + 60 * minute).astimezone() for minute in range(2000))
    replies = (ask(num_iid=world.products()[1], cache="no", at=moment) for moment in moments)
    thin = next(reply["item"] for reply in replies if reply.get("item", {}).get("freight", 0) is None)
    assert [thin[key] for key in ("credit_score", "dsrInfo", "freight", "extra")] == [None] * 4
    assert [thin[key] for key in ("company_name", "current_time", "category_id", "check_status")] == ["", 0, 0, 1]
    assert thin["name"]
    assert thin["discount_price"] > 0


def test_it_is_made_quickly(world: World, now: datetime, account: Account) -> None:
    params = {"key": KEY, "secret": SECRET}
    began = process_time()
    for num_iid in world.products():
        answer("item_get_app", params | {"num_iid": num_iid}, now, world, 0, account)
    assert (process_time() - began) / len(world.products()) < 0.002


def test_the_normalised_record_tells_yuan_in_several_ways(ask: Ask, world: World) -> None:
    kinds = set()
    for num_iid in world.products():
        reply = ask("item_get", num_iid=num_iid)
        if reply["error_code"] == "0000":
            item = reply["item"]
            assert item["num_iid"] == num_iid
            assert item["shop_id"].isdigit()
            kinds.add("range" if "-" in str(item["price"]) else type(item["price"]).__name__)
    assert kinds == {"int", "float", "str", "range"}
