"""What counts as a change of a product or a shop."""

from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from monitor.judging.changes import (
    FieldChange,
    ProductState,
    ShopState,
    product_after,
    product_changes,
    shop_after,
    shop_changes,
)
from monitor.provider.observation import (
    FreightRule,
    Gap,
    Observation,
    Presale,
    Sales,
    Scores,
    ShopObservation,
    SpecificationGroup,
    Status,
)

WHEN = datetime(2026, 11, 11, tzinfo=UTC)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
fen = st.integers(1, 10**9)


def maybe[T](strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.none() | strategy


observations = st.builds(
    Observation,
    num_iid=st.just("3514453298386183303"),
    data_time=st.just(WHEN),
    title=maybe(words),
    price=maybe(fen),
    list_price=maybe(fen),
    sku_min_price=maybe(fen),
    sku_max_price=maybe(fen),
    sales=maybe(st.builds(Sales, st.integers(0, 10**8), st.sampled_from([1, 100, 1000]))),
    status=maybe(st.sampled_from(Status)),
    presale=maybe(st.sampled_from(Presale)),
    images=maybe(st.lists(words.map("https://p3.example/{}".format), max_size=4).map(tuple)),
    specification=maybe(
        st.lists(
            st.builds(SpecificationGroup, words, st.lists(words, max_size=3).map(tuple)), max_size=3
        ).map(tuple)
    ),
    freight=maybe(
        st.lists(st.builds(FreightRule, first=fen, delivers=st.booleans()), max_size=2).map(tuple)
    ),
    attributes=maybe(st.lists(st.tuples(words, words), max_size=3).map(tuple)),
    service_promises=maybe(st.lists(words, max_size=3).map(tuple)),
)


@given(observations, observations)
def test_the_same_observation_twice_is_no_change(first: Observation, second: Observation) -> None:
    state = product_after(product_after(ProductState(), first), second)
    assert product_after(state, second) == state
    assert product_changes(state, product_after(state, second)) == ()


@given(observations, observations)
def test_it_keeps_the_values_that_an_observation_lacks(
    first: Observation, second: Observation
) -> None:
    before = product_after(ProductState(), first)
    after = product_after(before, second)
    for name in ("title", "price", "list_price", "sku_min_price", "sku_max_price"):
        assert getattr(after, name) == (
            getattr(before, name) if getattr(second, name) is None else getattr(second, name)
        )
    thin = Observation(num_iid=first.num_iid, data_time=WHEN)
    assert product_after(before, thin) == before


@given(observations, st.randoms())
def test_another_order_of_fields_or_entries_is_no_change(
    observation: Observation, random: Random
) -> None:
    before = product_after(ProductState(), observation)
    shuffled = replace(
        observation,
        specification=None
        if observation.specification is None
        else _shuffled(observation.specification, random),
        freight=None if observation.freight is None else _shuffled(observation.freight, random),
        attributes=None
        if observation.attributes is None
        else _shuffled(observation.attributes, random),
    )
    after = product_after(before, shuffled)
    assert after == before
    reordered = replace(after, content=dict(reversed(list(after.content.items()))))
    assert product_changes(before, reordered) == ()


def _shuffled[T](values: tuple[T, ...], random: Random) -> tuple[T, ...]:
    return tuple(random.sample(values, len(values)))


def test_a_price_change_is_in_fen() -> None:
    before = ProductState(price=7200, sku_min_price=7200, sku_max_price=9900)
    after = product_after(
        before, Observation(num_iid="1", data_time=WHEN, price=6300, sku_min_price=6300)
    )
    assert product_changes(before, after) == (
        FieldChange("price", 7200, 6300),
        FieldChange("sku_range", [7200, 9900], [6300, 9900]),
    )


def test_an_image_from_another_server_is_no_change() -> None:
    observation = Observation(
        num_iid="1", data_time=WHEN, images=("https://p3-aio.ecombdimg.com/obj/temai/a",)
    )
    before = product_after(ProductState(), observation)
    moved = replace(observation, images=("https://p9-aio.ecombdimg.com/obj/temai/a",))
    assert product_after(before, moved) == before
    swapped = product_after(
        before, replace(observation, images=("https://p3-aio.ecombdimg.com/obj/temai/b",))
    )
    assert [change.field for change in product_changes(before, swapped)] == ["images"]


def shop(**scores: int | Gap) -> ShopObservation:
    return ShopObservation(shop_id="s", name="店", scores=Scores(**{"scale": 5, **scores}))  # type: ignore[arg-type]


def test_lower_scores_and_worse_gaps_are_changes() -> None:
    before = shop_after(ShopState(), shop(product=485, product_gap=Gap.ABOVE))
    after = shop_after(before, shop(product=470, product_gap=Gap.BELOW))
    assert shop_changes(before, after) == (
        FieldChange("product_score", 485, 470),
        FieldChange("product_gap", Gap.ABOVE, Gap.BELOW),
    )


def test_it_does_not_compare_scores_across_scales() -> None:
    before = shop_after(ShopState(), shop(product=485, service=490))
    after = shop_after(before, shop(scale=100, product=9700))
    assert shop_changes(before, after) == (FieldChange("score_scale", 5, 100),)
    assert after.service_score is None
