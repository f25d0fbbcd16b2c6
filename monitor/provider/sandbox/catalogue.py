"""The constant properties of a product, computed from its ID. The package's docstring explains
them."""

from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from monitor.provider.sandbox.chance import DAY, between, draw, pick
from monitor.provider.sandbox.words import HEADLINES, SEASONS, SELLERS, Seller

TITLE_VERSIONS = 4
#: Products were launched within two years from 1 January 2023 in Beijing.
FIRST_YEAR, FIRST_LAUNCH = 2023, 1_672_502_400
#: Except those of 19 digits with this beginning: five digits after it are the day of the launch,
#: counted from 1970.
LAUNCH_BEGINNING = "37"
EDITED_SHARE = 0.15


class PriceHabit(Enum):
    """How often a product's price changes, by the last digit of its ID."""

    STILL = (0, 1, 2)
    SEASONAL = (3, 4)
    STEPPING = (5,)
    WEEKEND = (6,)
    MORNING = (7,)
    UNDERCUTTING = (8,)
    RESTLESS = (9,)


class SalesHabit(NamedTuple):
    """About how many units a product sells a day, and how the record shows its sales."""

    a_day: float
    is_exact: bool = False
    is_audited: bool = False
    is_hidden: bool = False


class Place(NamedTuple):
    """The record's `status` and `check_status`; `is_found` is False if the provider does not find
    the product."""

    status: int = 0
    check_status: int = 3
    is_found: bool = True


class Absence(NamedTuple):
    """Once in `days` a product is off sale for `low` to `high` hours, in one of the `places`."""

    days: int
    low: int
    high: int
    places: tuple[Place, ...]


ON_SALE = Place()
OFF_SHELF, DELETED, ABNORMAL = Place(status=1), Place(status=2), Place(status=-1)
UNDER_REVIEW, REJECTED, BANNED = Place(check_status=2), Place(check_status=4), Place(check_status=5)
WAITING, NOT_FOUND = Place(check_status=7), Place(is_found=False)

#: By the second last digit of the ID.
SALES_HABITS = (
    SalesHabit(0),
    SalesHabit(0.02),
    SalesHabit(0.1),
    SalesHabit(0.5),
    SalesHabit(4),
    SalesHabit(6, is_exact=True, is_audited=True),
    SalesHabit(20, is_hidden=True),
    SalesHabit(40),
    SalesHabit(300),
    SalesHabit(900, is_exact=True),
)
#: By the third last digit of the ID.
ABSENCES = {
    6: Absence(12, 3, 72, (OFF_SHELF,)),
    7: Absence(15, 2, 8, (UNDER_REVIEW,)),
    8: Absence(40, 24, 240, (REJECTED, BANNED, WAITING, ABNORMAL)),
    9: Absence(90, 480, 960, (DELETED, NOT_FOUND)),
}
#: What the sellers of some products edit, and about once in how many days.
EDITS = {
    "title": 35,
    "pictures": 40,
    "specification": 30,
    "freight": 50,
}

# The last four digits of an ID with this beginning choose a constant behaviour: one of these, or a
# status code.
SPECIAL_BEGINNING = "700000000000000"
SPECIAL_PLACES = {
    "0001": OFF_SHELF,
    "0002": DELETED,
    "0003": ABNORMAL,
    "0004": REJECTED,
    "0005": BANNED,
    "0006": UNDER_REVIEW,
    "0007": WAITING,
}
THIN, OTHER_PRODUCT, ODD_PRICE = "0010", "0011", "0012"


class SandboxProduct:
    """What never changes about the product that an ID of 1 to 19 digits stands for.

    Prices in fen. `sku_percent` is the dearest variant against the cheapest. `special` are the last
    four digits of an ID with a documented constant behaviour, or ''."""

    def __init__(self, num_iid: str) -> None:
        shop, shelf, sales, price = (int(digit) for digit in num_iid.zfill(4)[-4:])
        self.num_iid = num_iid
        self.special = num_iid[-4:] if num_iid[:-4] == SPECIAL_BEGINNING else ""
        self.seller = seller = SELLERS[shop % len(SELLERS)]
        self.shop_id = seller.shop_id
        named = pick(seller.category.nouns, num_iid, "noun")
        noun, _, usual_price = named.partition("¥")
        self.noun = noun
        self.category_id = seller.category.cid + 1 + seller.category.nouns.index(named)
        self.titles = [_title(num_iid, seller, noun, version) for version in range(TITLE_VERSIONS)]
        self.choices = seller.category.choices
        facts = seller.category.facts.items()
        self.facts = {"品牌": seller.brand} | {
            name: pick(values, num_iid, name) for name, values in facts
        }
        self.price_habit = next(habit for habit in PriceHabit if price in habit.value)
        yuan = int(int(usual_price) * between(0.6, 1.6, num_iid, "price"))
        self.base_price = 100 * yuan + pick((0, 80, 90, 90, 90), num_iid, "ending")
        list_percents = (
            (100, 100, 130, 160) if self.price_habit is PriceHabit.STILL else (130, 160, 200)
        )
        self.list_percent = pick(list_percents, num_iid, "list")
        self.sku_percent = pick((100, 100, 100, 115, 130, 160, 200), num_iid, "sku")
        is_late = len(num_iid) == 19 and num_iid.startswith(LAUNCH_BEGINNING)
        self.launched = (
            int(num_iid[2:7]) * DAY
            if is_late
            else FIRST_LAUNCH + int(between(0, 730 * DAY, num_iid, "launched"))
        )
        self.sales_habit = SALES_HABITS[sales]
        self.absence = ABSENCES.get(shelf)
        self.edits = {edit for edit in EDITS if draw(num_iid, edit, "edited") < EDITED_SHARE}


#: A product takes 0.2 ms to make, and a replay needs it 2,000 times.
product_of = lru_cache(maxsize=1000)(SandboxProduct)


def _title(num_iid: str, seller: Seller, noun: str, version: int) -> str:
    category, points = seller.category, seller.category.points
    head = pick(HEADLINES, num_iid, "head", version).format(brand=seller.brand)
    season, style = (
        pick(SEASONS, num_iid, "season", version),
        pick(category.styles, num_iid, "style"),
    )
    first = int(between(0, len(points), num_iid, "point")) + version
    first_point, second_point = points[first % len(points)], points[(first + 1) % len(points)]
    return f"{head}{season}{style}{noun}{category.audience} {first_point} {second_point}"


def example_id(ending: int) -> str:
    """Return an ID of 19 digits, as the platform's, that ends with the four digits `ending`. A
    float cannot hold it."""
    return f"{361_400_000_000_000 + 7_182_845_904 * ending}{ending:04}"
