"""One proof for all stories: the sandbox's own products, four calls for each of them a day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from monitor.schedule import Limits
from monitor.simulation import Proof, Setting, prove
from monitor.simulation.adaptive import Adaptive
from monitor.simulation.truth import Life

SETTING = Setting(first=date(2026, 11, 18), days=4, calls=1200)
BEGIN = datetime(2026, 11, 10, 16, tzinfo=UTC)
LIMITS = Limits(timedelta(days=1), timedelta(minutes=5))


def adaptive(lives: Sequence[Life], cap: int, limits: Limits = LIMITS) -> Adaptive:
    return Adaptive(lives, cap, limits, BEGIN, seed=1)


@pytest.fixture(scope="session")
def proof() -> Proof:
    return prove(SETTING, lambda _days: None)
