"""Who sells what in the sandbox: a dozen shops with twenty-five products each, and how each of them behaves."""

import math
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from monitor.sandbox.chance import Chance
from monitor.sandbox.festivals import BEIJING
from monitor.sandbox.rhythm import DAY
from monitor.sandbox.vocabulary import HEADLINES, SEASONS, SELLERS, Choice, Noun, Seller

PRODUCTS_A_SHOP = 25
TITLE_VERSIONS = 4
FIRST_LAUNCH_YEAR = 2023
_FIRST_LAUNCH = int(datetime(FIRST_LAUNCH_YEAR, 1, 1, tzinfo=BEIJING).timestamp())


class PriceHabit(Enum):
    """How often a product's price changes."""

    STILL = auto()
    SEASONAL = auto()
    STEPPING = auto()
    WEEKEND = auto()
    MORNING = auto()
    HOURLY = auto()
    FLASH = auto()


class SalesHabit(Enum):
    """How fast a product sells, and how its figure is shown."""

    ASLEEP = auto()
    TRICKLE = auto()
    MODEST = auto()
    STEADY = auto()
    POPULAR = auto()
    HIT = auto()
    HOT = auto()
    AUDITED = auto()
    HIDDEN = auto()


class ShelfHabit(Enum):
    """What, if anything, takes a product off sale from time to time."""

    ALWAYS = auto()
    IN_AND_OUT = auto()
    REVIEWED = auto()
    BANNED = auto()
    DELETED = auto()
    VANISHING = auto()
    REJECTED = auto()
    AWAITED = auto()
    ABNORMAL = auto()


class Edit(Enum):
    """What the seller of a product changes about its page every few weeks."""

    TITLE = auto()
    PICTURE = auto()
    SPECIFICATION = auto()
    FREIGHT = auto()
    PROMISES = auto()
    PRESALE = auto()
    LIST_PRICE = auto()


