"""One proof for all stories: the sandbox's own products, four calls for each of them a day."""

from datetime import date

import pytest

from monitor.simulation import Proof, Setting, prove

SETTING = Setting(first=date(2026, 11, 18), days=4, calls=1200)


@pytest.fixture(scope="session")
def proof() -> Proof:
    return prove(SETTING, lambda _days: None)
