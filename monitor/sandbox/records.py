"""A product's state in the shapes the provider sends: the raw app record, the normalised one, and a search's hit."""

from functools import lru_cache

from monitor.sandbox.chance import Chance
from monitor.sandbox.freight import freight_record
from monitor.sandbox.pages import picture
from monitor.sandbox.vocabulary import Choice
from monitor.sandbox.world import ProductState

DETAIL_URL = "https://haohuo.jinritemai.com/views/product/item2?id={num_iid}"
_DESCRIPTION_PICTURES = 34
_NO_DSR = {
    "default": 0,
    "gap_logistics": 0,
    "gap_product": 0,
    "gap_shop": 0,
    "logistics": 0,
    "merchant_id": 0,
    "product": 0,
    "shop": 0,
}
_QUALITIES = ("质检报告", "人物肖像授权资质", "赠品资质", "报关单", "委托进口协议")
# What is the same in every raw record. The masked telephone numbers are there because the real record has them and
# whoever reads it must drop them.
_CONSTANT: dict[str, object] = {
    "appoint_num": 0,
    "assoc_ids": "",
    "biz_kind": 0,
    "biz_type": 4,
    "buy_record_switch": 0,
    "cos_ratio": 0,
    "delivery_delay_desc": "",
    "detail_config": None,
    "detail_delay_desc": "48小时内发货",
    "discount": 0,
    "end_time": 2145888000,
    "ep_extra_info": None,
    "ep_user_info": None,
    "first_cid": 5,
    "group_id": "0",
    "img_style_switch": 0,
    "industry": None,
    "ins_product": {"returnfreight2020v1": 0},
    "is_alliance": 0,
    "is_educational": False,
    "is_pledge_cash": 1,
    "limit_time_desc": "",
    "mobile": "13700000000",
    "need_checkout": False,
    "need_code": 0,
    "need_logistic": True,
    "need_share": 1,
    "out_product_id": "0",
    "pay_type": 1,
    "presell_delay": 5,
    "product_type": 0,
    "recommend_remark": "",
    "report_id__for_event": 1098996,
    "saved": 0,
    "second_cid": 48,
    "second_mobile": "",
    "shop_tel": "13700000000",
    "show_buyers": 1,
    "show_comments": 1,
    "show_place": 0,
    "sku_delay_desc": "",
    "sku_presell_delay_desc": "",
    "start_time": 0,
    "supply_status": 0,
    "third_cid": 423,
    "user_limit": 0,
    "usp": "",
    "v_type": 41,
    "weight": "0.00",
}


def raw_record(chance: Chance, state: ProductState, *, thin: bool = False) -> dict[str, object]:
    """The item of `item_get_app`. A thin one tells less: no scores, freight, company, category or time of its own."""
    product, page, prices = state.product, state.page, state.prices
    seller = product.shop.seller
    record = _CONSTANT | {
        "category_id": seller.category.cid + 174,
        "check_status": state.place.check_status,
        "company_name": seller.company,
        "credit_score": _credit_score(state),
        "current_time": state.at,
        "description": _description(chance, product.num_iid),
        "discount_price": prices.price,
        "dsrInfo": dict(_NO_DSR),
        "extra": _extra(chance, state),
        "freight": freight_record(page.freight),
        "freight_id": page.freight.template,
        "img": page.pictures[0],
        "img_list": list(page.pictures),
        "is_hide_sales": state.sales_hidden,
        "market_price": prices.list_price,
        "name": page.title,
        "presell_end_time": page.presale.ends_at,
        "presell_type": page.presale.kind,
        "product_format": dict(product.facts),
        "product_id": product.num_iid,
        "product_tag": {"service_tag": list(page.promises), "tag_infos": None},
        "sell_num": state.sold,
        "shop_id": product.shop.shop_id,
        "shop_logo": picture(chance, product.shop.shop_id, "logo"),
        "shop_name": seller.name,
        "sku_max_price": prices.sku_max,
        "sku_min_price": prices.sku_min,
        "spec_id": _number(chance, product.num_iid, "specification"),
        "spec_info": _specification(chance, state),
        "status": state.place.status,
    }
    if thin:
        record |= dict.fromkeys(("credit_score", "dsrInfo", "extra", "freight"))
        record |= {"company_name": "", "current_time": 0, "category_id": 0, "check_status": 1}
    return record


