"""Delivery costs in the raw record's own shape: a default and a column for each group of provinces."""

from monitor.sandbox.pages import Freight

_REMOTE = {65: "新疆维吾尔自治区", 54: "西藏自治区"}
_ABROAD = {81: "香港特别行政区", 71: "台湾省", 82: "澳门特别行政区"}
_USUAL = {
    50: "重庆市",
    14: "山西省",
    52: "贵州省",
    44: "广东省",
    64: "宁夏回族自治区",
    15: "内蒙古自治区",
    23: "黑龙江省",
    62: "甘肃省",
    37: "山东省",
    53: "云南省",
    11: "北京市",
    12: "天津市",
    43: "湖南省",
    35: "福建省",
    36: "江西省",
    41: "河南省",
    21: "辽宁省",
    32: "江苏省",
    22: "吉林省",
    45: "广西壮族自治区",
    42: "湖北省",
    46: "海南省",
    33: "浙江省",
    13: "河北省",
    61: "陕西省",
    63: "青海省",
    34: "安徽省",
    51: "四川省",
    31: "上海市",
}


def freight_record(freight: Freight) -> dict[str, object]:
    """The record's `freight` object. Amounts are fen."""
    default = _costs(freight.usual, 0) | {
        "calculate_type": 2,
        "is_default": 1,
        "is_limited": False,
        "rule_id": 1,
        "template_id": freight.template,
    }
    return {
        "calculate_type": 2,
        "columns": [
            _column(2, _REMOTE, freight.remote, freight.remote_more),
            _column(3, _USUAL, freight.usual, 0, free_from=freight.free_from),
            _column(4, _ABROAD, 0, 0, limited=True),
        ],
        "default": default,
        "fixed_amount": 0,
        "product_province": 44,
        "product_province_name": "广东省",
        "rule_type": 0,
    }


def _costs(first: int, more: int) -> dict[str, object]:
    return {
        "add_num": 1,
        "add_num_price": more,
        "add_weight": 0,
        "add_weight_price": 0,
        "first_num": 1,
        "first_num_price": first,
        "first_weight": 0,
        "first_weight_price": 0,
    }


def _column(
    rule_id: int, provinces: dict[int, str], first: int, more: int, *, free_from: int = 0, limited: bool = False
) -> dict[str, object]:
    return _costs(first, more) | {
        "address": {str(code): [] for code in provinces},
        "is_default": 0,
        "is_limited": limited,
        "is_over_free": free_from > 0,
        "over_amount": free_from,
        "over_num": 0,
        "over_weight": 0,
        "province": list(provinces),
        "province_name": list(provinces.values()),
        "rule_id": rule_id,
    }
