"""Whole records: the provider's samples, and each part of a record."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.provider.observation import (
    FreightRule,
    Gap,
    Presale,
    Quota,
    Sales,
    Scores,
    ShopObservation,
    SpecificationGroup,
    Status,
)
from tests.provider.records import MISSING, NOW, normalised, observe, raw
from tests.provider.wire import NUM_IID, sample

THIN = {
    "credit_score": None,
    "dsrInfo": None,
    "freight": None,
    "extra": None,
    "company_name": "",
    "current_time": 0,
    "category_id": 0,
    "check_status": 1,
}


def test_the_providers_sample() -> None:
    reading = observe(sample())

    assert (reading.num_iid, reading.price, reading.list_price) == (NUM_IID, 7200, 7200)
    assert (reading.sku_min_price, reading.sku_max_price) == (7200, 7200)
    assert reading.title == "【古蒂歌品牌】精致磨毛纹理 叠穿衬衣女春装新款 高档磨毛衬衫"
    assert reading.sales == Sales(13_000, 1_000)
    assert (reading.status, reading.presale, reading.supply_status, reading.stock) == (
        Status.ON_SALE,
        Presale.NONE,
        0,
        None,
    )
    assert (reading.sale_starts_at, reading.sale_ends_at) == (
        None,
        datetime(2037, 12, 31, 16, tzinfo=UTC),
    )
    assert reading.data_time == datetime(2022, 4, 12, 0, 51, 14, tzinfo=UTC)
    assert reading.images is not None
    assert len(reading.images) == 5
    assert reading.specification is not None
    assert reading.specification[0] == SpecificationGroup(
        "颜色分类", ("米杏色", "灰蓝色", "卡其色", "珍珠白")
    )
    assert reading.attributes is not None
    assert ("品牌", "Gudige/古蒂歌") in reading.attributes
    assert reading.service_promises is not None
    assert "support_7days_refund" in reading.service_promises
    assert (reading.thin, reading.from_cache, reading.flags) == (False, True, ())
    assert (reading.request_id, reading.quota) == ("gw-1.6256900b565d8", Quota(0, 11000))


def test_the_samples_shop_has_scores_and_gaps() -> None:
    shop = observe(sample()).shop

    assert shop is not None
    assert (shop.shop_id, shop.name, shop.company_name) == (
        "sXahcZg",
        "古蒂歌精品女装店",
        "黄岛区古蒂歌服饰店",
    )
    assert shop.logo is not None
    assert shop.scores == Scores(
        scale=5,
        product=485,
        logistics=500,
        service=496,
        product_gap=Gap.ABOVE,
        logistics_gap=Gap.ABOVE,
        service_gap=Gap.ABOVE,
    )


def test_the_samples_freight_ends_with_the_rule_for_everywhere_else() -> None:
    rules = observe(sample()).freight

    assert rules is not None
    assert rules[0] == FreightRule(
        provinces=("新疆维吾尔自治区", "西藏自治区"), first=1000, more=100
    )
    assert (rules[1].first, rules[1].free_from, len(rules[1].provinces)) == (0, 1000, 42)
    assert (rules[2].provinces, rules[2].delivers) == (
        ("台湾省", "澳门特别行政区", "香港特别行政区"),
        False,
    )
    assert rules[3] == FreightRule()


def test_a_normalised_record_has_fewer_fields() -> None:
    reading = observe(normalised())

    assert (reading.title, reading.price, reading.list_price, reading.stock) == (
        "磨毛衬衫",
        7200,
        9900,
        120,
    )
    assert (reading.sku_min_price, reading.sku_max_price) == (7200, 7990)
    assert reading.sales == Sales(4000, 1000)
    assert reading.images == ("https://p9-aio.ecombdimg.com/obj/a", "https://img.alicdn.com/b.jpg")
    assert reading.attributes == (("品牌", "Gudige"),)
    assert reading.shop == ShopObservation(shop_id="123456", name="某店")
    assert (reading.status, reading.presale, reading.freight, reading.specification) == (
        None,
        None,
        None,
        None,
    )
    assert reading.flags == ()


@pytest.mark.parametrize("key", ["mobile", "shop_tel", "second_mobile", "client_ip"])
def test_personal_data_is_never_read(key: str) -> None:
    payload = raw(**{key: "canary"}) | {key: "canary"}

    assert "canary" not in repr(observe(payload))
    assert "13700000000" not in repr(observe(payload))


@pytest.mark.parametrize(
    ("status", "check", "read"),
    [
        (0, 3, Status.ON_SALE),
        (0, 1, Status.UNDER_REVIEW),
        (0, 4, Status.REJECTED),
        (0, 5, Status.BANNED),
        (0, 7, Status.APPROVED_WAITING),
        ("0", "3", Status.ON_SALE),
        (1, 3, Status.OFF_SHELF),
        (2, 3, Status.DELETED),
        (-1, 3, Status.ABNORMAL),
        ("1", None, Status.OFF_SHELF),
    ],
)
def test_status_is_read_from_both_numbers(status: object, check: object, read: Status) -> None:
    observation = observe(raw(status=status, check_status=check))

    assert (observation.status, observation.flags) == (read, ())


@pytest.mark.parametrize(
    ("status", "check", "flags"),
    [
        (3, 3, ("status:unknown",)),
        (0, 6, ("status:unknown",)),
        (0, "ok", ("status:unreadable",)),
        (10**12, 3, ("status:unreadable",)),
        (0, None, ()),
        (MISSING, 3, ()),
    ],
)
def test_an_unknown_status_is_left_out(
    status: object, check: object, flags: tuple[str, ...]
) -> None:
    observation = observe(raw(status=status, check_status=check))

    assert (observation.status, observation.flags) == (None, flags)


@pytest.mark.parametrize(
    ("value", "presale"),
    [(0, Presale.NONE), (1, Presale.FULL_PAYMENT), ("2", Presale.STEPPED), (3, None), (None, None)],
)
def test_presale(value: object, presale: Presale | None) -> None:
    assert observe(raw(presell_type=value)).presale is presale


@pytest.mark.parametrize("status", [0, 1, 2])
def test_a_thin_records_default_values_are_left_out(status: int) -> None:
    reading = observe(raw(**THIN, status=status))

    assert reading.thin
    assert (reading.price, reading.sales, reading.title is None) == (
        7200,
        Sales(13_000, 1_000),
        False,
    )
    assert (reading.status, reading.shop, reading.specification, reading.freight) == (
        None,
        None,
        None,
        None,
    )
    assert (reading.attributes, reading.service_promises, reading.presale) == (None, None, None)
    assert reading.flags == ()


@pytest.mark.parametrize(
    "signs",
    [
        (),
        ("credit_score", "dsrInfo", "company_name"),
        ("check_status", "dsrInfo", "credit_score", "extra"),
    ],
)
def test_a_healthy_record_may_show_some_signs(signs: tuple[str, ...]) -> None:
    reading = observe(raw(**{sign: THIN[sign] for sign in signs}))

    assert not reading.thin
    # 'Not submitted' is believed only in a record that is not thin.
    assert reading.status is (None if "check_status" in signs else Status.ON_SALE)


@pytest.mark.parametrize(
    ("scores", "scale", "product", "service"),
    [
        ({"product": 96.5, "shop": 4.5, "logistics": 88}, 100, 9650, 450),
        ({"product": 5, "shop": "4.85", "logistics": 0}, 5, 500, 485),
        ({"product": 100, "shop": None}, 100, 10000, None),
    ],
)
def test_scores_are_hundredths_on_either_scale(
    scores: dict[str, object], scale: int, product: int, service: int | None
) -> None:
    shop = observe(raw(credit_score=scores)).shop

    assert shop is not None
    assert shop.scores is not None
    assert (shop.scores.scale, shop.scores.product, shop.scores.service) == (
        scale,
        product,
        service,
    )


@pytest.mark.parametrize(
    ("value", "gap"),
    [(0, Gap.NONE), (1, Gap.ABOVE), ("2", Gap.LEVEL), (3, Gap.BELOW), (4, None), (-1, None)],
)
def test_gaps(value: object, gap: Gap | None) -> None:
    shop = observe(raw(credit_score={"product": 4.5, "gap_product": value})).shop

    assert shop is not None
    assert shop.scores is not None
    assert shop.scores.product_gap is gap


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (
            {"first_num": 0, "first_weight": 1, "first_weight_price": 800, "add_weight_price": 300},
            FreightRule(first=800, more=300),
        ),
        ({"first_num_price": "1200"}, FreightRule(first=1200)),
        ({"is_over_free": True, "over_num": 2}, FreightRule()),
        ({"is_over_free": True}, FreightRule(free_from=0)),
        ({"is_limited": True}, FreightRule(delivers=False)),
        ({"province_name": ["西藏自治区", "新疆维吾尔自治区"]}, FreightRule()),
    ],
)
def test_freight_of_one_rule(change: dict[str, object], rule: FreightRule) -> None:
    default = sample()["item"]["freight"]["default"] | change

    assert observe(raw(freight={"default": default, "columns": []})).freight == (rule,)


@pytest.mark.parametrize(
    "freight",
    [
        "x",
        {"columns": [7]},
        {"columns": [{"province_name": []}]},
        {"columns": [{"province_name": ["西藏自治区"], "first_num_price": -1}]},
        {"default": {"first_num_price": "1e3"}},
        {"columns": [{"province_name": ["西藏自治区"]}] * 1000},
        {"columns": [{"province_name": ["西藏自治区"] * 1000}]},
    ],
)
def test_freight_that_cannot_be_read_in_full_is_left_out(freight: object) -> None:
    observation = observe(raw(freight=freight))

    assert observation.freight is None
    assert {flag.partition(":")[0] for flag in observation.flags} == {"freight"}


@pytest.mark.parametrize(
    "groups",
    ["x", 7, [7], [{}], [{"name": "颜色"}], [{"name": "颜色", "list": [{"name": 7}]}], [None]],
)
def test_a_specification_that_cannot_be_read_in_full_is_left_out(groups: object) -> None:
    observation = observe(raw(spec_info=groups))

    assert observation.specification is None
    assert observation.flags[-1] == "specification:unreadable"


AT = 1649724674
MOMENT = datetime.fromtimestamp(AT, UTC)


@pytest.mark.parametrize("value", [AT, str(AT), float(AT), f" {AT} "])
def test_the_data_time_is_the_time_of_capture(value: object) -> None:
    assert observe(raw() | {"secache_time": value}).data_time == MOMENT


@pytest.mark.parametrize(
    "value", [None, "", 0, 1, -5, "soon", True, [], 10**30, float("nan"), AT * 1000, "9" * 5000]
)
def test_without_a_time_of_capture_the_records_own_time_counts(value: object) -> None:
    observation = observe(raw(current_time=AT - 60) | {"secache_time": value})

    assert (observation.data_time, observation.flags) == (MOMENT - timedelta(minutes=1), ())


def test_without_any_time_the_time_of_arrival_counts() -> None:
    observation = observe(raw(current_time=0) | {"secache_time": ""})

    assert (observation.data_time, observation.flags) == (NOW, ("data_time:not_told",))


def test_a_clock_a_little_ahead_is_believed_and_one_far_ahead_is_not() -> None:
    now = int(NOW.timestamp())

    assert observe(raw() | {"secache_time": now + 299}).data_time == NOW + timedelta(seconds=299)
    ahead = observe(raw() | {"secache_time": now + 301})
    assert (ahead.data_time, ahead.flags) == (NOW, ("data_time:in_the_future",))
