"""Searches of the sandbox's products: by words in titles, and by shop."""

from collections.abc import Callable
from datetime import datetime

from monitor.sandbox.records import search_hit
from monitor.sandbox.shelf import ON_SALE
from monitor.sandbox.world import ProductState, World

PAGE_SIZE = 20
_ORDERS: dict[str, Callable[[ProductState], int]] = {
    "bid": lambda state: state.prices.price,
    "_bid": lambda state: -state.prices.price,
    "_sale": lambda state: -state.units,
}


def by_words(world: World, words: str, page: int, sort: str, now: datetime) -> dict[str, object]:
    """The `items` of `item_search`: products on sale whose title, shop or category holds every one of `words`."""
    wanted = words.split()
    found = [state for state in _on_sale(world, now) if all(word in _text(state) for word in wanted)]
    if order := _ORDERS.get(sort):
        found.sort(key=order)
    return _page(world, found, page)


def by_shop(world: World, shop_id: str, page: int, now: datetime) -> dict[str, object]:
    """The `items` of `item_search_shop`: a shop's products on sale, asked for by either of its identifiers."""
    found = [
        state for state in _on_sale(world, now) if shop_id in {state.product.shop.shop_id, state.product.shop.number}
    ]
    return _page(world, found, page)


def _on_sale(world: World, now: datetime) -> list[ProductState]:
    states = (world.state(num_iid, now) for num_iid in world.products())
    return [state for state in states if state is not None and state.place == ON_SALE]


def _text(state: ProductState) -> str:
    seller = state.product.shop.seller
    return f"{state.page.title} {seller.name} {seller.category.name}"


def _page(world: World, found: list[ProductState], page: int) -> dict[str, object]:
    shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return {
        "page": str(page),
        "real_total_results": len(found),
        "total_results": len(found),
        "page_size": PAGE_SIZE,
        "pagecount": -(-len(found) // PAGE_SIZE),
        "item": [search_hit(world.chance, state) for state in shown],
    }
