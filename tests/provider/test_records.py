"""Whole records: what the provider's samples tell, and what each part is worth."""

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


def test_the_providers_sample_tells_all_of_this() -> None:
    told = observe(sample())

    assert (told.num_iid, told.price, told.list_price) == (NUM_IID, 7200, 7200)
    assert (told.sku_min_price, told.sku_max_price) == (7200, 7200)
    assert told.title == "【古蒂歌品牌】精致磨毛纹理 叠穿衬衣女春装新款 高档磨毛衬衫"
    assert told.sales == Sales(13_000, 1_000)
    assert (told.status, told.presale, told.supply_status, told.stock) == (Status.ON_SALE, Presale.NONE, 0, None)
    assert (told.sale_starts_at, told.sale_ends_at) == (None, datetime(2037, 12, 31, 16, tzinfo=UTC))
    assert told.data_time == datetime(2022, 4, 12, 0, 51, 14, tzinfo=UTC)
    assert told.images is not None
    assert len(told.images) == 5
    assert told.specification is not None
    assert told.specification[0] == SpecificationGroup("颜色分类", ("米杏色", "灰蓝色", "卡其色", "珍珠白"))
    assert told.attributes is not None
    assert ("品牌", "Gudige/古蒂歌") in told.attributes
    assert told.service_promises is not None
    assert "support_7days_refund" in told.service_promises
    assert (told.thin, told.from_cache, told.flags) == (False, True, ())
    assert (told.request_id, told.quota) == ("gw-1.6256900b565d8", Quota(0, 11000))


def test_the_samples_shop_has_scores_and_gaps() -> None:
    shop = observe(sample()).shop

    assert shop is not None
    assert (shop.shop_id, shop.name, shop.company_name) == ("sXahcZg", "古蒂歌精品女装店", "黄岛区古蒂歌服饰店")
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
    assert rules[0] == FreightRule(provinces=("新疆维吾尔自治区", "西藏自治区"), first=1000, more=100)
    assert (rules[1].first, rules[1].free_from, len(rules[1].provinces)) == (0, 1000, 42)
    assert (rules[2].provinces, rules[2].delivers) == (("台湾省", "澳门特别行政区", "香港特别行政区"), False)
    assert rules[3] == FreightRule()


def test_a_normalised_record_tells_less() -> None:
    told = observe(normalised())

    assert (told.title, told.price, told.list_price, told.stock) == ("磨毛衬衫", 7200, 9900, 120)
    assert (told.sku_min_price, told.sku_max_price) == (7200, 7990)
    assert told.sales == Sales(4000, 1000)
    assert told.images == ("https://p9-aio.ecombdimg.com/obj/a", "https://img.alicdn.com/b.jpg")
    assert told.attributes == (("品牌", "Gudige"),)
    assert told.shop == ShopObservation(shop_id="123456", name="某店")
    assert (told.status, told.presale, told.freight, told.specification) == (None, None, None, None)
    assert told.flags == ()


@pytest.mark.parametrize("untold", ["", None, [], MISSING])
def test_any_field_of_a_normalised_record_may_be_empty(untold: object) -> None:
    keys = ["title", "price", "orginal_price", "nick", "num", "sales"]
    keys += ["pic_url", "item_imgs", "props", "skus", "seller_info", "shop_id"]
    told = observe(normalised(**dict.fromkeys(keys, untold)))

    assert told == type(told)(num_iid=NUM_IID, data_time=datetime(2022, 4, 12, 0, 51, 14, tzinfo=UTC))


@pytest.mark.parametrize(
    ("told", "stock"), [(0, 0), ("7", 7), (-1, None), (True, None), ("many", None), (10**15, None)]
)
def test_stock_is_a_count(told: object, stock: int | None) -> None:
    observation = observe(normalised(num=told))

    assert observation.stock == stock
    assert bool(observation.flags) == (stock is None)


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
        (0, 2, Status.UNDER_REVIEW),
        (0, 4, Status.REJECTED),
        (0, 5, Status.BANNED),
        (0, 7, Status.APPROVED_WAITING),
        ("0", "3", Status.ON_SALE),
        (1, 3, Status.OFF_SHELF),
        (2, 3, Status.DELETED),
        (-1, 3, Status.ABNORMAL),
        (-2, 3, Status.DELETED),
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
        (0, 0, ("status:unknown",)),
        (True, 3, ("status:unreadable",)),
        (0, "ok", ("status:unreadable",)),
        (10**12, 3, ("status:unreadable",)),
        (None, 3, ()),
        (0, None, ()),
        (0, MISSING, ()),
        (MISSING, 3, ()),
    ],
)
def test_an_unknown_status_is_not_told(status: object, check: object, flags: tuple[str, ...]) -> None:
    observation = observe(raw(status=status, check_status=check))

    assert (observation.status, observation.flags) == (None, flags)


