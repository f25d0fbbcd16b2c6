"""Two programs of a merchant, and a frozen clock."""

import pytest

from monitor.models import User
from tests.api import Program


@pytest.fixture(autouse=True)
def _frozen(time_stands_still: None) -> None:
    """All tests of the API happen at one moment."""


@pytest.fixture
def reader(merchant: User) -> Program:
    """A program that may read."""
    return Program.of(merchant)


@pytest.fixture
def writer(merchant: User) -> Program:
    """A program that may read and change."""
    return Program.of(merchant, scope="write")
