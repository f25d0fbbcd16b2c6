"""Helpers that fill in the form of a rule."""

from typing import Any

from django.test import Client

from monitor.models import Rule, Watch, Watchlist
from monitor.rules.conditions import Condition
from monitor.rules.kinds import Kind
from tests.pages import HTMX

#: For each kind: the form's values, the condition they make, and its text in English and in Chinese.
EVERY = [
    (Kind.PRICE_CHANGED, {}, Condition(Kind.PRICE_CHANGED), "price changes", "价格变化"),
    (
        Kind.PRICE_DROPPED,
        {"threshold": "10"},
        Condition(Kind.PRICE_DROPPED, 1000),
        "drops ≥ 10%",
        "降价 ≥ 10%",
    ),
    (
        Kind.PRICE_ROSE,
        {"threshold": "7.5%"},
        Condition(Kind.PRICE_ROSE, 750),
        "rises ≥ 7.50%",
        "涨价 ≥ 7.50%",
    ),
    (
        Kind.PRICE_MOVED,
        {"threshold": "10"},
        Condition(Kind.PRICE_MOVED, 1000),
        "moves ≥ 10%",
        "价格变动 ≥ 10%",
    ),
    (
        Kind.PRICE_FELL_BY,
        {"threshold": "¥5"},
        Condition(Kind.PRICE_FELL_BY, 500),
        "drops ≥ ¥5.00",
        "降价 ≥ ¥5.00",
    ),
    (
        Kind.PRICE_ROSE_BY,
        {"threshold": "5元"},
        Condition(Kind.PRICE_ROSE_BY, 500),
        "rises ≥ ¥5.00",
        "涨价 ≥ ¥5.00",
    ),
    (Kind.PRICE_BELOW, {"threshold": "60"}, Condition(Kind.PRICE_BELOW, 6000), "price below ¥60.00", "价格低于 ¥60.00"),
    (
        Kind.PRICE_ABOVE,
        {"threshold": "1,299"},
        Condition(Kind.PRICE_ABOVE, 129900),
        "price above ¥1299.00",
        "价格高于 ¥1299.00",
    ),
    (
        Kind.PRICE_LOWEST,
        {"days": "30"},
        Condition(Kind.PRICE_LOWEST, days=30),
        "lowest price in 30 days",
        "30 天内新低价",
    ),
    (Kind.PRICE_LOWEST, {"days": ""}, Condition(Kind.PRICE_LOWEST), "lowest price ever", "历史新低价"),
    (
        Kind.PRICE_HIGHEST,
        {"days": "７ 天"},
        Condition(Kind.PRICE_HIGHEST, days=7),
        "highest price in 7 days",
        "7 天内新高价",
    ),
    (
        Kind.PRICE_BELOW_HIGH,
        {"threshold": "10", "days": "30"},
        Condition(Kind.PRICE_BELOW_HIGH, 1000, 30),
        "price ≥ 10% below the highest of 30 days",
        "比 30 天内最高价低 ≥ 10%",
    ),
    (
        Kind.PRICE_ABOVE_LOW,
        {"threshold": "10", "days": "1"},
        Condition(Kind.PRICE_ABOVE_LOW, 1000, 1),
        "price ≥ 10% above the lowest of 1 day",
        "比 1 天内最低价高 ≥ 10%",
    ),
    (
        Kind.UNDER_MINE,
        {"threshold": "20", "own": "mine"},
        Condition(Kind.UNDER_MINE, 2000),
        "price ≥ 20% under “My shirt”",
        "比我的商品“My shirt”便宜 ≥ 20%",
    ),
    (
        Kind.UNDER_MINE_BY,
        {"threshold": "20", "own": "mine"},
        Condition(Kind.UNDER_MINE_BY, 2000),
        "price ≥ ¥20.00 under “My shirt”",
        "比我的商品“My shirt”便宜 ≥ ¥20.00",
    ),
    (Kind.LIST_PRICE_CHANGED, {}, Condition(Kind.LIST_PRICE_CHANGED), "list price changes", "划线价变化"),
    (Kind.SKU_RANGE_CHANGED, {}, Condition(Kind.SKU_RANGE_CHANGED), "SKU price range changes", "SKU 价格区间变化"),
    (
        Kind.SALES_GREW,
        {"threshold": "20", "days": "7"},
        Condition(Kind.SALES_GREW, 2000, 7),
        "sales grow ≥ 20% in 7 days",
        "7 天内销量增长 ≥ 20%",
    ),
    (
        Kind.SALES_GREW_BY,
        {"threshold": "1,500 件", "days": "7"},
        Condition(Kind.SALES_GREW_BY, 1500, 7),
        "≥ 1,500 sold in 7 days",
        "7 天内卖出 ≥ 1,500 件",
    ),
    (
        Kind.SALES_PACE_DOUBLED,
        {"days": "7"},
        Condition(Kind.SALES_PACE_DOUBLED, days=7),
        "sales in 7 days ≥ 2× the 7 days before",
        "近 7 天销量 ≥ 此前 7 天的 2 倍",
    ),
    (Kind.STATUS_CHANGED, {}, Condition(Kind.STATUS_CHANGED), "status changes", "状态变化"),
    (Kind.LEFT_SHELF, {}, Condition(Kind.LEFT_SHELF), "off shelf, deleted or banned", "下架、删除或被封禁"),
    (Kind.CAME_BACK, {}, Condition(Kind.CAME_BACK), "back on sale", "重新上架"),
    (Kind.BANNED, {}, Condition(Kind.BANNED), "banned", "已封禁"),
    (Kind.GONE, {}, Condition(Kind.GONE), "deleted or not found", "被删除或查询不到"),
    (Kind.TITLE_CHANGED, {}, Condition(Kind.TITLE_CHANGED), "title changes", "标题变化"),
    (Kind.IMAGES_CHANGED, {}, Condition(Kind.IMAGES_CHANGED), "images change", "图片变化"),
    (Kind.SPECIFICATION_CHANGED, {}, Condition(Kind.SPECIFICATION_CHANGED), "specification or", "规格或属性变化"),
    (Kind.FREIGHT_CHANGED, {}, Condition(Kind.FREIGHT_CHANGED), "freight changes", "运费变化"),
    (Kind.PROMISES_CHANGED, {}, Condition(Kind.PROMISES_CHANGED), "service promises change", "服务承诺变化"),
    (
        Kind.SHOP_SCORE_FELL,
        {"threshold": "0.1"},
        Condition(Kind.SHOP_SCORE_FELL, 10),
        "falls ≥ 0.10",
        "下降 ≥ 0.10",
    ),
    (
        Kind.SHOP_SCORE_SLIPPED,
        {},
        Condition(Kind.SHOP_SCORE_SLIPPED),
        "shop score falls ≥ 0.1 (of 100: ≥ 1)",
        "店铺体验分下降 ≥ 0.1（满分 100：≥ 1）",
    ),
    (
        Kind.SHOP_SCORE_BELOW,
        {"threshold": "4.5 分"},
        Condition(Kind.SHOP_SCORE_BELOW, 450),
        "shop score below 4.50",
        "体验分低于 4.50",
    ),
    (Kind.SHOP_BELOW_AVERAGE, {}, Condition(Kind.SHOP_BELOW_AVERAGE), "shop score below average", "体验分低于同行平均"),
    (
        Kind.SILENT,
        {"threshold": "6 小时"},
        Condition(Kind.SILENT, 6),
        "no successful check for 6 hours",
        "6 小时没有成功检查",
    ),
]


def post(web: Client, target: Watch | Watchlist | Rule, tail: str = "", headers: Any = HTMX, **filled: Any) -> str:
    """Posts the form of a new or existing rule, returns the answer. `also_0_kind`: the kind after the first 'and'."""
    if isinstance(target, Rule):
        prefix, address = f"rule-{target.pk}", f"/rules/{target.pk}/"
    else:
        noun, path = ("watch", "watches") if isinstance(target, Watch) else ("list", "watchlists")
        prefix, address = f"new-rules-of-{noun}-{target.pk}", f"/{path}/{target.pk}/rules/"
    form = {
        f"{prefix}-{name.replace('also_0_', 'also-0-').replace('also_1_', 'also-1-')}": v for name, v in filled.items()
    }
    response = web.post(f"{address}{tail}", form, headers=headers)
    assert response.status_code == 200
    return " ".join(response.content.decode().replace("&#x27;", "'").split())


def newest(target: Watch | Watchlist) -> Rule:
    rule = target.rules.order_by("pk").last()
    assert rule is not None
    return rule
