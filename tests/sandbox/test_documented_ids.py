from datetime import timedelta

import pytest

from monitor.provider import sandbox
from monitor.provider.codes import NOT_FOUND, SUCCESS, TABLE
from monitor.provider.errors import ApiError, NotFound, WrongProduct
from monitor.provider.observation import Status
from tests.sandbox.conftest import NOW, Ask, observe


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("0001", Status.OFF_SHELF),
        ("0002", Status.DELETED),
        ("0003", Status.ABNORMAL),
        ("0004", Status.REJECTED),
        ("0005", Status.BANNED),
        ("0006", Status.UNDER_REVIEW),
        ("0007", Status.APPROVED_WAITING),
    ],
)
def test_some_products_are_never_on_sale(ending: str, status: Status) -> None:
    assert f"700000000000000{ending}" in (sandbox.__doc__ or "")
    for days in range(0, 200, 40):
        assert observe(f"700000000000000{ending}", NOW + timedelta(days=days)).status is status


@pytest.mark.parametrize("code", sorted(TABLE.keys() - {SUCCESS, NOT_FOUND}))
def test_some_products_always_fail_with_a_code(ask: Ask, code: str) -> None:
    reply = ask(num_iid=f"700000000000000{code}")
    assert (reply["error_code"], reply["success"], reply["call_args"]) == (code, 0, [])
    assert "secache_time" not in reply
    assert ("item" in reply) == (code == "5000")
    with pytest.raises(ApiError) as error:
        observe(f"700000000000000{code}")
    assert error.value.code == code


def test_one_product_is_never_found(ask: Ask) -> None:
    reply = ask(num_iid="7000000000000002000")
    assert (reply["error"], reply["reason"], reply["error_code"]) == (
        "item-not-found",
        "商品没找到",
        "2000",
    )
    with pytest.raises(NotFound):
        observe("7000000000000002000")


def test_one_product_has_a_thin_record() -> None:
    reading = observe("7000000000000000010")
    assert reading.thin
    assert reading.title
    assert reading.price
    assert (reading.status, reading.shop, reading.freight, reading.specification) == (
        None,
        None,
        None,
        None,
    )


def test_one_product_gets_the_record_of_another() -> None:
    with pytest.raises(WrongProduct):
        observe("7000000000000000011")


def test_one_product_has_an_odd_price_now_and_then() -> None:
    readings = [
        observe("7000000000000000012", NOW + timedelta(minutes=minutes)) for minutes in range(10)
    ]
    prices = [observation.price or 0 for observation in readings]
    assert sorted(prices)[:3] == [1, 1, max(prices)]
