from hypothesis import given
from hypothesis import strategies as st

from monitor.sandbox.chance import Chance

WORDS = st.tuples(st.text(), st.integers())


@given(st.integers(0, 2**62), WORDS)
def test_it_gives_the_same_number_for_the_same_words(seed: int, words: tuple[str, int]) -> None:
    assert Chance(seed).unit(*words) == Chance(seed).unit(*words)


@given(WORDS)
def test_it_gives_other_numbers_for_another_seed(words: tuple[str, int]) -> None:
    assert Chance(1).unit(*words) != Chance(2).unit(*words)


@given(WORDS, st.integers(1, 10**18))
def test_it_stays_in_its_range(words: tuple[str, int], below: int) -> None:
    chance = Chance(7)
    assert 0 <= chance.unit(*words) < 1
    assert 0 <= chance.whole(below, *words) < below
    assert 3 <= chance.between(3, 4, *words) < 4


@given(st.lists(st.integers(), max_size=30), WORDS)
def test_it_shuffles_without_losing_any(items: list[int], words: tuple[str, int]) -> None:
    assert sorted(Chance(7).shuffled(items, *words)) == sorted(items)


@given(st.integers(1, 128), WORDS)
def test_it_writes_as_many_hexadecimal_digits_as_asked(length: int, words: tuple[str, int]) -> None:
    digits = Chance(7).hexadecimal(length, *words)
    assert len(digits) == length
    assert set(digits) <= set("0123456789abcdef")


def test_it_picks_all_options_about_equally_often() -> None:
    chance = Chance(7)
    picked = [chance.pick("abcd", turn) for turn in range(4000)]
    assert all(900 < picked.count(option) < 1100 for option in "abcd")
