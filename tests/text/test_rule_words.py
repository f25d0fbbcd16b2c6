"""Every kind of rule is told in words, in English and in Chinese."""

import pytest
from django.utils import translation

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.text.rule_words import in_words

#: A condition's kind, threshold and days, and a part of its text in both languages.
WORDS = [
    ("price_changed", None, None, "price changes", "价格变化"),
    ("price_dropped", 1000, None, "drops ≥ 10%", "降价 ≥ 10%"),
    ("price_rose", 750, None, "rises ≥ 7.50%", "涨价 ≥ 7.50%"),
    ("price_moved", 1000, None, "moves ≥ 10%", "价格变动 ≥ 10%"),
    ("price_fell_by", 500, None, "drops ≥ ¥5.00", "降价 ≥ ¥5.00"),
    ("price_rose_by", 500, None, "rises ≥ ¥5.00", "涨价 ≥ ¥5.00"),
    ("price_below", 6000, None, "price below ¥60.00", "价格低于 ¥60.00"),
    ("price_above", 129900, None, "price above ¥1299.00", "价格高于 ¥1299.00"),
    ("price_lowest", None, 30, "lowest price in 30 days", "30 天内新低价"),
    ("price_lowest", None, None, "lowest price ever", "历史新低价"),
    ("price_highest", None, 7, "highest price in 7 days", "7 天内新高价"),
    (
        "price_below_high",
        1000,
        30,
        "price ≥ 10% below the highest of 30 days",
        "比 30 天内最高价低 ≥ 10%",
    ),
    (
        "price_above_low",
        1000,
        1,
        "price ≥ 10% above the lowest of 1 day",
        "比 1 天内最低价高 ≥ 10%",
    ),
    ("under_mine", 2000, None, "price ≥ 20% under my product", "便宜 ≥ 20%"),
    ("under_mine_by", 2000, None, "price ≥ ¥20.00 under my product", "便宜 ≥ ¥20.00"),
    ("list_price_changed", None, None, "list price changes", "划线价变化"),
    ("sku_range_changed", None, None, "SKU price range changes", "SKU 价格区间变化"),
    ("sales_grew", 2000, 7, "sales grow ≥ 20% in 7 days", "7 天内销量增长 ≥ 20%"),
    ("sales_grew_by", 1500, 7, "≥ 1,500 sold in 7 days", "7 天内卖出 ≥ 1,500 件"),
    (
        "sales_pace_doubled",
        None,
        7,
        "sales in 7 days ≥ 2× the 7 days before",
        "近 7 天销量 ≥ 此前 7 天的 2 倍",
    ),
    ("not_cheapest", None, None, "no longer the cheapest", "不再是最低价"),
    ("rival_cheaper", 500, None, "a rival is ≥ 5% cheaper", "有竞品便宜 ≥ 5%"),
    ("rival_cheaper_by", 500, None, "a rival is ≥ ¥5.00 cheaper", "有竞品便宜 ≥ ¥5.00"),
    (
        "rivals_raised",
        None,
        7,
        "all rivals on sale ask more than 7 days ago",
        "在售竞品的售价都高于 7 天前",
    ),
    ("rival_outsells", None, None, "a rival certainly sells more", "有竞品日销确定更高"),
    ("status_changed", None, None, "status changes", "状态变化"),
    ("left_shelf", None, None, "off shelf, deleted or banned", "下架、删除或被封禁"),
    ("came_back", None, None, "back on sale", "重新上架"),
    ("on_sale", None, None, "on sale", "在售"),
    ("banned", None, None, "banned", "已封禁"),
    ("gone", None, None, "deleted or not found", "被删除或查询不到"),
    ("title_changed", None, None, "title changes", "标题变化"),
    ("images_changed", None, None, "images change", "图片变化"),
    ("specification_changed", None, None, "specification or", "规格或属性变化"),
    ("freight_changed", None, None, "freight changes", "运费变化"),
    ("promises_changed", None, None, "service promises change", "服务承诺变化"),
    ("shop_score_fell", 10, None, "falls ≥ 0.10", "下降 ≥ 0.10"),
    (
        "shop_score_slipped",
        None,
        None,
        "falls by at least 0.1 (1 if out of 100)",
        "下降至少 0.1（满分 100 时至少 1）",
    ),
    ("shop_score_below", 450, None, "shop score below 4.50", "体验分低于 4.50"),
    ("shop_below_average", None, None, "shop score below average", "体验分低于同行平均"),
    ("range_new", None, None, "a followed shop has a new product", "关注的店铺上新"),
    ("range_best", None, None, "joins the ten best sellers", "热销前十"),
    ("range_left", None, None, "takes a product back", "撤下商品"),
    ("shop_revenue_grew", 3000, None, "grows ≥ 30%", "日销售额增长 ≥ 30%"),
    ("shop_revenue_fell", 3000, None, "falls ≥ 30%", "日销售额下降 ≥ 30%"),
    ("silent", 6, None, "no successful check for 6 hours", "6 小时没有成功检查"),
]


def test_the_table_has_every_kind() -> None:
    assert {kind for kind, *_ in WORDS} == set(Kind)


@pytest.mark.parametrize(("kind", "threshold", "days", "english", "chinese"), WORDS)
def test_a_condition_is_told_in_words(
    kind: str, threshold: int | None, days: int | None, english: str, chinese: str
) -> None:
    for language, words in (("en", english), ("zh-hans", chinese)):
        with translation.override(language):
            assert words in in_words(Condition(Kind(kind), threshold, days))