@pytest.mark.parametrize(
    ("told", "presale"), [(0, Presale.NONE), (1, Presale.FULL_PAYMENT), ("2", Presale.STEPPED), (3, None), (None, None)]
)
def test_presale(told: object, presale: Presale | None) -> None:
    assert observe(raw(presell_type=told)).presale is presale


@pytest.mark.parametrize("status", [0, 1, 2])
def test_a_thin_record_tells_nothing_of_what_it_defaults(status: int) -> None:
    told = observe(raw(**THIN, status=status))

    assert told.thin
    assert (told.price, told.sales, told.title is None) == (7200, Sales(13_000, 1_000), False)
    assert (told.status, told.shop, told.specification, told.freight) == (None, None, None, None)
    assert (told.attributes, told.service_promises, told.presale) == (None, None, None)
    assert told.flags == ()


@pytest.mark.parametrize("healthy", THIN)
def test_a_record_is_thin_although_one_of_its_signs_is_missing(healthy: str) -> None:
    signs = {key: value for key, value in THIN.items() if key != healthy}

    assert observe(raw(**signs)).thin


@pytest.mark.parametrize(
    "signs",
    [
        (),
        ("dsrInfo",),
        ("credit_score", "dsrInfo", "company_name"),
        ("check_status", "dsrInfo", "credit_score", "extra"),
    ],
)
def test_a_healthy_record_may_show_some_signs(signs: tuple[str, ...]) -> None:
    told = observe(raw(**{sign: THIN[sign] for sign in signs}))

    assert not told.thin
    # 'Not submitted' is believed only of a record that is whole.
    assert told.status is (None if "check_status" in signs else Status.ON_SALE)


@pytest.mark.parametrize(
    ("scores", "scale", "product", "service"),
    [
        ({"product": 96.5, "shop": 4.5, "logistics": 88}, 100, 9650, 450),
        ({"product": 5, "shop": "4.85", "logistics": 0}, 5, 500, 485),
        ({"product": 100, "shop": None}, 100, 10000, None),
        ({"product": 4.8512, "shop": 0.0}, 5, 485, None),
    ],
)
def test_scores_are_hundredths_on_either_scale(
    scores: dict[str, object], scale: int, product: int, service: int | None
) -> None:
    shop = observe(raw(credit_score=scores)).shop

    assert shop is not None
    assert shop.scores is not None
    assert (shop.scores.scale, shop.scores.product, shop.scores.service) == (scale, product, service)


@pytest.mark.parametrize("told", [-1, 101, 1e300, True, "many", float("nan"), "9" * 500, [5], "1e2", "--5"])
def test_an_impossible_score_costs_only_itself(told: object) -> None:
    observation = observe(raw(credit_score={"product": told, "gap_product": 1, "shop": 4.9}))

    assert observation.shop is not None
    assert observation.shop.scores == Scores(scale=5, service=490)
    assert [flag.partition(":")[0] for flag in observation.flags] == ["product_score"]


def test_dead_twins_are_used_only_alive_and_alone() -> None:
    alive = {"product": 4.5, "logistics": 4.6, "shop": 4.7, "gap_product": 3}

    def scores(**item: object) -> Scores | None:
        shop = observe(raw(**item)).shop
        assert shop is not None
        return shop.scores

    lone = scores(credit_score=None, dsrInfo=alive)
    assert lone is not None
    assert (lone.product, lone.product_gap) == (450, Gap.BELOW)
    both = scores(dsrInfo=alive)
    assert both is not None
    assert both.product == 485
    assert scores(credit_score=None) is None
    assert scores(credit_score={"product": 0, "logistics": 0, "shop": 0, "gap_product": 0}) is None
    assert scores(credit_score="x") is None


