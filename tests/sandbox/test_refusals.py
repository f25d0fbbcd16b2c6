from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.sandbox.protocol import Account, answer
from monitor.sandbox.world import World
from tests.sandbox.conftest import KEY, SECRET, Ask


@pytest.fixture
def num_iid(world: World) -> str:
    return world.products()[0]


def test_an_unknown_product_is_not_found(ask: Ask) -> None:
    reply = ask(num_iid="3000000000000000001", cache="no")
    assert (reply["error"], reply["reason"], reply["error_code"]) == ("item-not-found", "商品没找到", "2000")
    assert (reply["success"], reply["cache"], reply["call_args"]) == (0, 0, [])
    assert "item" not in reply
    assert "secache_time" not in reply


@pytest.mark.parametrize("wrong", [{"key": "guess"}, {"secret": "guess"}, {"key": ""}, {"key": "密钥"}])
def test_a_wrong_key_or_secret_is_refused_with_the_key_repeated(ask: Ask, num_iid: str, wrong: dict[str, str]) -> None:
    reply = ask(num_iid=num_iid, **wrong)
    assert reply["error_code"] == "4005"
    assert wrong.get("key", KEY) in reply["reason"]
    assert SECRET not in str(reply)


def test_an_absent_key_is_refused(world: World, now: datetime, account: Account, num_iid: str) -> None:
    assert answer("item_get_app", {"num_iid": num_iid}, now, world, 0, account).code == "4005"


@pytest.mark.parametrize(
    ("api", "params", "code"),
    [
        ("item_get_app", {}, "4014"),
        ("item_get", {"num_iid": ""}, "4014"),
        ("item_get_app", {"num_iid": "abc"}, "4003"),
        ("item_get_app", {"num_iid": "-1"}, "4003"),
        ("item_get_app", {"num_iid": "12345678901234567890"}, "4003"),
        ("item_get_app", {"num_iid": "３５１４"}, "4003"),
        ("item_search", {}, "4014"),
        ("item_search", {"q": "茶", "page": "0"}, "4003"),
        ("item_search", {"q": "茶", "page": "two"}, "4003"),
        ("item_search_shop", {}, "4014"),
        ("item_search", {"q": "没有这样的商品"}, "2000"),
        ("item_get_video", {"num_iid": "1"}, "4010"),
    ],
)
def test_a_call_that_cannot_be_answered_is_refused(ask: Ask, api: str, params: dict[str, str], code: str) -> None:
    assert ask(api, **params)["error_code"] == code


@pytest.mark.parametrize("result_type", ["xml", "serialize", "var_export", "yaml"])
def test_other_result_types_are_refused(ask: Ask, num_iid: str, result_type: str) -> None:
    assert ask(num_iid=num_iid, result_type=result_type)["error_code"] == "4003"


def test_calls_beyond_the_days_number_are_refused(ask: Ask, num_iid: str) -> None:
    assert ask(num_iid=num_iid, calls_today=10_999)["error_code"] == "0000"
    assert ask(num_iid=num_iid, calls_today=11_000)["error_code"] == "4013"


def test_the_account_does_not_print_its_secrets(account: Account) -> None:
    assert KEY not in repr(account)
    assert SECRET not in repr(account)


def failures(ask: Ask, num_iid: str, now: datetime) -> dict[str, dict[str, Any]]:
    replies = (ask(num_iid=num_iid, cache="no", at=now + timedelta(minutes=minutes)) for minutes in range(9000))
    return {reply["error_code"]: reply for reply in replies if reply["error_code"] != "0000"}


def test_failures_by_chance_pass_with_the_minute_and_tell_no_product(ask: Ask, num_iid: str, now: datetime) -> None:
    failed = failures(ask, num_iid, now)
    assert {"4000", "4001", "4002", "4017", "5000"} <= set(failed)
    assert all(reply["error"] and reply["success"] == 0 for reply in failed.values())
    assert failed["5000"]["item"] == {"format_check": "fail"}
    assert not any("item" in reply for code, reply in failed.items() if code != "5000")
