"""Which products are like mine, and why."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.likeness import Traits, facts_of, kinds_of, most_alike, same_words
from monitor.sandbox.catalogue import SandboxProduct, example_id, product_of

TITLES = st.text(alphabet="法式复古连衣裙女新款 aB1【】", max_size=20)


def test_the_words_that_two_titles_share() -> None:
    assert same_words("法式复古碎花连衣裙女 收腰", "【新款】连衣裙 法式收腰") == (
        "法式",
        "连衣裙",
        "收腰",
    )
    assert same_words("Cotton button shirt 2026", "SHIRT of cotton 2026") == ("cotton", "shirt"), (
        "No parts of words."
    )
    assert same_words("法式复古", "Shirt") == same_words("", "法式") == ()


def test_a_rare_word_tells_more_than_what_everybody_writes() -> None:
    mine = Traits("今年新款针织开衫", 9900)
    others = {number: Traits(f"今年新款上装 {number}", 9900) for number in range(8)}
    others[8] = Traits("今年新款毛衣", 9900)
    others[9] = Traits("针织开衫", 9900)
    alike = most_alike(mine, others)
    assert next(iter(alike)) == 9
    assert alike[9].words == ("针织开衫",)
    assert alike[9].is_likely
    assert alike[9].score > alike[0].score


def test_the_nearer_price_and_the_same_facts_count() -> None:
    mine = Traits("针织开衫", 10000, frozenset({"面料 棉", "图案 纯色"}))
    same = Traits("针织开衫", 10000, frozenset({"面料 棉", "图案 纯色"}))
    near = Traits("针织开衫", 11150, frozenset({"面料 棉"}))
    far = Traits("针织开衫", 40000)
    alike = most_alike(mine, {1: far, 2: near, 3: same, 4: Traits("针织开衫", None)})
    assert list(alike) == [3, 2, 1, 4]
    assert [alike[key].score for key in (3, 2, 1)] == [100, 50 + 22 + 10, 50]
    assert (alike[2].apart, alike[2].facts) == (12, ("面料 棉",))
    assert alike[1].apart is alike[4].apart is None


def test_one_without_a_word_of_mine_is_no_suggestion() -> None:
    assert most_alike(Traits("针织开衫", 9900), {1: Traits("牛仔裤", 9900)}) == {}
    assert most_alike(Traits("", None), {}) == {}


def test_what_is_something_else_is_no_suggestion_whatever_else_it_shares() -> None:
    coat = Traits("2026 women winter cotton coat", 40000)
    shirt, other = Traits("2026 women winter cotton shirt", 40000), Traits("Winter coat", 9900)
    assert list(most_alike(coat, {1: shirt, 2: other})) == [2]
    assert kinds_of("牛仔外套羽绒服女") == kinds_of("棉服外套 jacket")
    assert kinds_of("女士开衫") == kinds_of("Long CARDIGAN") != kinds_of("衬衫")
    assert kinds_of("高级感小众设计") == kinds_of("backpacking trip") == frozenset()


def noun_of(product: SandboxProduct) -> str:
    nouns = (noun.partition("¥")[0] for noun in product.seller.category.nouns)
    return next(noun for noun in nouns if noun in product.titles[0])


def traits_of(product: SandboxProduct) -> Traits:
    facts = {"specification": [*product.choices.items()], "attributes": [*product.facts.items()]}
    return Traits(product.titles[0], product.base_price, facts_of(facts))


@given(st.integers(0, 9999))
def test_a_shop_of_clothes_is_suggested_rivals_of_the_same_kind(ending: int) -> None:
    """The sandbox's titles share seasons, styles and points, whatever they sell; all clothes have
    the same sizes."""
    mine = product_of(example_id(ending // 4000 * 1000 + ending % 1000))
    others = {number: product_of(example_id(number)) for number in range(ending % 7, 4000, 41)}
    alike = most_alike(
        traits_of(mine), {number: traits_of(other) for number, other in others.items()}
    )
    assert {noun_of(others[number]) for number in alike} <= {noun_of(mine)}


def test_facts_are_values_with_their_names() -> None:
    content = {"specification": [["颜色", ["白", "黑"]]], "attributes": [["面料", "棉"]]}
    assert facts_of(content) == {"颜色 白", "颜色 黑", "面料 棉"}
    assert facts_of({"specification": None}) == frozenset()


@given(TITLES, st.lists(TITLES, max_size=6), st.integers(1, 10**6))
def test_scores_are_percents_in_order(mine: str, titles: list[str], price: int) -> None:
    others = {key: Traits(title, price + key) for key, title in enumerate(titles)}
    alike = most_alike(Traits(mine, price), others)
    scores = [likeness.score for likeness in alike.values()]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 100 for score in scores)
    assert all(
        word in mine.lower() and word in titles[key].lower()
        for key in alike
        for word in alike[key].words
    )