@pytest.mark.parametrize(
    ("told", "gap"), [(0, Gap.NONE), (1, Gap.ABOVE), ("2", Gap.LEVEL), (3, Gap.BELOW), (4, None), (-1, None)]
)
def test_gaps(told: object, gap: Gap | None) -> None:
    shop = observe(raw(credit_score={"product": 4.5, "gap_product": told})).shop

    assert shop is not None
    assert shop.scores is not None
    assert shop.scores.product_gap is gap


@pytest.mark.parametrize("told", [None, "", 1.5, True, "x" * 65])
def test_a_shop_without_an_identifier_is_not_told(told: object) -> None:
    assert observe(raw(shop_id=told)).shop is None


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


def test_freight_without_a_template_has_one_price() -> None:
    assert observe(raw(freight={"fixed_amount": 600, "columns": None})).freight == (FreightRule(first=600),)
    assert observe(raw(freight={"fixed_amount": 0})).freight is None


@pytest.mark.parametrize(
    "freight",
    [
        "x",
        7,
        {"columns": 7},
        {"columns": [7]},
        {"columns": [{}]},
        {"columns": [{"province_name": []}]},
        {"columns": [{"province_name": ["西藏自治区"], "first_num_price": -1}]},
        {"default": {"first_num_price": True}},
        {"default": {"first_num_price": "1e3"}},
        {"columns": [{"province_name": ["西藏自治区"]}] * 1000},
        {"columns": [{"province_name": ["西藏自治区"] * 1000}]},
    ],
)
def test_freight_that_cannot_be_read_in_full_is_not_told(freight: object) -> None:
    observation = observe(raw(freight=freight))

    assert observation.freight is None
    assert {flag.partition(":")[0] for flag in observation.flags} == {"freight"}


@pytest.mark.parametrize(
    "groups", ["x", 7, [7], [{}], [{"name": "颜色"}], [{"name": "颜色", "list": [{"name": 7}]}], [None]]
)
def test_a_specification_that_cannot_be_read_in_full_is_not_told(groups: object) -> None:
    observation = observe(raw(spec_info=groups))

    assert observation.specification is None
    assert observation.flags[-1] == "specification:unreadable"


@pytest.mark.parametrize("untold", [None, [], "", {}, MISSING])
@pytest.mark.parametrize("key", ["spec_info", "freight", "product_format", "product_tag", "credit_score"])
def test_an_empty_part_is_not_told(key: str, untold: object) -> None:
    observation = observe(raw(**{key: untold}))

    assert observation.flags == ()
    parts = (observation.specification, observation.freight, observation.attributes, observation.service_promises)
    assert parts.count(None) == (key != "credit_score")


def test_attributes_and_promises_are_in_one_order_whatever_the_records() -> None:
    told = observe(raw(product_format={"b": "2", "a": 1, "c": ""}, product_tag=["y", "x", "y", ""]))

    assert told.attributes == (("a", "1"), ("b", "2"))
    assert told.service_promises == ("x", "y")


AT = 1649724674
MOMENT = datetime.fromtimestamp(AT, UTC)


@pytest.mark.parametrize("told", [AT, str(AT), float(AT), f" {AT} "])
def test_data_is_as_old_as_its_capture(told: object) -> None:
    assert observe(raw() | {"secache_time": told}).data_time == MOMENT


@pytest.mark.parametrize("told", [None, "", 0, 1, -5, "soon", True, [], 10**30, float("nan"), AT * 1000, "9" * 5000])
def test_the_records_own_time_stands_in(told: object) -> None:
    observation = observe(raw(current_time=AT - 60) | {"secache_time": told})

    assert (observation.data_time, observation.flags) == (MOMENT - timedelta(minutes=1), ())


def test_without_any_time_data_is_as_old_as_its_arrival() -> None:
    observation = observe(raw(current_time=0) | {"secache_time": ""})

    assert (observation.data_time, observation.flags) == (NOW, ("data_time:not_told",))


def test_a_clock_a_little_ahead_is_believed_and_one_far_ahead_is_not() -> None:
    now = int(NOW.timestamp())

    assert observe(raw() | {"secache_time": now + 299}).data_time == NOW + timedelta(seconds=299)
    ahead = observe(raw() | {"secache_time": now + 301})
    assert (ahead.data_time, ahead.flags) == (NOW, ("data_time:in_the_future",))