def normalised_record(chance: Chance, state: ProductState) -> dict[str, object]:
    """The item of `item_get`: prices in yuan, in the changing types the provider sends; the numeric shop identifier."""
    product, page, prices = state.product, state.page, state.prices
    num_iid, seller = product.num_iid, product.shop.seller
    written = chance.whole(3, num_iid, "yuan")
    price: object = yuan(prices.price)
    if prices.sku_max > prices.price and written == 0:
        price = f"{yuan_text(prices.price)}-{yuan_text(prices.sku_max)}"
    elif written == 1:
        price = yuan_text(prices.price)
    return {
        "num_iid": num_iid,
        "title": page.title,
        "desc_short": "",
        "price": price,
        "total_price": "",
        "orginal_price": yuan_text(prices.list_price) if written == 1 else yuan(prices.list_price),
        "nick": seller.company,
        "num": str(state.stock) if written == 2 else state.stock,
        "sales": state.sold,
        "detail_url": DETAIL_URL.format(num_iid=num_iid),
        "pic_url": page.pictures[0],
        "desc": _description(chance, num_iid),
        "item_imgs": [{"url": address} for address in page.pictures],
        "props": [{"name": name, "value": value} for name, value in product.facts],
        "skus": {"sku": _skus(chance, state)},
        "seller_info": {"nick": seller.company, "title": seller.name, "shop_name": seller.name},
        "shop_id": product.shop.number,
        "brand": seller.brand,
        "cid": "",
        "express_fee": "",
        "video": [],
    }


def search_hit(chance: Chance, state: ProductState) -> dict[str, object]:
    """One product in a search. Some tell num_iid as a number that has lost its last digits, as the provider does."""
    num_iid = state.product.num_iid
    rounded = chance.whole(8, num_iid, "hit") == 0
    return {
        "title": state.page.title,
        "pic_url": state.page.pictures[0],
        "promotion_price": yuan(state.prices.price),
        "price": yuan(state.prices.list_price),
        "sales": state.sold,
        "num_iid": int(float(num_iid)) if rounded else num_iid,
        "shop_id": state.product.shop.number,
        "seller_nick": state.product.shop.seller.name,
        "detail_url": DETAIL_URL.format(num_iid=num_iid),
    }


def yuan(fen: int) -> int | float:
    """`fen` as a JSON number of yuan: 72 or 59.9."""
    return fen / 100 if fen % 100 else fen // 100


def yuan_text(fen: int) -> str:
    """`fen` as yuan with two decimals: '580.00'."""
    return f"{fen // 100}.{fen % 100:02d}"


def _credit_score(state: ProductState) -> dict[str, object]:
    told: dict[str, object] = {}
    for dimension, score in state.scores.items():
        told |= {dimension: score.value, f"gap_{dimension}": score.gap}
    return told


@lru_cache(maxsize=512)
def _description(chance: Chance, num_iid: str) -> str:
    """It never changes, and is most of what chance has to be asked for."""
    addresses = (picture(chance, num_iid, "description", position) for position in range(_DESCRIPTION_PICTURES))
    return "<p>" + "".join(f'<img src="{address}" style="max-width: 100%;"/>' for address in addresses) + "</p>"


def _extra(chance: Chance, state: ProductState) -> dict[str, object]:
    product = state.product
    category = product.shop.seller.category
    return {
        "category_detail": {
            "first_cid": category.cid,
            "first_cname": category.name,
            "fourth_cid": 0,
            "fourth_cname": "",
            "is_leaf": True,
            "second_cid": category.cid + 174,
            "second_cname": product.noun.name,
            "third_cid": 0,
            "third_cname": "",
        },
        "class_quality": "",
        "is_publish": 1,
        "quality_list": [
            {"quality_attachments": [], "quality_key": str(_number(chance, name)), "quality_name": name}
            for name in _QUALITIES
        ],
        "quality_report": "",
        "spec_seq_info": {
            "child_spec_seq": [choice.name for choice in state.page.choices],
            "spec_values_seq": [list(choice.values) for choice in state.page.choices],
        },
        "stone": {"remark": ""},
    }


def _specification(chance: Chance, state: ProductState) -> list[dict[str, object]]:
    def identifier(choice: Choice, value: str) -> str:
        return str(_number(chance, state.product.num_iid, choice.name, value))

    return [
        {
            "list": [{"id": identifier(choice, value), "name": value} for value in choice.values],
            "name": choice.name,
        }
        for choice in state.page.choices
    ]


def _skus(chance: Chance, state: ProductState) -> list[dict[str, object]]:
    """One variant for each value of the first choice, its price between the cheapest and the dearest."""
    first = state.page.choices[0]
    low, high = state.prices.sku_min, state.prices.sku_max
    last = len(first.values) - 1
    return [
        {
            "sku_id": str(_number(chance, state.product.num_iid, first.name, value)),
            "price": yuan(low + (high - low) * position // last // 10 * 10 if position < last else high),
            "orginal_price": yuan(state.prices.list_price),
            "properties": f"0:{position}",
            "properties_name": f"0:{position}:{first.name}:{value}",
            "quantity": state.stock // len(first.values),
        }
        for position, value in enumerate(first.values)
    ]


def _number(chance: Chance, *words: object) -> int:
    return 1_700_000_000_000_000 + chance.whole(99_000_000_000_000, *words, "id")
