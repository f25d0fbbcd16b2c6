"""Limits of a few attempts: a few requests show what hundreds show within the usual limits."""

from dataclasses import replace

import pytest

BURSTS = {
    "AT_ONE_ACCOUNT": 3,
    "FROM_ONE_NETWORK": 8,
    "BY_STRANGERS": 5,
    "CODES": 6,
    "CODES_OF_STRANGERS": 8,
}


@pytest.fixture(autouse=True)
def _small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    from monitor.people import attempts

    for name, burst in BURSTS.items():
        monkeypatch.setattr(attempts, name, replace(getattr(attempts, name), burst=burst))
