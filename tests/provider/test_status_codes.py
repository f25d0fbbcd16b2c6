"""Envelopes: the outcome of each status code of the provider."""

from typing import Any

import pytest

from monitor.provider.client import Client
from monitor.provider.codes import TABLE, Action, Billing, Outcome
from monitor.provider.envelope import read_quota
from monitor.provider.errors import ApiError, BadReply, NotFound, ProviderError, WrongProduct
from monitor.provider.observation import Quota
from tests.provider.records import normalised, raw
from tests.provider.wire import NUM_IID, Wire, sample

FAILURES = [code for code in TABLE if code not in {"0000", "2000"}]


def failing(server: Wire, client: Client, payload: dict[str, Any]) -> ProviderError:
    server.answer(payload)
    with pytest.raises(ProviderError) as caught:
        client.observe(NUM_IID)
    return caught.value


@pytest.mark.parametrize("code", FAILURES)
def test_every_code_has_its_billing_and_action(server: Wire, client: Client, code: str) -> None:
    told = {"error": "slug", "reason": "出错了", "request_id": "gw-1", "api_info": "today:7 max:30"}
    error = failing(server, client, {**told, "error_code": code})

    assert type(error) is ApiError
    assert error.outcome is Outcome.PROVIDER_ERROR
    assert (error.code, error.billing, error.action) == (
        code,
        TABLE[code].billing,
        TABLE[code].action,
    )
    assert (error.request_id, error.quota) == ("gw-1", Quota(7, 30))
    assert str(error) == f"{code} {TABLE[code].meaning}: 出错了"


@pytest.mark.parametrize("code", ["4004", "4005", "4006", "4007", "4010", "4012", "4016"])
def test_some_codes_stop_all_calls(server: Wire, client: Client, code: str) -> None:
    assert failing(server, client, {"error": "x", "error_code": code}).action is Action.STOP


@pytest.mark.parametrize(
    "payload",
    [
        sample("item-not-found.json"),
        {"error": "", "error_code": 2000},
        {"error": "item-not-found", "error_code": ""},
        {"error": "item-not-found", "error_code": "0000"},
        {"error": "item-not-found"},
        {
            "error": "",
            "error_code": "0000",
            "item": {"error": "item-not-found", "num_iid": NUM_IID},
        },
    ],
)
def test_a_product_that_is_not_found(server: Wire, client: Client, payload: dict[str, Any]) -> None:
    error = failing(server, client, payload)

    assert type(error) is NotFound
    assert (error.code, error.billing, error.action) == ("2000", Billing.BILLED, Action.ACCEPT_GONE)
    assert error.outcome is Outcome.NOT_FOUND


def test_not_found_under_another_code_is_billed_as_that_one(server: Wire, client: Client) -> None:
    error = failing(server, client, {"error": "item-not-found", "error_code": "4000"})

    assert type(error) is NotFound
    assert (error.code, error.billing) == ("4000", Billing.NOT_BILLED)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("4099", "4099"),
        (-1, "-1"),
        ("E\u202e-17\0\n x", "E-17 x"),
        ("9" * 100, "9" * 32),
        (4999.0, "4999"),
        (" 4998 ", "4998"),
    ],
)
def test_an_unknown_code_is_retryable_and_shown(
    server: Wire, client: Client, code: object, shown: str
) -> None:
    error = failing(server, client, {"error": "x", "error_code": code})

    assert type(error) is ApiError
    assert (error.code, error.billing, error.action) == (shown, Billing.POSSIBLY, Action.RETRY)


@pytest.mark.parametrize("code", ["0000", 0, "0", "00", 0.0, None, "", [], {}, True])
def test_a_success_code_or_the_absence_of_an_error_is_a_success(
    server: Wire, client: Client, code: object
) -> None:
    server.answer(sample() | {"error_code": code, "success": 0, "reason": "ok"})

    assert client.observe(NUM_IID).price == 7200


def test_an_error_without_a_code_is_retryable(server: Wire, client: Client) -> None:
    error = failing(server, client, sample() | {"error": "系统繁忙", "error_code": None})

    assert type(error) is ApiError
    assert (error.code, error.action, error.billing) == ("", Action.RETRY, Billing.POSSIBLY)
    assert str(error) == "unknown code: 系统繁忙"


@pytest.mark.parametrize("item", [None, [], {}, "", "x", 0, [{}], {"format_check": "fail"}])
def test_a_success_without_a_record_is_a_billed_bad_reply(
    server: Wire, client: Client, item: object
) -> None:
    error = failing(server, client, sample() | {"item": item})

    assert type(error) is BadReply
    assert (error.billing, error.outcome) == (Billing.BILLED, Outcome.BAD_REPLY)
    assert (error.request_id, error.quota) == ("gw-1.6256900b565d8", Quota(0, 11000))


def test_an_error_within_the_record_is_billed_and_retryable(server: Wire, client: Client) -> None:
    error = failing(
        server, client, {"error": "", "error_code": "0000", "item": {"error": "parse-failed"}}
    )

    assert type(error) is ApiError
    assert (error.code, error.billing, error.action) == ("", Billing.BILLED, Action.RETRY)
    assert "parse-failed" in str(error)


@pytest.mark.parametrize(
    "payload", [raw(product_id="3514453298386183304"), normalised(num_iid="1", detail_url="")]
)
def test_another_products_record_is_refused(
    server: Wire, client: Client, payload: dict[str, Any]
) -> None:
    error = failing(server, client, payload)

    assert type(error) is WrongProduct
    assert (error.outcome, error.billing) == (Outcome.WRONG_PRODUCT, Billing.BILLED)


@pytest.mark.parametrize(
    "num_iid", [None, "", 3514453298386183303.0, True, [], float("nan"), 10**30]
)
def test_a_record_without_a_product_id_is_a_bad_reply(
    server: Wire, client: Client, num_iid: object
) -> None:
    assert type(failing(server, client, raw(product_id=num_iid))) is BadReply


@pytest.mark.parametrize(
    ("api_info", "quota"),
    [
        ("today:0 max:11000", Quota(0, 11000)),
        ("today:7 max:30000 all[7=7+0+0];expires:2022-10-11", Quota(7, 30000)),
        ("today: max:20000 all[=++];expires:2030-01-01", Quota(None, 20000)),
        ("today:5 max:", Quota(5, None)),
        ("today: max: all[=++]", None),
        ("", None),
        ("today:x max:y", None),
        ("today:1 max:" + "9" * 50, None),
        ("unlimited", None),
        (None, None),
        (7, None),
        ({"today": 7}, None),
    ],
)
def test_the_providers_count_is_read(api_info: object, quota: Quota | None) -> None:
    assert read_quota(api_info) == quota
