"""What the demo shows: three watchlists, and the past of any product as the provider would have told it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import NamedTuple

from monitor.sandbox import protocol
from monitor.sandbox.catalogue import Edit, PriceHabit, Product, SalesHabit, ShelfHabit
from monitor.sandbox.world import ProductState, World, shared_world

DAILY_CALLS = 11_000


class FeaturedList(NamedTuple):
    """A watchlist of the demo: its name in simplified Chinese and in English, and its products."""

    name_zh: str
    name_en: str
    num_iids: tuple[str, ...]


def featured(world: World | None = None) -> list[FeaturedList]:
    """The demo merchant's own products, rivals' products (with every price that never rests) and suppliers'."""
    world = world or shared_world()
    rivals = [*world.products_of("rival-1"), *world.products_of("rival-2")]
    suppliers = [*world.products_of("supplier-1"), *world.products_of("supplier-2")]
    return [
        FeaturedList("本店商品", "My shop", _liveliest(world.products_of("own"), 16)),
        FeaturedList("竞品", "Rivals", _liveliest(rivals, 20)),
        FeaturedList("供应商", "Suppliers", _liveliest(suppliers, 12)),
    ]


def replay(
    num_iid: str, times: Iterable[datetime], *, thin: bool = False, world: World | None = None
) -> Iterator[tuple[datetime, dict[str, object]]]:
    """What `item_get_app` with `cache=no` would have answered at each of `times`: (when, decoded body).

    There are no failures by chance, and thin records only if asked for; a product that could not be found then gives
    the provider's 'item-not-found' body.
    """
    world = world or shared_world()
    params = {"num_iid": num_iid, "cache": "no"}
    for when in times:
        call = protocol.Call("item_get_app", params, when, 0, DAILY_CALLS)
        try:
            yield when, protocol.item_payload(call, world, weather=False, thin=thin)
        except protocol.Refusal as refusal:
            yield when, protocol.failure_payload(call, world, refusal)


def interesting_times(
    num_iid: str,
    start: datetime,
    end: datetime,
    *,
    every: timedelta = timedelta(hours=1),
    most: int = 400,
    world: World | None = None,
) -> list[datetime]:
    """Moments from `start` to `end` at which it is worth looking, in order.

    They are those checks of a round of one `every` that saw something new, each with the check before it, which saw the
    old: what is replayed at them is what a watch at that interval would have recorded. About `most` of them: of prices
    that never rest and of sales only as many as there is room for, spread evenly; what lasts is kept whatever `most`.
    """
    world = world or shared_world()
    step = every.total_seconds()
    last = int((end - start).total_seconds() // step)

    def rounds(moments: Iterable[int]) -> set[int]:
        seen = (ceil((moment - start.timestamp()) / step) for moment in moments)
        return {number for new in seen for number in (new - 1, new) if 0 <= number <= last}

    lasting = (moment for moment in world.lasting_changes(num_iid, start, end) if _changes(world, num_iid, moment))
    kept = rounds(lasting) | {0, last}
    restless = sorted(rounds(world.restless_changes(num_iid, start, end, int(step))) - kept)
    room = most - len(kept)
    if restless and room > 0:
        kept.update(restless[:: ceil(len(restless) / room)])
    return [start + every * number for number in sorted(kept)]


def _changes(world: World, num_iid: str, moment: int) -> bool:
    """Whether the product is another at Unix second `moment` than just before."""
    before, after = (world.state(num_iid, datetime.fromtimestamp(second, UTC)) for second in (moment - 1, moment))
    return _told(before) != _told(after)


def _told(state: ProductState | None) -> tuple[object, ...] | None:
    return None if state is None else (state.prices, state.place, state.page, state.scores)


def _liveliest(products: list[Product], count: int) -> tuple[str, ...]:
    """The `count` products with the most to show, in the order their shops list them."""
    chosen = sorted(products, key=_liveliness, reverse=True)[:count]
    return tuple(product.num_iid for product in products if product in chosen)


def _liveliness(product: Product) -> int:
    prices = {PriceHabit.FLASH: 100, PriceHabit.HOURLY: 90, PriceHabit.STILL: 0}
    sales = {SalesHabit.HOT: 6, SalesHabit.AUDITED: 5, SalesHabit.HIT: 4, SalesHabit.HIDDEN: 12, SalesHabit.POPULAR: 3}
    absent = 0 if product.shelf_habit is ShelfHabit.ALWAYS else 10
    edits = 2 * len(product.edits - {Edit.LIST_PRICE})
    return prices.get(product.price_habit, 4) + sales.get(product.sales_habit, 0) + absent + edits
