"""The merchant of these tests is an operator too: only operators see the account."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from monitor.models import User


@pytest.fixture
def merchant(db: None) -> "User":
    from tests.models.factories import UserFactory

    return UserFactory.create(email="merchant@example.com", is_staff=True)
