"""When two names are the same to those who read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.watchlists.names import LONGEST, free_name, name_key
from tests.factories import UserFactory, WatchlistFactory


@given(st.text())
def test_neither_case_nor_blanks_nor_a_second_look_make_another_name(name: str) -> None:
    key = name_key(name)
    assert name_key(key) == key
    assert name_key(f"  {name}\u200b\t") == key


@pytest.mark.parametrize(("one", "other"), [("Shop 1", "Shop 2"), ("对手", "对头"), ("a b", "ab")])
def test_what_reads_differently_is_another(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.django_db
def test_a_free_name_fits_its_column() -> None:
    watchlist = WatchlistFactory.create(name="x" * LONGEST)
    name = free_name(watchlist.owner, watchlist.name)
    assert len(name) == LONGEST
    assert name.endswith("x (2)")
    assert free_name(UserFactory.create(), watchlist.name) == watchlist.name
