"""A program reads what its user may use."""

import pytest

from tests.api import Program

pytestmark = pytest.mark.django_db


def test_the_day_begins_at_midnight_in_china_in_utc(reader: Program) -> None:
    assert reader.get("/usage")["resets_at"] == "2026-11-25T16:00:00Z"
