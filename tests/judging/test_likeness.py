"""Which products are like mine, and why."""

from monitor.judging.likeness import Traits, most_alike
from monitor.management.commands.demo import LISTS
from monitor.provider.sandbox.catalogue import SandboxProduct, product_of

DRESSES, SHIRTS = 20180, 20179


def test_the_same_category_comes_before_like_titles_and_another_one_never() -> None:
    mine = Traits("法式碎花连衣裙女", 10000, DRESSES)
    others = {
        1: Traits("法式碎花连衣裙女款", 10000),
        2: Traits("长裙", 10000, DRESSES),
        3: Traits("法式碎花连衣裙女", 10000, SHIRTS),
        4: Traits("法式碎花连衣裙", 11150, DRESSES),
        5: Traits("Cotton shirt", 10000),
    }
    alike = most_alike(mine, others)
    assert list(alike) == [4, 2, 1]
    assert (alike[4].score, alike[4].apart) == (93, 12)
    assert all(likeness.is_likely for likeness in alike.values())


def test_a_price_beyond_three_times_is_of_something_else() -> None:
    mine = Traits("连衣裙", 9000, DRESSES)
    prices = {1: 3000, 2: 2999, 3: 27000, 4: 27001, 5: None}
    alike = most_alike(mine, {key: Traits("连衣裙", price) for key, price in prices.items()})
    assert {key: likeness.apart for key, likeness in alike.items()} == {1: 67, 3: 200, 5: None}
    assert len(most_alike(Traits("连衣裙", None), {1: mine})) == 1


def traits_of(product: SandboxProduct) -> Traits:
    return Traits(product.titles[0], product.base_price, product.category_id)


def test_each_product_of_the_demos_shop_is_suggested_rivals_of_its_kind() -> None:
    own, rivals = (list(map(product_of, demo.num_iids)) for demo in LISTS[:2])
    for mine in own:
        alike = most_alike(traits_of(mine), dict(enumerate(map(traits_of, rivals))))
        assert {rivals[key].noun for key in alike} == {mine.noun}