@dataclass(frozen=True, slots=True)
class Shop:
    """A seller with the identifiers it has at the platform; `number` is the one that other endpoints use."""

    seller: Seller
    shop_id: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What stays the same about a product. Prices in fen; `sku_percent` is the dearest variant against the cheapest."""

    num_iid: str
    shop: Shop
    noun: Noun
    titles: tuple[str, ...]
    base_price: int
    list_percent: int
    sku_percent: int
    choices: tuple[Choice, ...]
    facts: tuple[tuple[str, str], ...]
    launched: int
    price_habit: PriceHabit
    sales_habit: SalesHabit
    shelf_habit: ShelfHabit
    edits: frozenset[Edit]


# One deck of habits a shop, dealt to its products in an order of chance's own: the shares are exact, so a demo never
# happens to miss a behaviour. What makes some shops differ is dealt on top.
_PRICES = (
    (PriceHabit.STILL,) * 10
    + (PriceHabit.SEASONAL,) * 8
    + (PriceHabit.STEPPING,) * 3
    + (PriceHabit.WEEKEND,) * 2
    + (PriceHabit.MORNING,) * 2
)
_SALES = (
    (SalesHabit.ASLEEP,) * 6
    + (SalesHabit.TRICKLE,) * 7
    + (SalesHabit.MODEST,) * 4
    + (SalesHabit.STEADY,) * 4
    + (SalesHabit.POPULAR,) * 2
    + (SalesHabit.HOT,)
)
_RARE_SALES = (SalesHabit.HIT, SalesHabit.AUDITED, SalesHabit.HIDDEN)
_RARE_SHELVES = (
    ShelfHabit.REJECTED,
    ShelfHabit.BANNED,
    ShelfHabit.VANISHING,
    ShelfHabit.DELETED,
    ShelfHabit.AWAITED,
    ShelfHabit.IN_AND_OUT,
    ShelfHabit.ABNORMAL,
)
_SHELVES = (ShelfHabit.ALWAYS,) * 21 + (ShelfHabit.IN_AND_OUT,) * 2 + (ShelfHabit.REVIEWED,)
_EDITORS_A_SHOP = 2
_RESTLESS = {
    "rival-1": (PriceHabit.FLASH, PriceHabit.FLASH, PriceHabit.HOURLY),
    "rival-2": (PriceHabit.FLASH, PriceHabit.FLASH, PriceHabit.HOURLY),
    "snacks": (PriceHabit.HOURLY,),
    "accessories": (PriceHabit.HOURLY, PriceHabit.HOURLY),
    "sports": (PriceHabit.HOURLY,),
}


def build(chance: Chance) -> tuple[tuple[Shop, ...], tuple[Product, ...]]:
    """All shops, the demo merchant's own first, and all their products in the shops' order."""
    shops = tuple(_shop(chance, seller) for seller in SELLERS)
    products = tuple(product for index, shop in enumerate(shops) for product in _products(chance, index, shop))
    return shops, products


def _shop(chance: Chance, seller: Seller) -> Shop:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz"
    tail = "".join(chance.pick(letters, seller.slug, "shop id", position) for position in range(6))
    return Shop(seller, "s" + tail, str(1_000_000 + chance.whole(98_000_000, seller.slug, "number")))


def _products(chance: Chance, shop_index: int, shop: Shop) -> list[Product]:
    slug = shop.seller.slug
    shelves = chance.shuffled((*_SHELVES, _RARE_SHELVES[shop_index % len(_RARE_SHELVES)]), slug, "shelves")
    sales = chance.shuffled((*_SALES, _RARE_SALES[shop_index % len(_RARE_SALES)]), slug, "sales")
    prices = chance.shuffled(_PRICES, slug, "prices")
    # A product whose price should be seen to move has to be on sale.
    always = [slot for slot, shelf in enumerate(shelves) if shelf is ShelfHabit.ALWAYS]
    for slot, habit in zip(always, _RESTLESS.get(slug, ()), strict=False):
        prices[slot] = habit
    editors = {edit: chance.shuffled(range(PRODUCTS_A_SHOP), slug, edit.name)[:_EDITORS_A_SHOP] for edit in Edit}
    return [
        _product(
            chance,
            shop,
            slot,
            habits=(prices[slot], sales[slot], shelves[slot]),
            edits=frozenset(edit for edit, slots in editors.items() if slot in slots),
        )
        for slot in range(PRODUCTS_A_SHOP)
    ]


def _product(
    chance: Chance,
    shop: Shop,
    slot: int,
    *,
    habits: tuple[PriceHabit, SalesHabit, ShelfHabit],
    edits: frozenset[Edit],
) -> Product:
    name = f"{shop.seller.slug}/{slot}"
    category = shop.seller.category
    noun = category.nouns[slot % len(category.nouns)]
    still = habits[0] is PriceHabit.STILL
    return Product(
        num_iid=_num_iid(chance, name),
        shop=shop,
        noun=noun,
        titles=_titles(chance, name, shop.seller, slot, noun),
        base_price=_base_price(chance, name, noun),
        list_percent=chance.pick((100, 100, 130, 160) if still else (130, 160, 200), name, "list"),
        sku_percent=chance.pick((100, 100, 100, 115, 130, 160, 200), name, "sku"),
        choices=_choices(chance, name, category.choices),
        facts=(("品牌", shop.seller.brand), *((key, chance.pick(values, name, key)) for key, values in category.facts)),
        launched=_FIRST_LAUNCH + chance.whole(700 * DAY, name, "launched"),
        price_habit=habits[0],
        sales_habit=habits[1],
        shelf_habit=habits[2],
        edits=edits,
    )


def _num_iid(chance: Chance, name: str) -> str:
    """Nineteen digits that begin with 3 or 7, above what a float can hold: as the platform's are."""
    return f"{chance.pick('37', name, 'first')}{chance.whole(10**18, name, 'digits'):018d}"


def _base_price(chance: Chance, name: str, noun: Noun) -> int:
    yuan = math.exp(chance.between(math.log(noun.low), math.log(noun.high), name, "price"))
    return int(yuan) * 100 + chance.pick((0, 90, 90, 80, 90), name, "ending")


def _titles(chance: Chance, name: str, seller: Seller, slot: int, noun: Noun) -> tuple[str, ...]:
    category = seller.category
    # The shop's first product of a noun has one style, its second another: no two share a title.
    turn = slot // len(category.nouns) + chance.whole(len(category.styles), seller.slug, noun.name)
    style = category.styles[turn % len(category.styles)]
    points = chance.shuffled(category.points, name, "points")
    headlines = chance.shuffled(HEADLINES, name, "headlines")
    blank = chance.pick(("", "", " "), name, "blank")
    core = f"{style}{noun.name}{category.audience}"
    titles = []
    for version in range(TITLE_VERSIONS):
        head = headlines[version].format(brand=seller.brand)
        season = chance.pick(SEASONS, name, "season", version)
        first, second = points[version % len(points)], points[(version + 1) % len(points)]
        body = f"{core} {first} {second} {season}" if version % 2 else f"{season}{core} {first} {second}"
        titles.append(f"{head}{body}{blank}")
    return tuple(titles)


def _choices(chance: Chance, name: str, offered: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """The product's own stretch of what its category offers: two values of each or more, the last for an addition."""
    choices = []
    for choice in offered:
        count = 3 + chance.whole(len(choice.values) - 2, name, choice.name)
        first = chance.whole(len(choice.values) - count + 1, name, choice.name, "first")
        choices.append(Choice(choice.name, choice.values[first : first + count]))
    return tuple(choices)
