"""A listing in the provider's formats: the raw app record and the normalised record."""

from monitor.sandbox.chance import hexadecimal, pick
from monitor.sandbox.listings import Listing, SandboxFreight, picture

DETAIL_URL = "https://haohuo.jinritemai.com/views/product/item2?id={num_iid}"
REMOTE = {65: "新疆维吾尔自治区", 54: "西藏自治区"}
ABROAD = {81: "香港特别行政区", 71: "台湾省", 82: "澳门特别行政区"}
USUAL = {11: "北京市", 31: "上海市", 32: "江苏省", 33: "浙江省", 37: "山东省", 44: "广东省", 51: "四川省", 61: "陕西省"}
NO_DSR = {"default": 0, "product": 0, "logistics": 0, "shop": 0, "gap_product": 0, "gap_logistics": 0, "gap_shop": 0}


def raw_record(listing: Listing, *, is_thin: bool = False) -> dict[str, object]:
    """The item of `item_get_app`. A thin record has no scores, freight, company, category and time of its own."""
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
        "description": f'<p><img src="{picture(product.num_iid, "description")}" style="max-width: 100%;"/></p>',
        "discount_price": prices.price,
        "dsrInfo": NO_DSR,
        "extra": {"category_detail": {"first_cid": seller.category.cid, "first_cname": seller.category.name}},
        "freight": _freight(listing.freight),
        "img": listing.pictures[0],
        "img_list": list(listing.pictures),
        "is_hide_sales": product.sales_habit.is_hidden,
        "market_price": prices.list_price,
        "name": listing.title,
        "presell_type": listing.presale,
        "product_format": product.facts,
        "product_id": product.num_iid,
        "product_tag": {"service_tag": list(listing.promises), "tag_infos": None},
        "sell_num": listing.sales,
        "shop_id": product.shop_id,
        "shop_logo": picture(product.shop_id, "logo"),
        "shop_name": seller.name,
        "sku_max_price": prices.dearest,
        "sku_min_price": prices.price,
        "spec_info": [
            {"name": name, "list": [{"id": _number(product.num_iid, name, value), "name": value} for value in values]}
            for name, values in listing.choices.items()
        ],
        "status": listing.place.status,
    }
    if is_thin:
        record |= dict.fromkeys(("credit_score", "dsrInfo", "extra", "freight"))
        record |= {"company_name": "", "current_time": 0, "category_id": 0, "check_status": 1}
    return record


def normalised_record(listing: Listing) -> dict[str, object]:
    """The item of `item_get`: prices in yuan, in varying types as the provider sends them, and the numeric shop ID."""
    product, prices, seller = listing.product, listing.prices, listing.product.seller
    written = pick(("range", "text", "number"), product.num_iid, "written")
    price: object = _yuan(prices.price)
    if written == "range" and prices.dearest > prices.price:
        price = f"{prices.price / 100:.2f}-{prices.dearest / 100:.2f}"
    elif written == "text":
        price = f"{prices.price / 100:.2f}"
    return {
        "num_iid": product.num_iid,
        "title": listing.title,
        "desc_short": "",
        "price": price,
        "orginal_price": _yuan(prices.list_price),
        "nick": seller.company,
        "num": str(listing.stock) if written == "text" else listing.stock,
        "sales": listing.sales,
        "detail_url": DETAIL_URL.format(num_iid=product.num_iid),
        "pic_url": listing.pictures[0],
        "item_imgs": [{"url": address} for address in listing.pictures],
        "props": [{"name": name, "value": value} for name, value in product.facts.items()],
        "skus": {"sku": _skus(listing)},
        "seller_info": {"nick": seller.company, "title": seller.name, "shop_name": seller.name},
        "shop_id": product.shop_number,
        "brand": seller.brand,
        "cid": "",
    }


def _yuan(fen: int) -> int | float:
    """`fen` as a JSON number of yuan: 72 or 59.9."""
    return fen / 100 if fen % 100 else fen // 100


def _credit_score(listing: Listing) -> dict[str, float]:
    values = {dimension: score.value for dimension, score in listing.scores.items()}
    return values | {f"gap_{dimension}": score.gap for dimension, score in listing.scores.items()}


def _skus(listing: Listing) -> list[dict[str, object]]:
    """The variants of the first choice: the last one is the dearest, all others have the product's price."""
    (name, values), *_ = listing.choices.items()
    return [
        {
            "sku_id": _number(listing.product.num_iid, name, value),
            "price": _yuan(listing.prices.dearest if value == values[-1] else listing.prices.price),
            "orginal_price": _yuan(listing.prices.list_price),
            "properties_name": f"0:{place}:{name}:{value}",
            "quantity": listing.stock // len(values),
        }
        for place, value in enumerate(values)
    ]


def _freight(freight: SandboxFreight) -> dict[str, object]:
    """The record's `freight`: a default, and a column for each group of provinces. Amounts in fen."""
    return {
        "columns": [
            _freight_column(REMOTE, freight.remote),
            _freight_column(USUAL, freight.usual, free_from=freight.free_from),
            _freight_column(ABROAD, 0, is_limited=True),
        ],
        "default": _freight_costs(freight.usual) | {"is_default": 1, "is_limited": False},
        "fixed_amount": 0,
        "product_province_name": "广东省",
    }


def _freight_column(
    provinces: dict[int, str], first: int, *, free_from: int = 0, is_limited: bool = False
) -> dict[str, object]:
    return _freight_costs(first) | {
        "is_limited": is_limited,
        "is_over_free": free_from > 0,
        "over_amount": free_from,
        "province": list(provinces),
        "province_name": list(provinces.values()),
    }


def _freight_costs(first: int) -> dict[str, object]:
    return {"first_num": 1, "first_num_price": first, "add_num": 1, "add_num_price": first // 5}


def _number(*words: object) -> str:
    return str(1_700_000_000_000_000 + int(hexadecimal(10, *words), 16))
