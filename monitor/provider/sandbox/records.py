"""A product and its shop at any moment, by the ID and the moment alone, in the provider's formats:
the raw app record, and an entry of a page of many products."""

from typing import Any

from monitor.provider.sandbox import market
from monitor.provider.sandbox.catalogue import (
    EDITS,
    ON_SALE,
    SPECIAL_PLACES,
    Place,
    SandboxProduct,
    product_of,
)
from monitor.provider.sandbox.chance import DAY, HOUR, between, hexadecimal, spell, turn
from monitor.provider.sandbox.words import Seller
from monitor.provider.text import INVENTED_PICTURES

type Record = dict[str, Any]

DIMENSIONS = ("product", "logistics", "shop")
ABOVE, LEVEL, BELOW = 1, 2, 3
#: By the highest score of a scale, as shares of it: the category's average, and how far scores
#: drift. A bad spell costs up to three times as much.
SCALES = {5: (0.95, 0.012), 100: (0.9, 0.03)}
LEVEL_BAND = 0.008
#: What delivery costs, in fen.
FREIGHTS = (0, 600, 400, 800)
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
#: What a thin record says instead of what it does not tell.
THIN_RECORD: Record = {
    **dict.fromkeys(("credit_score", "dsrInfo", "extra", "freight")),
    "company_name": "",
    "current_time": 0,
    "category_id": 0,
    "check_status": 1,
}


def record_at(num_iid: str, now: int) -> Record | None:
    """Return the item of `item_get_app` at Unix second `now`, but for its `current_time`; None if
    the provider cannot find the product then."""
    product = product_of(num_iid)
    place = _place(product, now)
    if not place.is_found:
        return None
    seller, prices = product.seller, market.prices_at(product, now)
    pictures = [
        picture(num_iid, "main", _version(product, "pictures", now)),
        *(picture(num_iid, number) for number in range(4)),
    ]
    return {
        "detail_delay_desc": "48小时内发货",
        "end_time": 2145888000,
        # The real record has telephone numbers, too; the parser must drop them.
        "mobile": "13700000000",
        "second_mobile": "",
        "shop_tel": "13700000000",
        "start_time": 0,
        "supply_status": 0,
        "category_id": seller.category.cid,
        "check_status": place.check_status,
        "company_name": seller.company,
        "credit_score": _credit_score(seller, now),
        "description": f'<p><img src="{picture(num_iid, "description")}" style="max-width: '
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
        "freight": _freight(FREIGHTS[_version(product, "freight", now) % len(FREIGHTS)]),
        "img": pictures[0],
        "img_list": pictures,
        "is_hide_sales": product.sales_habit.is_hidden,
        "market_price": prices.list_price,
        "name": product.titles[_version(product, "title", now) % len(product.titles)],
        "presell_type": 0,
        "product_format": product.facts,
        "product_id": num_iid,
        "product_tag": {"service_tag": list(PROMISES), "tag_infos": None},
        "sell_num": market.shown_sales(product, market.units_sold(product, now)),
        "shop_id": product.shop_id,
        "shop_logo": picture(product.shop_id, "logo"),
        "shop_name": seller.name,
        "sku_max_price": prices.dearest,
        "sku_min_price": prices.price,
        "spec_info": _specification(product, now),
        "status": place.status,
    }


def is_on_sale(record: Record) -> bool:
    return (record["status"], record["check_status"]) == (ON_SALE.status, ON_SALE.check_status)


def listed_record(record: Record, *, is_search: bool = False) -> Record:
    """Return an entry of `item_search_shop` or, with `is_search`, of `item_search`. Prices in yuan.

    As in the provider's earlier replies, a search tells half of the IDs as numbers that have lost
    their last digits."""
    num_iid = record["product_id"]
    entry = {
        "num_iid": num_iid,
        "pic_url": record["img"],
        "title": record["name"],
        "promotion_price": _yuan(record["discount_price"]),
        "price": _yuan(record["market_price"]),
        "sales": record["sell_num"],
        "detail_url": f"https://haohuo.jinritemai.com/views/product/item2?id={num_iid}&pick_source=v.Sandbox",
    }
    if is_search:
        entry |= {
            "shop_name": record["shop_name"],
            "shop_id": 20_000_000 + int(hexadecimal(4, record["shop_id"]), 16),
        }
        if int(num_iid) % 2:
            entry["num_iid"] = int(float(num_iid))
    return entry


def picture(num_iid: str, *version: object) -> str:
    """Return the URL of one of a product's pictures."""
    return f"{INVENTED_PICTURES}{num_iid}/{hexadecimal(8, num_iid, *version)}"


def _place(product: SandboxProduct, now: int) -> Place:
    absence = product.absence
    if product.special or absence is None:
        return SPECIAL_PLACES.get(product.special, ON_SALE)
    away = spell(
        absence.days * DAY, absence.low * HOUR, absence.high * HOUR, now, product.num_iid, "absence"
    )
    return ON_SALE if away is None else absence.places[away % len(absence.places)]


def _version(product: SandboxProduct, edit: str, now: int) -> int:
    """Return how often the seller has made the edit so far."""
    return turn(EDITS[edit] * DAY, now, product.num_iid, edit) if edit in product.edits else 0


def _specification(product: SandboxProduct, now: int) -> list[Record]:
    """Return the choices of a buyer. The first value of the first one is offered at times only."""
    (name, values), *other_choices = product.choices.items()
    first = (name, values[_version(product, "specification", now) % 2 :])
    return [
        {
            "name": name,
            "list": [
                {"id": _number(product.num_iid, name, value), "name": value} for value in values
            ],
        }
        for name, values in (first, *other_choices)
    ]


def _credit_score(seller: Seller, now: int) -> Record:
    """Return a shop's scores, whole numbers up to 100 or up to 5 with two decimals, and their gaps
    to the average. They drift week by week, and fall in a bad spell now and then."""
    scores: Record = {}
    average, drift = SCALES[seller.scale]
    for dimension in DIMENSIONS:
        words = (seller.brand, dimension)
        step = turn(8 * DAY, now, *words)
        share = seller.quality + between(-drift, drift, *words)
        share += between(-drift, drift, *words, step)
        bad_spell = spell(75 * DAY, 5 * DAY, 12 * DAY, now, *words, "spell")
        if bad_spell is not None:
            share -= 3 * drift * between(0.5, 1, *words, "spell", bad_spell)
        gap = LEVEL
        if abs(share - average) > LEVEL_BAND:
            gap = ABOVE if share > average else BELOW
        value = min(1.0, share) * seller.scale
        scores[dimension] = round(value, 2) if seller.scale == 5 else round(value)
        scores[f"gap_{dimension}"] = gap
    return scores


def _freight(fen: int) -> Record:
    """Return the record's `freight`: the same for all provinces. Amounts in fen."""
    costs = {"first_num": 1, "first_num_price": fen, "add_num": 1, "add_num_price": fen // 5}
    return {
        "columns": [],
        "default": {**costs, "is_default": 1, "is_limited": False},
        "fixed_amount": 0,
        "product_province_name": "广东省",
    }


def _yuan(fen: int) -> float:
    return fen / 100 if fen % 100 else fen // 100


def _number(*words: object) -> str:
    return str(1_700_000_000_000_000 + int(hexadecimal(10, *words), 16))
