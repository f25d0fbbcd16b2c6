from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.provider.errors import ApiError, NotFound
from monitor.provider.observation import Gap, Observation, Presale, Status
from monitor.provider.parse import parse_item, parse_search
from monitor.sandbox import demo
from monitor.sandbox.protocol import Call, failure_payload, item_payload, search_payload
from monitor.sandbox.protocol import Refusal as SandboxRefusal
from monitor.sandbox.shelf import ON_SALE
from monitor.sandbox.world import ProductState, World

STATUSES = {
    (0, 2): Status.UNDER_REVIEW,
    (0, 3): Status.ON_SALE,
    (0, 4): Status.REJECTED,
    (0, 5): Status.BANNED,
    (0, 7): Status.APPROVED_WAITING,
    (1, 3): Status.OFF_SHELF,
    (2, 3): Status.DELETED,
    (-1, 3): Status.ABNORMAL,
}
PRESALES = [Presale.NONE, Presale.FULL_PAYMENT, Presale.STEPPED]


def observe(num_iid: str, when: datetime, payload: dict[str, object]) -> Observation:
    return parse_item(payload, num_iid, when + timedelta(seconds=1))


def check(seen: Observation, state: ProductState) -> None:
    """What was seen is what is so, and nothing of it was doubted."""
    prices, page = state.prices, state.page
    assert seen.flags == ()
    assert not seen.thin
    assert seen.data_time == datetime.fromtimestamp(state.at, UTC)
    assert seen.title == page.title.strip()
    assert (seen.price, seen.list_price) == (prices.price, prices.list_price)
    assert (seen.sku_min_price, seen.sku_max_price) == (prices.sku_min, prices.sku_max)
    assert seen.status is STATUSES[state.place.status, state.place.check_status]
    assert seen.presale is PRESALES[page.presale.kind]
    assert seen.images == page.pictures
    assert seen.specification
    assert [(group.name, group.values) for group in seen.specification] == list(page.choices)
    assert seen.service_promises == tuple(sorted(page.promises))
    assert dict(seen.attributes or ()) == dict(state.product.facts)
    check_sales(seen, state)
    check_freight(seen, state)
    check_shop(seen, state)


def check_sales(seen: Observation, state: ProductState) -> None:
    if state.sales_hidden:
        assert seen.sales is None
    else:
        assert seen.sales
        assert seen.sales.at_least <= state.units < seen.sales.at_least + seen.sales.step


def check_freight(seen: Observation, state: ProductState) -> None:
    freight = state.page.freight
    assert seen.freight
    remote, usual, abroad, default = seen.freight
    assert (remote.first, remote.more, remote.free_from) == (freight.remote, freight.remote_more, None)
    assert (usual.first, usual.free_from) == (freight.usual, freight.free_from or None)
    assert not abroad.delivers
    assert default == replace(default, provinces=(), first=freight.usual, delivers=True)


def check_shop(seen: Observation, state: ProductState) -> None:
    shop = state.product.shop
    assert seen.shop
    assert (seen.shop.shop_id, seen.shop.name) == (shop.shop_id, shop.seller.name)
    assert seen.shop.company_name == shop.seller.company
    scores = seen.shop.scores
    assert scores
    assert scores.scale == shop.seller.scale
    assert (scores.product, scores.logistics, scores.service) == tuple(
        round(score.value * 100) for score in state.scores.values()
    )
    assert (scores.product_gap, scores.logistics_gap, scores.service_gap) == tuple(
        Gap(score.gap) for score in state.scores.values()
    )


def test_every_record_is_read_as_it_was_meant(world: World, now: datetime) -> None:
    seen = 0
    for num_iid in world.products():
        for when, payload in demo.replay(num_iid, [now - timedelta(days=40), now]):
            if state := world.state(num_iid, when):
                check(observe(num_iid, when, payload), state)
                seen += 1
    assert seen > 590


def test_a_vanished_product_is_not_found(world: World, now: datetime) -> None:
    call = Call("item_get_app", {"num_iid": "3000000000000000001"}, now, 0, 9)
    with pytest.raises(SandboxRefusal) as refusal:
        item_payload(call, world)
    with pytest.raises(NotFound):
        observe("3000000000000000001", now, failure_payload(call, world, refusal.value))


@pytest.mark.parametrize("code", ["4000", "4001", "4002", "4005", "4008", "4013", "4017", "5000"])
def test_a_failure_keeps_its_code(world: World, now: datetime, code: str) -> None:
    call = Call("item_get_app", {"num_iid": world.products()[0]}, now, 5, 9)
    refusal = SandboxRefusal(code, item={"format_check": "fail"} if code == "5000" else None)
    with pytest.raises(ApiError) as error:
        observe(world.products()[0], now, failure_payload(call, world, refusal))
    assert error.value.code == code
    assert error.value.quota
    assert (error.value.quota.used, error.value.quota.cap) == (5, 9)


def test_a_thin_record_is_known_for_one(world: World, now: datetime) -> None:
    num_iid = world.products()[0]
    times = [now + timedelta(minutes=minutes) for minutes in range(400)]
    observations = [observe(num_iid, when, payload) for when, payload in demo.replay(num_iid, times, thin=True)]
    thin = [seen for seen in observations if seen.thin]
    assert 1 <= len(thin) < 20
    for seen in thin:
        assert seen.title
        assert seen.price
        assert (seen.status, seen.shop, seen.freight, seen.specification) == (None, None, None, None)


def test_a_normalised_record_tells_the_same_prices(world: World, now: datetime) -> None:
    for num_iid in world.products():
        call = Call("item_get", {"num_iid": num_iid, "cache": "no"}, now, 0, 9)
        state = world.state(num_iid, now)
        if state is None:
            continue
        seen = observe(num_iid, now, item_payload(call, world, weather=False))
        prices = state.prices
        assert seen.flags == ()
        assert (seen.title, seen.stock) == (state.page.title.strip(), state.stock)
        assert (seen.price, seen.list_price) == (prices.price, prices.list_price)
        assert (seen.sku_min_price, seen.sku_max_price) == (prices.sku_min, prices.sku_max)
        assert seen.shop
        assert seen.shop.shop_id == state.product.shop.number
        check_sales(seen, state)


def test_a_searchs_hits_keep_their_identifiers(world: World, now: datetime) -> None:
    for shop in world.shops:
        call = Call("item_search_shop", {"shopid": shop.shop_id}, now + timedelta(minutes=1), 0, 9)
        hits = parse_search(search_payload(call, world))
        on_sale = [
            product.num_iid
            for product in world.products_of(shop.seller.slug)
            if (state := world.state(product.num_iid, call.now)) and state.place == ON_SALE
        ]
        assert [hit.num_iid for hit in hits] == on_sale[:20]
        assert all(hit.title and hit.price and hit.image and not hit.flags for hit in hits)
