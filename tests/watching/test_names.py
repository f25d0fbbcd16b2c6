"""When two names look the same to users."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.models.names import name_key
from monitor.watching.names import LONGEST, free_name
from tests.models.factories import UserFactory, WatchlistFactory


@settings(max_examples=50)
@given(st.text())
def test_blanks_and_invisible_characters_do_not_change_a_name(name: str) -> None:
    key = name_key(name)
    assert name_key(key) == key
    assert name_key(f"  {name}\u200b\t") == key


@pytest.mark.django_db
def test_a_free_name_fits_its_column() -> None:
    watchlist = WatchlistFactory.create(name="x" * LONGEST)
    name = free_name(watchlist.owner, watchlist.name)
    assert len(name) == LONGEST
    assert name.endswith("x (2)")
    assert free_name(UserFactory.create(), watchlist.name) == watchlist.name
