"""A sandbox to ask: one world for all stories, an account, and a shortcut for a call that was meant to be answered."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.sandbox.protocol import Account, answer
from monitor.sandbox.world import World, shared_world

KEY, SECRET = "the-key", "the-secret"

type Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def world() -> World:
    return shared_world()


@pytest.fixture(scope="session")
def now() -> datetime:
    return datetime(2026, 11, 25, 4, 7, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def account() -> Account:
    return Account(KEY, SECRET, 11_000)


@pytest.fixture(scope="session")
def ask(world: World, now: datetime, account: Account) -> Ask:
    """Call `api` with `params` (right key and secret unless they say otherwise) and decode the body."""

    def call(api: str = "item_get_app", *, at: datetime = now, calls_today: int = 0, **params: str) -> dict[str, Any]:
        body = answer(api, {"key": KEY, "secret": SECRET} | params, at, world, calls_today, account).body
        decoded: dict[str, Any] = json.loads(body)
        return decoded

    return call
