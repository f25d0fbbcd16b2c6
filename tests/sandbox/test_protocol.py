import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.sandbox.conftest import EXAMPLES, NOW, STEADY, Ask

SAMPLE = Path(__file__).parents[1] / "samples" / "item_get_app.json"


def test_an_uncached_reply_has_the_providers_envelope(ask: Ask) -> None:
    reply = ask(num_iid=STEADY, cache="no", calls_today=7)
    assert (reply["error"], reply["reason"], reply["error_code"], reply["cache"]) == (
        "",
        "",
        "0000",
        0,
    )
    assert reply["secache_time"] == reply["item"]["current_time"] == int(NOW.timestamp())
    assert reply["secache_date"] == "2026-11-25 12:07:09"
    assert reply["server_time"] == "Beijing/2026-11-25 12:07:09"
    assert reply["api_info"] == "today:7 max:11000"
    assert reply["call_args"] == {"num_iid": STEADY}
    assert (reply["api_type"], reply["client_ip"]) == ("douyin", "203.0.113.7")
    assert reply["request_id"].startswith("gw-1.")


def test_keys_and_types_are_those_of_the_provider(ask: Ask) -> None:
    def check(value: object, real: object, where: str) -> None:
        if isinstance(value, dict) and where != "/item/product_format":
            assert isinstance(real, dict), where
            for key, inner in value.items():
                check(inner, real[key], f"{where}/{key}")
        elif isinstance(value, list):
            assert isinstance(real, list), where
            if value and real:
                check(value[0], real[0], where)
        elif value is not None and real is not None:
            assert type(value) is type(real) or {type(value), type(real)} == {int, float}, where

    check(ask(num_iid=STEADY), json.loads(SAMPLE.read_bytes()), "")


def test_cached_replies_are_hours_old_and_have_the_values_of_that_time(ask: Ask) -> None:
    ages = []
    for num_iid in EXAMPLES:
        cached = ask(num_iid=num_iid, is_faultless=True)
        if cached["error_code"] == "0000":
            captured = datetime.fromtimestamp(cached["secache_time"]).astimezone()
            fresh = ask(num_iid=num_iid, at=captured, cache="no", is_faultless=True)
            assert (cached["cache"], cached["item"]) == (1, fresh["item"])
            ages.append(NOW - captured)
    assert timedelta() <= min(ages) < max(ages) <= timedelta(hours=4)
    assert sum(ages, timedelta()) / len(ages) > timedelta(minutes=30)


@pytest.mark.parametrize(
    ("api", "params", "code"),
    [
        ("item_get_app", {}, "4014"),
        ("item_review", {"q": "茶"}, "4010"),
        ("item_get_app", {"num_iid": "1", "result_type": "xml"}, "4003"),
    ],
)
def test_a_call_that_cannot_be_answered_is_refused(
    ask: Ask, api: str, params: dict[str, str], code: str
) -> None:
    assert ask(api, **params)["error_code"] == code


def test_calls_beyond_the_daily_limit_are_refused(ask: Ask) -> None:
    assert ask(num_iid=STEADY, calls_today=10_999)["error_code"] == "0000"
    assert ask(num_iid=STEADY, calls_today=11_000)["error_code"] == "4013"
