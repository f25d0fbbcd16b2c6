"""A listing in the provider's formats: the raw app record, and an entry of a page of many
products."""

from monitor.provider.sandbox.chance import hexadecimal
from monitor.provider.sandbox.listings import Listing, picture

PROMISES = ("pay_for_bad", "support_7days_refund", "customer_protection", "freight_insurance")
NO_DSR = {
    "default": 0,
    "product": 0,
    "logistics": 0,
    "shop": 0,
    "gap_product": 0,
    "gap_logistics": 0,
    "gap_shop": 0,
}


def raw_record(listing: Listing, *, is_thin: bool = False) -> dict[str, object]:
    """Return the item of `item_get_app`. A thin record lacks scores, freight, company, category and
    its own time."""
    product, prices = listing.product, listing.prices
    seller = product.seller
    record: dict[str, object] = {
        "detail_delay_desc": "48小时内发货",
        "end_time": 2145888000,
        # The real record has telephone numbers, too; the parser must drop them.
        "mobile": "13700000000",
        "second_mobile": "",
        "shop_tel": "13700000000",
        "start_time": 0,
        "supply_status": 0,
        "category_id": seller.category.cid,
        "check_status": listing.place.check_status,
        "company_name": seller.company,
        "credit_score": _credit_score(listing),
        "current_time": listing.at,
        "description": f'<p><img src="{picture(product.num_iid, "description")}" style="max-width: '
        '100%;"/></p>',
        "discount_price": prices.price,
        "dsrInfo": NO_DSR,
        "extra": {
            "category_detail": {
                "first_cid": seller.category.cid,
                "first_cname": seller.category.name,
                "second_cid": product.category_id,
                "second_cname": product.noun,
            }
        },
        "freight": _freight(listing.freight),
        "img": listing.pictures[0],
        "img_list": list(listing.pictures),
        "is_hide_sales": product.sales_habit.is_hidden,
        "market_price": prices.list_price,
        "name": listing.title,
        "presell_type": 0,
        "product_format": product.facts,
        "product_id": product.num_iid,
        "product_tag": {"service_tag": list(PROMISES), "tag_infos": None},
        "sell_num": listing.sales,
        "shop_id": product.shop_id,
        "shop_logo": picture(product.shop_id, "logo"),
        "shop_name": seller.name,
        "sku_max_price": prices.dearest,
        "sku_min_price": prices.price,
        "spec_info": [
            {
                "name": name,
                "list": [
                    {"id": _number(product.num_iid, name, value), "name": value} for value in values
                ],
            }
            for name, values in listing.choices.items()
        ],
        "status": listing.place.status,
    }
    if is_thin:
        record |= dict.fromkeys(("credit_score", "dsrInfo", "extra", "freight"))
        record |= {"company_name": "", "current_time": 0, "category_id": 0, "check_status": 1}
    return record


def listed_record(listing: Listing, *, is_search: bool = False) -> dict[str, object]:
    """Return an entry of `item_search_shop` or, with `is_search`, of `item_search`. Prices in yuan.

    As in the provider's earlier replies, a search tells half of the IDs as numbers that have lost
    their last digits."""
    product, prices = listing.product, listing.prices
    entry: dict[str, object] = {
        "num_iid": product.num_iid,
        "pic_url": listing.pictures[0],
        "title": listing.title,
        "promotion_price": _yuan(prices.price),
        "price": _yuan(prices.list_price),
        "sales": listing.sales,
        "detail_url": f"https://haohuo.jinritemai.com/views/product/item2?id={product.num_iid}&pick_source=v.Sandbox",
    }
    if is_search:
        entry |= {
            "shop_name": product.seller.name,
            "shop_id": 20_000_000 + int(hexadecimal(4, product.shop_id), 16),
        }
        if int(product.num_iid) % 2:
            entry["num_iid"] = int(float(product.num_iid))
    return entry


def _yuan(fen: int) -> float:
    return fen / 100 if fen % 100 else fen // 100


def _credit_score(listing: Listing) -> dict[str, float]:
    values = {dimension: score.value for dimension, score in listing.scores.items()}
    return values | {f"gap_{dimension}": score.gap for dimension, score in listing.scores.items()}


def _freight(fen: int) -> dict[str, object]:
    """Return the record's `freight`: the same for all provinces. Amounts in fen."""
    costs = {"first_num": 1, "first_num_price": fen, "add_num": 1, "add_num_price": fen // 5}
    return {
        "columns": [],
        "default": {**costs, "is_default": 1, "is_limited": False},
        "fixed_amount": 0,
        "product_province_name": "广东省",
    }


def _number(*words: object) -> str:
    return str(1_700_000_000_000_000 + int(hexadecimal(10, *words), 16))
