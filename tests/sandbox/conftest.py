"""Calls of the sandbox, and their replies as the parser reads them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.provider.observation import Observation
from monitor.provider.parse import parse_item
from monitor.provider.sandbox.catalogue import example_id
from monitor.provider.sandbox.protocol import API, GatewayCall, reply

NOW = datetime(2026, 11, 25, 4, 7, 9, tzinfo=UTC)
#: A product that is always on sale, with a constant price.
STEADY = "3614000000000000170"
#: Products of every kind.
EXAMPLES = tuple(example_id(ending) for ending in range(0, 10_000, 123))

type Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Calls `api` with `params` and decodes the body."""

    def call(
        api: str = API,
        *,
        at: datetime = NOW,
        calls_today: int = 0,
        is_faultless: bool = False,
        **params: str,
    ) -> dict[str, Any]:
        answer = reply(GatewayCall(api, params, at, calls_today, is_faultless=is_faultless))
        decoded: dict[str, Any] = json.loads(json.dumps(answer))
        return decoded

    return call


def observe(num_iid: str, at: datetime = NOW) -> Observation:
    """Return the reading of an uncached reply without random failures. Raises ProviderError."""
    call = GatewayCall(API, {"num_iid": num_iid, "cache": "no"}, at, is_faultless=True)
    return parse_item(reply(call), num_iid, at)
